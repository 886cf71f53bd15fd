/** Mocha, with its BDD interface. */
import Mocha from "mocha";
import { PendingError } from "mocha/lib/pending.js";

import { reason } from "./report.mjs";

const { EVENT_RUN_END, EVENT_SUITE_END, EVENT_TEST_BEGIN, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } =
  Mocha.Runner.constants;

/** Count a test as skipped when what says so comes from elsewhere than its own `this.skip()`: Mocha would pass it. */
function watch(test) {
  const { fn } = test;
  test.fn = function watched(...given) {
    try {
      return fn.apply(this, given);
    } catch (error) {
      if (error instanceof PendingError) test.pending = true;
      throw error;
    }
  };
}

/** Tells of a test when the hooks after it have run too. */
class Reporter {
  #report;
  #open = null;
  #told = new Set();

  constructor(runner, { reporterOptions }) {
    this.#report = reporterOptions.report;
    runner.on(EVENT_TEST_PASS, (test) => this.#keep(test, "passed", ""));
    runner.on(EVENT_TEST_PENDING, (test) => this.#keep(test, "skipped", ""));
    runner.on(EVENT_TEST_FAIL, (test, error) => this.#fail(test, reason(error)));
    runner.on(EVENT_TEST_BEGIN, watch);
    for (const event of [EVENT_TEST_BEGIN, EVENT_SUITE_END, EVENT_RUN_END]) runner.on(event, () => this.#flush());
  }

  #keep(test, outcome, message) {
    if (this.#open?.test !== test) this.#flush();
    this.#open = { test, outcome, message };
  }

  #fail(item, message) {
    if (item.type !== "hook") {
      this.#keep(item, "failed", message);
      return;
    }
    const test = item.ctx?.currentTest;
    if (/each/.test(item.originalTitle ?? item.title) && test) {
      this.#keep(test, "errored", message);
      this.#flush();
    } else if (/before/.test(item.title)) {
      this.#flush();
    } else {
      this.#flush();
      this.#report.record(item.parent.titlePath(), "errored", message);
    }
    // Nothing more of this suite runs.
    item.parent.eachTest((other) => {
      if (!this.#told.has(other)) this.#tell(other, "errored", message);
    });
  }

  #flush() {
    const open = this.#open;
    this.#open = null;
    if (open !== null) this.#tell(open.test, open.outcome, open.message);
  }

  #tell(test, outcome, message) {
    this.#told.add(test);
    this.#report.record(test.titlePath(), outcome, message, (test.duration ?? 0) / 1000);
  }
}

/** Run a file. */
export default async function runMocha(file, report) {
  const mocha = new Mocha({ ui: "bdd", reporter: Reporter, reporterOptions: { report }, color: false });
  mocha.addFile(file);
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    report.record([], "errored", reason(error));
    return;
  }
  await new Promise((resolve) => mocha.run(resolve));
}
