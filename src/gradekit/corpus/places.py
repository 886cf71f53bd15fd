"""Where the corpus and the challenges that it attacks are: in a checkout, or in the installed package."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gradekit.errors import InfrastructureError, Problem, UsageError

VARIABLE = "GRADEKIT_CORPUS"
_PACKAGE = Path(__file__).resolve().parents[1]


def corpus_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the hostile cases are: GRADEKIT_CORPUS, a checkout's ``tests/hostile``, or the package's own copy.

    Raises:
        UsageError: GRADEKIT_CORPUS is not a folder.
        InfrastructureError: the installation has lost its cases.
    """
    chosen = environ.get(VARIABLE)
    if chosen:
        folder = Path(chosen)
        if not folder.is_dir():
            raise UsageError(Problem(VARIABLE, f"{chosen!r} is not a folder", hint="unset it to use the shipped cases"))
        return folder
    for folder in (_PACKAGE.parents[1] / "tests" / "hostile", _PACKAGE / "_shipped" / "hostile"):
        if next(folder.glob("*/expect.yaml"), None) is not None:
            return folder
    raise InfrastructureError(
        Problem("corpus", "this installation has no hostile cases", hint=f"install gradekit again, or set {VARIABLE}")
    )


def shipped(kind: str) -> Path:
    """The folder ``challenges`` or ``rubrics`` that comes with gradekit.

    Raises:
        InfrastructureError: the installation has lost it.
    """
    for folder in (_PACKAGE.parents[1] / kind, _PACKAGE / "_shipped" / kind):
        if folder.is_dir():
            return folder
    raise InfrastructureError(Problem(kind, f"this installation has no {kind}", hint="install gradekit again"))
