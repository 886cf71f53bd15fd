/** The service of the submission: its Procfile, else `scripts.start` of its package.json, by a shell and not by npm. */
import { closeSync, openSync, readSync } from "node:fs";

const MAX = 256 << 10;
const COMPOUND = /[;&|\n(){}]|^\s*\w+=/;

class MissingError extends Error {}

/** The begin of a file of the submission; null when there is none. */
function read(name) {
  let descriptor;
  try {
    descriptor = openSync(name, "r");
    const data = Buffer.alloc(MAX);
    return new TextDecoder().decode(data.subarray(0, readSync(descriptor, data)));
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw new MissingError(`${name}: it cannot be read: ${error.code}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The shell command that starts the service. */
function command() {
  const procfile = read("Procfile");
  if (procfile !== null) {
    const web = procfile.split(/\r?\n/).map((line) => /^web\s*:\s*(\S.*)$/.exec(line.trim())?.[1]);
    const found = web.find((line) => line !== undefined);
    if (found) return found;
    throw new MissingError("Procfile: no line `web: COMMAND` in it; add the command that starts the service");
  }
  const text = read("package.json");
  const nowhere = "Procfile: there is no such file; one with a line `web: COMMAND` was expected";
  if (text === null) throw new MissingError(`${nowhere}, or a package.json with a start script`);
  let start;
  try {
    start = JSON.parse(text)?.scripts?.start;
  } catch (error) {
    throw new MissingError(`${nowhere}; package.json is not JSON: ${error.message}`);
  }
  if (typeof start === "string" && start.trim()) return start.trim();
  throw new MissingError(`${nowhere}, or \`scripts.start\` in package.json; add one`);
}

try {
  const web = command();
  const environment = {
    ...process.env,
    HOME: "/tmp",
    PATH: "/opt/deps/node_modules/.bin:/usr/local/bin:/usr/bin:/bin",
  };
  for (const name of Object.keys(environment))
    if (/^(?:NODE_OPTIONS|NODE_PATH|npm_.*)$/i.test(name)) delete environment[name];
  // A plain command takes the shell's place, so that signals and its end are its own; anything else needs the shell.
  process.execve("/bin/sh", ["sh", "-c", COMPOUND.test(web) ? web : `exec ${web}`], environment);
} catch (error) {
  if (!(error instanceof MissingError)) throw error;
  console.error(error.message);
  process.exit(3);
}
