const { leave } = require("/work/app.js");

test("before", () => {});
test("leaves", leave);
test("after", () => {});
