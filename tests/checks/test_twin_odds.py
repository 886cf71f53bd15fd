"""What forging pays: strategies played many times against observe and judge, without a sandbox, with seeded chance."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import pytest

from gradekit.checks.base import Context
from gradekit.checks.suite.judge import judge
from gradekit.checks.suite.model import SuiteSpec
from gradekit.checks.suite.observe import observe
from gradekit.checks.twins.model import Point, Twin, Twinned
from gradekit.results import Status
from gradekit.sandbox.plans import ExecResult, FileEntry
from tests.checks.bench import FakeBench, finished

PLAYS = int(os.environ.get("GRADEKIT_ROUNDS", "0")) or 200
FUNCTIONS = 20
TRUTH = {f"test_x.py::test_{number:02}": number % 10 for number in range(FUNCTIONS)}
"""What each test expects: a digit, so that a wrong answer is lucky as often as it can be."""


def source(expected: Mapping[str, int]) -> str:
    """A suite."""
    return "".join(f"def {test.partition('::')[2]}():\n    assert f() == {value}\n" for test, value in expected.items())


FILES = {"hidden/test_x.py": source(TRUTH).encode()}
KNOWN = {test: Twin(point=0, tests=(test,)) for test in TRUTH}
Strategy = Callable[[int, str, int], bool]
"""Whether a test passes in a run, by the run's number from 0, its id and what it expects there."""


@dataclass(frozen=True)
class Odds:
    """Shares of all plays."""

    gain: float
    """The mean share of the tests that passed in plays without an accusation; in others nothing is won."""
    accused: float


def played(strategies: Iterator[Strategy], twins: int | str, *, known: Mapping[str, Twin] = KNOWN) -> Odds:
    gain = accused = 0.0
    for strategy, _ in zip(strategies, range(PLAYS), strict=False):
        passed, doubt = play(strategy, twins, known)
        accused += doubt
        gain += 0 if doubt else passed / FUNCTIONS
    return Odds(gain / PLAYS, accused / PLAYS)


def play(strategy: Strategy, twins: int | str, known: Mapping[str, Twin]) -> tuple[int, bool]:
    """How many tests passed, and whether there was an accusation."""
    number = -1

    def run(files: Sequence[FileEntry]) -> ExecResult:
        nonlocal number
        number += 1
        outcomes = {test: strategy(number, test, value) for test, value in expectations(files[0].data)}
        records = [{"test": test, "outcome": "passed" if right else "failed"} for test, right in outcomes.items()]
        return finished(["test"], "\n".join(map(json.dumps, [*records, {"end": len(records)}])).encode())

    spec = SuiteSpec.model_validate({"files": "hidden", "twins": twins})
    context = Context("unit", FILES, {}, tuple(TRUTH), known)
    judgement = judge(spec, observe(spec, FakeBench(context=context, suite=run)), context)
    return sum(case.outcome.status is Status.PASSED for case in judgement.cases), bool(judgement.violations)


def expectations(data: bytes) -> Iterator[tuple[str, int]]:
    for name, value in re.findall(r"def (\w+)\(\):\s+assert f\(\) == (\d+)", data.decode()):
        yield f"test_x.py::{name}", int(value)


def in_runs(*forged: int) -> Strategy:
    """Passes everything in these runs and nothing in the others."""
    return lambda number, _test, _expected: number in forged


def in_runs_from(forged: set[int], since: int) -> Strategy:
    return lambda number, _test, _expected: number in forged or number >= since


def always(_number: int, _test: str, _expected: int) -> bool:
    return True


def coin_per_run(chance: random.Random) -> Strategy:
    forged = [chance.random() < 0.5 for _ in range(5)]
    return lambda number, _test, _expected: forged[number]


def coin_per_test(chance: random.Random, heads: float) -> Strategy:
    return lambda _number, _test, _expected: chance.random() < heads


def some_tests(chance: random.Random, count: int) -> Strategy:
    """Passes the same tests in each run, whatever they expect."""
    forged = chance.sample(sorted(TRUTH), count)
    return lambda _number, test, _expected: test in forged


def answering(answers: Mapping[str, int]) -> Strategy:
    """A deterministic program: right, wrong, or both."""
    return lambda _number, test, expected: expected == answers[test]


def every(strategy: Strategy) -> Callable[[random.Random], Strategy]:
    return lambda _chance: strategy


