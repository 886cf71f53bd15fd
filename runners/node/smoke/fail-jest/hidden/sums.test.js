import { add } from "/work/sums.js";
import Right, { here } from "/work/right.mjs";

const broken = () => {
  throw new Error("broken");
};

test("small", () => expect(add(1, 2)).toBe(3));
test("right", () => expect([new Right().add(1, 2), here]).toEqual([3, "right.mjs"]));
test("loaded late", async () => expect((await import("/work/right.mjs")).here).toBe("right.mjs"));
test("missing", () => require("/work/sums.js").absent());
test("never ends", () => new Promise(() => {}), 50);
test.skip("skipped", broken);
test.todo("to do");
test.failing("fails as expected", broken);
test.failing("passes unexpectedly", () => {});
test.each([[1, 2], [2, 3]])("each %i", (value, wanted) => expect(add(0, value)).toBe(wanted));
describe("before", () => {
  beforeAll(broken);
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
  afterAll(broken);
  it("one", () => {});
});
