const { test } = require("node:test");

test("before", () => {});
throw new Error("after the first test");
