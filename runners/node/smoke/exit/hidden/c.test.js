require("mocha");
const { really } = require("/work/app.js");

it("before", () => {});
it("leaves", really);
it("after", () => {});
