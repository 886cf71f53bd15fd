"""A challenge against its own solutions: the reference earns everything, each wrong one loses what it must."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradekit import __version__
from gradekit.checks.kinds import KINDS
from gradekit.checks.twins import Twin
from gradekit.errors import Problem, SpecError
from gradekit.grade.judging import judge
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.progress import Progress
from gradekit.record import Record
from gradekit.report.words import summary
from gradekit.results import Report, Status
from gradekit.spec.challenge import Challenge, Expectation, Solution
from gradekit.spec.lock import Lock
from gradekit.submission import CloneRules, obtain


@dataclass(frozen=True, slots=True)
class Verified:
    """One solution's result: ``mismatches`` is empty when it got what its folder claims."""

    path: str
    report: Report
    mismatches: tuple[str, ...]


def run_solution(
    challenge: Challenge, lock: Lock | None, solution: Solution, setting: Setting, progress: Progress
) -> Record:
    """Grade one solution's folder; without a lock, suites are observed for what one needs."""
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
    )


def lock_of(challenge: Challenge, record: Record) -> Lock:
    """What the reference's run says: the tests that must pass, and the twins that must not."""
    tests: dict[str, tuple[str, ...]] = {}
    twins: dict[str, Mapping[str, Twin]] = {}
    for observation in record.observations:
        kind = KINDS[challenge.spec.check(observation.check).kind]
        if observation.state == "observed" and kind.recorded is not None:
            evidence = kind.evidence.model_validate(observation.evidence, strict=False)
            tests[observation.check], twins[observation.check] = kind.recorded(evidence)
    return Lock(
        gradekit=__version__, challenge=challenge.digest, rubric=challenge.rubric_name, tests=tests, twins=twins
    )


def mismatches(expect: Expectation, report: Report) -> tuple[str, ...]:
    """How a report differs from what its solution claims, one sentence each."""
    lost = {check.id: check for check in report.checks if check.outcome.status is not Status.PASSED}
    claimed = set(expect.fails or ())
    found = [
        f"{check.id}: {check.outcome.status.value}, should pass: {summary(check)}"
        for check in lost.values()
        if check.id not in claimed
    ]
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
    progress.note(reference.path)
    record = run_solution(challenge, None, reference, setting, progress)
    lock = lock_of(challenge, record)
    results = [_verified(challenge, reference, record, lock)]
    for solution in solutions:
        if solution is not reference:
            progress.note(solution.path)
            record = run_solution(challenge, lock, solution, setting, progress)
            results.append(_verified(challenge, solution, record, lock))
    got = {result.path: _got(result.report) for result in results}
    return lock.model_copy(update={"solutions": got}), results


def _verified(challenge: Challenge, solution: Solution, record: Record, lock: Lock) -> Verified:
    report = judge(challenge, record, lock)
    return Verified(solution.path, report, mismatches(solution.expect, report))


def _got(report: Report) -> Mapping[str, object]:
    """What a solution got, for people who read the lock's history."""
    lost = sorted(check.id for check in report.checks if check.outcome.status is not Status.PASSED)
    return {"earned": report.score.earned, "possible": report.score.possible, "fails": lost}
