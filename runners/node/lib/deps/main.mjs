/** The deps phase: a clean copy of what the submission wants, and npm on that. Candidate code is not run. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { builtByScript } from "./installed.mjs";
import { manifest, wants } from "./manifest.mjs";
import { environment, NPM, registryHosts } from "./npm.mjs";
import { npmLock } from "./npmlock.mjs";
import { pnpmGraph } from "./pnpm.mjs";
import { RefusedError } from "./refused.mjs";
import { npmTree } from "./tree.mjs";
import { demands } from "./versions.mjs";
import { yarnGraph } from "./yarn.mjs";

const SOURCE = "/in";
const TARGET = "/out";
const MAX_MANIFEST = 256 << 10;
const MAX_LOCK = 16 << 20;
const TAIL = 4000;
const QUIET = [
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--no-update-notifier",
  "--no-progress",
  "--loglevel=error",
  "--color=false",
];
/** What npm calls a registry that does not answer, or not now. */
const UNREACHABLE = /^npm error code (?:E(?:TIMEDOUT|CONN\w+|AI_AGAIN|NOTFOUND|PROTO|PIPE|429|5\d\d)|ERR_SOCKET\w*|FETCH_ERROR)$/m;
const SECRET = /(?<=:\/\/)[^/@\s]+@/g;

/** The text of a file of the submission; null when there is none. */
function read(name, limit) {
  const path = join(SOURCE, name);
  if (!existsSync(path)) return null;
  if (statSync(path).size > limit) throw new RefusedError(`${name}: it is larger than ${limit >> 10} KiB`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch {
    throw new RefusedError(`${name}: it is not UTF-8`);
  }
}

/** The text of a file that need not be there, and of which nothing is said when it is wrong. */
function hint(name) {
  try {
    return read(name, MAX_MANIFEST) ?? "";
  } catch {
    return "";
  }
}

/** The lock file that counts; undefined when there is none. */
function lockName() {
  const names = ["npm-shrinkwrap.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"];
  return names.find((name) => existsSync(join(SOURCE, name)));
}

/** What is fetched: `{source, wanted, lock, converted}`; null when nothing is. */
function plan() {
  const text = read("package.json", MAX_MANIFEST);
  const found = lockName();
  if (text === null) {
    if (found) throw new RefusedError(`package.json: there is no such file; ${found} needs one beside it`);
    return null;
  }
  const wanted = manifest(text);
  const lock = found && read(found, MAX_LOCK);
  const hosts = registryHosts();
  // An empty lock file is read too: what is refused in it must not depend on what package.json wants.
  if (lock === undefined) return wants(wanted) ? { source: "package.json", wanted } : null;
  if (found.endsWith(".json")) {
    const made = npmLock(found, lock, wanted, hosts);
    return wants(wanted) ? { source: found, wanted, lock: made } : null;
  }
  const tree = npmTree(...(found === "yarn.lock" ? yarnGraph(lock, text, wanted) : pnpmGraph(lock, hosts)));
  const root = { ...tree.packages[""], private: true };
  return wants(wanted) ? { source: found, wanted: root, lock: tree, converted: true } : null;
}

function npm(argv, folder, scratch) {
  return spawnSync(process.execPath, [NPM, ...argv, `--cache=${scratch}/cache`, ...QUIET], {
    cwd: folder,
    env: environment(scratch),
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 16 << 20,
  });
}

function fetch({ source, wanted, lock, converted }) {
  // Beside the target, where there is room.
  const scratch = mkdtempSync(join(TARGET, ".scratch-"));
  const folder = join(scratch, "submission");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify(wanted));
  if (lock) writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  // Another tool's lock file has already settled what stands for a peer.
  const argv = lock ? ["ci", ...(converted ? ["--legacy-peer-deps"] : [])] : ["install", "--no-package-lock"];
  const done = npm([...argv, "--install-strategy=hoisted"], folder, scratch);
  if (done.status !== 0) {
    const message = tidy(`${done.stderr}${done.stdout}`, scratch);
    const control = npm(["view", "npm", "name"], scratch, scratch);
    rmSync(scratch, { recursive: true, force: true });
    if (control.status !== 0 || UNREACHABLE.test(done.stderr)) {
      const said = tidy(control.status === 0 ? done.stderr : control.stderr, scratch);
      console.error(`the package registry cannot be reached:\n${said}`);
      return 3;
    }
    console.error(`${source}: its packages cannot be fetched:\n${message}`);
    return 2;
  }
  const made = join(folder, "node_modules");
  const { broken, silent } = builtByScript(made);
  if (broken.length > 0) {
    rmSync(scratch, { recursive: true, force: true });
    console.error(
      `${source}: ${broken.join(", ")}: built or downloaded by an install script, and none is run here; ` +
        "use a package in JavaScript, or a version that brings its binaries along",
    );
    return 2;
  }
  if (silent.length > 0) console.error(`${source}: install scripts were not run: ${silent.join(", ")}`);
  if (existsSync(made)) renameSync(made, join(TARGET, "node_modules"));
  rmSync(scratch, { recursive: true, force: true });
  return 0;
}

function tidy(text, scratch) {
  const lines = text.split("\n").filter((line) => !/A complete log of this run|eresolve-report|_logs\//.test(line));
  return lines.join("\n").replaceAll(SECRET, "***@").replaceAll(scratch, "").trim().slice(-TAIL);
}

try {
  const chosen = plan();
  const found = lockName();
  const said = JSON.parse(read("package.json", MAX_MANIFEST) ?? "{}");
  const { refused, notes } = demands(said, found, found ? read(found, MAX_LOCK) : "", hint);
  for (const note of notes) console.log(JSON.stringify({ note }));
  if (refused !== null) {
    console.error(refused);
    process.exitCode = 4;
  } else process.exitCode = chosen === null ? 0 : fetch(chosen);
} catch (error) {
  if (!(error instanceof RefusedError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
