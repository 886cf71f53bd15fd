"""challenge try: checks of a challenge on a folder, once or each time that something is saved."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NoReturn

from gradekit.cli import assemble, output, watching
from gradekit.cli.config import Config
from gradekit.cli.guard import fail
from gradekit.cli.terminal import SILENT, Lines
from gradekit.cli.variant import numbered
from gradekit.errors import Blocked, ExitCode, GradekitError, InfrastructureError, Problem, UsageError
from gradekit.grade.judging import context_of, exhibits_of, lock_of
from gradekit.grade.session import Session, Tried
from gradekit.progress import Progress, Silent
from gradekit.record import Observation
from gradekit.report import console
from gradekit.report.text import clean
from gradekit.results import CheckResult, CheckRun, Exhibit, Status
from gradekit.spec.challenge import PATCH_SUFFIXES, Challenge, Check, Solution
from gradekit.spec.handed import whole, with_values
from gradekit.spec.lock import Lock, freshness, staleness
from gradekit.spec.variants import told
from gradekit.submission import CloneRules, Submission, read
from gradekit.texts import near, near_path

_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be tried, as the command line says it."""

    challenge: str
    pattern: str
    """Id of a check, or a pattern with ``*``, ``?`` and ``[]``."""
    folder: str | None
    runner: str | None = None
    offline: bool = False
    variant: int | None = None
    """Of a challenge with variants; None for the first."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a round is shown."""

    as_json: bool = False
    lines: bool = False
    """One line of JSON a round."""
    verbose: int = 0
    quiet: int = 0

    def progress(self) -> Progress:
        """Who is told of a round's phases."""
        return Silent() if self.quiet else Lines(self.verbose)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tried: a solution of the challenge, or a folder."""

    name: str
    folder: Path | None = None
    solution: Solution | None = None

    @property
    def reference(self) -> bool:
        """Whether it is a solution that claims to pass everything."""
        return self.solution is not None and self.solution.is_reference

    def outside(self) -> tuple[Path, ...]:
        """The folder that is none of the challenge's, if it is one."""
        return () if self.folder is None else (self.folder,)

    def whole(self, challenge: Challenge) -> AbstractContextManager[Path]:
        """Its files together, with the values of the challenge's variant."""
        if self.solution is not None:
            return whole(challenge, self.solution)
        return with_values(challenge, self.folder or challenge.root)


def chosen(challenge: Challenge, pattern: str) -> Sequence[Check]:
    """The checks that a pattern names, and those that they need, in the challenge's order.

    Raises:
        UsageError: it names none.
    """
    checks = challenge.spec.checks
    names = [check.id for check in checks if check.id == pattern] or [
        check.id for check in checks if fnmatchcase(check.id, pattern)
    ]
    if not names:
        ids = [check.id for check in checks]
        listed = ", ".join(ids[:_NAMED]) + (", ..." if len(ids) > _NAMED else "")
        hint = near(pattern, ids)
        if "/" in pattern or pattern.endswith(PATCH_SUFFIXES) or Path(pattern).is_dir():
            hint = f"a CHECK comes before the FOLDER: gradekit challenge try {challenge.spec.id} '*' {pattern}"
        raise UsageError(
            Problem(f"check {pattern}", f"{challenge.spec.id} has none", "" if hint else f"there is: {listed}", hint)
        )
    wanted = set(names)
    for check in reversed(checks):  # what a check needs stands before it
        if check.id in wanted:
            wanted.update(check.need)
    return tuple(check for check in checks if check.id in wanted)


def subject(challenge: Challenge, folder: str | None) -> Subject:
    """The folder that is tried: a path, a solution as the challenge names it, or (None) its first reference.

    A solution comes with its base, or as a patch of it, as when it is verified.

    Raises:
        UsageError: there is no such folder, or no reference.
    """
    solutions = challenge.spec.solutions
    if folder is None:
        first = next((solution for solution in solutions if solution.is_reference), None)
        if first is None:
            what = "lists no reference"
            raise UsageError(
                Problem(challenge.spec.id, what, "without one a folder has to be named", "name it after the check")
            )
        return Subject(first.path, solution=first)
    found = Path(folder) if Path(folder).exists() else challenge.root / folder
    for solution in solutions:
        if (challenge.root / solution.path).resolve() == found.resolve():
            return Subject(solution.path, solution=solution)
    if not found.is_dir():
        hint = near_path(folder, [solution.path for solution in solutions])
        if any(check.id == folder for check in challenge.spec.checks):
            hint = "only one CHECK is taken; a pattern such as '*' or 'order-*' takes several"
        what = "is not a folder"
        if found.is_file() and found.name.endswith(PATCH_SUFFIXES):
            what, hint = "is a patch that no solution names", "list it under solutions, with its base"
        raise UsageError(
            Problem(folder, what, "it has to be one with the files of a submission, or a solution's", hint)
        )
    return Subject(str(found), found)


