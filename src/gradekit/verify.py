"""A challenge against its own solutions: the reference earns everything, each wrong one loses what it must."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from gradekit.checks.kinds import KINDS
from gradekit.claims import flaky, mismatches, of_checks
from gradekit.errors import GradekitError, Problem, SpecError, SubmissionError, UsageError
from gradekit.grade.judging import judge, lock_of
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.mutation.queries import killed
from gradekit.oracle import Tried, blunted, sharpness
from gradekit.progress import Progress
from gradekit.record import Record
from gradekit.report.words import clipped
from gradekit.results import CheckResult, Report, Status
from gradekit.runner import detect
from gradekit.spec import limits
from gradekit.spec.challenge import Challenge, Solution
from gradekit.spec.handed import misfits, whole
from gradekit.spec.lock import Lock, Times, freshness, staleness
from gradekit.submission import CloneRules, obtain
from gradekit.texts import meant, near_path

MISTAKES: Final = 20
"""Lines shown of what an author has to mend in one suite; the others are counted."""
REFERENCE_RUNS: Final = 3
"""How often a reference is graded by default: a check that fails it now and then would fail candidates, too."""
_PRINTED: Final = 2
"""Last lines of the app's output that stand beside what went wrong."""
_WIDTH: Final = 200
"""Characters of such a line."""


_OWN = (SpecError, SubmissionError)
"""What is wrong with one solution only: its patch does not fit, or what it makes is no submission."""


