"""One case on this host: what it should get, what it got."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from gradekit.corpus.case import Case, Expect, hand_in
from gradekit.corpus.ground import Graded, Ground
from gradekit.corpus.verdict import complaints, refusal_complaints
from gradekit.errors import ExitCode, SubmissionError
from gradekit.results import Status

_REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A case that was tried; ``complaints`` is empty when it got what it should."""

    name: str
    class_: str
    expected: str
    """In a few words, as ``got``."""
    got: str
    seconds: float
    complaints: tuple[str, ...] = ()
    fault: str = ""
    """Why it could not be tried; that is our fault, and says nothing about the host."""
    unreachable: bool = False
    """Whether the fault is that no package registry answers."""

    @property
    def holds(self) -> bool:
        """Whether it was tried and got what it should."""
        return not self.complaints and not self.fault


def attempt(case: Case, ground: Ground, folder: Path) -> Attempt:
    """Hand a case in below an empty folder, grade it, and compare.

    Raises:
        InfrastructureError: the engine or git failed.
    """
    begun = time.monotonic()
    expect = case.expect
    try:
        graded = ground.grade(hand_in(case, folder), expect.challenge, folder / "out")
    except SubmissionError as error:
        got, found, seconds = _REFUSED, refusal_complaints(expect, error), time.monotonic() - begun
    else:
        got, found, seconds = got_text(expect, graded), complaints(expect, graded), graded.seconds
        found += [f"left on the engine: {name}" for name in ground.left(graded.report.run.id)]
    return Attempt(case.name, expect.class_, expected_text(expect), got, seconds, tuple(found))


def expected_text(expect: Expect) -> str:
    """What a case should get, in a few words."""
    if expect.refused is not None:
        return _REFUSED
    parts = ["score withheld"] if expect.exit == ExitCode.INTEGRITY else []
    if expect.any_outcome:
        parts.append("nothing errored")
    else:
        parts += _listed("fails", expect.fails) + _listed("skips", expect.skips) + _listed("may fail", expect.may_fail)
    parts += [f"{'at least' if bound == 'gte' else 'at most'} {value:g} %" for bound, value in expect.score.items()]
    return "; ".join(parts or ["passes"]) + (" (known limit)" if expect.known_limit else "")


def got_text(expect: Expect, graded: Graded) -> str:
    """What a grading came to, in the words of ``expected_text``."""
    parts = ["score withheld"] if graded.exit == ExitCode.INTEGRITY else []
    for word, status in (("fails", Status.FAILED), ("skips", Status.SKIPPED), ("errored", Status.ERRORED)):
        lost = [check.id for check in graded.report.checks if check.outcome.status is status]
        if not expect.any_outcome or status is Status.ERRORED:
            parts += _listed(word, lost)
    score = graded.report.score
    if (expect.score or expect.any_outcome) and score.earned is not None and score.possible:
        parts.append(f"{100 * score.earned / score.possible:.3g} %")
    return "; ".join(parts or ["passes"])


def _listed(word: str, names: tuple[str, ...] | list[str]) -> list[str]:
    return [f"{word} {', '.join(sorted(names))}"] if names else []
