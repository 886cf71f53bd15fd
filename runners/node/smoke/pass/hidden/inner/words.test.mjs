import assert from "node:assert";
import { test } from "node:test";

import sums from "/work/sums.js";
import { shout } from "/work/words.mjs";

test("shouts", () => assert.equal(shout("tea"), "TEA!"));
test("parent", async (t) => {
  await t.test("child", () => assert.equal(sums.add(2, 2), 4));
});
