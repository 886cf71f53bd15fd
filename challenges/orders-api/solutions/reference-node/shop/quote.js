/** The help desk's tool: an order as JSON from stdin, its quote as JSON to stdout. */
import { text } from "node:stream/consumers";
import { quote } from "./pricing.js";

try {
  const order = JSON.parse(await text(process.stdin));
  console.log(JSON.stringify(quote(order.lines, order.coupon)));
} catch (error) {
  console.error(`quote: not a valid order: ${error.message}`);
  process.exitCode = 2;
}
