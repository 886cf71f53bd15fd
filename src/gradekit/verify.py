"""A challenge against its own solutions: the reference earns everything, each wrong one loses what it must."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gradekit.errors import Problem, SpecError
from gradekit.grade.judging import judge, lock_of
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.progress import Progress
from gradekit.record import Record
from gradekit.report.words import summary
from gradekit.results import Report, Status
from gradekit.spec.challenge import Challenge, Expectation, Solution
from gradekit.spec.lock import Lock
from gradekit.submission import CloneRules, obtain

MISTAKES: Final = 20
"""Lines shown of what an author has to mend in one suite; the others are counted."""
NAMED: Final = 3
"""Checks that are named where several went wrong in the same way; more of them are counted."""


@dataclass(frozen=True, slots=True)
class Verified:
    """One solution's result: ``mismatches`` is empty when it got what its folder claims."""

    path: str
    report: Report
    mismatches: tuple[str, ...]
    language: str = ""
    """Name of the runner that graded it; empty where none could be chosen."""
    reference: bool = False
    """Whether it claims to pass everything."""

    @property
    def lost(self) -> tuple[str, ...]:
        """Ids of the checks that it did not pass, sorted."""
        checks = self.report.checks
        return tuple(sorted(check.id for check in checks if check.outcome.status is not Status.PASSED))


def run_solution(
    challenge: Challenge, lock: Lock | None, solution: Solution, setting: Setting, progress: Progress
) -> Record:
    """Grade one solution's folder; without a lock it is the reference, and observed for what a lock needs."""
    rules = challenge.spec.submission
    folder = challenge.root / solution.path
    return grade(
        challenge,
        lock,
        setting,
        lambda: obtain(
            str(folder),
            ref=None,
            before=None,
            candidate=solution.path,
            received_at=None,
            rules=CloneRules(max_size=rules.max_size, max_files=rules.max_files),
        ),
        progress,
        recording=lock is None,
    )


def mismatches(expect: Expectation, report: Report) -> tuple[str, ...]:
    """How a report differs from what its solution claims, one sentence each."""
    lost = {check.id: check for check in report.checks if check.outcome.status is not Status.PASSED}
    claimed = set(expect.fails or ())
    reasons: dict[str, list[str]] = {}
    for check in lost.values():
        if check.id not in claimed:
            why = f"{check.outcome.status.value}, should pass: {summary(check)}"
            reasons.setdefault(why, []).append(check.id)
    # What went wrong before the checks is the same for all of them.
    found = [f"{_several(names)}: {why}" for why, names in reasons.items()]
    found += [
        f"{check}: passed, should fail: the check does not see this mistake" for check in sorted(claimed - lost.keys())
    ]
    if report.score.state == "withheld":
        found += report.score.reasons
    if expect.score is not None and report.score.earned is not None and report.score.possible:
        percent = 100 * report.score.earned / report.score.possible
        if expect.score.gte is not None and percent < expect.score.gte:
            found.append(f"score {percent:.1f} % is below {expect.score.gte:g} %")
        if expect.score.lte is not None and percent > expect.score.lte:
            found.append(f"score {percent:.1f} % is above {expect.score.lte:g} %")
    return tuple(found)


def _several(names: Sequence[str]) -> str:
    """All names, or the first and how many there are beside."""
    return ", ".join(names) if len(names) <= NAMED else f"{names[0]} and {len(names) - 1} more checks"


def verify(challenge: Challenge, setting: Setting, progress: Progress) -> tuple[Lock, Sequence[Verified]]:
    """Grade every solution of a challenge, the reference first, and compare with what each claims.

    Returns:
        The lock to write (expected test ids from the reference), and a result for each solution.

    Raises:
        SpecError: the challenge lists no reference (``expect: {passes: all}``).
        SubmissionError: a solution's folder is refused.
    """
    solutions = challenge.spec.solutions
    reference = next((solution for solution in solutions if solution.expect.passes == "all"), None)
    if reference is None:
        raise SpecError(
            Problem(
                str(challenge.source),
                "solutions: there is no reference",
                "one solution with expect: {passes: all}",
                "add it",
            )
        )
    progress.note(f"{reference.path}: the reference, whose run says which tests count")
    record = run_solution(challenge, None, reference, setting, progress)
    lock, mistakes = lock_of(challenge, record.observations)
    first = _verified(challenge, reference, record, lock, setting)
    results = [replace(first, mismatches=(*first.mismatches, *_listed(mistakes)))]
    for solution in solutions:
        if solution is not reference:
            progress.note(solution.path)
            record = run_solution(challenge, lock, solution, setting, progress)
            results.append(_verified(challenge, solution, record, lock, setting))
    got = {result.path: _got(result) for result in results}
    return lock.model_copy(update={"solutions": got}), results


def _verified(challenge: Challenge, solution: Solution, record: Record, lock: Lock, setting: Setting) -> Verified:
    report = judge(challenge, record, lock)
    languages = [name for name in record.images if name in setting.languages(challenge)]
    return Verified(
        path=solution.path,
        report=report,
        mismatches=mismatches(solution.expect, report),
        language=languages[0] if languages else "",
        reference=solution.expect.passes == "all",
    )


def _listed(mistakes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Mistakes with their check, a bounded number of each."""
    found = []
    for check, lines in mistakes.items():
        found += [f"{check}: {line}" for line in lines[:MISTAKES]]
        found += [f"{check}: {len(lines) - MISTAKES} more of these"] if len(lines) > MISTAKES else []
    return tuple(found)


def _got(result: Verified) -> Mapping[str, object]:
    """What a solution got, for people who read the lock's history."""
    score = result.report.score
    return {"earned": score.earned, "possible": score.possible, "fails": list(result.lost)}
