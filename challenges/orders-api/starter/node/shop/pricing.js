/** Prices of orders (section 3 of the brief). */

/** Price the lines of an order and apply a coupon. */
export function quote(lines, coupon = null) {
  throw new Error("not written yet");
}
