require("mocha");
const { forever, quick } = require("/work/slow.js");

it("quick", () => quick());
it("forever", () => forever());
