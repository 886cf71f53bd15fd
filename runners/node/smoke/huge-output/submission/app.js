const { writeSync } = require("node:fs");

const block = "x".repeat(1 << 16);
for (;;) {
  try {
    writeSync(1, block);
  } catch {
    // Whoever reads is slow.
  }
}
