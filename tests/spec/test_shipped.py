"""The challenges of this repository: their locks are of what stands beside them, and say what the spec claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit.runner import load_all
from gradekit.spec.find import Places
from gradekit.spec.lint import lint
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import freshness, read_lock
from gradekit.spec.proof import locks_of, marked_brief, with_table

ROOT = Path(__file__).parents[2]
SHIPPED = Places(ROOT, {}).list_challenges()


def test_there_are_some() -> None:
    assert {"orders-api", "sql-analytics.sqlite", "text-toolkit"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_brief_has_the_table_of_the_locks(name: str) -> None:
    challenge = load_challenge(ROOT / SHIPPED[name], rubrics=[ROOT / "rubrics"])
    brief = marked_brief(challenge)
    assert brief is not None
    text = brief.read_text(encoding="utf-8")
    assert text == with_table(text, locks_of(challenge)), "run gradekit challenge verify"


@pytest.mark.parametrize("name", SHIPPED)
def test_a_lock_is_what_verify_would_write(name: str) -> None:
    kinds = {runner.name: runner.kind for runner in load_all(ROOT / "runners")}
    found = lint(ROOT / SHIPPED[name], rubrics=[ROOT / "rubrics"], runners=kinds)
    assert [str(problem) for problem in (*found.problems, *found.warnings)] == []
    assert found.challenge is not None
    lock = read_lock(found.challenge.lock_path)
    assert lock is not None
    assert freshness(found.challenge, lock) in {"fresh", "not needed"}
    assert lock.challenge == found.challenge.digest, "run gradekit challenge verify"
    spec = found.challenge.spec
    cheats = {solution.path for solution in spec.solutions if solution.expect.passes == "none"}
    claimed = {one.path: sorted(one.expect.fails or ()) for one in spec.solutions if one.path not in cheats}
    assert {path: got["fails"] for path, got in lock.solutions.items() if path not in cheats} == claimed
    assert {path: got["earned"] for path, got in lock.solutions.items() if "cheats" in got} == dict.fromkeys(cheats, 0)
    proven = {check for fails in claimed.values() for check in fails if len(fails) < len(spec.checks)}
    assert {check.id for check in spec.checks} - proven <= {"history"}, "a wrong solution loses each check"
