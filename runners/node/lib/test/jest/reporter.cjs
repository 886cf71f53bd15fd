/** Tells of a file that cannot be loaded; all else the environment of the tests has told. */
const EMPTY = "must contain at least one test";

module.exports = class Reporter {
  onTestResult(_test, result) {
    const error = result.testExecError;
    if (!error || globalThis[Symbol.for("gradekit.told")] || String(error.message).includes(EMPTY)) return;
    globalThis[Symbol.for("gradekit.report")].record([], "errored", error.message ?? error);
  }
};
