"""A challenge against its own solutions: the reference earns everything, each wrong one loses what it must."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Final

from gradekit.errors import Problem, SpecError, UsageError
from gradekit.grade.judging import judge, lock_of
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.mutation.queries import killed
from gradekit.oracle import blunted, sharpness
from gradekit.progress import Progress
from gradekit.record import Record
from gradekit.report.words import summary
from gradekit.results import Report, Status
from gradekit.scratch import scratch
from gradekit.spec import limits
from gradekit.spec.challenge import Challenge, Expectation, Solution
from gradekit.spec.handed import with_values
from gradekit.spec.lock import Lock, Times, freshness, staleness
from gradekit.submission import CloneRules, obtain

MISTAKES: Final = 20
"""Lines shown of what an author has to mend in one suite; the others are counted."""
REFERENCE_RUNS: Final = 3
"""How often a reference is graded by default: a check that fails it now and then would fail candidates, too."""
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
    runs: int = 1
    """How often it was graded; ``report`` is that of the first time."""
    times: Mapping[str, Sequence[tuple[float, float | None]]] = field(default_factory=dict)
    """By check, for each grading: seconds of its limit, and those of its slowest action."""

    @property
    def lost(self) -> tuple[str, ...]:
        """Ids of the checks that it did not pass, sorted."""
        checks = self.report.checks
        return tuple(sorted(check.id for check in checks if check.outcome.status is not Status.PASSED))


def run_solution(
    challenge: Challenge,
    lock: Lock | None,
    solution: Solution,
    setting: Setting,
    progress: Progress,
    *,
    of: Challenge | None = None,
) -> Record:
    """Grade one solution's folder; without a lock it is the reference, and observed for what a lock needs.

    ``of``: the challenge in another variant, whose values the solution's files have.
    """
    with _folder(of or challenge, solution) as folder:
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
                rules=CloneRules.of(challenge.spec),
            ),
            progress,
            recording=lock is None,
            trusting=True,
        )


@contextmanager
def _folder(challenge: Challenge, solution: Solution) -> Iterator[Path]:
    """A solution's files, put over a copy of its base where it has one."""
    with with_values(challenge, [challenge.root / part for part in solution.folders]) as parts:
        if solution.base is None:
            yield parts[0]
            return
        with scratch("solution") as folder:
            whole = folder / Path(solution.path).name
            for part in parts:
                shutil.copytree(part, whole, symlinks=True, dirs_exist_ok=True)
            yield whole


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


def flaky(reports: Sequence[Report]) -> tuple[str, ...]:
    """Checks whose status is not the same in all reports of one solution, one sentence each."""
    found = []
    for index, check in enumerate(reports[0].checks):
        statuses = [report.checks[index].outcome.status.value for report in reports]
        if len(set(statuses)) > 1:
            found.append(f"{check.id}: flaky: {', '.join(statuses)} in {len(reports)} gradings of the same files")
    return tuple(found)


def unproven(results: Sequence[Verified]) -> tuple[str, ...]:
    """Ids of the checks of which nothing shows that they can fail, in the challenge's order.

    A check is proven when a solution loses it that passes another one: who loses everything, as an empty folder does,
    shows nothing about a single check.
    """
    proven: set[str] = set()
    for result in results:
        if len(result.lost) < len(result.report.checks):
            proven.update(result.lost)
    return tuple(check.id for check in results[0].report.checks if check.id not in proven)


