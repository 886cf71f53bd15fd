import { expect, test } from "vitest";

import { Cart } from "/work/cart.ts";

test("adds", (): void => expect(new Cart("me").add({ name: "tea", cents: 3 })).toBe(3));
