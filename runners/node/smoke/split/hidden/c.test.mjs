import { absent } from "/work/absent.js";
import { test } from "node:test";

test("never", () => absent());