def verify(
    challenge: Challenge,
    setting: Setting,
    progress: Progress,
    repeat: int | None = None,
    before: Lock | None = None,
) -> tuple[Lock, Sequence[Verified]]:
    """Grade every solution of a challenge, the reference first, and compare with what each claims.

    Args:
        challenge: the challenge.
        setting: engine, images and runners.
        progress: is told about each grading.
        repeat: how often each solution is graded; None for ``REFERENCE_RUNS`` times where it is a reference, else once.
            What is not the same each time is a mismatch.
        before: the lock of an earlier verification; expectations that notice less than they did then are a mismatch of
            the reference. None where nothing is compared.

    Returns:
        The lock to write (expected test ids from the reference), and a result for each solution.

    Raises:
        SpecError: the challenge lists no reference (``expect: {passes: all}``).
        SubmissionError: a solution's folder is refused.
    """
    solutions = challenge.spec.solutions
    reference = reference_of(challenge)

    def graded(solution: Solution, lock: Lock) -> Verified:
        return _graded(challenge, lock, solution, setting, progress)

    stand_ins = stood_in(challenge, setting)
    for name, stand_in in stand_ins.items():
        progress.note(f"runner {name}: {stand_in}; that wrong solutions fail is shown for that one only")
    progress.note(f"{reference.path}: the reference, whose run says which tests count")
    right = run_solution(challenge, None, reference, setting, progress)
    lock, mistakes = lock_of(challenge, right.observations)
    first = _verified(challenge, reference, right, lock, setting)
    found = list(_listed(mistakes))
    if challenge.spec.mutation is not None:
        mutants, survivors = killed(challenge, setting, progress)
        lock = lock.model_copy(update={"mutants": mutants})
        found += survivors
    first = replace(first, mismatches=(*first.mismatches, *found))
    results = [_again(first, partial(graded, reference, lock), progress, repeat)]
    wrong: list[Record] = []
    # What wrong solutions are compared with has to be known before them, in every language.
    for solution in sorted(solutions, key=lambda solution: solution.expect.passes is None):
        if solution is not reference:
            progress.note(solution.path)
            record = run_solution(challenge, lock, solution, setting, progress)
            found = []
            if solution.expect.passes is not None:
                lock, found = _with_ratios(challenge, lock, record)
            once = _verified(challenge, solution, record, lock, setting)
            once = replace(once, mismatches=(*once.mismatches, *found))
            results.append(_again(once, partial(graded, solution, lock), progress, repeat))
            if solution.expect.passes is None:
                wrong.append(record)
    progress.note("changed answers of the reference, which the expectations must notice")
    tried = sharpness(challenge, right, wrong, lock)
    if before is not None:
        blunt = blunted(before.sharpness, tried)
        results[0] = replace(results[0], mismatches=(*results[0].mismatches, *blunt))
    got = {result.path: _got(result) for result in results}
    sharp = {check: found.sharpness for check, found in tried.items()}
    update = {"solutions": got, "stand_ins": stand_ins, "sharpness": sharp, "times": _times(results)}
    return lock.model_copy(update=update), results


def _times(results: Sequence[Verified]) -> Mapping[str, Mapping[str, Times]]:
    """By check and language, what the references took."""
    found: dict[str, dict[str, Times]] = {}
    for result in results:
        for check, runs in result.times.items() if result.reference else ():
            of_check = found.setdefault(check, {})
            of_check[result.language] = limits.merged(of_check.get(result.language), limits.measured(runs))
    return found


def _with_ratios(challenge: Challenge, lock: Lock, record: Record) -> tuple[Lock, list[str]]:
    """The lock with what another reference was measured at, in a language that it does not know yet; and mistakes."""
    new, mistakes = lock_of(challenge, record.observations)
    known = lock.ratios
    ratios = {check: {**found, **known.get(check, {})} for check, found in new.ratios.items()}
    wrong = {check: mistakes[check] for check in ratios if ratios[check] != known.get(check)}
    return lock.model_copy(update={"ratios": {**lock.ratios, **ratios}}), list(_listed(wrong))


