const { test } = require("node:test");

test("the next file runs all the same", () => {});
