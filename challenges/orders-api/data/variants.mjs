// Puts a module in the place of shop/pricing, whose quote() is right, or wrong in one way, as $VARIANT names it.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const ending = ["js", "mjs", "cjs", "ts", "mts", "cts"].find((name) => existsSync(`shop/pricing.${name}`));
if (ending === undefined) {
  console.error("there is no shop/pricing.js");
  process.exit(1);
}
const type = existsSync("package.json") ? JSON.parse(readFileSync("package.json", "utf8")).type : "commonjs";
const isModule =
  ending.startsWith("m") || (!ending.startsWith("c") && (type === "module" || ending === "ts"));
const original = `./pricing_original.${ending}`;
renameSync(`shop/pricing.${ending}`, `shop/pricing_original.${ending}`);
const quote = `(lines, coupon) => {
  const zero = "0.00";
  const answer = original.quote(lines, coupon);
  const each = (more) => answer.lines.map((line) => ({ ...line, ...more }));
  switch (${JSON.stringify(process.env.VARIANT)}) {
    case "zero-prices":
      return { ...answer, lines: each({ total: zero }), subtotal: zero, discount: zero, total: zero };
    case "no-coupons":
      return { ...answer, discount: zero, total: answer.subtotal };
    case "no-percents":
      return { ...answer, lines: each({ discount_percent: 0 }) };
    default:
      return answer;
  }
};
`;
writeFileSync(
  `shop/pricing.${ending}`,
  isModule
    ? `import * as original from "${original}";\nexport * from "${original}";\nexport const quote = ${quote}`
    : `const original = require("${original}");\nmodule.exports = { ...original };\nmodule.exports.quote = ${quote}`,
);
