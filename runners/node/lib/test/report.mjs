/** How a file's process tells its parent what became of a test. */
import { writeSync } from "node:fs";

const CHANNEL = 3;
const MAX_MESSAGE = 2000;
const ANSI = /\u001b\[[0-9;]*m/g;

/** A message that fits a record. */
function short(text) {
  const plain = String(text).replaceAll(ANSI, "");
  return plain.length <= MAX_MESSAGE
    ? plain
    : `${plain.slice(0, MAX_MESSAGE / 2)} ... ${plain.slice(-MAX_MESSAGE / 2 + 10)}`;
}

/** What an error says, whatever was thrown. */
export function reason(error) {
  try {
    const cause = error?.code === "ERR_TEST_FAILURE" && error.cause !== undefined ? error.cause : error;
    if (typeof cause !== "object" || cause === null) return String(cause);
    const message = String(cause.message ?? cause);
    const name = String(cause.name ?? "Error");
    return name === "Error" || message.startsWith(name) ? message : `${name}: ${message}`;
  } catch {
    return "an error that cannot be shown";
  }
}

/** Writes records at once, so that what a later test does to this process does not undo them. */
export class Report {
  #write;

  constructor() {
    const [send, encode] = [writeSync, JSON.stringify];
    this.#write = (told) => {
      let data = Buffer.from(`${encode(told)}\n`);
      while (data.length > 0) data = data.subarray(send(CHANNEL, data));
    };
  }

  /**
   * What became of a test.
   * @param path the names of the suites around it and its own; empty: the file itself.
   * @param outcome passed, failed, skipped or errored.
   */
  record(path, outcome, message = "", seconds = 0) {
    this.#write({ path, outcome, message: outcome === "passed" ? "" : short(message), seconds });
  }

  /** That nothing more comes. */
  end() {
    this.#write({ end: true });
  }
}
