/**
 * Runs each file of the hidden suite in a process of its own, and writes the records.
 *
 * This process loads no code of the submission. What a file's process tells it on a descriptor of theirs is about that
 * file only; its exit code is not looked at.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, writeSync } from "node:fs";

import { waitForListener } from "./remote.mjs";
import { testFiles } from "./suite.mjs";

const HIDDEN = "/hidden";
const CHILD = "/opt/gradekit/lib/test/child.mjs";
const CHANNEL = 3;
const OUTCOMES = new Set(["passed", "failed", "skipped", "errored"]);
const MAX_RECORDS = 9_000;
const MAX_LINE = 64 << 10;
const MAX_ID = 900;
const DRAINING = 200;
const UNREACHABLE = 3;
/** The frameworks that load modules as Node.js itself does, so that a module can stand for another. */
const SPLIT = new Set(["node", "mocha"]);

let count = 0;

function write(record) {
  let data = Buffer.from(`${JSON.stringify(record)}\n`);
  while (data.length > 0) {
    try {
      data = data.subarray(writeSync(1, data));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

/** An id that fits a record, and that no other test of the file has. */
function idOf(names, seen) {
  let id = names
    .map((name) =>
      String(name)
        .replaceAll(/[\s\p{Cc}]+/gu, " ")
        .trim()
        .toWellFormed(),
    )
    .join(" > ");
  if (id.length > MAX_ID)
    id = `${id.slice(0, MAX_ID - 20)}... ${createHash("sha256").update(id).digest("hex").slice(0, 12)}`;
  const times = (seen.get(id) ?? 0) + 1;
  seen.set(id, times);
  return times === 1 ? id : `${id} #${times}`;
}

function record(test, outcome, message, seconds) {
  if (count >= MAX_RECORDS) return;
  count += 1;
  write({
    test,
    outcome,
    message: String(message).slice(0, 2000).toWellFormed(),
    seconds: Number(Number(seconds).toFixed(4)) || 0,
  });
}

/** End everything that a file left running, where nothing but us and the container's init is there. */
function sweep(child) {
  for (const number of [-child.pid, ...(process.ppid === 1 && process.getuid() !== 0 ? [-1] : [])]) {
    try {
      process.kill(number, "SIGKILL");
    } catch {
      // Nothing was left.
    }
  }
}

function runFile({ path, name, framework }, split) {
  return new Promise((resolve) => {
    const seen = new Map();
    const child = spawn(process.execPath, [CHILD, framework, path, split ?? ""], {
      cwd: mkdtempSync("/tmp/suite-"),
      detached: true,
      env: { HOME: "/tmp", LANG: "C.UTF-8", PATH: "/usr/local/bin:/usr/bin:/bin", TZ: "UTC", NODE_ENV: "test" },
      stdio: ["ignore", 2, 2, "pipe"],
    });
    const channel = child.stdio[CHANNEL];
    let rest = Buffer.alloc(0);
    let ended = false;
    let settled = false;
    const settle = (how) => {
      if (settled) return;
      settled = true;
      channel.destroy();
      sweep(child);
      if (!ended)
        record(idOf([name], seen), "errored", `the process of this file ${how} before its tests had ended`, 0);
      resolve();
    };
    const take = (line) => {
      if (ended || settled) return;
      const told = JSON.parse(line);
      if (told.end === true) ended = true;
      else if (OUTCOMES.has(told.outcome) && Array.isArray(told.path))
        record(idOf([name, ...told.path], seen), told.outcome, told.message, told.seconds);
    };
    channel.on("data", (data) => {
      rest = Buffer.concat([rest, data]);
      try {
        for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
          take(rest.subarray(0, at).toString());
          rest = rest.subarray(at + 1);
        }
        if (rest.length > MAX_LINE) throw new RangeError("a line is too long");
      } catch {
        settle("wrote what is no record");
      }
      if (ended) settle("ended");
    });
    child.on("exit", (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `exited with code ${code}`;
      channel.on("close", () => settle(how));
      setTimeout(settle, DRAINING, how);
    });
    child.on("error", (error) => settle(`could not be started (${error.code})`));
  });
}

const [mode, seconds] = process.argv.slice(2);
if (mode === "split" && !(await waitForListener())) {
  console.error("the submission's container does not listen");
  process.exit(UNREACHABLE);
}
for (const file of testFiles(HIDDEN)) {
  if (mode === "split" && !SPLIT.has(file.framework))
    record(file.name, "errored", `split suites are for node:test and mocha, not ${file.framework}`, 0);
  else await runFile(file, mode === "split" ? seconds : undefined);
}
write({ end: count });
process.exit(0);
