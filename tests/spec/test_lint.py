"""Warnings: what they are silenced by, what they cost, and those whose files no repository should carry."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gradekit.runner import load_all
from gradekit.spec import folder as folder_module
from gradekit.spec.find import Places
from gradekit.spec.lint import lint
from gradekit.spec.load import load_challenge
from gradekit.spec.warned import Warned

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SPEC = """\
gradekit: 1
id: demo
title: Demo
runner: [python, node]
rubric: small
app: {}
checks:
  - {id: health, criterion: api, http: {steps: [{request: GET /health, expect: {status: 200}}]}}
solutions:
  - {path: solutions/reference, expect: {passes: all}}
  - {path: solutions/wrong, expect: {fails: [health]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "challenge.yaml").write_text(SPEC)
    for name in ("reference", "wrong"):
        (tmp_path / "solutions" / name).mkdir(parents=True)
    return tmp_path


def warnings(folder: Path) -> tuple[Warned, ...]:
    """All but that nobody has verified it."""
    found = lint(folder, rubrics=[HERE / "rubrics"])
    assert found.problems == ()
    return tuple(warned for warned in found.warnings if warned.name != "no-lock")


def names(folder: Path) -> list[tuple[str, str]]:
    return [(warned.name, warned.at) for warned in warnings(folder)]


def write(folder: Path, name: str, text: str | bytes = "x\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_nothing_is_wrong_with_it(folder: Path) -> None:
    assert names(folder) == []


# Put together here, so that nothing that looks for secrets finds them in this file.
SECRETS = [
    "AKIA" + "IOSFODNN7ABCDEFG",
    "ghp_" + "a1" * 18,
    "github_pat_" + "a1" * 35,
    "glpat-" + "a1" * 10,
    "xoxb-" + "1" * 24,
    "sk_live_" + "a1" * 12,
    "AIza" + "a" * 35,
    "npm_" + "a1" * 18,
    "pypi-" + "a1" * 30,
    "-----BEGIN " + "RSA PRIVATE KEY-----",
    "-----BEGIN " + "PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_found_in_any_file_and_not_shown(folder: Path, secret: str) -> None:
    write(folder, "solutions/reference/settings.py", f"\nKEY = '{secret}'\n")
    (warned,) = warnings(folder)
    assert (warned.name, warned.at) == ("secret", "solutions/reference/settings.py")
    assert str(warned).startswith(f"{folder}/solutions/reference/settings.py:2: holds what looks like a secret: ")
    assert secret not in str(warned)


@pytest.mark.parametrize("text", ["AKIA" + "IOSFODNN7EXAMPLE", "sk_live_short", "BEGIN PUBLIC KEY", "SAKIA" + "A" * 16])
def test_what_is_no_secret(folder: Path, text: str) -> None:
    write(folder, "solutions/reference/settings.py", text)
    assert names(folder) == []


def test_large_files_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "LARGE", 3 << 20)
    with write(folder, "solutions/reference/dump.bin").open("wb") as file:
        file.truncate(4 << 20)
    (warned,) = warnings(folder)
    assert (warned.name, warned.at) == ("large-file", "solutions/reference/dump.bin")
    assert "has 4.0 MiB, which" in str(warned)


def test_a_folder_of_the_starter_that_is_nearly_a_runner(folder: Path) -> None:
    for name in ("python/a", "nodee/a", "shared/a", "README.md"):
        write(folder, f"starter/{name}")
    (warned,) = warnings(folder)
    assert (warned.name, warned.at) == ("folder-name", "starter/nodee")
    assert 'did you mean "node"?' in str(warned)


def test_what_another_edition_names_is_used(folder: Path) -> None:
    write(folder, "hidden/other.sql")
    write(folder, "solutions/other/x")
    assert names(folder) == [("unused-file", "hidden/other.sql"), ("unused-solution", "solutions/other")]
    write(folder, "challenge.b.yaml", "a: [hidden/other.sql, solutions/other/]\n")
    write(folder, "challenge.c.yaml", "a: [\n")
    assert names(folder) == []


def test_what_tools_leave_behind_is_not_looked_at(folder: Path) -> None:
    write(folder, "starter/node_modules/a/hidden.js", SECRETS[0])
    write(folder, "hidden/__pycache__/a.pyc", SECRETS[0])
    assert names(folder) == []


def test_links_are_not_followed(folder: Path) -> None:
    (folder / "solutions" / "reference" / "up").symlink_to(folder.parent, target_is_directory=True)
    (folder / "solutions" / "reference" / "here").symlink_to(folder, target_is_directory=True)
    assert names(folder) == [("link-out", "solutions/reference/up")]


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    (folder / "starter").mkdir()
    os.mkfifo(folder / "starter" / "pipe")
    assert names(folder) == []


def test_a_file_that_cannot_be_read_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(folder, "solutions/reference/a", SECRETS[0])
    before = Path.open

    def refuse(self: Path, mode: str = "r") -> object:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return before(self, mode)

    monkeypatch.setattr(Path, "open", refuse)
    assert names(folder) == []


def test_a_huge_folder_costs_no_more_than_a_large_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "_MAX_FILES", 2)
    monkeypatch.setattr(folder_module, "_MAX_TEXT", 10)
    write(folder, "hidden/a.sql", "select 1; select 2;")
    write(folder, "hidden/b.sql")
    assert names(folder) == [("unused-file", "hidden/a.sql")]


IGNORE = "lint: {ignore: [{warning: unused-file, at: 'hidden/[ab].sql', reason: kept for the next term}]}\n"


def test_a_warning_is_silenced_by_its_name_and_what_it_is_about(folder: Path) -> None:
    for name in "abc":
        write(folder, f"hidden/{name}.sql")
    write(folder, "challenge.yaml", SPEC + IGNORE)
    assert names(folder) == [("unused-file", "hidden/c.sql")]
    write(folder, "challenge.yaml", SPEC + IGNORE.replace("at: 'hidden/[ab].sql', ", ""))
    assert names(folder) == []


def test_silence_changes_no_digest(folder: Path) -> None:
    before = load_challenge(folder, rubrics=[HERE / "rubrics"]).digest
    write(folder, "challenge.yaml", SPEC + IGNORE)
    assert load_challenge(folder, rubrics=[HERE / "rubrics"]).digest == before


def test_problems_of_the_lock_stand_beside_those_of_the_spec(folder: Path) -> None:
    write(folder, "challenge.yaml", SPEC.replace("title", "titel"))
    write(folder, "challenge.lock", "{")
    found = lint(folder, rubrics=[HERE / "rubrics"])
    assert len(found.problems) == 3
    assert "challenge.lock" in found.problems[-1].place


SHIPPED = Places(ROOT, {}).list_challenges()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_challenge_is_read_in_less_than_a_second(name: str) -> None:
    kinds = {runner.name: runner.kind for runner in load_all(ROOT / "runners")}
    begun = time.process_time()
    found = lint(ROOT / SHIPPED[name], rubrics=[ROOT / "rubrics"], runners=kinds)
    assert time.process_time() - begun < 1
    # What is tight is another one on each machine that verified it.
    assert [warned for warned in found.warnings if warned.name != "tight-limit"] == []
