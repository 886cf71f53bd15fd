/** The environment of Jest's tests: as for Node.js, and it tells of each test as soon as it is done. */
const { TestEnvironment } = require("jest-environment-node");

const RETRIES = Symbol.for("RETRY_TIMES");

module.exports = class Environment extends TestEnvironment {
  #report = globalThis[Symbol.for("gradekit.report")];
  #setUp = new WeakSet();
  #held = new Map();

  async handleTestEvent(event) {
    const { name, test } = event;
    if (name === "hook_failure") this.#hook(event);
    else if (name === "test_skip" || name === "test_todo") this.#tell(test, "skipped", "");
    else if (name === "test_retry") this.#setUp.delete(test);
    else if (name === "test_done" && test.errors.length > 0 && Number(this.global[RETRIES]) > 0)
      this.#held.set(test, true);
    else if (name === "test_done") this.#done(test);
    else if (name === "run_finish") for (const held of this.#held.keys()) this.#done(held);
  }

  #hook({ describeBlock, error, hook, test }) {
    if (test) this.#setUp.add(test);
    else if (hook.type === "beforeAll") this.#all(describeBlock);
    else this.#afterAll(describeBlock, error);
  }

  #afterAll(block, error) {
    globalThis[Symbol.for("gradekit.told")] = true;
    this.#report.record(pathOf(block), "errored", reasonOf(error), 0);
  }

  #all(block) {
    for (const child of block.children) {
      if (child.type === "describeBlock") this.#all(child);
      else this.#setUp.add(child);
    }
  }

  #done(test) {
    this.#held.delete(test);
    const [error] = test.errors;
    if (error === undefined) this.#tell(test, test.failing ? "skipped" : "passed", "it is expected to fail, and does");
    else this.#tell(test, this.#setUp.has(test) ? "errored" : "failed", reasonOf(error));
  }

  #tell(test, outcome, message) {
    this.#report.record(pathOf(test), outcome, message, (test.duration ?? 0) / 1000);
  }
};

/** The names of what is around a test or a block, and its own. */
function pathOf(item) {
  const names = [];
  for (let at = item; at?.parent; at = at.parent) names.unshift(at.name);
  return names;
}

function reasonOf(error) {
  const own = Array.isArray(error) ? (error[0] ?? error[1]) : error;
  return globalThis[Symbol.for("gradekit.reason")](own);
}
