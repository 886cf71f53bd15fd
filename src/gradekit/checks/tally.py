"""From the cases of a check to its outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gradekit.checks.differences import MAX_COUNTED, Mismatch
from gradekit.results import CaseResult, Judgement, Outcome, Status
from gradekit.texts import clean

CUT = 2048
"""Characters of a stranger's text that go into a message."""
SHOWN = 20
"""Mismatches of a case that are told; the others are only counted."""


def tally(cases: Sequence[CaseResult], *, noun: str, all_or_nothing: bool) -> Judgement:
    """Equal shares for all cases, or everything for all of them; no case at all is an error.

    A single case that is our fault leaves no verdict on the others: the whole is errored, too, and says by which case.
    ``noun`` names the cases in the message (plural). What went wrong stands in the cases, once.
    """
    if not cases:
        return errored(f"the check has no {noun}")
    ours = next((case for case in cases if case.outcome.status is Status.ERRORED), None)
    if ours is not None:
        what = ours.outcome.message
        if len(cases) > 1 and ours.title not in what:
            what = f'"{ours.title}": {what}'
        return Judgement(outcome=ours.outcome.model_copy(update={"message": what}), cases=tuple(cases))
    wrong = [case for case in cases if case.outcome.status is not Status.PASSED]
    if not wrong:
        return Judgement(outcome=Outcome(status=Status.PASSED, ratio=1.0), cases=tuple(cases))
    share = sum(case.outcome.ratio for case in cases) / len(cases)
    message = f"{len(wrong)} of {len(cases)} {noun} failed" if len(cases) > 1 else wrong[0].outcome.message
    outcome = Outcome(status=Status.FAILED, ratio=0.0 if all_or_nothing else share, message=message)
    return Judgement(outcome=outcome, cases=tuple(cases))


def numbered(titles: Sequence[str]) -> list[tuple[str, str]]:
    """For each title, the id of a case and a title that no other case has: those that are alike get a number.

    The first of them keeps the title as its id.
    """
    whole, seen = Counter(titles), Counter[str]()
    named = []
    for title in titles:
        seen[title] += 1
        several = f"{title} #{seen[title]}"
        named.append((title if seen[title] == 1 else several, title if whole[title] == 1 else several))
    return named


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


def examined(title: str, name: str, mismatches: Sequence[Mismatch], ratio: float = 0.0) -> CaseResult:
    """A case from all that is wrong with it, passed when nothing is.

    ``expected`` and ``actual`` have a line for each mismatch, in step; sentences stand in ``message``.
    ``ratio`` is what a case that is wrong earns; one that is wrong by our fault is errored.
    """
    if not mismatches:
        return passed(title, name)
    mismatches = list(dict.fromkeys(mismatches))
    for mismatch in mismatches:
        if mismatch.ours:
            message = _line(mismatch.place, mismatch.actual)
            return CaseResult(id=name, title=title, outcome=Outcome(status=Status.ERRORED, message=message))
    shown = [mismatch for mismatch in mismatches if mismatch.count <= 1][:SHOWN]
    told = [_line(mismatch.place, mismatch.actual) for mismatch in shown if not mismatch.expected]
    total, first = (sum(mismatch.count for mismatch in some) for some in (mismatches, shown))
    if total > first:
        least = "at least " if total >= MAX_COUNTED else ""
        told.append(f"{least}{total} differences; the first {first} are shown")
    pairs = [mismatch for mismatch in shown if mismatch.expected]
    outcome = Outcome(
        status=Status.FAILED,
        ratio=ratio,
        message="; ".join(told),
        expected="\n".join(_line(mismatch.place, mismatch.expected) for mismatch in pairs) or None,
        actual="\n".join(_line(mismatch.place, mismatch.actual) for mismatch in pairs) or None,
    )
    return CaseResult(id=name, title=title, outcome=outcome)


def cut(text: str) -> str:
    """A stranger's text for a message: the first ``CUT`` characters, unprintable ones but newlines escaped."""
    return clean(text, CUT, lines=True)


def _line(place: str, text: str) -> str:
    return text if not place else f"{place}:\n{text}" if "\n" in text else f"{place}: {text}"
