const { expect } = require("chai");
const { it } = require("mocha");

const { add } = require("/work/calc.js");

it("small", () => expect(add(2, 3)).to.equal(5));
it("negative", () => expect(add(-7, 3)).to.equal(-4));
