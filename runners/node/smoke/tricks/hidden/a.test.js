const assert = require("assert");
const { test } = require("node:test");
const { two } = require("/work/app.js");

test("right", () => {
  assert.equal(process.env.NODE_OPTIONS, undefined);
  assert.notEqual(process.cwd(), "/work");
  assert.ok(!process.env.PATH.includes("/work"));
});
test("wrong", () => assert.equal(two, 2));
