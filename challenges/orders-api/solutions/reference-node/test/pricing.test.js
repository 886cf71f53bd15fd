import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { quote } from "../shop/pricing.js";

const line = (price, quantity) => ({ sku: "X", unit_price: price, quantity });

for (const [price, quantity, percent, total] of [
  ["1.20", 1, 0, "1.20"],
  ["1.20", 9, 0, "10.80"],
  ["1.20", 10, 5, "11.40"],
  ["1.20", 49, 5, "55.86"],
  ["1.20", 50, 10, "54.00"],
  ["0.03", 10, 5, "0.29"],
])
  test(`${quantity} times ${price}`, () => {
    const [priced] = quote([line(price, quantity)]).lines;
    assert.deepEqual([priced.discount_percent, priced.total], [percent, total]);
  });

for (const [coupon, price, discount, total] of [
  [null, "20.00", "0.00", "20.00"],
  ["welcome10", "20.05", "2.01", "18.04"],
  ["WELCOME10", "900.00", "50.00", "850.00"],
  ["FIVER", "19.99", "0.00", "19.99"],
  ["FIVER", "20.00", "5.00", "15.00"],
  ["GIFT25", "24.00", "24.00", "0.00"],
])
  test(`coupon ${coupon} on ${price}`, () => {
    const answer = quote([line(price, 1)], coupon);
    assert.deepEqual([answer.discount, answer.total], [discount, total]);
  });

for (const quantity of [0, -1, 1.5, true, "1", null])
  test(`quantity ${JSON.stringify(quantity)} is refused`, () => {
    assert.throws(() => quote([line("1.00", quantity)]), RangeError);
  });

for (const price of ["-0.01", "cheap", 1.2, null])
  test(`price ${JSON.stringify(price)} is refused`, () => {
    assert.throws(() => quote([line(price, 1)]), RangeError);
  });

test("the command line", () => {
  const input = JSON.stringify({ lines: [line("4.75", 2)] });
  const { stdout, status } = spawnSync(process.execPath, ["shop/quote.js"], { input, encoding: "utf8" });
  assert.equal(status, 0);
  assert.equal(JSON.parse(stdout).total, "9.50");
});
