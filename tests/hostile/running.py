"""The corpus of this checkout, and the ground on which its cases are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gradekit.cli import config
from gradekit.cli.ground import open_ground
from gradekit.corpus import Case, Ground, read_cases
from gradekit.corpus.host import HostState, settled
from gradekit.progress import Silent

HERE = Path(__file__).parent
CORPUS: dict[str, Case] = {case.name: case for case in read_cases(HERE)}


def ground() -> Ground:
    """Connect, and see that the images are there; to be closed."""
    return open_ground(CORPUS.values(), config.load(), Silent())


def left(before: HostState, ground: Ground, *, amounts: bool = False) -> Mapping[str, Sequence[str]]:
    """What this process left on the host, by kind; with ``amounts`` disk and memory, too, which others may use."""
    rows = settled(before, ground.engine)
    return {row.what: row.left for row in rows if row.left and (amounts or row.what in before.ours)}
