"""The table in a challenge's brief: counts of its locks, and no word of what is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit.errors import UsageError
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Lock, Sharpness, write_lock
from gradekit.spec.proof import BEGIN, END, marked_brief, table, write_table

RUBRICS = [Path(__file__).parent / "rubrics"]
SPEC = """\
gradekit: 1
id: demo
title: Demo
runner: any
rubric: small
checks:
  - {id: secret-check, criterion: api, command: {run: x, expect: {exit: 0}}}
"""
LOCK = Lock(
    gradekit="0.1.0",
    challenge="abc",
    rubric="small@1",
    solutions={
        "solutions/right": {"earned": 9.0, "possible": 9.0, "fails": [], "language": "python"},
        "solutions/other": {"earned": 9.0, "possible": 9.0, "fails": [], "language": "java"},
        "solutions/forgets-zero": {"earned": 8.0, "possible": 9.0, "fails": ["secret-check"], "language": "python"},
    },
    sharpness={
        "secret-check": Sharpness(changed=9, noticed=4, expectations=5, needless=("expect.exit",)),
        "other-secret": Sharpness(changed=9, noticed=4, expectations=2),
    },
    mutants={"killed": 8, "of": 9, "ignored": 3, "survivors": ["hidden/secret.sql: < to <= #1"]},
    code_mutants={
        "reference": "solutions/right", "seed": 0, "made": 90, "killed": 17, "of": 18, "stillborn": 1, "errored": 1,
        "ignored": 0, "survivors": ["solutions/right/secret.py:1: a → b"],
    },
)  # fmt: skip


def _challenge(folder: Path, brief: str | bytes | None, spec: str = SPEC) -> Challenge:
    (folder / "challenge.yaml").write_text(spec, encoding="utf-8")
    if brief is not None:
        (folder / "README.md").write_bytes(brief if isinstance(brief, bytes) else brief.encode())
    return load_challenge(folder, rubrics=RUBRICS)


def test_the_table_has_counts_and_nothing_of_what_is_hidden() -> None:
    assert table({"demo": LOCK}) == (
        "Before anyone is graded, gradekit 0.1.0 tries the checks on what is known to be right or wrong:\n"
        "\n"
        "|  | demo |\n"
        "| --- | --- |\n"
        "| right solutions; each gets all points | 2: java, python |\n"
        "| wrong solutions; each loses exactly the checks that it should | 1 |\n"
        "| expectations without which some wrong answer would pass | 6 of 7 |\n"
        "| mistakes put into right queries that are noticed | 8 of 9 (3 set aside) |\n"
        "| mistakes put into a right solution that are noticed | 17 of 18 (a sample of 90) |\n"
        "\n"
        "A mistake is set aside where the result is right, too; the challenge gives the reason for each.\n"
    )


def test_solutions_that_cheat_are_counted_apart() -> None:
    cheat = {"earned": 0.0, "possible": 9.0, "fails": ["secret-check"], "language": "python", "cheats": True}
    # One whose score is withheld may have lost no check.
    forger: dict[str, object] = {"earned": None, "possible": None, "fails": [], "language": "python", "cheats": True}
    lock = LOCK.model_copy(update={"solutions": {**LOCK.solutions, "cheat": cheat, "forger": forger}})
    found = table({"demo": lock})
    assert "| right solutions; each gets all points | 2: java, python |\n" in found
    assert "| wrong solutions; each loses exactly the checks that it should | 1 |\n" in found
    assert "| solutions that cheat; none gets a point | 2 |\n" in found


def test_what_no_lock_has_is_no_row_and_what_one_lacks_is_a_dash() -> None:
    old = Lock(gradekit="0.0.9", challenge="a", rubric="b", solutions={"right": {"earned": 1.0}})
    assert [line for line in table({"demo": old}).splitlines() if line.startswith("| ")][2:] == [
        "| right solutions; each gets all points | 1 |",
        "| wrong solutions; each loses exactly the checks that it should | 0 |",
    ]
    whole = LOCK.model_copy(update={"mutants": {"killed": 2, "of": 2}, "code_mutants": {}})
    both = table({"demo": old, "demo.sqlite": whole})
    assert "gradekit 0.0.9, 0.1.0 tries" in both
    assert "|  | demo | demo.sqlite |\n| --- | --- | --- |\n" in both
    assert "| mistakes put into right queries that are noticed | - | 2 of 2 |\n" in both
    assert "right solution that" not in both
    assert "set aside" not in both


def test_the_table_is_written_between_the_marks_alone(tmp_path: Path) -> None:
    challenge = _challenge(tmp_path, f"# Demo\r\n\n{BEGIN}\nold\n{END}\n\nThe end.")
    assert write_table(challenge) == tmp_path / "README.md"
    assert b"\nold\n" in (tmp_path / "README.md").read_bytes()
    write_lock(challenge.lock_path, LOCK)
    digest = challenge.digest
    write_table(challenge)
    text = (tmp_path / "README.md").read_bytes().decode()
    name = tmp_path.name
    assert text == f"# Demo\r\n\n{BEGIN}\n\n{table({name: LOCK})}\n{END}\n\nThe end."
    written = (tmp_path / "README.md").stat().st_mtime_ns
    write_table(challenge)
    assert (tmp_path / "README.md").stat().st_mtime_ns == written
    assert load_challenge(tmp_path, rubrics=RUBRICS).digest == digest, "the lock stays fresh"


def test_variants_of_a_challenge_have_columns_of_their_own(tmp_path: Path) -> None:
    challenge = _challenge(tmp_path, f"{BEGIN}\n{END}\n")
    (tmp_path / "challenge.fast.yaml").write_text(SPEC)
    (tmp_path / "challenge.slow.yaml").write_text(SPEC)
    for name in ("challenge", "challenge.slow", "challenge.gone"):
        write_lock(tmp_path / f"{name}.lock", LOCK)
    write_table(challenge)
    name = tmp_path.name
    assert table({name: LOCK, f"{name}.slow": LOCK}) in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_a_brief_without_marks_is_left_alone(tmp_path: Path) -> None:
    assert write_table(_challenge(tmp_path, None)) is None
    challenge = _challenge(tmp_path, "# Demo\n")
    write_lock(challenge.lock_path, LOCK)
    assert write_table(challenge) is None
    assert (tmp_path / "README.md").read_text() == "# Demo\n"
    (tmp_path / "TASK.md").write_text("# Task\n")
    other = _challenge(tmp_path, f"{BEGIN}\n{END}\n", SPEC.replace("rubric:", "brief: TASK.md\nrubric:"))
    assert marked_brief(other) is None


@pytest.mark.parametrize("brief", [f"a\n{BEGIN}\n", f"a\n{END}\n", f"{END}\n{BEGIN}\n"])
def test_one_mark_without_the_other_is_told(tmp_path: Path, brief: str) -> None:
    with pytest.raises(UsageError, match=r"README\.md: has one of the two marks"):
        marked_brief(_challenge(tmp_path, brief))


def test_a_brief_that_is_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"README\.md: cannot be read"):
        write_table(_challenge(tmp_path, b"\xff"))
