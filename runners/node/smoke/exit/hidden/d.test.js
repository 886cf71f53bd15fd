import { test } from "vitest";

import app from "/work/app.js";

test("before", () => {});
test("leaves", app.really);
test("after", () => {});
