"""A working folder as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit.errors import SubmissionError
from gradekit.submission import CloneRules, obtain, read


def made(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_files_are_taken_as_they_are_whether_or_not_it_is_a_repository(tmp_path: Path) -> None:
    folder = made(tmp_path / "ana", {"app.py": "saved, not committed", ".git/HEAD": "ref: refs/heads/main"})
    found = read(folder, candidate="ana", rules=CloneRules())
    assert {path: entry.data for path, entry in found.files.items()} == {"app.py": b"saved, not committed"}
    assert (found.repo, found.commit, found.candidate, found.history) == (str(folder), None, "ana", None)


def test_it_has_the_same_digest_as_when_it_is_graded(tmp_path: Path) -> None:
    folder = made(tmp_path, {"b.py": "2", "a.py": "1"})
    same = obtain(str(folder), ref=None, before=None, candidate=None, received_at=None, rules=CloneRules())
    assert read(folder, candidate="x", rules=CloneRules()).tree == same.tree


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="nowhere: is not a folder"):
        read(tmp_path / "nowhere", candidate="x", rules=CloneRules())
    with pytest.raises(SubmissionError, match="the folder has no files"):
        read(tmp_path, candidate="x", rules=CloneRules())
    made(tmp_path, {"a": "123"})
    with pytest.raises(SubmissionError, match="more than 2 bytes"):
        read(tmp_path, candidate="x", rules=CloneRules(max_size=2))
