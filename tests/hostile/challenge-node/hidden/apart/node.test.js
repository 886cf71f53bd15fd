const assert = require("node:assert/strict");
const { test } = require("node:test");

const { add } = require("/work/calc.js");

test("small", () => assert.equal(add(2, 3), 5));
test("negative", () => assert.equal(add(-7, 3), -4));
