"""What each test of the manifest comes to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gradekit.checks.suite.evidence import Record, SuiteEvidence
from gradekit.checks.tally import failed, passed
from gradekit.results import CaseResult

GIST: Final = 6
"""Lines of a record's message that a report shows; the evidence has all."""
_LED_HERE: Final = "with the reference this does not happen, so something in the submission led to it"
_CROSSING: Final = re.compile(r"[\w.\\:]*CannotCross")
"""How the message of a test of a split suite begins that did what only works within one process."""
_CROSSED: Final = (
    "tests and submission exchange only data here; this test passes with the reference, so probably something that the "
    "submission returned, of another type than expected, led to this; if not, the challenge's author has to change the "
    "test"
)
_XFAIL: Final = "xfail or xpass:"
"""How the message of a test begins that is marked as one that fails."""
_ONCE: Final = (
    "a test counts only if it is reported once, as it is with the reference; code of the submission probably reported "
    "it, too"
)
_UNMARKED: Final = "with the reference it has no such mark, so something in the submission led to it"
_ENDED: Final = {
    "failed": "failed, without a message",
    "errored": f"an error in its setup or teardown ({_LED_HERE})",
    "skipped": f"skipped, which does not count as passed ({_LED_HERE})",
}
"""What a runner says of a test that did not pass; ``failed`` stands where there is no message."""


def reported(test: str, count: int, record: Record) -> CaseResult:
    """A test that has a result; ``count`` says how often it was reported."""
    if count > 1:
        return failed(test, test, f"reported {count} times; {_ONCE}")
    if record.outcome == "passed":
        return passed(test, test)
    if record.message.startswith(_XFAIL):
        return failed(test, test, _marked(record))
    said = _ENDED.get(record.outcome, record.outcome)
    gist = _gist(record.message)
    if record.outcome == "skipped":
        return failed(test, test, f"{said}; {_reason(gist)}")
    words = (said if record.outcome != "failed" or not record.message else "", gist)
    what = ": ".join(filter(None, words))
    if _CROSSING.match(record.message):
        what += f"\n({_CROSSED})"
    return failed(test, test, what)


def _marked(record: Record) -> str:
    """What the mark of a test comes to; ``record`` is of one that was expected to fail."""
    reason = _gist(record.message.removeprefix(_XFAIL))
    if record.outcome == "skipped":
        what = "failed as it was marked to (xfail)"
    else:
        what = "passed although it is marked as expected to fail (xpass)"
    return f"{what}, which does not count as passed ({_UNMARKED}); {_reason(reason)}"


def _reason(given: str) -> str:
    """Why a test was skipped or marked, as it says itself."""
    return f"the reason that it gives: {given}" if given else "it gives no reason"


def unreported(test: str, evidence: SuiteEvidence, files: Mapping[str, Record], ending: str) -> CaseResult:
    """A test without a result, and why, as far as it is known; ``files`` are records of what is no test."""
    file = next((files[place] for place in files_of(test) if place in files), None)
    if file is not None:
        what = "could not be loaded" if file.outcome == "errored" else "was skipped"
        why = ": ".join(filter(None, (f"{file.test} {what} ({_LED_HERE})", _gist(file.message))))
    elif ending:
        why = ending
    elif evidence.late:
        why = (
            "nothing about it came before the suite's end mark; something wrote that mark before this test ran, "
            "probably code of the submission"
        )
    else:
        why = (
            "the suite came to its end, and with the reference this test has a result, so something in the submission "
            "probably stopped or removed it; "
        )
        why += "what the run printed may say more" if evidence.stderr else "the run printed nothing that says more"
    return failed(test, test, f"no result: {why}")


def _gist(message: str) -> str:
    """The first and the last lines of a test's message, which say what it asserted and how that differed."""
    lines = [line.rstrip() for line in message.strip().splitlines()]
    return "\n".join(lines if len(lines) <= GIST else [lines[0], "…", *lines[2 - GIST :]])


def is_whole(record: Record) -> bool:
    """Whether it can be of a file that was not run at all."""
    return record.outcome in {"errored", "skipped"}


def files_of(test: str) -> tuple[str, str]:
    """What the file of a test may be, by the ways in which runners write ids."""
    return test.partition("::")[0], test.partition(" > ")[0]
