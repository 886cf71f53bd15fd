const assert = require("node:assert");
const { test } = require("node:test");

const { total } = require("/work/told.js");

test("total", () => assert.equal(total([1, 2]), 3));