def verify_some(
    challenge: Challenge,
    lock: Lock | None,
    wanted: Sequence[Solution],
    setting: Setting,
    progress: Progress,
    *,
    repeat: int | None = None,
) -> tuple[Lock, Sequence[Verified]]:
    """Grade some solutions of a challenge as ``verify`` does, to look at these alone; what they get is for no lock.

    Args:
        challenge: the challenge.
        lock: its lock, by which solutions are judged as submissions are.
        wanted: the solutions.
        setting: engine, images and runners.
        progress: is told about each grading.
        repeat: as in ``verify``.

    Returns:
        The lock that the solutions were judged with, and a result for each.

    Raises:
        SpecError: there is no lock, and the challenge needs one.
        SubmissionError: a solution's folder is refused.
    """
    if lock is None:
        if freshness(challenge, lock) == "missing":
            hint = "run gradekit challenge verify without --solution first"
            raise SpecError(
                Problem(str(challenge.lock_path), "is not there, and solutions are judged by it", hint=hint)
            )
        lock, _ = lock_of(challenge, ())
    stale = staleness(challenge, lock)
    if stale:
        progress.note(f"challenge.lock is stale, for {stale}; solutions are judged by it all the same")
    results = []
    for solution in wanted:
        progress.note(solution.path)
        once = partial(_graded, challenge, lock, solution, setting, progress)
        results.append(_again(once(), once, progress, repeat))
    return lock, results


def matching(challenge: Challenge, patterns: Sequence[str]) -> Sequence[Solution]:
    """The solutions with these paths, in the challenge's order; ``*``, ``?`` and ``[12]`` match as in names of files.

    Raises:
        UsageError: a pattern matches none.
    """
    solutions = challenge.spec.solutions
    asked = [pattern.rstrip("/") for pattern in patterns]
    for pattern in asked:
        if not any(fnmatchcase(solution.path, pattern) for solution in solutions):
            known = "one of " + ", ".join(solution.path for solution in solutions)
            raise UsageError(Problem("--solution", f'no solution is "{pattern}"', known, "a pattern may have * in it"))
    return [solution for solution in solutions if any(fnmatchcase(solution.path, pattern) for pattern in asked)]


def reference_of(challenge: Challenge) -> Solution:
    """The first solution that has to pass everything.

    Raises:
        SpecError: there is none.
    """
    for solution in challenge.spec.solutions:
        if solution.expect.passes == "all":
            return solution
    what = "solutions: there is no reference"
    hint = "add one, such as {path: solutions/reference, expect: {passes: all}}"
    raise SpecError(Problem(str(challenge.source), what, hint=hint))


def stood_in(challenge: Challenge, setting: Setting) -> Mapping[str, str]:
    """By runner of a service, what stands in for which official image."""
    used = sorted({service.runner for service in challenge.spec.services.values()})
    return {name: setting.images[name].stand_in for name in used if setting.images[name].stand_in}


def _graded(challenge: Challenge, lock: Lock, solution: Solution, setting: Setting, progress: Progress) -> Verified:
    record = run_solution(challenge, lock, solution, setting, progress)
    return _verified(challenge, solution, record, lock, setting)


def _verified(challenge: Challenge, solution: Solution, record: Record, lock: Lock, setting: Setting) -> Verified:
    report = judge(challenge, record, lock, trusting=True)
    languages = [name for name in record.images if name in setting.languages(challenge)]
    return Verified(
        path=solution.path,
        report=report,
        mismatches=mismatches(solution.expect, report),
        language=languages[0] if languages else "",
        reference=solution.expect.passes == "all",
        times={
            seen.check: [(seen.spent, limits.slowest_action(seen.kind, seen.evidence))]
            for seen in record.observations
            if seen.state == "observed" and seen.spent is not None
        },
    )


def _again(first: Verified, once: Callable[[], Verified], progress: Progress, repeat: int | None) -> Verified:
    """Grade a solution again, so often as is wanted; what differs between the gradings is a mismatch."""
    runs = repeat or (REFERENCE_RUNS if first.reference else 1)
    results = [first]
    for number in range(2, runs + 1):
        progress.note(f"{first.path}, {number} of {runs}")
        results.append(once())
    found = dict.fromkeys(mismatch for result in results for mismatch in result.mismatches)
    times = {check: [run for result in results for run in result.times.get(check, ())] for check in first.times}
    first = replace(first, times=times)
    return replace(first, mismatches=(*found, *flaky([result.report for result in results])), runs=runs)


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
    got = {"earned": score.earned, "possible": score.possible, "fails": list(result.lost)}
    return {**got, "language": result.language}
