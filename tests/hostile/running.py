"""The corpus of this checkout, and the ground on which its cases are tried."""

from __future__ import annotations

from pathlib import Path

from gradekit.cli import config
from gradekit.cli.ground import open_ground
from gradekit.corpus import Case, Ground, read_cases
from gradekit.progress import Silent

HERE = Path(__file__).parent
CORPUS: dict[str, Case] = {case.name: case for case in read_cases(HERE)}


def ground() -> Ground:
    """Connect, and see that the images are there; to be closed."""
    return open_ground(CORPUS.values(), config.load(), Silent())
