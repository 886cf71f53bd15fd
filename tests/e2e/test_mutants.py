"""Mutants of a reference on a real engine: one that no check notices, and the case that notices it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gradekit.spec.lock import read_lock
from tests.e2e.running import Finished, left_on_engine

pytestmark = pytest.mark.docker
SPEC = """\
gradekit: 1
id: limits
title: Limits
runner: [python]
rubric: rubric.yaml
limits: {memory: 128MiB, pids: 64}
checks:
  - id: fits
    criterion: work
    call:
      module: limits
      cases:
        - {name: the most, call: fits, args: [10], returns: true}
        - {name: far more, call: fits, args: [99], returns: false}
mutation: {min_score: 0.9}
solutions:
  - {path: right, expect: {passes: all}}
"""
RUBRIC = """\
gradekit: 1
id: limits
title: Limits
pass_mark: 50
criteria: {work: {title: Work, weight: 100}}
"""
MORE = "        - {name: one more, call: fits, args: [11], returns: false}\n"
SURVIVOR = "right/limits.py:2 (fits): return number <= 10 → return number <= 11"


def test_a_mutant_survives_until_a_case_notices_it(gradekit: Callable[..., Finished], tmp_path: Path) -> None:
    folder = tmp_path / "limits"
    (folder / "right").mkdir(parents=True)
    (folder / "right" / "limits.py").write_text("def fits(number):\n    return number <= 10\n")
    (folder / "rubric.yaml").write_text(RUBRIC)
    (folder / "challenge.yaml").write_text(SPEC)
    done = gradekit("challenge", "verify", str(folder), "--repeat", "1", "--mutants", "9")
    assert done.code == 1, done.out + done.err
    assert "mutants of right: checks notice 3 of 4, 75% (4 of 4 mutants, seed 0)" in done.out
    assert f"    survived: {SURVIVOR}\n" in done.out
    assert "mutants of reference queries" not in done.out
    assert not (folder / "challenge.lock").exists()
    (folder / "challenge.yaml").write_text(SPEC.replace("mutation:", f"{MORE}mutation:"))
    done = gradekit("challenge", "verify", str(folder), "--repeat", "1", "--mutants", "9")
    assert done.code == 0, done.out + done.err
    lock = read_lock(folder / "challenge.lock")
    assert lock is not None
    assert (lock.code_mutants["killed"], lock.code_mutants["of"], lock.code_mutants["survivors"]) == (4, 4, [])
    assert left_on_engine(done.pid) == []
    # What is no part of them leaves their figures where they are, and what is one does not.
    (folder / "wrong").mkdir()
    (folder / "wrong" / "limits.py").write_text("def fits(number):\n    return True\n")
    spec = (folder / "challenge.yaml").read_text() + "  - {path: wrong, expect: {fails: [fits]}}\n"
    (folder / "challenge.yaml").write_text(spec)
    dropped = "note: the mutants in challenge.lock are of another state of the challenge: --mutants grades them again"
    for source, kept in (("number <= 10", True), ("not number > 10", False)):
        (folder / "right" / "limits.py").write_text(f"def fits(number):\n    return {source}\n")
        done = gradekit("challenge", "verify", str(folder), "--repeat", "1")
        assert done.code == 0, done.out + done.err
        again = read_lock(folder / "challenge.lock")
        assert again is not None
        assert again.code_mutants == (lock.code_mutants if kept else {})
        assert (dropped.removeprefix("note: ") in done.err) is not kept
