const assert = require("node:assert");
const { describe, it, test } = require("node:test");

const { add } = require("/work/sums.js");

test("small", () => assert.equal(add(1, 2), 3));
describe("values", () => {
  for (const value of [1, 2]) it(`twice ${value}`, () => assert.equal(add(value, value), 2 * value));
});
test("same name", () => {});
test("same name", () => {});
