/** Accepts connections one after the other; each is served by a new process, and ends the one before. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { createServer } from "node:net";

const SOCKET = "/call/socket";
const WORKER = "/opt/gradekit/lib/call/worker.mjs";
/** Alone in a container, under its init: what a process left behind is not among its children any more. */
const ALONE = process.ppid === 1 && process.getuid() !== 0;

let last = Promise.resolve(null);

/** End a process and all that it left. */
async function end(child) {
  if (child === null) return;
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }
  try {
    if (ALONE) process.kill(-1, "SIGKILL");
  } catch {
    // Nothing was left.
  }
}

function serve(socket) {
  const child = spawn(process.execPath, [WORKER], {
    cwd: mkdtempSync("/tmp/call-"),
    env: { HOME: "/tmp", LANG: "C.UTF-8", PATH: "/usr/local/bin:/usr/bin:/bin", TZ: "UTC" },
    stdio: ["ignore", 2, 2, socket],
  });
  child.on("error", (error) => console.error(`the process for a connection cannot be started: ${error.message}`));
  socket.destroy();
  return child;
}

const server = createServer({ pauseOnConnect: true }, (socket) => {
  socket.on("error", () => {});
  last = last.then(end).then(() => serve(socket));
});
server.listen(SOCKET, () => chmodSync(SOCKET, 0o666));
