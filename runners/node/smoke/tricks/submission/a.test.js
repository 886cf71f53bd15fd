const { test } = require("node:test");

test("right", () => {});
test("wrong", () => {});
