/** The process of one file of a hidden suite: our framework, our settings, then the file. */
import { createRequire, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

import { ours } from "./ours.mjs";
import { Report } from "./report.mjs";

const [framework, file, split] = process.argv.splice(2);
const { default: run } = await import(`./${framework}.mjs`);
const report = new Report();
const required = (specifier) => pathToFileURL(createRequire(import.meta.url).resolve(specifier)).href;

// A suite gets our frameworks, whatever the submission calls its packages.
registerHooks({
  resolve(specifier, context, next) {
    if (!context.parentURL?.startsWith("file:///hidden/") || !ours(specifier)) return next(specifier, context);
    return {
      url: context.conditions.includes("require") ? required(specifier) : import.meta.resolve(specifier),
      shortCircuit: true,
    };
  },
});
if (split) {
  const { openRemote } = await import("./remote.mjs");
  openRemote(Number(split), report);
}
await run(file, report);
report.end();
