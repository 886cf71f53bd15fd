/** Jest, in this process, with a configuration of ours and none of the submission's. */
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

import { runCLI } from "jest";

import { ours } from "./ours.mjs";
import { reason } from "./report.mjs";

const part = (name) => fileURLToPath(new URL(`./jest/${name}.cjs`, import.meta.url));

/** Run a file. */
export default async function runJest(file, report) {
  Object.assign(globalThis, {
    [Symbol.for("gradekit.ours")]: ours,
    [Symbol.for("gradekit.reason")]: reason,
    [Symbol.for("gradekit.report")]: report,
  });
  const config = {
    cacheDirectory: `${tmpdir()}/jest`,
    injectGlobals: true,
    moduleFileExtensions: ["js", "mjs", "cjs", "ts", "mts", "cts", "json", "node"],
    resolver: part("resolver"),
    rootDir: "/hidden",
    roots: ["/hidden"],
    testEnvironment: part("environment"),
    testMatch: ["**/*"],
    transform: { "\\.[cm]?[jt]s$": part("transform") },
    transformIgnorePatterns: [],
  };
  const argv = {
    $0: "jest",
    _: [file],
    cache: false,
    ci: true,
    color: false,
    config: JSON.stringify(config),
    passWithNoTests: true,
    reporters: [part("reporter")],
    runInBand: true,
    runTestsByPath: true,
    watchman: false,
  };
  await runCLI(argv, ["/hidden"]);
}
