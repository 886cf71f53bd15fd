import assert from "node:assert/strict";
import { test } from "node:test";
import { ValidationError, checkOrder, decodeCursor, encodeCursor, pageLimit } from "../shop/validation.js";

const shop = {
  customerExists: async (id) => id === 1,
  knownSkus: async (skus) => new Set(skus.filter((sku) => sku === "A")),
};

async function fields(body) {
  try {
    await checkOrder(body, shop);
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    return error.problems.map(({ field }) => field);
  }
  return [];
}

test("a valid order", async () => {
  assert.deepEqual(await fields({ customer_id: 1, lines: [{ sku: "A", quantity: 1 }], coupon: null }), []);
});

test("every problem is named", async () => {
  const body = { customer_id: "1", lines: [{ sku: "B", quantity: true }, 5, null], coupon: "NOPE" };
  assert.deepEqual(await fields(body), [
    "customer_id",
    ...["lines[0].sku", "lines[0].quantity", "lines[1].sku", "lines[1].quantity", "lines[2].sku", "lines[2].quantity"],
    "coupon",
  ]);
});

test("a cursor comes back", () => {
  const time = "2024-03-01T09:30:00.123456Z";
  assert.deepEqual(decodeCursor(encodeCursor(7)), [7]);
  assert.deepEqual(decodeCursor(encodeCursor(time, 7), { withTime: true }), [time, 7]);
});

for (const text of ["", "x", "AAAA", "e30", "bnVsbA", "é", encodeCursor("now", 7), encodeCursor(1, 2)])
  test(`"${text}" is a foreign cursor`, () => {
    assert.throws(() => decodeCursor(text), ValidationError);
    assert.throws(() => decodeCursor(text, { withTime: true }), ValidationError);
  });

for (const text of ["0", "101", "-1", "ten", "1.5", "", "²"])
  test(`"${text}" is no limit`, () => {
    assert.throws(() => pageLimit(text), ValidationError);
  });