@dataclass(frozen=True, slots=True)
class Verified:
    """One solution's result: ``mismatches`` is empty when it got what its folder claims."""

    path: str
    report: Report | None
    """None where it was refused before anything of it ran."""
    mismatches: tuple[str, ...]
    language: str = ""
    """Name of the runner that graded it; empty where none could be chosen."""
    reference: bool = False
    """Whether it claims to pass everything."""
    cheats: bool = False
    """Whether it is said to cheat, so that it must get nothing."""
    may_fail: tuple[str, ...] = ()
    """Checks that are said to pass or fail as it happens."""
    runs: int = 1
    """How often it was graded; ``report`` is that of the first time, or of the first in which a fault of ours came."""
    times: Mapping[str, Sequence[tuple[float, float | None]]] = field(default_factory=dict)
    """By check, for each grading: seconds of its limit, and those of its slowest action."""
    printed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By mismatch, the last lines that the app printed, where it printed any; the same lines stand there once."""
    odd: str = ""
    """The first check that is not as claimed: trying it shows more; empty where it is about none."""
    variant: int | None = None
    """Number of the variant in which it is not; None without variants."""
    broken: bool = False
    """Whether it is a reference that does not pass everything, so that nothing can be compared with it."""
    refused: GradekitError | None = None
    """Why there is no report."""

    unsure: bool = False
    """Whether something beside its gradings could not be run for a fault of ours, such as mutants of queries."""

    @property
    def state(self) -> str:
        """That of its score, ``refused``, or ``incomplete`` also where ``unsure``."""
        if self.report is None:
            return "refused"
        return "incomplete" if self.unsure else self.report.score.state

    @property
    def earned(self) -> float | None:
        """Points; None where there is no score."""
        return None if self.report is None else self.report.score.earned

    @property
    def possible(self) -> float | None:
        """Points that checks can give; None where there is no score."""
        return None if self.report is None else self.report.score.possible

    @property
    def seconds(self) -> float | None:
        """What the first grading took; None where there was none."""
        return None if self.report is None else self.report.run.seconds

    @property
    def lost(self) -> tuple[str, ...]:
        """Ids of the checks that it did not pass, sorted."""
        checks = () if self.report is None else self.report.checks
        return tuple(sorted(check.id for check in checks if check.outcome.status is not Status.PASSED))


def _nobody(_: Verified) -> None:
    pass


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
    with whole(of or challenge, solution) as folder:
        try:
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
        except SubmissionError as error:
            # The folder may be a copy that is gone afterwards.
            places = [each.place.replace(str(folder), solution.path) for each in error.problems]
            named = [place if solution.path in place else f"{solution.path}: {place}" for place in places]
            raise SubmissionError(
                *(replace(each, place=place) for each, place in zip(error.problems, named, strict=True))
            ) from None


def last_printed(report: Report, check: str) -> tuple[str, ...]:
    """The last lines with words in them that the app printed before or while a check was observed."""
    run = report.run.checks.get(check)
    logs = [exhibit.text for exhibit in run.exhibits if exhibit.log] if run else []
    lines = [line.strip() for line in "\n".join(logs).splitlines() if any(map(str.isalnum, line))]
    return tuple(clipped(line, _WIDTH) for line in lines[-_PRINTED:])


def unproven(results: Sequence[Verified]) -> tuple[str, ...]:
    """Ids of the checks of which nothing shows that they can fail, in the challenge's order; see ``proves``.

    Nothing is said where a reference is broken.
    """
    if any(result.broken for result in results):
        return ()
    reports = [result.report for result in results if result.report is not None]
    proven = frozenset[str]().union(*map(proves, reports))
    return tuple(check.id for check in reports[0].checks if check.id not in proven)


def proves(report: Report) -> frozenset[str]:
    """Ids of the checks that can fail, as what one solution got shows.

    A check has to fail by what was observed. One that is skipped, or kept from being run by what kept others, too, such
    as an app that does not start, says nothing of what it expects itself. Nor does anything where all is lost, as of an
    empty folder: another check has to pass, or, where there is only one, some case of it. Of an only check with no more
    than one case nothing can pass, so there it is enough that the solution could be looked at.
    """
    telling = telling_checks(report.checks)
    unseen = Counter(check.outcome.message for check in report.checks if not _observed(report, check))
    found = frozenset(
        check.id
        for check in report.checks
        if check.outcome.status is Status.FAILED and (_observed(report, check) or unseen[check.outcome.message] == 1)
    )
    if any(check.outcome.status is Status.PASSED for check in telling):
        return found
    if len(telling) > 1:
        return frozenset()
    (check,) = telling
    if len(check.cases) > 1:
        partly = any(case.outcome.status is Status.PASSED for case in check.cases)
    else:
        partly = _observed(report, check)
    return found if partly else frozenset()


def telling_checks(checks: Sequence[CheckResult]) -> Sequence[CheckResult]:
    """Those that an empty folder does not pass just because there is nothing in it to be advised of."""
    return [check for check in checks if not KINDS[check.kind].advisory] or checks


def _observed(report: Report, check: CheckResult) -> bool:
    return check.id in report.run.checks and report.run.checks[check.id].evidence is not None


def verify(
    challenge: Challenge,
    setting: Setting,
    progress: Progress,
    repeat: int | None = None,
    before: Lock | None = None,
    *,
    told: Callable[[Verified], object] = _nobody,
) -> tuple[Lock, Sequence[Verified]]:
    """Grade every solution of a challenge, the reference first, and compare with what each claims.

    A solution that is no submission, or whose patch does not fit, is a mismatch and keeps no other from being graded.

    Args:
        challenge: the challenge.
        setting: engine, images and runners.
        progress: is told about each grading.
        repeat: how often each solution is graded; None for ``REFERENCE_RUNS`` times where it is a reference, else once.
            What is not the same each time is a mismatch. A reference with a check that cannot be run is graded once.
        before: the lock of an earlier verification; expectations that notice less than they did then are a mismatch of
            the reference. None where nothing is compared.
        told: gets each result as soon as it is there, so that an error later on does not lose it; what is compared in
            the end is not in it yet.

    Returns:
        The lock to write (expected test ids from the reference), and a result for each solution. Wrong solutions of a
        broken reference's language are not graded and have none; a mismatch of the first reference names them.

    Raises:
        SpecError: the challenge lists no reference (``expect: {passes: all}``), or the first one's patch does not fit.
        SubmissionError: the first reference's folder is refused.
    """
    solutions = challenge.spec.solutions
    reference = reference_of(challenge)
    for problem in misfits(challenge):
        progress.note(str(problem))

    def graded(solution: Solution, lock: Lock) -> Verified:
        return _graded(challenge, lock, solution, setting, progress)

    stand_ins = stood_in(challenge, setting)
    for name, stand_in in stand_ins.items():
        progress.note(f"runner {name}: {stand_in}; that wrong solutions fail is shown for that one only")
    right, lock, first = _first(challenge, reference, setting, progress)
    # What keeps checks from being run, such as an app that does not start, is no matter of chance, and may take long.
    once = None if all(seen.state == "observed" for seen in right.observations) else 1
    results = [_again(first, partial(graded, reference, lock), progress, repeat or once)]
    told(results[0])
    wrong: list[Record] = []
    ungraded: list[str] = []
    # What wrong solutions are compared with has to be known before them, in every language.
    others = [solution for solution in solutions if solution is not reference]
    for solution in sorted(others, key=lambda solution: not solution.is_reference):
        if not solution.is_reference and _rests_on(challenge, solution, results, setting):
            ungraded.append(solution.path)
            continue
        progress.note(solution.path)
        lock, one = _other(challenge, lock, solution, setting, progress, wrong=wrong)
        results.append(_again(one, partial(graded, solution, lock), progress, repeat))
        told(results[-1])
    if ungraded:
        why = f"not graded before the reference of their language is right: {', '.join(ungraded)}"
        results[0] = replace(results[0], mismatches=(*results[0].mismatches, why))
    tried: Mapping[str, Tried] = {}
    if not any(result.broken for result in results):
        progress.note("changed answers of the reference, which the expectations must notice")
        tried = sharpness(challenge, right, wrong, lock)
    if before is not None:
        blunt = blunted(before.sharpness, tried)
        results[0] = replace(results[0], mismatches=(*results[0].mismatches, *blunt))
    got = {result.path: _got(result, result.report) for result in results if result.report is not None}
    sharp = {check: found.sharpness for check, found in tried.items()}
    update = {"solutions": got, "stand_ins": stand_ins, "sharpness": sharp, "times": _times(results)}
    return lock.model_copy(update=update), results


def _first(
    challenge: Challenge, reference: Solution, setting: Setting, progress: Progress
) -> tuple[Record, Lock, Verified]:
    """Grade the reference for what a lock needs, the mutants of its queries among it."""
    progress.note(f"{reference.path}: the reference, by which the others are judged")
    right = run_solution(challenge, None, reference, setting, progress)
    lock, mistakes = lock_of(challenge, right.observations)
    first = _verified(challenge, reference, right, lock, setting)
    found = list(_listed(mistakes))
    mistaken = next((check for check in mistakes if mistakes[check]), "")
    first = replace(first, broken=bool(first.lost or found), odd=first.odd or mistaken)
    if challenge.spec.mutation is not None:
        mutants, survivors = killed(challenge, setting, progress)
        lock = lock.model_copy(update={"mutants": mutants})
        found += survivors
        first = replace(first, unsure=bool(mutants.get("errored")))
    return right, lock, replace(first, mismatches=(*first.mismatches, *found))


def _other(
    challenge: Challenge,
    lock: Lock,
    solution: Solution,
    setting: Setting,
    progress: Progress,
    *,
    wrong: list[Record],
) -> tuple[Lock, Verified]:
    """Grade a solution that is not the first reference; the lock gets its ratios, ``wrong`` a wrong one's record."""
    try:
        record = run_solution(challenge, lock, solution, setting, progress)
    except _OWN as error:
        return lock, _refused(challenge, solution, error, setting)
    found: list[str] = []
    if solution.is_reference:
        lock, found = _with_ratios(challenge, lock, record)
    else:
        wrong.append(record)
    one = _verified(challenge, solution, record, lock, setting)
    return lock, replace(one, mismatches=(*one.mismatches, *found), broken=one.reference and bool(one.lost or found))


