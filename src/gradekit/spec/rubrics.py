"""Finds and reads rubrics."""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from gradekit.errors import SpecError
from gradekit.model import AUTHORED
from gradekit.spec.digests import canonical, digest_of
from gradekit.spec.files import is_file
from gradekit.spec.problems import problems_of, version_faults
from gradekit.spec.reader import Document, read_file
from gradekit.spec.rubric import Rubric
from gradekit.spec.translate import Fault, faults


class LoadedRubric(NamedTuple):
    """A rubric with the digest (SHA-256, hex) of its content."""

    rubric: Rubric
    digest: str


def load_rubric(path: Path) -> LoadedRubric:
    """Read a rubric file.

    Raises:
        SpecError: with every problem of the file, sorted by position.
    """
    document = read_file(path)
    found, rubric = _rubric(document)
    problems = problems_of(document, found)
    if problems or rubric is None:
        raise SpecError(*problems)
    return LoadedRubric(rubric, digest_of({"rubric": canonical(document.data)}))


def _rubric(document: Document) -> tuple[list[Fault], Rubric | None]:
    found = version_faults(document)
    if found:
        return found, None
    try:
        return [], Rubric.model_validate(document.data, context=AUTHORED)
    except ValidationError as error:
        return faults(error, document.data, Rubric), None


def rubric_path(name: str, *, folders: Sequence[Path], root: Path) -> Path | None:
    """The file of a rubric: in one of the folders by its name, or by a path below ``root``, the challenge's folder."""
    paths = [folder / f"{name}.yaml" for folder in folders]
    if name.endswith(".yaml"):
        paths = [Path(os.path.normpath(root / name))]
    return next((path for path in paths if is_file(path)), None)
