const assert = require("assert");
const { expect } = require("chai");
const { it: test } = require("mocha");
const { two } = require("/work/app.js");

test("right", () => {
  expect(1).to.equal(1);
  assert.equal(process.env.NODE_OPTIONS, undefined);
  assert.notEqual(process.cwd(), "/work");
  assert.ok(!process.env.PATH.includes("/work"));
});
test("wrong", () => assert.equal(two, 2));
