/** Which Node.js a submission wants: what its own tools refuse, and what merely hints at another one. */
import { createRequire } from "node:module";

import { RefusedError } from "./refused.mjs";

const ofNpm = createRequire("/opt/gradekit/runtime/node_modules/npm/package.json");
const { checkDevEngines } = ofNpm("npm-install-checks");
const semver = ofNpm("semver");
const HINTS = [".nvmrc", ".node-version"];
const ALL_THE_SAME = "it was run all the same";

function another(place, wanted, what) {
  const range = wanted.replaceAll(/\s+/g, " ").slice(0, 100);
  return `${place}: wants Node.js ${range}; this runner has ${process.versions.node}; ${what}`;
}

/** The package client that refuses a project whose `engines` this Node.js is not; null when its own only warns. */
function refuser(lockName, lock, npmrc) {
  if (lockName === "pnpm-lock.yaml") return "pnpm";
  if (lockName === "yarn.lock") return /^__metadata:/m.test(lock) ? null : "yarn";
  return /^\s*engine-strict\s*=\s*true\s*$/m.test(npmrc) ? "npm" : null;
}

/** Whether npm refuses what `devEngines.runtime` says. */
function refuses(runtime) {
  try {
    const found = checkDevEngines({ runtime }, { runtime: { name: "node", version: process.version } });
    return found.some((error) => error.isError);
  } catch (error) {
    throw new RefusedError(`package.json: devEngines: ${error.message}; correct it`);
  }
}

/**
 * What a submission says of its Node.js that this one is not: `{refused, notes}`; `refused` is null when nothing stands
 * against it. `hint` reads a file that need not be there and cannot be wrong.
 * @throws {RefusedError} `devEngines` is none.
 */
export function demands(manifest, lockName, lock, hint) {
  const notes = [];
  let refused = null;
  const runtime = manifest.devEngines?.runtime;
  if (runtime !== undefined && refuses(runtime)) {
    const wanted = [runtime].flat().map(({ name, version = "*" }) => (name === "node" ? version : `${name} ${version}`));
    refused = another("package.json: devEngines", wanted.join(" || "), "npm would refuse to install it");
  }
  const range = manifest.engines?.node;
  const valid = typeof range === "string" && semver.validRange(range) !== null;
  if (valid && !semver.satisfies(process.versions.node, range, { includePrerelease: true })) {
    const client = refuser(lockName, lock, hint(".npmrc"));
    if (client === null) notes.push(another("package.json: engines", range, `that is a warning only, and ${ALL_THE_SAME}`));
    else refused ??= another("package.json: engines", range, `${client} would refuse to install it`);
  }
  for (const name of HINTS) {
    const found = /^v?(\d{1,6})(?:\.\d{1,6}){0,2}$/.exec(hint(name).trim());
    if (found && Number(found[1]) !== semver.major(process.versions.node)) notes.push(another(name, found[0], ALL_THE_SAME));
  }
  return { refused, notes };
}
