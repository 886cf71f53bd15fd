/** A thread that holds the connection to the submission's process, so that the tests can wait for an answer. */
import { connect } from "node:net";
import { workerData } from "node:worker_threads";

import { MAX_LINE } from "../call/values.mjs";

const { port, flag, path, seconds } = workerData;
let socket = null;
let waiting = null;

function settle(told) {
  const settled = waiting;
  waiting = null;
  settled?.(told);
}

function lose(why) {
  socket?.destroy();
  socket = null;
  settle({ lost: why });
}

function open() {
  const made = connect(path);
  let pieces = [];
  let size = 0;
  const own = (then) => (value) => made === socket && then(value);
  made.on(
    "data",
    own((data) => {
      pieces.push(data);
      size += data.length;
      const end = data.indexOf(10);
      if (waiting === null) lose("the submission wrote to the connection unasked");
      else if (end >= 0 && end !== data.length - 1) lose("the submission wrote more than one answer");
      else if (size > MAX_LINE) lose(`the answer is longer than ${MAX_LINE >> 10} KiB`);
      else if (end >= 0) {
        const line = Buffer.concat(pieces);
        [pieces, size] = [[], 0];
        settle({ line });
      }
    }),
  );
  made.on(
    "error",
    own(() => lose("the submission's process ended before it answered")),
  );
  made.on(
    "close",
    own(() => lose("the submission's process ended before it answered")),
  );
  return made;
}

function exchange(line) {
  return new Promise((resolve) => {
    waiting = resolve;
    const timer = setTimeout(() => lose(`no answer came within ${seconds} s`), seconds * 1000);
    waiting = (told) => {
      clearTimeout(timer);
      resolve(told);
    };
    socket ??= open();
    socket.write(line);
  });
}

port.on("message", async (line) => {
  port.postMessage(await exchange(line));
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
});
