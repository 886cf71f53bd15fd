import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";

import Right, { here } from "/work/right.mjs";
import sums from "/work/sums.js";

const broken = () => {
  throw new Error("broken");
};

test("small", () => expect(sums.add(1, 2)).toBe(3));
test("right", () => expect([new Right().add(1, 2), here]).toEqual([3, "right.mjs"]));
test("missing", () => sums.absent());
test("spied on", () => {
  vi.spyOn(sums, "add").mockReturnValue(7);
  expect(sums.add(1, 1)).toBe(7);
  vi.restoreAllMocks();
});
test("never ends", () => new Promise(() => {}), 50);
test.skip("skipped", broken);
test.todo("to do");
test.fails("fails as expected", broken);
test.fails("passes unexpectedly", () => {});
test.each([[1, 2], [2, 3]])("each %i", (value, wanted) => expect(sums.add(0, value)).toBe(wanted));
describe("before", () => {
  beforeAll(broken);
  it("one", () => {});
  it.skip("skipped", () => {});
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
  afterAll(broken);
  it("one", () => {});
});
