/** Vitest, with a configuration of ours and none of the submission's. */
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

import { startVitest } from "vitest/node";

import { reason } from "./report.mjs";

const PACKAGES = "/opt/gradekit/node_modules";

/** Tells of tests as they end. */
class Reporter {
  #report;
  #waiting = new Set();

  constructor(report) {
    this.#report = report;
  }

  onTestCaseResult(test) {
    const { state, errors } = test.result();
    const seconds = (test.diagnostic()?.duration ?? 0) / 1000;
    const why = errors?.length ? reason(errors[0]) : "";
    // A hook of the suites around it may be why.
    if (state === "skipped") this.#waiting.add(test);
    else if (state === "passed")
      this.#report.record(
        pathOf(test),
        test.options.fails ? "skipped" : "passed",
        "it is expected to fail, and does",
        seconds,
      );
    else this.#report.record(pathOf(test), hooked(test) ? "errored" : "failed", why, seconds);
  }

  onTestSuiteResult(suite) {
    this.#close(suite, pathOf(suite));
  }

  onTestModuleEnd(module) {
    this.#close(module, []);
  }

  #close(suite, path) {
    const [error] = suite.errors();
    if (error) this.#report.record(path, "errored", reason(error));
    for (const test of this.#waiting) {
      if (!within(test, suite)) continue;
      this.#waiting.delete(test);
      const asked = ["skip", "todo"].includes(test.options.mode);
      this.#report.record(pathOf(test), error && !asked ? "errored" : "skipped", error && !asked ? reason(error) : "");
    }
  }

  onTestRunEnd(_modules, errors) {
    for (const error of errors) this.#report.record([], "errored", reason(error));
  }
}

function pathOf(item) {
  const names = [];
  for (let at = item; at && at.type !== "module"; at = at.parent) names.unshift(at.name);
  return names;
}

function within(test, suite) {
  for (let at = test; at; at = at.parent) if (at === suite) return true;
  return false;
}

/** Whether a hook before or after a test failed, not the test: one that throws is left as it was begun. */
function hooked(test) {
  return Object.values(test.task?.result?.hooks ?? {}).some((state) => state !== "pass");
}

/** Run a file. */
export default async function runVitest(file, report) {
  const options = {
    config: false,
    root: "/hidden",
    watch: false,
    run: true,
    globals: true,
    environment: "node",
    include: [file],
    exclude: [],
    pool: "forks",
    maxWorkers: 1,
    cache: false,
    fsModuleCache: false,
    passWithNoTests: true,
    reporters: [new Reporter(report)],
    server: { deps: { external: [/^\/work\//, /^\/opt\//] } },
  };
  const vite = {
    configFile: false,
    envDir: false,
    publicDir: false,
    cacheDir: `${tmpdir()}/vite`,
    logLevel: "error",
    resolve: { alias: ["vitest", "chai"].map((name) => ({ find: new RegExp(`^${name}$`), replacement: entry(name) })) },
  };
  const vitest = await startVitest("test", [file], options, vite);
  await vitest?.close();
}

function entry(name) {
  return fileURLToPath(import.meta.resolve(name, `file://${PACKAGES}/`));
}