def _rests_on(challenge: Challenge, solution: Solution, results: Sequence[Verified], setting: Setting) -> bool:
    """Whether a wrong solution is made of a broken reference, or has its language: it would show the same faults."""
    if solution.base in {result.path for result in results if result.broken}:
        return True
    firsts: dict[str, Verified] = {}
    for result in results:
        firsts.setdefault(result.language, result)
    if not any(result.broken for result in firsts.values()):
        return False
    language = _language(challenge, solution, setting)
    return language in firsts and firsts[language].broken


def _language(challenge: Challenge, solution: Solution, setting: Setting) -> str:
    """Name of the runner for a solution's files before any patch; empty where there is none."""
    folders = [challenge.root / folder for folder in solution.folders]
    files = (path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*") if path.is_file())
    try:
        return detect(setting.languages(challenge).values(), files).name
    except SubmissionError:
        return ""


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
    told: Callable[[Verified], object] = _nobody,
) -> tuple[Lock, Sequence[Verified]]:
    """Grade some solutions of a challenge as ``verify`` does, to look at these alone; what they get is for no lock.

    Args:
        challenge: the challenge.
        lock: its lock, by which solutions are judged as submissions are.
        wanted: the solutions.
        setting: engine, images and runners.
        progress: is told about each grading.
        repeat: as in ``verify``.
        told: as in ``verify``.

    Returns:
        The lock that the solutions were judged with, and a result for each.

    Raises:
        SpecError: there is no lock, and the challenge needs one.
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
        told(results[-1])
    return lock, results


def matching(challenge: Challenge, patterns: Sequence[str]) -> Sequence[Solution]:
    """The solutions with these paths, in the challenge's order; ``*``, ``?`` and ``[12]`` match as in names of files.

    Raises:
        UsageError: a pattern matches none.
    """
    solutions = challenge.spec.solutions
    asked = [pattern.rstrip("/") for pattern in patterns]
    for pattern in asked:
        if not any(meant(solution.path, pattern) for solution in solutions):
            paths = [solution.path for solution in solutions]
            like = near_path(pattern, paths)
            known = "" if like else f"one of {', '.join(paths)}"
            what = f'no solution is "{pattern}"'
            raise UsageError(Problem("--solution", what, known, like or "a pattern may have * in it"))
    return [solution for solution in solutions if any(meant(solution.path, pattern) for pattern in asked)]


def reference_of(challenge: Challenge) -> Solution:
    """The first solution that has to pass everything.

    Raises:
        SpecError: there is none.
    """
    for solution in challenge.spec.solutions:
        if solution.is_reference:
            return solution
    what = "solutions: there is no reference"
    hint = "add one, such as {path: solutions/reference, expect: {passes: all}}"
    raise SpecError(Problem(str(challenge.source), what, hint=hint))


def stood_in(challenge: Challenge, setting: Setting) -> Mapping[str, str]:
    """By runner of a service, what stands in for which official image."""
    used = sorted({service.runner for service in challenge.spec.services.values()})
    return {name: setting.images[name].stand_in for name in used if setting.images[name].stand_in}


def _graded(challenge: Challenge, lock: Lock, solution: Solution, setting: Setting, progress: Progress) -> Verified:
    try:
        record = run_solution(challenge, lock, solution, setting, progress)
    except _OWN as error:
        return _refused(challenge, solution, error, setting)
    return _verified(challenge, solution, record, lock, setting)


def _refused(
    challenge: Challenge, solution: Solution, error: SpecError | SubmissionError, setting: Setting
) -> Verified:
    reference = solution.is_reference
    return Verified(
        path=solution.path,
        report=None,
        mismatches=tuple(map(str, error.problems)),
        language=_language(challenge, solution, setting),
        reference=reference,
        broken=reference,
        refused=error,
    )


def _verified(challenge: Challenge, solution: Solution, record: Record, lock: Lock, setting: Setting) -> Verified:
    report = judge(challenge, record, lock, trusting=True)
    languages = [name for name in record.images if name in setting.languages(challenge)]
    about = of_checks(solution.expect, report)
    printed: dict[str, Sequence[str]] = {}
    for mismatch, check in about.items():
        lines = last_printed(report, check)
        if lines and lines not in printed.values():
            printed[mismatch] = lines
    return Verified(
        path=solution.path,
        report=report,
        mismatches=mismatches(solution.expect, report),
        printed=printed,
        odd=next(iter(about.values()), ""),
        variant=None if challenge.variant is None else challenge.variant.number,
        language=languages[0] if languages else "",
        reference=solution.is_reference,
        may_fail=solution.expect.may_fail,
        cheats=solution.expect.passes == "none",
        times={
            seen.check: [(seen.spent, limits.slowest_action(seen.kind, seen.evidence))]
            for seen in record.observations
            if seen.state == "observed" and seen.spent is not None
        },
    )


def _again(first: Verified, once: Callable[[], Verified], progress: Progress, repeat: int | None) -> Verified:
    """Grade a solution again, so often as is wanted; what differs between the gradings is a mismatch.

    The report is that of the first grading, or of the first one with a fault of ours: that is not to be overlooked.
    """
    if first.report is None:
        return first
    runs = repeat or (REFERENCE_RUNS if first.reference else 1)
    results = [first]
    for number in range(2, runs + 1):
        progress.note(f"{first.path}, {number} of {runs}")
        results.append(once())
    found = dict.fromkeys(mismatch for result in results for mismatch in result.mismatches)
    times = {check: [run for result in results for run in result.times.get(check, ())] for check in first.times}
    printed = {mismatch: lines for result in results for mismatch, lines in result.printed.items()}
    odd = next((result.odd for result in results if result.odd), "")
    ungraded = next((result.report for result in results if result.state == "incomplete"), first.report)
    first = replace(first, report=ungraded, times=times, printed=printed, odd=odd)
    reports = [result.report for result in results if result.report is not None]
    return replace(first, mismatches=(*found, *flaky(reports, first.may_fail)), runs=runs)


def _listed(mistakes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Mistakes with their check, a bounded number of each."""
    found = []
    for check, lines in mistakes.items():
        found += [f"{check}: {line}" for line in lines[:MISTAKES]]
        found += [f"{check}: {len(lines) - MISTAKES} more of these"] if len(lines) > MISTAKES else []
    return tuple(found)


def _got(result: Verified, report: Report) -> Mapping[str, object]:
    """What a solution got, for people who read the lock's history."""
    return {
        "earned": report.score.earned,
        "possible": report.score.possible,
        "fails": list(result.lost),
        "language": result.language,
        **({"cheats": True} if result.cheats else {}),
    }
