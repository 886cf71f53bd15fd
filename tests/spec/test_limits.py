"""Time limits beside what the references took: the slowest counts, and nothing is told of what nobody measured."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from gradekit.spec.challenge import Challenge
from gradekit.spec.limits import Limit, limits, longest, lost, measured, merged, proposed, slowest_action
from gradekit.spec.lint import lint
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Lock, Times, write_lock

RUBRICS = [Path(__file__).parent / "rubrics"]
SPEC = """\
gradekit: 1
id: demo
title: Demo
runner: any
rubric: small
limits: {timeout: 100s}
checks:
  - {id: tool, criterion: api, timeout: 20s, command: {run: x, expect: {exit: 0}}}
  - {id: own, criterion: api, command: {run: x, expect: {exit: 0}, cases: [{name: a, timeout: 30s}]}}
  - {id: tables, criterion: api, schema: {dataset: d, tables: {a: {}}}}
services: {db: {runner: postgres}}
datasets: {d: {service: db}}
"""


def _times(slowest: float, action: float | None = None) -> Times:
    return Times(median=slowest, slowest=slowest, action=action, runs=1)


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    (tmp_path / "challenge.yaml").write_text(SPEC)
    return load_challenge(tmp_path, rubrics=RUBRICS)


def _lock(challenge: Challenge, **times: dict[str, Times]) -> Lock:
    return Lock(gradekit="1", challenge=challenge.digest, rubric=challenge.rubric_name, times=times)


def test_the_slowest_reference_counts_for_the_check_and_for_each_action(challenge: Challenge) -> None:
    lock = _lock(
        challenge,
        tool={"java": _times(4.0, 3.0), "python": _times(1.0, 3.5)},
        own={"java": _times(2.0, 1.9)},
        tables={"": _times(0.0)},
    )
    assert limits(challenge, lock) == [
        Limit("tool", 10.0, 3.5, "python", action=True),
        Limit("tool", 20.0, 4.0, "java"),
        Limit("own", 60.0, 2.0, "java"),
        Limit("tables", 60.0, 0.0, ""),
    ]
    assert [limit.tight for limit in limits(challenge, lock)] == [True, False, False, False]
    assert limits(challenge, _lock(challenge)) == []


def test_what_a_slower_machine_would_change() -> None:
    found = [Limit("a", 10.0, 6.0, ""), Limit("a", 5.0, 3.0, "", action=True), Limit("b", 10.0, 3.0, "")]
    assert (lost(found, 2), lost(found, 4), lost(found, 1)) == (["a"], ["a", "b"], [])
    assert Limit("c", 10.0, 0.0, "").margin == math.inf


def test_the_whole_run_has_a_limit_of_its_own(challenge: Challenge) -> None:
    assert longest(challenge) == 100.0


@pytest.mark.parametrize(("slowest", "wanted"), [(0.01, "1s"), (0.4, "5s"), (1.2, "15s"), (6.0, "60s"), (6.1, "2m")])
def test_a_limit_that_is_proposed_is_one_that_people_write(slowest: float, wanted: str) -> None:
    assert proposed(slowest) == wanted


def test_several_gradings_become_one_line() -> None:
    assert measured([(1.0, 0.123), (3.0, None), (2.0, 0.5)]) == Times(median=2.0, slowest=3.0, action=0.5, runs=3)
    assert measured([(1.0, None)]).action is None
    assert merged(None, _times(1.0)) == _times(1.0)
    assert merged(_times(2.0), _times(1.0)) == merged(_times(1.0), _times(2.0)) == _times(2.0)
    slow, idle = (_times(2.0).model_copy(update={"action": action}) for action in (0.1, None))
    other = _times(1.0).model_copy(update={"action": 0.9})
    assert merged(slow, other) == merged(other, slow) == slow.model_copy(update={"action": 0.9})
    assert merged(idle, other).action == merged(other, idle).action == 0.9


def test_seconds_of_actions_are_read_from_evidence() -> None:
    exchange = {"received": {"seconds": 0.2}, "restarted": {"seconds": 9.0}}
    assert slowest_action("http", {"runs": [{"exchanges": [exchange, {"received": {"seconds": 0.5}}]}]}) == 0.5
    runs = [{"ending": "timeout", "seconds": 60.0}, {"ending": "exited", "seconds": 2}]
    assert slowest_action("own-tests", {"runs": runs}) == 2.0
    assert slowest_action("command", {"runs": [], "seconds": None}) is None
    assert slowest_action("load", {"seconds": 5.0}) is None


def test_lint_tells_of_a_tight_limit_by_a_lock_that_fits(challenge: Challenge) -> None:
    write_lock(challenge.lock_path, _lock(challenge, tool={"java": _times(7.0, 3.5)}, own={"java": _times(1.0)}))
    told = [str(warned) for warned in lint(challenge.root, rubrics=RUBRICS).warnings if warned.name == "tight-limit"]
    told = [line.removeprefix(f"{challenge.source}: check tool: ") for line in told]
    why = "on a busier machine an honest solution could fail"
    whole = f"it may take 20 s, and the reference in java took 7 s: {why}; set its timeout to 2m"
    of_kind = "set the timeout of its kind to 45s"
    each = f"an action of it may take 10 s, and the reference in java took 3.5 s: {why}; {of_kind}"
    assert told == [f"{line}, or let it do less [tight-limit tool]" for line in (whole, each)]
    silence = "lint: {ignore: [{warning: tight-limit, at: tool, reason: it is meant to be fast}]}\n"
    (challenge.root / "challenge.yaml").write_text(SPEC + silence)
    assert "tight-limit" not in {warned.name for warned in lint(challenge.root, rubrics=RUBRICS).warnings}
