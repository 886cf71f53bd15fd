require("/work/app.js");

test("never", () => {});
