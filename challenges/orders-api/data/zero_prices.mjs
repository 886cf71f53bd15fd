// Puts a module in the place of shop/pricing, whose quote() gives 0.00 for every price: tests of prices have to notice.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const ending = ["js", "mjs", "cjs", "ts", "mts", "cts"].find((name) => existsSync(`shop/pricing.${name}`));
if (ending === undefined) {
  console.error("there is no shop/pricing.js");
  process.exit(1);
}
const type = existsSync("package.json") ? JSON.parse(readFileSync("package.json", "utf8")).type : "commonjs";
const isModule =
  ending.startsWith("m") || (!ending.startsWith("c") && (type === "module" || ending === "ts"));
const original = `./gradekit_original.${ending}`;
renameSync(`shop/pricing.${ending}`, `shop/gradekit_original.${ending}`);
const quote = `(lines, coupon) => {
  const zero = "0.00";
  const answer = original.quote(lines, coupon);
  return {
    ...answer, lines: answer.lines.map((line) => ({ ...line, total: zero })), subtotal: zero, discount: zero, total: zero,
  };
};
`;
writeFileSync(
  `shop/pricing.${ending}`,
  isModule
    ? `import * as original from "${original}";\nexport * from "${original}";\nexport const quote = ${quote}`
    : `const original = require("${original}");\nmodule.exports = { ...original };\nmodule.exports.quote = ${quote}`,
);