def with_mistakes(tried: Sequence[Tried], mistakes: Mapping[str, Sequence[str]]) -> Sequence[Tried]:
    """Results of the reference, in which no check passes whose author has to mend something; see ``lock_of``."""
    found = []
    for observation, result in tried:
        lines = mistakes.get(result.id, ())
        if lines and result.outcome.status is not Status.ERRORED:
            own = [] if result.outcome.status is Status.PASSED else [result.outcome.message]
            more = [f"{len(lines) - _NAMED} more of these"] if lines[_NAMED:] else []
            message = "\n".join([*own, *lines[:_NAMED], *more])
            outcome = result.outcome.model_copy(update={"status": Status.FAILED, "ratio": 0.0, "message": message})
            result = result.model_copy(update={"outcome": outcome})  # noqa: PLW2901
        found.append((observation, result))
    return found


def code_of(tried: Sequence[Tried]) -> ExitCode:
    """3 when a check could not be graded, 1 when one did not pass, else 0."""
    statuses = {result.outcome.status for _, result in tried}
    if Status.ERRORED in statuses:
        return ExitCode.INFRASTRUCTURE
    return ExitCode.OK if statuses <= {Status.PASSED} else ExitCode.BELOW


@dataclass
class Bay:
    """Where a choice is tried, round after round; ``close`` it always."""

    choice: Choice
    config: Config
    look: Look
    foreign: Path | None = None
    """The submission's folder, in which nothing of ours is looked for."""
    _session: Session | None = None
    _needs: object = None
    _shown: tuple[str, str, Lock | None] | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """Remove everything from the engine."""
        self._stack.close()

    def load(self) -> tuple[Challenge, Lock | None, Sequence[Check], Subject]:
        """What is to be tried, as its files are now.

        Raises:
            GradekitError: the challenge is wrong, or has no such check.
        """
        challenge, lock = assemble.challenge_for(
            self.choice.challenge, self.config, self.foreign, numbered(self.choice.variant)
        )
        return challenge, lock, chosen(challenge, self.choice.pattern), subject(challenge, self.choice.folder)

    def once(self) -> ExitCode | None:
        """One round: read everything anew, run the checks, show what came; None when nothing is new since the last.

        Raises:
            GradekitError: something cannot be read, or no engine answers.
        """
        challenge, lock, checks, what = self.load()
        with what.whole(challenge) as folder:
            submission = read(folder, candidate=what.name, rules=CloneRules.of(challenge.spec))
        state = (challenge.digest, submission.tree, lock)
        if state == self._shown:
            return None
        self._shown = state
        progress = self.look.progress()
        try:
            session = self._session_for(challenge, progress)
            for note in _notes(challenge, lock, what):
                progress.note(note)
            recording = _records(challenge, lock, what)
            tried = session.run(challenge, lock, submission, checks, progress, recording=recording)
            if recording:
                _, mistakes = lock_of(challenge, [observation for observation, _ in tried])
                tried = with_mistakes(tried, mistakes)
        finally:
            if isinstance(progress, Lines):
                progress.close()
        self._show(challenge, lock, submission, what, tried, session.notices)
        return code_of(tried)

    def may_have_shell(self) -> None:
        """See that there can be a shell.

        Raises:
            UsageError: there can be none.
        """
        challenge, *_ = self.load()
        if challenge.spec.runner == "none":
            what = "this challenge runs no code of a submission"
            raise UsageError(Problem("--shell", what, "a shell needs its language's image", "leave --shell out"))

    def shell(self) -> None:
        """Open a shell in the pod of the last round, as the candidate's user.

        Raises:
            UsageError: the submission does not build.
            InfrastructureError: a fault of ours.
        """
        assert self._session is not None  # noqa: S101 - a round comes before
        sys.stderr.write("a shell as the candidate's user, in a copy of the files; exit ends it\n")
        sys.stderr.flush()
        sys.stdout.flush()
        try:
            self._session.shell()
        except Blocked as blocked:
            raise UsageError(Problem("--shell", clean(blocked.message), hint="see the checks above")) from blocked

    def watch(self) -> NoReturn:
        """Run a round each time that something is saved, until an interruption.

        What cannot be read is told, and the next save tried.

        Raises:
            InfrastructureError: no engine answers.
        """
        folders = self._folders([])
        seen = watching.look(folders)
        while True:
            try:
                self.once()
            except InfrastructureError:
                raise
            except GradekitError as error:
                self._shown = None
                fail(*error.problems)
            folders = self._folders(folders)
            sys.stdout.flush()
            if not self.look.quiet:
                sys.stderr.write(f"waiting for changes in {' and '.join(map(_from_here, folders))} (Ctrl-C ends)\n")
                sys.stderr.flush()
            seen = watching.wait(folders, seen)

    def _folders(self, last: Sequence[Path]) -> Sequence[Path]:
        """What is watched: the challenge's folder and the submission's; the last ones while it cannot be read."""
        try:
            challenge, _, _, what = self.load()
        except GradekitError:
            return last or [assemble.places(self.config).find_challenge(self.choice.challenge)]
        return list(dict.fromkeys(path.resolve() for path in (challenge.root, *what.outside())))

    def _session_for(self, challenge: Challenge, progress: Progress) -> Session:
        """The session, another one if the challenge now needs other images."""
        spec = challenge.spec
        needs = (spec.runner, spec.services, spec.images(), spec.scanners, {check.kind for check in spec.checks})
        if self._session is None or needs != self._needs:
            self._stack.close()
            setting = assemble.setting_for(
                spec, self.config, progress, only=self.choice.runner, offline=self.choice.offline, later=True
            )
            self._session, self._needs = self._stack.enter_context(Session(setting)), needs
        return self._session

    def _show(
        self,
        challenge: Challenge,
        lock: Lock | None,
        submission: Submission,
        what: Subject,
        tried: Sequence[Tried],
        notices: Sequence[str],
    ) -> None:
        if self.look.quiet >= SILENT:
            return
        if self.look.as_json:
            sys.stdout.write(_document(challenge, lock, submission, tried, notices, lines=self.look.lines))
        else:
            for notice in notices:
                sys.stderr.write(f"{clean(notice)}\n")
            sys.stdout.write(_text(challenge, lock, what, tried, whole=self.look.verbose > 0))


