from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradekit.scratch import remove_left_behind, scratch


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_a_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch("clone") as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0
        assert remove_left_behind() == ()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    code = (
        "import os, tempfile; tempfile.tempdir = os.environ['WHERE']\n"
        "from gradekit.scratch import scratch\n"
        "with scratch('clone') as folder:\n    (folder / 'x').write_text('x'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "WHERE": str(tmp_path)}, check=False)
    (left,) = tmp_path.iterdir()
    for name in ("gradekit-crash-1.log", "gradekit-0x-clone-1", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "gradekit-999999999-clone-x").symlink_to("/etc")
    assert remove_left_behind() == (str(left),)
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("pid", [1, os.getpid()], ids=["first", "own"])
def test_folders_of_living_processes_stay(tmp_path: Path, pid: int) -> None:
    (tmp_path / f"gradekit-{pid}-clone-x").mkdir()
    assert remove_left_behind() == ()


def test_a_process_of_another_user_lives_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.kill", refuse)
    (tmp_path / "gradekit-2-clone-x").mkdir()
    assert remove_left_behind() == ()
