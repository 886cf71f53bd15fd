import assert from "assert";
import { expect, test } from "vitest";

import app from "/work/app.js";

const { two } = app;

test("right", () => {
  expect(1).toBe(1);
  assert.equal(process.env.NODE_OPTIONS, undefined);
  assert.notEqual(process.cwd(), "/work");
  assert.ok(!process.env.PATH.includes("/work"));
});
test("wrong", () => assert.equal(two, 2));
