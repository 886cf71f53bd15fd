"""What candidates begin with, graded as a submission: it has to earn next to nothing, or points come for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gradekit.errors import SubmissionError
from gradekit.grade.judging import judge
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.progress import Progress
from gradekit.record import Record
from gradekit.results import Report, Status
from gradekit.scratch import scratch
from gradekit.spec.challenge import Challenge
from gradekit.spec.handed import starters, whole, with_values
from gradekit.spec.lock import Lock
from gradekit.submission import CloneRules, obtain
from gradekit.verify import Verified, reference_of

MOST: Final = 20.0
"""Percent of the points that it may earn."""
_NAMED = 5


def verify_starting_points(
    challenge: Challenge, lock: Lock, setting: Setting, progress: Progress
) -> Sequence[Verified]:
    """Grade the starters, and files without content that have the names of the reference's.

    Args:
        challenge: the challenge.
        lock: by which they are judged.
        setting: engine, images and runners.
        progress: is told about each grading.

    Returns:
        A result for each, but for a folder that is no submission at all; one that earns more than ``MOST`` percent is
        a mismatch.
    """
    results = []
    with _empty(challenge) as (name, empty):
        found = [(name, empty), *((path, challenge.root / path) for path in starters(challenge))]
        for title, folder in found:
            progress.note(title)
            try:
                record = _observed(challenge, lock, setting, progress, folder)
            except SubmissionError as error:
                progress.note(f"{title}: {error}")
                continue
            report = judge(challenge, record, lock, trusting=True)
            languages = [name for name in record.images if name in setting.languages(challenge)]
            results.append(Verified(title, report, too_much(report), languages[0] if languages else ""))
    return results


@contextmanager
def _empty(challenge: Challenge) -> Iterator[tuple[str, Path]]:
    reference = reference_of(challenge)
    with whole(challenge, reference) as full, scratch("empty") as folder:
        for path in full.rglob("*"):
            if path.is_file() and not path.is_symlink():
                copy = folder / path.relative_to(full)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.touch()
        yield f"{reference.path}, emptied", folder


def _observed(challenge: Challenge, lock: Lock, setting: Setting, progress: Progress, folder: Path) -> Record:
    with with_values(challenge, folder) as filled:
        return grade(
            challenge,
            lock,
            setting,
            lambda: obtain(
                str(filled),
                ref=None,
                before=None,
                candidate=folder.name,
                received_at=None,
                rules=CloneRules.of(challenge.spec),
            ),
            progress,
            trusting=True,
        )


def too_much(report: Report) -> tuple[str, ...]:
    """Why a starting point earns too much, if it does; one without a score does not."""
    score = report.score
    if not score.earned or not score.possible or 100 * score.earned / score.possible <= MOST:
        return ()
    names = [check.id for check in report.checks if check.outcome.status is Status.PASSED]
    more = f" and {len(names) - _NAMED} more" if names[_NAMED:] else ""
    share = f"{100 * score.earned / score.possible:.1f} % of the points are for nothing, at most {MOST:g} % expected"
    return (f"{share}; it passes {', '.join(names[:_NAMED])}{more}",)
