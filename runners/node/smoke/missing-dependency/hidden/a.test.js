const { test } = require("node:test");

require("/work/app.js");

test("never", () => {});
