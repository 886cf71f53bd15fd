const assert = require("assert");
const { two } = require("/work/app.js");

const { expect: ours } = require("@jest/globals");

test("right", () => {
  ours(1).toBe(1);
  assert.equal(process.env.NODE_OPTIONS, undefined);
  assert.notEqual(process.cwd(), "/work");
  assert.ok(!process.env.PATH.includes("/work"));
});
test("wrong", () => assert.equal(two, 2));
