const { test } = require("node:test");
const { forever, quick } = require("/work/slow.js");

test("quick", () => quick());
test("forever", () => forever());
