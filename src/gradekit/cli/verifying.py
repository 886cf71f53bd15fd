"""challenge verify: challenges are graded one after the other; what came of each is shown, locked and written down."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradekit import starting
from gradekit import verify as verification
from gradekit.cli import assemble, output, proven
from gradekit.cli import config as configuration
from gradekit.cli.guard import fail
from gradekit.cli.terminal import SILENT, Lines
from gradekit.difficulty import merged, verify_variants
from gradekit.errors import ExitCode, GradekitError, Problem, UsageError
from gradekit.grade.setting import Setting
from gradekit.mutation.campaign import campaign, fits, mutable
from gradekit.progress import Progress, Silent
from gradekit.report.text import clean
from gradekit.spec.challenge import Challenge
from gradekit.spec.lock import Lock, earlier_lock, read_lock, unlike, write_lock
from gradekit.spec.proof import marked_brief, write_table
from gradekit.verify import Verified, matching, verify_some

_LINE = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """What verify prints on stdout: each challenge at once, and a table at the end; or all of it as one document."""

    as_json: bool
    quiet: int
    proofs: list[proven.Proof] = field(default_factory=list)

    def add(self, proof: proven.Proof) -> None:
        """Another challenge."""
        self.proofs.append(proof)
        if not self.as_json:
            self._print(f"{clean(line, _LINE)}\n" for line in proven.lines(proof, output.line_width()))

    def end(self) -> None:
        """There is no other."""
        if self.as_json:
            self._print([proven.document(self.proofs)])
        else:
            self._print(f"{clean(line, _LINE)}\n" for line in proven.matrix(self.proofs, output.line_width()))

    def _print(self, lines: Iterable[str]) -> None:
        if self.quiet < SILENT:
            sys.stdout.writelines(lines)
            sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Asked:
    """What verify was asked for."""

    repeat: int | None
    sample: tuple[int, int] | None
    """How many mutants of the reference are graded, and their seed; solutions are then not graded again where the lock
    fits the challenge."""
    some: Sequence[str]
    """Patterns of the only solutions that are graded; the lock is left as it is then."""
    variant: int | None
    """The only variant that is graded; the lock is left as it is then."""
    several: bool
    """Whether other challenges were asked for, too."""
    weaker: bool


def run(
    names: Sequence[str | None], config: configuration.Config, asked: Asked, shown: Shown, verbose: int
) -> ExitCode:
    """Verify challenges by their names, None for the only one there is; what each came to is shown at once.

    Raises:
        GradekitError: nothing can be done of the only challenge that was asked for.
    """
    for name in names:
        found: list[Verified] = []
        try:
            shown.add(_prove(name, config, shown.quiet, verbose, asked, found))
        except BaseException:
            # What ends the process, such as an interruption or a full disk, does not take along what was found.
            if found:
                early = ("ended before all solutions were graded",)
                shown.add(proven.Proof(name or "", results=found, problems=early, code=ExitCode.INTERRUPTED))
                shown.end()
            raise
    shown.end()
    return proven.exit_code(shown.proofs)


def _prove(
    name: str | None,
    config: configuration.Config,
    quiet: int,
    verbose: int,
    asked: Asked,
    found: list[Verified],
) -> proven.Proof:
    """Grade the solutions of one challenge, all or some; write its lock and table, if all of them are as claimed.

    ``found`` gets each result as soon as it is there.

    Raises:
        GradekitError: nothing of it can be done, and it is the only one that is asked for.
    """
    progress: Progress = Silent() if quiet else Lines(verbose)
    called = name or ""
    try:
        challenges = assemble.variants_for(name, config, asked.variant)
        challenge = challenges[0]
        called = challenge.spec.id
        if asked.several:
            progress.note(f"{challenge.spec.id}: {len(challenge.spec.solutions)} solutions")
        wanted = matching(challenge, asked.some)
        marked_brief(challenge)
        setting = assemble.setting_for(challenge.spec, config, progress, later=True)
        old = _there(challenge.lock_path, progress, needed=bool(asked.some))
        if asked.some:
            setting.make(assemble.solved_in(challenge, setting))
            here = None if old is None else old.at(challenge.variant)
            lock, results = verify_some(
                challenge, here, wanted, setting, progress, repeat=asked.repeat, told=found.append
            )
            return proven.Proof.of(challenge, lock, results, partial="--solution leaves solutions out")
        if asked.sample is not None and old is not None and not unlike(challenge, old):
            lock, proof = old, proven.Proof.of_lock(challenge, old)
        else:
            setting.make(assemble.solved_in(challenge, setting))
            lock, proof = _graded(challenges, setting, progress, asked, None if asked.weaker else old, found.append)
            lock = lock.model_copy(update={"code_mutants": _kept(challenge, old, progress)})
        if asked.sample is not None and proof.holds:
            here, (count, seed) = lock.at(challenge.variant), asked.sample
            done = campaign(challenge, here, setting, progress, sample=count, seed=seed)
            lock = lock.model_copy(update={"code_mutants": done.document()})
            proof = proof.with_mutants(done)
        if proof.locks:
            _still(challenge.lock_path, old, lock)
            write_lock(challenge.lock_path, lock)
            proof = proof.with_table(write_table(challenge))
    except GradekitError as error:
        if not asked.several and not found:
            raise
        fail(*error.problems)
        return proven.Proof.failed(called, error, found)
    finally:
        if isinstance(progress, Lines):
            progress.close()
    return proof


def _kept(challenge: Challenge, old: Lock | None, progress: Progress) -> Mapping[str, Any]:
    """What the earlier lock has of mutants of the reference's code, if it is of the challenge as it is now."""
    if old is None or not old.code_mutants:
        return {}
    if fits(challenge, old.code_mutants):
        return old.code_mutants
    progress.note("the mutants in challenge.lock are of another state of the challenge: --mutants grades them again")
    return {}


