const assert = require("node:assert");
const { test } = require("node:test");
const { NAME } = require("/work/names.js");

test("é 日本 👍", () => assert.equal(NAME, "é"));
test("lone surrogate", () => {
  throw new Error("\ud800");
});
test("\ud800", () => {});
test("two\nlines\u0000\u001b[31m", () => {});
