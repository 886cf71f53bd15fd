const { test } = require("node:test");

require("/work/onload.js");

test("never", () => {});
