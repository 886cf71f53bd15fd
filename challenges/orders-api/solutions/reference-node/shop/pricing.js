/** Prices of orders: quantity discounts per line, one coupon per order. Money is text outside, whole cents inside. */

const MONEY = /^(\d{1,12})(?:\.(\d{1,2}))?$/;
const QUANTITY_DISCOUNTS = [
  { from: 50, percent: 10n },
  { from: 10, percent: 5n },
  { from: 1, percent: 0n },
];
const COUPONS = new Map([
  ["WELCOME10", (subtotal) => min(percentOf(subtotal, 10n), 50_00n)],
  ["FIVER", (subtotal) => (subtotal >= 20_00n ? 5_00n : 0n)],
  ["GIFT25", (subtotal) => min(25_00n, subtotal)],
]);

const min = (one, other) => (one < other ? one : other);

/** A share of an amount that is not negative, rounded half up to cents. */
const percentOf = (cents, percent) => (cents * percent + 50n) / 100n;

const format = (cents) => `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;

function parse(money) {
  const found = typeof money === "string" && MONEY.exec(money);
  if (!found) throw new RangeError(`unit_price must be a text such as "4.50", not ${JSON.stringify(money)}`);
  return BigInt(found[1]) * 100n + BigInt((found[2] ?? "").padEnd(2, "0"));
}

/** The code in capitals, null for none; RangeError if there is no such coupon. */
export function couponCode(coupon) {
  if (coupon === null || coupon === undefined) return null;
  const code = typeof coupon === "string" ? coupon.toUpperCase() : "";
  if (!COUPONS.has(code)) throw new RangeError("this coupon is not known");
  return code;
}

/** Price the lines of an order and apply a coupon; RangeError for what cannot be priced. */
export function quote(lines, coupon = null) {
  if (!Array.isArray(lines) || lines.length === 0) throw new RangeError("an order needs at least one line");
  const code = couponCode(coupon);
  const priced = lines.map(price);
  const subtotal = priced.reduce((sum, line) => sum + line.total, 0n);
  const discount = code === null ? 0n : COUPONS.get(code)(subtotal);
  return {
    lines: priced.map((line) => ({ ...line, unit_price: format(line.unit_price), total: format(line.total) })),
    coupon: code,
    subtotal: format(subtotal),
    discount: format(discount),
    total: format(subtotal - discount),
  };
}

function price(line) {
  const { sku, quantity, unit_price: unitPrice } = line ?? {};
  if (!Number.isSafeInteger(quantity) || quantity < 1) throw new RangeError("quantity must be a whole number from 1");
  const cents = parse(unitPrice);
  const { percent } = QUANTITY_DISCOUNTS.find(({ from }) => quantity >= from);
  return {
    sku,
    quantity,
    unit_price: cents,
    discount_percent: Number(percent),
    total: percentOf(cents * BigInt(quantity), 100n - percent),
  };
}
