require("frobnicate");
