const assert = require("node:assert");
const { after, afterEach, before, beforeEach, describe, it, test } = require("node:test");

const { add } = require("/work/sums.js");

const broken = () => {
  throw new Error("broken");
};

test("small", () => assert.equal(add(1, 2), 3));
test("missing", () => assert.ok(require("/work/sums.js").absent()));
test("throws a text", () => {
  throw "text";
});
test("never ends", { timeout: 50 }, () => new Promise(() => {}));
test("skipped", { skip: "not now" }, broken);
test("to do", { todo: true }, () => {});
test("fails as expected", { expectFailure: true }, broken);
test("passes unexpectedly", { expectFailure: true }, () => {});
test("skips itself", (t) => t.skip());
test("parent", async (t) => {
  await t.test("child", broken);
});
describe("before", () => {
  before(broken);
  it("one", () => {});
  describe("inner", () => it("two", () => {}));
});
describe("before each", () => {
  beforeEach(broken);
  it("one", () => {});
});
describe("after each", () => {
  afterEach(broken);
  it("one", () => {});
});
describe("after", () => {
  after(broken);
  it("one", () => {});
});
describe("cannot be made", broken);
