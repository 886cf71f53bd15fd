test("small", () => {});
test("negative", () => {});
