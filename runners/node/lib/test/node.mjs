/** node:test. */
import { fileURLToPath } from "node:url";
import { run } from "node:test";

import { reason } from "./report.mjs";
import { target } from "./target.mjs";

const LOADER = fileURLToPath(new URL("./load.mjs", import.meta.url));
const SET_UP = new Set(["hookFailed", "cancelledByParent"]);

/** Run a file. */
export default async function runNode(file, report) {
  target.file = file;
  target.failed = (error) => report.record([], "errored", reason(error));
  const path = [];
  const tell = (data, passed) => {
    if (data.name === LOADER) return;
    const names = [...path.slice(0, data.nesting), data.name];
    const seconds = (data.details?.duration_ms ?? 0) / 1000;
    const error = data.details?.error;
    if (data.skip !== undefined || data.todo !== undefined) {
      report.record(names, "skipped", [data.skip, data.todo].find((why) => typeof why === "string") ?? "", seconds);
    } else if (data.details?.type === "suite") {
      if (!passed && error?.failureType !== "subtestsFailed") report.record(names, "errored", reason(error), seconds);
    } else if (passed) {
      report.record(names, data.expectFailure ? "skipped" : "passed", "it is expected to fail, and does", seconds);
    } else {
      report.record(names, SET_UP.has(error?.failureType) ? "errored" : "failed", reason(error), seconds);
    }
  };
  const stream = run({ files: [LOADER], isolation: "none", cwd: process.cwd() });
  stream.on("test:start", (data) => {
    path[data.nesting] = data.name;
  });
  stream.on("test:pass", (data) => tell(data, true));
  stream.on("test:fail", (data) => tell(data, false));
  await new Promise((resolve) => stream.on("end", resolve).resume());
}
