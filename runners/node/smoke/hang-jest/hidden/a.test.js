const { forever, quick } = require("/work/slow.js");

test("quick", () => expect(quick()).toBe(1));
test("forever", () => forever());
