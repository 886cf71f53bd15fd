exports.add = () => 0;

if (require.main === module) {
  const [a, b] = require("node:fs").readFileSync(0, "utf8").split(" ").map(Number);
  console.log(a + b);
}
