const assert = require("node:assert");

const { expect } = require("chai");

const { add } = require("/work/sums.js");

const broken = () => {
  throw new Error("broken");
};

it("small", () => expect(add(1, 2)).to.equal(3));
it("missing", () => assert.ok(require("/work/sums.js").absent()));
it("right", async () => assert.equal((await import("/work/right.mjs")).here, "right.mjs"));
it("never ends", function () {
  this.timeout(50);
  return new Promise(() => {});
});
it.skip("skipped", broken);
it("to do");
it("skips itself", function () {
  this.skip();
});
describe("before", () => {
  before(broken);
  it("one", () => {});
  describe("inner", () => it("two", () => {}));
});
describe("before each", () => {
  beforeEach(broken);
  it("one", () => {});
  it("two", () => {});
});
describe("after each", () => {
  afterEach(broken);
  it("one", () => {});
  it("two", () => {});
});
describe("after", () => {
  after(broken);
  it("one", () => {});
});
