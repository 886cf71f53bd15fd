from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.errors import InfrastructureError
from gradekit.sandbox.plans import FileEntry
from gradekit.sandbox.transfer import archive, check_names, unpack_argv

FILES = [
    FileEntry("src/app/main.py", b"print()"),
    FileEntry("run", b"#!/bin/sh\n", executable=True),
    FileEntry("a", b""),
]


def members(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getmembers()


def test_folders_come_first_and_modes_are_fixed() -> None:
    found = [(member.name, member.isdir(), oct(member.mode)) for member in members(archive(FILES))]
    assert found == [
        (".", True, "0o755"),
        ("src", True, "0o755"),
        ("src/app", True, "0o755"),
        ("a", False, "0o644"),
        ("run", False, "0o755"),
        ("src/app/main.py", False, "0o644"),
    ]


def test_equal_files_make_equal_archives() -> None:
    assert archive(FILES) == archive(list(reversed(FILES)))
    assert {member.mtime for member in members(archive(FILES))} == {1_577_836_800}


def test_a_prefix_makes_its_folders() -> None:
    assert [member.name for member in members(archive((), prefix="opt/deps"))] == [".", "opt", "opt/deps"]
    named = [member.name for member in members(archive([FileEntry("x", b"")], prefix="opt/deps"))]
    assert named == [".", "opt", "opt/deps", "opt/deps/x"]


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", "a\0b", "\udcff", "x" * 256, "/".join(["a" * 200] * 21)],
)
def test_names_that_could_leave_the_folder_are_refused(path: str) -> None:
    with pytest.raises(InfrastructureError, match="cannot be put into a sandbox"):
        archive([FileEntry(path, b"")])


@pytest.mark.parametrize("paths", [["a", "a"], ["a", "a/b"], ["a/b/c", "a"]])
def test_a_name_means_one_file(paths: list[str]) -> None:
    with pytest.raises(InfrastructureError):
        check_names(paths)


@given(st.text())
def test_any_accepted_name_stays_inside(path: str) -> None:
    try:
        data = archive([FileEntry(path, b"x")])
    except InfrastructureError:
        return
    (file,) = [member for member in members(data) if member.isfile()]
    assert file.name == path
    assert ".." not in path.split("/")
    assert not path.startswith("/")


def test_tar_unpacks_it(tmp_path: Path) -> None:
    subprocess.run(unpack_argv(str(tmp_path)), input=archive(FILES), check=True)
    assert (tmp_path / "src/app/main.py").read_bytes() == b"print()"
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o755
