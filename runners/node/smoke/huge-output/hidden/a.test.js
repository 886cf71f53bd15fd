require("/work/app.js");
