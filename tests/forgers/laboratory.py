"""Observes and judges one suite again and again on a submission, as a grading does, with one pod for all rounds."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Annotated, Final, Literal, TypeAlias

import yaml
from pydantic import BeforeValidator, Field

from gradekit.checks.suite.judge import judge
from gradekit.checks.suite.model import SuiteSpec
from gradekit.checks.suite.observe import observe
from gradekit.cli import assemble, config
from gradekit.grade.bench import PodBench
from gradekit.grade.containers import WORK
from gradekit.grade.judging import context_of
from gradekit.grade.pod import Pod
from gradekit.grade.setting import Setting
from gradekit.model import Model, tuple_of
from gradekit.progress import Silent
from gradekit.results import Status
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.plans import FileEntry
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Lock, freshness, read_lock

HERE: Final = Path(__file__).parent
ROUNDS: Final = int(os.environ.get("GRADEKIT_ROUNDS", "0"))
"""How often each submission is observed in either mode; 0: once, in the cheaper mode that shows what it must."""

Mode: TypeAlias = Literal["sample", "all"]
"""Twins of five test functions at random, the default of a spec, or of all."""


def _bounds(value: object) -> object:
    """One number stands for both bounds."""
    return tuple_of([value, value] if isinstance(value, int) else value)


class Expect(Model):
    """What a case says; README.md beside this file describes every field."""

    about: str = Field(min_length=1)
    check: Literal["kit", "relations"] = "kit"
    passes: Annotated[tuple[int, ...], BeforeValidator(_bounds)]
    caught: Literal["always", "all", "chance", "nothing won", "never"] | None = None
    known_limit: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A submission: ``kind`` is the folder it lies in."""

    kind: Literal["forging", "honest"]
    name: str
    expect: Expect

    @property
    def files(self) -> Sequence[FileEntry]:
        """What is handed in."""
        return (FileEntry("kit.py", (HERE / self.kind / self.name / "kit.py").read_bytes()),)

    @property
    def plan(self) -> Sequence[tuple[Mode, int]]:
        """Modes, and how many rounds of each."""
        if ROUNDS:
            return (("sample", ROUNDS), ("all", ROUNDS))
        # A few forged tests show themselves for certain only where each has a twin.
        return (("sample" if self.expect.caught in {None, "always", "nothing won"} else "all", 1),)


def cases(kind: Literal["forging", "honest"]) -> Mapping[str, Case]:
    """The submissions of a kind, by name."""
    found = sorted(path.parent for path in (HERE / kind).glob("*/expect.yaml"))
    return {
        folder.name: Case(
            kind, folder.name, Expect.model_validate(yaml.safe_load((folder / "expect.yaml").read_text("utf-8")))
        )
        for folder in found
    }


@dataclass(frozen=True, slots=True)
class Round:
    """What one observation came to."""

    mode: Mode
    passed: int
    """Tests of the manifest that the judge counts as passed."""
    tests: int
    accused: tuple[str, ...]
    errored: bool
    runs: int
    """How often the suite ran."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """A case with all its rounds."""

    case: Case
    rounds: tuple[Round, ...]


PROPERTY: Final = "forgers"
"""The property of a test that holds its line of the table."""


@dataclass
class Laboratory:
    """The challenge and an engine."""

    challenge: Challenge
    lock: Lock
    setting: Setting

    @classmethod
    def open(cls) -> Laboratory:
        """Connect and see that the images are there."""
        settings = config.load()
        challenge = load_challenge(HERE / "challenge", rubrics=(), runners=assemble.kinds_of_runners(settings))
        lock = read_lock(challenge.lock_path)
        assert lock is not None
        return cls(challenge, lock, assemble.setting_for(challenge.spec, settings, Silent()))

    def close(self) -> None:
        """Close the connection."""
        assert isinstance(self.setting.engine, DockerEngine)
        self.setting.engine.close()

    def fresh(self) -> bool:
        """Whether the lock belongs to the challenge."""
        return freshness(self.challenge, self.lock) == "fresh"

    def measure(self, case: Case) -> Row:
        """Observe a case as often as is planned."""
        return Row(case, tuple(self.observe(case, mode) for mode, count in case.plan for _ in range(count)))

    def observe(self, case: Case, mode: Mode) -> Round:
        """Observe and judge once, in a pod of its own: what a forger left in one would tell it of earlier rounds."""
        check = self.challenge.spec.check(case.expect.check)
        context = context_of(self.challenge, check.id, self.lock)
        assert isinstance(check.body, SuiteSpec)
        body = check.body.model_copy(update={"twins": "all"}) if mode == "all" else check.body
        begun = time.monotonic()
        with closing(Pod(self.challenge, self.setting, f"forgers-{secrets.token_hex(4)}")) as pod:
            pod.open()
            pod.sandbox.fill(WORK, case.files)
            bench = PodBench(
                self.challenge,
                {entry.path: entry for entry in case.files},
                pod.sandbox,
                self.setting.images["python"].id,
                pod.servers,
                begun + self.challenge.spec.limits.timeout,
            )
            bench.begin(context, check.timeout, app=False, fresh=False)
            evidence = observe(body, bench)
            bench.end()
        judgement = judge(body, evidence, context)
        expected = context.expected_tests or ()
        return Round(
            mode,
            sum(found.outcome.status is Status.PASSED for found in judgement.cases if found.id in expected),
            len(expected),
            judgement.violations,
            judgement.outcome.status is Status.ERRORED,
            max(1, len(evidence.twin_runs)),
            time.monotonic() - begun,
        )


def table(lines: Iterable[str]) -> str:
    """A table in Markdown of the lines of cases."""
    head = "| submission | tests passed | when not accused | accused, sample | accused, all | suite runs | s a round |"
    return "\n".join([head, "| --- " * 7 + "|", *sorted(lines)])


def line(row: Row) -> str:
    """What one case came to."""
    cells = [
        f"{row.case.kind} {row.case.name}",
        f"{_span(row.rounds)} of {row.rounds[0].tests}",
        _span([found for found in row.rounds if not found.accused]),
        _accused(row, "sample"),
        _accused(row, "all"),
        f"{mean(found.runs for found in row.rounds):.1f}",
        f"{mean(found.seconds for found in row.rounds):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _span(rounds: Sequence[Round]) -> str:
    passed = sorted({found.passed for found in rounds})
    return " to ".join(map(str, dict.fromkeys((passed[0], passed[-1])))) if passed else "-"


def _accused(row: Row, mode: Mode) -> str:
    rounds = [found for found in row.rounds if found.mode == mode]
    return f"{sum(bool(found.accused) for found in rounds)}/{len(rounds)}" if rounds else "-"
