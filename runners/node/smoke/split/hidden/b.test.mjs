import { expect } from "chai";

import Word, { shout } from "/work/words.mjs";
import sums from "../work/sums.js";

describe("another file", () => {
  it("words", () => expect(shout("tea")).to.equal("TEA!"));
  it("default", () => expect(new Word("a").text).to.equal("a"));
  it("wrong", () => expect(shout("tea")).to.equal("tea"));
  it("of CommonJS", () => expect(sums.total([1, 2])).to.equal(3));
  it("has a process of its own", () => expect(sums.Cart.count).to.equal(0));
});
