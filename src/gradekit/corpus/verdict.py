"""Whether a hostile submission got what its case expects."""

from __future__ import annotations

from collections.abc import Iterator

from defusedxml import ElementTree

from gradekit.corpus.case import Expect
from gradekit.corpus.ground import Graded
from gradekit.errors import ExitCode, SubmissionError
from gradekit.results import CheckResult, Status

ESCAPES = ("\x1b", "\x9b", "\u202e", "\u2066", "\x07")
"""In no file that a terminal or an editor shows, whatever a case says."""
MARKUP = {
    "report.html": ("<script>alert", "<img src=x", "<svg onload", "</td>]]"),
    "report.xml": ("<script>alert", "<img src=x", "<svg onload"),
    "report.md": ("\n::", "##vso["),
    "report.txt": ("\n::", "##vso["),
}
"""What nobody may find in a file of ours: the candidate wrote it for a browser or a CI system."""
_CHANCE = (ExitCode.OK, ExitCode.BELOW)


def complaints(expect: Expect, graded: Graded) -> list[str]:
    """How a grading differs from what its case expects, one sentence each; empty when it does not."""
    if expect.refused is not None:
        return [f"it was graded, and should be refused: {expect.refused}"]
    found = [*_outcomes(expect, graded), *_score(expect, graded), *_texts(expect, graded)]
    if graded.seconds > expect.seconds:
        found.append(f"it took {graded.seconds:.1f} s, should take at most {expect.seconds:g} s")
    return found


def refusal_complaints(expect: Expect, error: SubmissionError) -> list[str]:
    """How a refusal differs from what its case expects; empty when it does not."""
    said = str(error)
    if expect.refused is None:
        return [f"it was refused, and should be graded: {said!r}"]
    found = [] if expect.refused in said else [f"the refusal says {said!r}, should say {expect.refused!r}"]
    return found + [f"the refusal holds {mark!r}" for mark in ESCAPES if mark in said]


def _told(check: CheckResult) -> str:
    return f"{check.id}: {check.outcome.status.value}"


def _outcomes(expect: Expect, graded: Graded) -> Iterator[str]:
    checks = {check.id: check for check in graded.report.checks}
    wanted = dict.fromkeys(checks, Status.PASSED)
    wanted |= dict.fromkeys(expect.fails, Status.FAILED) | dict.fromkeys(expect.skips, Status.SKIPPED)
    free = set(checks if expect.any_outcome else expect.may_fail)
    for name in sorted(free.union(wanted, expect.says) - checks.keys()):
        yield f"{name}: there is no such check"
    for name, check in checks.items():
        status, message = check.outcome.status, check.outcome.message
        if name in free:
            if status is Status.ERRORED:
                yield f"{_told(check)}, must not be our fault: {message!r}"
        elif status is not wanted[name]:
            yield f"{_told(check)}, should be {wanted[name].value}: {message!r}"
        if expect.says.get(name, "") not in message:
            yield f"{name}: says {message!r}, should say {expect.says[name]!r}"
    if graded.exit != expect.exit and not (expect.may_fail and graded.exit in _CHANCE):
        yield f"exit code {graded.exit.value}, should be {expect.exit}"


def _score(expect: Expect, graded: Graded) -> Iterator[str]:
    score = graded.report.score
    if expect.exit == ExitCode.INTEGRITY:
        if (score.state, score.earned, score.total) != ("withheld", None, None):
            yield f"the score is {score.state}, should be withheld"
    elif score.earned is None or not score.possible:
        yield f"the score is {score.state} and has no points"
    else:
        percent = 100 * score.earned / score.possible
        if not expect.score.get("gte", 0) <= percent <= expect.score.get("lte", 100):
            bounds = ", ".join(f"{bound} {value:g}" for bound, value in expect.score.items())
            yield f"{percent:.1f} % of the points, should be {bounds}"


def _texts(expect: Expect, graded: Graded) -> Iterator[str]:
    everything = "\n".join(graded.files.values())
    for text in expect.shows:
        if text not in everything:
            yield f"the report does not show {text!r}"
    for text in expect.never:
        if text in everything:
            yield f"the report shows {text!r}"
    for file, text in graded.files.items():
        for mark in (*MARKUP.get(file, ()), *(() if file == "report.json" else ESCAPES)):
            if mark in text:
                yield f"{file} holds {mark!r}"
    try:
        ElementTree.fromstring(graded.files["report.xml"])
    except ElementTree.ParseError as error:
        yield f"report.xml is not XML: {error}"
