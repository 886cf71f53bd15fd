test("before", () => {});
throw new Error("after the first test");
