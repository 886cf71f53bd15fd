/** Loads the file of the suite; node:test would not tell when one fails after its first test. */
import { pathToFileURL } from "node:url";

import { target } from "./target.mjs";

try {
  await import(pathToFileURL(target.file).href);
} catch (error) {
  target.failed(error);
}
