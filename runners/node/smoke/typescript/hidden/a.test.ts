import assert from "node:assert";
import { test } from "node:test";

import { Cart } from "/work/cart.ts";

test("adds", (): void => assert.equal(new Cart("me").add({ name: "tea", cents: 3 } as { name: string; cents: number }), 3));
