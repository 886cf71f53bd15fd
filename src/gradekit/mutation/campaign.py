"""Small mistakes in a reference, each graded as a submission: what no check notices, no candidate loses points for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from gradekit.checks.ordering import DIALECTS
from gradekit.errors import InfrastructureError, Problem, UsageError
from gradekit.grade.containers import UNBUILT
from gradekit.grade.session import Session, Tried
from gradekit.grade.setting import Setting
from gradekit.mutation.syntax import Mutant, mutants
from gradekit.progress import Progress, Silent
from gradekit.results import CheckResult, Status
from gradekit.sandbox.plans import FileEntry
from gradekit.spec.challenge import Challenge, Check, MutationSpec, Solution
from gradekit.spec.digests import canonical, digest_of
from gradekit.spec.handed import whole
from gradekit.spec.lock import Lock
from gradekit.submission import CloneRules, Submission, read
from gradekit.texts import meant

SAMPLE: Final = 40
"""Mutants that are graded when nobody says how many."""
Fate = Literal["killed", "survived", "stillborn", "errored"]


@dataclass(frozen=True, slots=True)
class Graded:
    """A mutant and what became of it."""

    name: str
    """With the solution's folder: ``solutions/reference/limiter.py:31: ...``."""
    operator: str
    fate: Fate
    check: str = ""
    """The first check that noticed it."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What came of a sample of mutants."""

    reference: str
    seed: int
    made: int
    """Mutants that there are."""
    graded: Sequence[Graded]
    problems: Sequence[str] = ()
    """What the author has to mend, one sentence each."""
    ignored: int = 0
    """How many the challenge ignores; none of them is graded."""
    inputs: str = ""
    """Digest of all that this depends on, see ``inputs``."""

    def count(self, fate: Fate) -> int:
        """How many had this fate."""
        return sum(mutant.fate == fate for mutant in self.graded)

    @property
    def of(self) -> int:
        """How many count: those that were killed or survived."""
        return self.count("killed") + self.count("survived")

    @property
    def score(self) -> float | None:
        """The share that some check noticed; None when none counts."""
        return self.count("killed") / self.of if self.of else None

    def by(self, key: Literal["file", "operator"]) -> Mapping[str, tuple[int, int]]:
        """By file or operator, how many were killed and how many count."""
        found: dict[str, tuple[int, int]] = {}
        for mutant in self.graded:
            if mutant.fate in {"killed", "survived"}:
                name = mutant.operator if key == "operator" else mutant.name.partition(": ")[0].rpartition(":")[0]
                killed, of = found.get(name, (0, 0))
                found[name] = (killed + (mutant.fate == "killed"), of + 1)
        return dict(sorted(found.items()))

    def document(self) -> Mapping[str, Any]:
        """What the lock and a document for programs have of it."""
        return {
            "inputs": self.inputs,
            "reference": self.reference,
            "seed": self.seed,
            "made": self.made,
            "ignored": self.ignored,
            "killed": self.count("killed"),
            "of": self.of,
            "stillborn": self.count("stillborn"),
            "errored": self.count("errored"),
            "files": {name: list(counts) for name, counts in self.by("file").items()},
            "operators": {name: list(counts) for name, counts in self.by("operator").items()},
            "survivors": [mutant.name for mutant in self.graded if mutant.fate == "survived"],
        }


def inputs(challenge: Challenge, reference: str) -> str:
    """Digest of what a campaign depends on: what grades, the reference, and which mutants are ignored."""
    parts = [challenge.digest, challenge.proving.get(reference, ""), *challenge.spec.ignored(of_code=True)]
    return digest_of({"inputs": canonical(parts)})


def fits(challenge: Challenge, counts: Mapping[str, Any]) -> bool:
    """Whether what a lock has of a campaign is of the challenge as it is now."""
    return bool(counts) and counts.get("inputs") == inputs(challenge, str(counts.get("reference", "")))