def _from_here(path: Path) -> str:
    """A path as it can be typed in the current folder."""
    here = Path.cwd().resolve()
    return clean(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _records(challenge: Challenge, lock: Lock | None, what: Subject) -> bool:
    """Whether the round itself says what a lock would: it is the reference's, and there is no lock that fits."""
    return what.reference and freshness(challenge, lock) in {"missing", "stale"}


def _notes(challenge: Challenge, lock: Lock | None, what: Subject) -> Iterator[str]:
    variant = challenge.variant
    if variant is not None:
        yield f"variant {variant.number} of {variant.of}: {told(variant)}"
    state = freshness(challenge, lock)
    if state not in {"missing", "stale"}:
        return
    why = "is missing" if state == "missing" else f"is stale: {staleness(challenge, lock)}"
    if what.reference:
        yield f"challenge.lock {why}; this run of the reference says what counts"
    else:
        yield f"challenge.lock {why}; run gradekit challenge verify {shlex.quote(str(challenge.place))}"


def _text(challenge: Challenge, lock: Lock | None, what: Subject, tried: Sequence[Tried], *, whole: bool) -> str:
    runs = {result.id: _run(challenge, lock, observation, result, whole=whole) for observation, result in tried}
    style = output.of_stdout()
    body = console.tried(
        [result for _, result in tried],
        runs,
        width=style.width,
        colour=style.colour,
        unicode=style.unicode,
        whole=whole,
    )
    passed = sum(result.outcome.status is Status.PASSED for _, result in tried)
    count = f"{passed} of {len(tried)} check{'s' * (len(tried) != 1)} passed"
    return f"{body}\n{challenge.spec.id}, {clean(what.name)}: {count}\n"


def _run(
    challenge: Challenge, lock: Lock | None, observation: Observation, result: CheckResult, *, whole: bool
) -> CheckRun:
    check = challenge.spec.check(observation.check)
    exhibits = exhibits_of(check, observation, context_of(challenge, check.id, lock), result.outcome.status)
    if whole and observation.state == "observed":
        evidence = json.dumps(observation.evidence, indent=1, sort_keys=True)
        exhibits = (*exhibits, Exhibit(title="Evidence as it is recorded", text=evidence))
    return CheckRun(seconds=observation.seconds, evidence=observation.digest, exhibits=exhibits)


def _document(
    challenge: Challenge,
    lock: Lock | None,
    submission: Submission,
    tried: Sequence[Tried],
    notices: Sequence[str],
    *,
    lines: bool,
) -> str:
    checks = [
        {
            **result.model_dump(mode="json"),
            "seconds": observation.seconds,
            "evidence": observation.evidence,
            "exhibits": [
                exhibit.model_dump(mode="json")
                for exhibit in _run(challenge, lock, observation, result, whole=False).exhibits
            ],
        }
        for observation, result in tried
    ]
    whole = {
        "challenge": challenge.spec.id,
        "digest": challenge.digest,
        "submission": submission.candidate,
        "tree": submission.tree,
        "notices": list(notices),
        "checks": checks,
    }
    return json.dumps(whole, indent=None if lines else 1) + "\n"
