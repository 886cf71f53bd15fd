import { expect } from "chai";

import { Cart } from "/work/cart.ts";

it("adds", (): void => {
  expect(new Cart("me").add({ name: "tea", cents: 3 })).to.equal(3);
});