def changed(
    files: Mapping[str, bytes], points: Mapping[str, Point], seed: int, _written: Mapping[str, bytes]
) -> Twinned:
    """What ``twinned`` does, for this suite alone and much faster."""
    chance = random.Random(seed)  # noqa: S311
    found = {
        test: chance.choice([digit for digit in range(10) if digit != value]) if test in points else value
        for test, value in TRUTH.items()
    }
    (path,) = files
    return Twinned({path: source(found).encode()}, {}, {})


@pytest.fixture(autouse=True)
def chance(monkeypatch: pytest.MonkeyPatch) -> random.Random:
    seeded = random.Random(2)  # noqa: S311 - to be the same each time
    runs = import_module("gradekit.checks.suite.observe")
    monkeypatch.setattr(runs, "_CHANCE", seeded)
    monkeypatch.setattr(runs, "twinned", changed)
    return random.Random(3)  # noqa: S311


@pytest.mark.parametrize(
    ("make", "twins", "gain", "accused"),
    [
        (every(always), 5, (0, 0), (1, 1)),
        (every(always), "all", (0, 0), (1, 1)),
        # Too few twins for an accusation at once: the further runs confirm it.
        (every(always), 1, (0, 0), (1, 1)),
        (every(in_runs(0, 1)), 5, (0, 0), (1, 1)),
        (every(in_runs(0, 1)), 2, (0, 0), (0, 0)),
        (every(in_runs(0)), 5, (0, 0), (0, 0)),
        (every(in_runs(0)), "all", (0, 0), (0, 0)),
        (every(in_runs(1)), "all", (0, 0), (0, 0)),
        # Who guesses in which further runs a test is unchanged: half of the sample, one of six patterns.
        (every(in_runs(0, 2)), 5, (0.01, 0.03), (0, 0)),
        (every(in_runs(0, 2)), "all", (0.06, 0.11), (0, 0)),
        (every(in_runs_from({0}, 2)), "all", (0, 0), (0, 0)),
        # One twin is in one of the two runs; who is lucky forges the other, where it is unchanged.
        (every(in_runs(0)), 1, (0.02, 0.03), (0, 0)),
        (coin_per_run, 5, (0, 0.02), (0.2, 0.3)),
        (coin_per_run, "all", (0, 0.05), (0.2, 0.3)),
        (lambda chance: coin_per_test(chance, 0.5), 5, (0, 0.1), (0.1, 0.3)),
        (lambda chance: coin_per_test(chance, 0.5), "all", (0, 0.02), (0.85, 1)),
        (lambda chance: coin_per_test(chance, 0.9), 5, (0, 0.05), (0.9, 1)),
        (lambda chance: some_tests(chance, 1), 5, (0.03, 0.045), (0.2, 0.3)),
        (lambda chance: some_tests(chance, 3), 5, (0.05, 0.09), (0.5, 0.7)),
        (lambda chance: some_tests(chance, 10), 5, (0, 0.03), (0.95, 1)),
        (lambda chance: some_tests(chance, 1), "all", (0, 0), (1, 1)),
    ],
)
def test_what_forging_pays(
    make: Callable[[random.Random], Strategy],
    twins: int | str,
    gain: tuple[float, float],
    accused: tuple[float, float],
    chance: random.Random,
) -> None:
    odds = played(iter(lambda: make(chance), None), twins)
    assert gain[0] <= odds.gain <= gain[1], odds
    assert accused[0] <= odds.accused <= accused[1], odds


@pytest.mark.parametrize("twins", [1, 5, "all"])
def test_honest_deterministic_programs_are_never_accused_and_get_what_they_earn(
    twins: int | str, chance: random.Random
) -> None:
    for _ in range(PLAYS):
        # A tenth of the answers of a program that knows nothing is right, and as many meet a changed expectation.
        known = chance.randrange(FUNCTIONS + 1)
        answers = {
            test: value if number < known else chance.randrange(10)
            for number, (test, value) in enumerate(TRUTH.items())
        }
        right = sum(answers[test] == value for test, value in TRUTH.items())
        assert play(answering(answers), twins, KNOWN) == (right, False)


@pytest.mark.parametrize("twins", [1, 5, "all"])
def test_random_answers_are_hardly_ever_an_accusation(twins: int | str, chance: random.Random) -> None:
    odds = played(iter(lambda: lambda _number, _test, expected: chance.randrange(10) == expected, None), twins)
    assert odds.accused <= 0.01
    assert odds.gain <= 0.02
