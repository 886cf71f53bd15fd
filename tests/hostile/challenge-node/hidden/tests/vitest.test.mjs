import { expect, test } from "vitest";

import { add } from "/work/calc.js";

test("small", () => expect(add(2, 3)).toBe(5));
test("negative", () => expect(add(-7, 3)).toBe(-4));