@dataclass(frozen=True, slots=True)
class Mutable:
    """The first reference and the mistakes that can be made in it."""

    path: str
    right: Submission
    mutants: Mapping[str, Mutant]
    """By name, without those that the challenge ignores."""
    ignored: int
    problems: Sequence[str]
    """Entries of ``mutation.ignore`` that are about none."""


def mutable(challenge: Challenge, setting: Setting) -> Mutable:
    """What can be mutated of a challenge's first reference; nothing is run.

    Raises:
        UsageError: there is no reference or none of its code can be mutated, or the grammars are not installed.
        SubmissionError: its folder is refused.
    """
    solution = next((solution for solution in challenge.spec.solutions if solution.is_reference), None)
    if solution is None:
        raise UsageError(Problem(challenge.spec.id, "lists no reference", "one with expect: {passes: all}", "add it"))
    with whole(challenge, solution) as folder:
        right = read(folder, candidate=solution.path, rules=CloneRules.of(challenge.spec))
    found = mutants({path: entry.data for path, entry in right.files.items()}, _engine(challenge, setting))
    named = {f"{solution.path}/{mutant.name}": mutant for mutant in found}
    problems: list[str] = []
    ignored = _ignored(challenge, solution, named, problems)
    counted = {name: mutant for name, mutant in named.items() if name not in ignored}
    if not counted:
        what = "none of its code can be mutated"
        raise UsageError(Problem(f"--mutants: {solution.path}", what, "code in a language with a grammar"))
    return Mutable(solution.path, right, counted, len(ignored), problems)


def campaign(
    challenge: Challenge, lock: Lock, setting: Setting, progress: Progress, *, sample: int = SAMPLE, seed: int = 0
) -> Campaign:
    """Grade a sample of the mutants of a challenge's first reference, each until a check does not pass.

    All are graded in one pod, which each finds as it was before the last one. Checks that took least time on the
    reference come first. The sample has about as many of each operator, for most mutants change a number. None is
    graded where the reference itself does not pass everything, each time: then a check says nothing of a mistake.

    Raises:
        UsageError, SubmissionError: as ``mutable``.
        InfrastructureError: the reference could not be graded.
    """
    found = mutable(challenge, setting)
    graded: list[Graded] = []
    problems = list(found.problems)
    with Session(setting) as session:
        checks, lost = _in_order(challenge, lock, session, found.right, progress)
        if lost:
            problems.append(f"mutants: {found.path} itself {lost}; none was graded, run verify without --mutants")
        chosen = () if lost else sampled(found.mutants, sample, seed)
        for number, (name, mutant) in enumerate(chosen, 1):
            tried = session.run(challenge, lock, _with(found.right, mutant), checks, Silent(), until=_noticed)
            one = _graded(name, mutant, tried)
            graded.append(one)
            by = f" by {one.check}" if one.check else ""
            progress.note(f"[{number}/{len(chosen)}] {one.fate}{by}: {name}")
    done = Campaign(
        found.path,
        seed,
        len(found.mutants) + found.ignored,
        tuple(graded),
        ignored=found.ignored,
        inputs=inputs(challenge, found.path),
    )
    if not lost:
        problems += _problems(challenge.spec.mutation or MutationSpec(), done)
    return replace(done, problems=tuple(problems))


