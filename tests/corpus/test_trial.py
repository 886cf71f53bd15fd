"""Choosing among trials, and trying one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from gradekit.corpus.attempt import Attempt
from gradekit.corpus.smoke import UnreachableError
from gradekit.corpus.trial import Stage, Trial, choose, run_all
from gradekit.errors import InfrastructureError, Problem, UsageError
from gradekit.progress import Silent
from gradekit.results import Status

STAGE = cast("Stage", None)


def trial(
    name: str, class_: str = "host", runner: str = "python", run: Callable[[Path], None] = lambda _: None
) -> Trial:
    def attempt(_: Stage, folder: Path) -> Attempt:
        run(folder)
        return Attempt(name, class_, "passes", "passes", 0.5)

    return Trial(name, class_, runner, "passes", attempt)


EVERY = (trial("python/hang", "smoke"), trial("postgres/query", "smoke", "postgres"), trial("a"), trial("b", "leak"))


class Told(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def check(self, check: str, number: int, of: int) -> None:
        self.lines.append(f"{check} {number}/{of}")

    def check_done(self, check: str, status: Status, seconds: float, message: str = "") -> None:
        del seconds
        self.lines.append(f"{check} {status.value} {message}".rstrip())


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ({}, ["python/hang", "postgres/query", "a", "b"]),
        ({"runners": ["postgres"]}, ["postgres/query"]),
        ({"patterns": ["*/*"]}, ["python/hang", "postgres/query"]),
        ({"patterns": ["?", "*/hang"]}, ["python/hang", "a", "b"]),
        ({"classes": ["leak", "smoke"], "runners": ["python"]}, ["python/hang", "b"]),
    ],
)
def test_choosing(choice: dict[str, Any], names: list[str]) -> None:
    assert [chosen.name for chosen in choose(EVERY, **choice)] == names


def test_a_seed_is_an_order() -> None:
    many = [trial(str(number)) for number in range(20)]
    orders = [tuple(chosen.name for chosen in choose(many, seed=seed)) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[2]) == sorted(one.name for one in many)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"classes": ["leek"]}, r"--class: \"leek\" is unknown; one of smoke, host, .*did you mean \"leak\""),
        ({"patterns": ["zzz*"]}, r"--case: no case matches \"zzz\*\"; see gradekit runner test --list"),
        ({"patterns": ["a"], "classes": ["leak"]}, "no case is left of this choice"),
    ],
)
def test_wrong_choices(choice: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choose(EVERY, **choice)


def test_each_has_a_folder_of_its_own_that_is_gone_afterwards() -> None:
    folders: list[Path] = []

    def run(folder: Path) -> None:
        assert list(folder.iterdir()) == []
        (folder / "file").touch()
        folders.append(folder)

    assert all(attempt.holds for attempt in run_all([trial("a", run=run), trial("b", run=run)], STAGE, Silent()))
    assert len(set(folders)) == 2
    assert not any(folder.exists() for folder in folders)


def test_faults_are_no_verdict_and_three_in_a_row_are_enough() -> None:
    def broken(_: Path) -> None:
        raise InfrastructureError(Problem("engine", "it is gone"))

    order = [trial("1", run=broken), trial("2"), *(trial(name, run=broken) for name in "345"), trial("6")]
    told = Told()
    attempts = list(run_all(order, STAGE, told))
    assert [attempt.fault for attempt in attempts] == ["engine: it is gone", "", *["engine: it is gone"] * 3]
    assert [attempt.holds for attempt in attempts] == [False, True, False, False, False]
    assert told.lines[:4] == ["1 1/6", "1 errored engine: it is gone", "2 2/6", "2 passed"]


def test_registries_out_of_reach_end_nothing() -> None:
    def away(_: Path) -> None:
        raise UnreachableError(Problem("go/packages", "503"))

    order = [*(trial(name, run=away) for name in "1234"), trial("5")]
    attempts = list(run_all(order, STAGE, Silent()))
    assert [(attempt.got, attempt.unreachable) for attempt in attempts] == [("not run", True)] * 4 + [("passes", False)]


def test_a_complaint_is_a_failure() -> None:
    wrong = Trial("a", "host", "python", "x", lambda *_: Attempt("a", "host", "x", "y", 0.1, ("one", "two")))
    told = Told()
    (attempt,) = run_all([wrong], STAGE, told)
    assert not attempt.holds
    assert told.lines == ["a 1/1", "a failed one; two"]
