"""Imports are pure: a folder holds what others wrote, and the challenge and the notes that it must become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gradekit.errors import UsageError
from gradekit.imports import made, source
from gradekit.imports.table import FORMATS
from gradekit.spec.lint import lint

ROOT = Path(__file__).parent / "golden"
GOOD = sorted(path.parent for path in ROOT.glob("*/*/source") if path.is_dir())
"""golden/FORMAT/NAME/source, and beside it ``made`` or, for what is refused, ``refused.txt``."""


@pytest.mark.parametrize("folder", GOOD, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_import(folder: Path, golden: Callable[[Path, str], None], tmp_path: Path) -> None:
    form = FORMATS[folder.parent.name]
    (document,) = (folder / "source").glob("openapi.*") if form.read is source.read_file else (folder / "source",)
    try:
        found = form.make(form.read(document, document.name), folder.name)
    except UsageError as error:
        golden(folder / "refused.txt", "".join(f"{problem}\n" for problem in error.problems))
        assert not (folder / "made").exists()
        return
    for path, data in found.files.items():
        golden(folder / "made" / path, data.decode())
    there = {path.relative_to(folder / "made").as_posix() for path in (folder / "made").rglob("*") if path.is_file()}
    assert there == set(found.files)
    golden(folder / "notes.txt", "".join(f"{note}\n" for note in found.notes))
    made.write(tmp_path / folder.name, found)
    linted = lint(tmp_path / folder.name, rubrics=[])
    assert [str(problem) for problem in linted.problems] == []
    assert not {"leaked-text", "unused-ignore"} & {warned.name for warned in linted.warnings}


def test_there_are_folders_for_all_formats() -> None:
    assert {folder.parent.name for folder in GOOD} == set(FORMATS)
