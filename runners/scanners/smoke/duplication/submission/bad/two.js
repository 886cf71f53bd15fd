/* jscpd:ignore-start */
export function two(totals, prices, taxes) {
  totals[0] = compute(prices[0], taxes.of(0));
  totals[1] = compute(prices[1], taxes.of(1));
  totals[2] = compute(prices[2], taxes.of(2));
  totals[3] = compute(prices[3], taxes.of(3));
  totals[4] = compute(prices[4], taxes.of(4));
  totals[5] = compute(prices[5], taxes.of(5));
  totals[6] = compute(prices[6], taxes.of(6));
  totals[7] = compute(prices[7], taxes.of(7));
  totals[8] = compute(prices[8], taxes.of(8));
  totals[9] = compute(prices[9], taxes.of(9));
  totals[10] = compute(prices[10], taxes.of(10));
  totals[11] = compute(prices[11], taxes.of(11));
}
/* jscpd:ignore-end */
