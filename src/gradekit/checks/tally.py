"""From the cases of a check to its outcome."""

from __future__ import annotations

from collections.abc import Sequence

from gradekit.checks.texts import clean
from gradekit.results import CaseResult, Judgement, Outcome, Status

CUT = 2048
"""Characters of a stranger's text that go into a message."""


def tally(cases: Sequence[CaseResult], *, noun: str, all_or_nothing: bool) -> Judgement:
    """Equal shares for all cases, or everything for all of them; no case at all is an error.

    A single case that is our fault leaves no verdict on the others: the whole is errored, too.
    ``noun`` names the cases in the message (plural).
    """
    if not cases:
        return errored(f"the check has no {noun}")
    ours = next((case for case in cases if case.outcome.status is Status.ERRORED), None)
    if ours is not None:
        return Judgement(outcome=Outcome(status=Status.ERRORED, message=_led(ours)), cases=tuple(cases))
    wrong = [case for case in cases if case.outcome.status is not Status.PASSED]
    if not wrong:
        return Judgement(outcome=Outcome(status=Status.PASSED, ratio=1.0), cases=tuple(cases))
    share = sum(case.outcome.ratio for case in cases) / len(cases)
    message = (
        f"{len(wrong)} of {len(cases)} {noun} failed; first {_led(wrong[0])}" if len(cases) > 1 else _led(wrong[0])
    )
    outcome = Outcome(status=Status.FAILED, ratio=0.0 if all_or_nothing else share, message=message)
    return Judgement(outcome=outcome, cases=tuple(cases))


def errored(message: str) -> Judgement:
    """The challenge or the evidence is at fault, so there is no verdict about the candidate."""
    return Judgement(outcome=Outcome(status=Status.ERRORED, message=message))


def passed(title: str, name: str) -> CaseResult:
    """A case that is right."""
    return CaseResult(id=name, title=title, outcome=Outcome(status=Status.PASSED, ratio=1.0))


def failed(title: str, name: str, message: str, expected: str | None = None, actual: str | None = None) -> CaseResult:
    """A case that is wrong; a stranger's text in ``message`` is capped and escaped here."""
    outcome = Outcome(status=Status.FAILED, message=cut(message), expected=expected, actual=actual)
    return CaseResult(id=name, title=title, outcome=outcome)


def cut(text: str, limit: int = CUT) -> str:
    """A stranger's text for a message: at most ``limit`` characters, unprintable ones but newlines escaped."""
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "\n".join(clean(line, limit) for line in short.split("\n"))


def _led(case: CaseResult) -> str:
    return f"{case.title}: {case.outcome.message}"
