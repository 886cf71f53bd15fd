import { test } from "vitest";

import "/work/app.js";

test("never", () => {});
