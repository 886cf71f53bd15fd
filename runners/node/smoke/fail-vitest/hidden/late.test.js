import { test } from "vitest";

test("before", () => {});
throw new Error("after the first test");
