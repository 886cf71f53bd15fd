"""Smoke cases and hostile cases as one list: choosing among them, and trying one after the other."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args

from gradekit.corpus.attempt import Attempt, attempt, expected_text
from gradekit.corpus.case import Case, Class
from gradekit.corpus.ground import Ground
from gradekit.corpus.smoke import UnreachableError, attempt_smoke
from gradekit.corpus.smoke_case import CLASS, SmokeCase, lacking, smoke_expected
from gradekit.errors import InfrastructureError, Problem, UsageError
from gradekit.progress import Progress
from gradekit.results import Status
from gradekit.runner import Runner
from gradekit.sandbox.image import Image
from gradekit.scratch import scratch
from gradekit.texts import near

CLASSES = (CLASS, *get_args(Class))
_ENOUGH = 3
"""Faults of ours in a row after which nothing more is tried."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What trials need of this host."""

    ground: Ground
    images: Mapping[str, Image]
    """By runner name, with ``probe``."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A case that can be tried; ``attempt`` gets an empty folder."""

    name: str
    class_: str
    runner: str
    expected: str
    attempt: Callable[[Stage, Path], Attempt]


def trials(runners: Sequence[Runner], smoke: Sequence[SmokeCase], cases: Sequence[Case]) -> tuple[Trial, ...]:
    """Everything that can be tried: runners first, then the corpus, by name."""
    lacked = [_of_lack(missing, runner) for runner in runners for missing in lacking(runner, smoke)]
    return (*lacked, *map(_of_smoke, smoke), *map(_of_case, cases))


def _of_lack(missing: Attempt, runner: Runner) -> Trial:
    return Trial(missing.name, CLASS, runner.name, missing.expected, lambda _, __: missing)


def _of_smoke(case: SmokeCase) -> Trial:
    def run(stage: Stage, _: Path) -> Attempt:
        return attempt_smoke(case, stage.ground.engine, stage.images)

    return Trial(case.name, CLASS, case.runner.name, smoke_expected(case.expect), run)


def _of_case(case: Case) -> Trial:
    def run(stage: Stage, folder: Path) -> Attempt:
        return attempt(case, stage.ground, folder)

    return Trial(case.name, case.expect.class_, case.expect.runner, expected_text(case.expect), run)


def choose(
    every: Sequence[Trial],
    *,
    runners: Sequence[str] = (),
    patterns: Sequence[str] = (),
    classes: Sequence[str] = (),
    seed: int | None = None,
) -> tuple[Trial, ...]:
    """Those of some runners, whose names match one of some patterns (``*``, ``?``), of some classes.

    An empty list leaves all of them; ``seed`` shuffles.

    Raises:
        UsageError: a class is unknown, a pattern matches nothing, or nothing is left.
    """
    for name in classes:
        if name not in CLASSES:
            raise UsageError(
                Problem("--class", f'"{name}" is unknown', f"one of {', '.join(CLASSES)}", near(name, CLASSES))
            )
    for pattern in patterns:
        if not any(fnmatchcase(trial.name, pattern) for trial in every):
            hint = near(pattern, [trial.name for trial in every]) or "see gradekit runner test --list"
            raise UsageError(Problem("--case", f'no case matches "{pattern}"', hint=hint))
    chosen = [
        trial
        for trial in every
        if (not runners or trial.runner in runners)
        and (not patterns or any(fnmatchcase(trial.name, pattern) for pattern in patterns))
        and (not classes or trial.class_ in classes)
    ]
    if not chosen:
        raise UsageError(
            Problem("runner test", "no case is left of this choice", hint="see gradekit runner test --list")
        )
    if seed is not None:
        random.Random(seed).shuffle(chosen)  # noqa: S311 - an order, not a secret
    return tuple(chosen)


def run_all(chosen: Sequence[Trial], stage: Stage, progress: Progress) -> Iterator[Attempt]:
    """Try one after the other; a fault of ours is an attempt, too.

    Three in a row end it, but for registries that do not answer: other cases want none, or another one.
    """
    faults = 0
    for number, trial in enumerate(chosen, 1):
        progress.check(trial.name, number, len(chosen))
        begun = time.monotonic()
        try:
            with scratch("corpus") as folder:
                done = trial.attempt(stage, folder)
        except InfrastructureError as error:
            seconds = time.monotonic() - begun
            away = isinstance(error, UnreachableError)
            got = "not run" if away else "nothing"
            done = Attempt(trial.name, trial.class_, trial.expected, got, seconds, fault=str(error), unreachable=away)
        status = Status.ERRORED if done.fault else Status.PASSED if done.holds else Status.FAILED
        progress.check_done(trial.name, status, done.seconds, "; ".join(done.complaints) or done.fault)
        yield done
        faults = faults + 1 if done.fault and not done.unreachable else 0
        if faults == _ENOUGH:
            return
