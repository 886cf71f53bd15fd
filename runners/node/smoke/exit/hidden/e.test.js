const { test } = require("node:test");
const { abort } = require("/work/app.js");

test("before", () => {});
test("aborts", abort);