def sampled(named: Mapping[str, Mutant], sample: int, seed: int) -> Sequence[tuple[str, Mutant]]:
    """So many mutants, about as many of each operator, in the order of their files.

    It is the same for the same seed; an edit of other code changes nothing in it but the lines.
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(named, key=lambda name: hashlib.sha256(f"{seed} {named[name].anywhere}".encode()).digest()):
        groups.setdefault(named[name].operator, []).append(name)
    names: set[str] = set()
    while len(names) < min(sample, len(named)):
        for operator in sorted(groups):
            if groups[operator] and len(names) < sample:
                names.add(groups[operator].pop())
    return [(name, mutant) for name, mutant in named.items() if name in names]


def _ignored(challenge: Challenge, solution: Solution, named: Mapping[str, Mutant], problems: list[str]) -> set[str]:
    found: set[str] = set()
    for pattern in challenge.spec.ignored(of_code=True):
        if not pattern.startswith(f"{solution.path}/"):
            continue
        names = {name for name, mutant in named.items() if _is(pattern, solution, name, mutant)}
        found |= names
        if not names:
            problems.append(f'mutation: no mutant "{pattern}"; remove it from ignore')
    return found


def _is(pattern: str, solution: Solution, name: str, mutant: Mutant) -> bool:
    """Whether a pattern means a mutant: as a name, which code makes look like a pattern, or as a pattern."""
    return pattern == f"{solution.path}/{mutant.anywhere}" or meant(name, pattern)


def _engine(challenge: Challenge, setting: Setting) -> str | None:
    """The engine whose SQL the reference has, if that is one."""
    names = {setting.runners[service.runner].engine for service in challenge.spec.services.values()}
    found = sorted(name for name in names if name in DIALECTS)
    return found[0] if len(found) == 1 else None


def _in_order(
    challenge: Challenge, lock: Lock, session: Session, right: Submission, progress: Progress
) -> tuple[Sequence[Check], str]:
    """The checks with the quickest first, as far as the reference passes them in that order; or what it does not pass.

    Raises:
        InfrastructureError: it could not be graded.
    """
    checks: Sequence[Check] = challenge.spec.checks
    progress.note("the reference itself, for the times and results of its checks")
    first = session.run(challenge, lock, right, checks, Silent())
    if lost := _lost(first):
        return checks, f"does not pass {lost}"
    quick = _quickest(checks, {observation.check: observation.seconds for observation, _ in first})
    if not _lost(session.run(challenge, lock, right, quick, Silent())):
        return quick, ""
    # Another order may change what a check gets; what varies in the same one notices mistakes that are not there.
    lost = _lost(session.run(challenge, lock, right, checks, Silent()))
    return checks, f"passes {lost} in one run, and not in another" if lost else ""


def _lost(tried: Sequence[Tried]) -> str:
    """Ids of the checks that were not passed, in words.

    Raises:
        InfrastructureError: one could not be graded.
    """
    for _, result in tried:
        if result.outcome.status is Status.ERRORED:
            raise InfrastructureError(Problem(f"--mutants: check {result.id}", result.outcome.message))
    return ", ".join(result.id for _, result in tried if result.outcome.status is not Status.PASSED)


def _quickest(checks: Sequence[Check], seconds: Mapping[str, float]) -> Sequence[Check]:
    """Checks by their time, each after those that it needs."""
    left, found = list(checks), list[Check]()
    while left:
        done = {check.id for check in found}
        ready = [check for check in left if done.issuperset(check.need)]
        found.append(min(ready, key=lambda check: seconds[check.id]))
        left.remove(found[-1])
    return found


def _with(right: Submission, mutant: Mutant) -> Submission:
    entry = right.files[mutant.path]
    files = {**right.files, mutant.path: FileEntry(mutant.path, mutant.data, entry.executable)}
    tree = hashlib.sha256(f"{right.tree} {mutant.name}".encode() + mutant.data).hexdigest()
    return replace(right, files=files, tree=tree)


def _noticed(result: CheckResult) -> bool:
    return result.outcome.status is not Status.PASSED


def _graded(name: str, mutant: Mutant, tried: Sequence[Tried]) -> Graded:
    for observation, result in tried:
        if observation.state == "blocked" and observation.message.startswith(UNBUILT):
            return Graded(name, mutant.operator, "stillborn")
        if _noticed(result):
            fate: Fate = "errored" if result.outcome.status is Status.ERRORED else "killed"
            return Graded(name, mutant.operator, fate, result.id)
    return Graded(name, mutant.operator, "survived")


def _problems(rules: MutationSpec, done: Campaign) -> Iterator[str]:
    errored = [mutant for mutant in done.graded if mutant.fate == "errored"]
    if errored:
        yield f"mutants: {len(errored)} could not be graded, such as {errored[0].name}; run it again"
    if rules.min_score is not None and (done.score or 0.0) < rules.min_score:
        yield f"mutants: checks notice {done.count('killed')} of {done.of}, at least {rules.min_score:.0%} expected"
