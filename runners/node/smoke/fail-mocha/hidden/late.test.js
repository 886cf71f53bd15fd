require("mocha");

it("before", () => {});
throw new Error("after the first test");