def _there(path: Path, progress: Progress, *, needed: bool) -> Lock | None:
    """The lock that a new one is to replace; one that cannot be read is as good as none, unless it is ``needed``.

    Raises:
        SpecError: it is needed and cannot be read.
    """
    old = read_lock(path) if needed else earlier_lock(path)
    if old is None and path.exists():
        progress.note(f"{path} cannot be read, so nothing is compared with it")
    return old


def _still(path: Path, old: Lock | None, lock: Lock) -> None:
    """See that no other process has verified another state of the challenge while this one graded.

    Raises:
        UsageError: one has, so that this lock is the older one.
    """
    now = earlier_lock(path)
    if now is not None and now != old and (now.challenge, now.proving) != (lock.challenge, lock.proving):
        what = "was written meanwhile, for another state of the challenge than was graded here"
        raise UsageError(Problem(str(path), what, hint="run it again"))


def _graded(
    challenges: Sequence[Challenge],
    setting: Setting,
    progress: Progress,
    asked: Asked,
    before: Lock | None,
    told: Callable[[Verified], object],
) -> tuple[Lock, proven.Proof]:
    """Verify a challenge, in each variant that was asked for; the lock to write, and what there is to say."""
    challenge = challenges[0]
    if asked.sample is not None:
        mutable(challenge, setting)  # to be told before hours of grading that it cannot be
    if len(challenges) > 1:
        lock, found = verify_variants(challenges, setting, progress, asked.repeat, before, told=told)
        proof = proven.Proof.of(challenge, lock, merged(found), variants=found)
    else:
        was = None if before is None else before.at(challenge.variant)
        lock, results = verification.verify(challenge, setting, progress, asked.repeat, was, told=told)
        partial = "" if asked.variant is None else "--variant leaves variants out"
        proof = proven.Proof.of(challenge, lock, results, partial=partial)
    if proof.locks:
        begun = starting.verify_starting_points(challenge, lock.at(challenge.variant), setting, progress)
        proof = proof.with_starting_points(begun)
    return lock, proof
