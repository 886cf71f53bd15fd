const assert = require("node:assert");
const { existsSync } = require("node:fs");
const { test } = require("node:test");

const { Cart, LIMIT, OutOfStock, ...sums } = require("/work/sums.js");

test("right", () => {
  assert.equal(sums.total([1, 2, 3]), 6);
  assert.equal(LIMIT, 3);
  assert.equal(sums.adder(2)(3), 5);
});
test("wrong", () => assert.equal(sums.total([1, 2]), 4));
test("values", () => {
  const values = [null, undefined, true, "é", 1.5, NaN, -Infinity, 2n ** 70n, new Date(0), new Map([[1, "a"]]), new Set([1]), { a: { b: [] } }, Buffer.from("x")];
  for (const value of values) assert.deepStrictEqual(sums.echo(value), value);
  assert.strictEqual(sums.nothing(), undefined);
  assert.ok(Object.is(sums.echo(JSON.parse('{"__proto__": 1}')).__proto__, 1));
});
test("arguments are changed in place", () => {
  const items = ["b", "a"];
  assert.equal(sums.sorted(items), items);
  assert.deepEqual(items, ["a", "b"]);
});
test("promises", async () => {
  assert.equal(await sums.later(1), 1);
  assert.equal(await sums.promised(2), 2);
  await assert.rejects(sums.promised("bad"), TypeError);
});
test("object", () => {
  const cart = new Cart("me");
  assert.equal(cart.add("tea").add("milk").size, 2);
  cart.owner = "you";
  assert.equal(cart.owner, "you");
  assert.deepEqual([...cart], ["tea", "milk"]);
  assert.ok(cart instanceof Cart);
  assert.equal(Cart.count, 1);
});
test("error", () => {
  assert.throws(() => new Cart().add("gold"), OutOfStock);
  assert.throws(() => new Cart().add("gold"), RangeError);
  assert.throws(() => new Cart().add("gold"), { name: "OutOfStock", message: "no gold", item: "gold" });
});
test("exit", () => {
  try {
    sums.leave();
  } catch {
    // A test that swallows it does not pass all the same.
  }
});
test("a new process after that", () => assert.equal(sums.total([1]), 1));
test("hang", () => sums.hang());
test("equal to everything", () => assert.ok(sums.tricky() == 3));
test("objects are not alike because they are empty", () => assert.deepEqual(new Cart("a"), new Cart("b")));
test("functions do not cross", () => sums.echo(() => 1));
test("tests are elsewhere", () => {
  assert.deepEqual(sums.look(), [false, "/work"]);
  assert.ok(!existsSync("/work/sums.js"));
});
test("an object is no number", () => assert.ok(new Cart("a") >= 0 || true));
