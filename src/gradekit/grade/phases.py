"""The phases of a grading and their times."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from gradekit.progress import Progress
from gradekit.results import Phase


class Phases:
    """Times phases and tells of them as they happen."""

    def __init__(self, progress: Progress) -> None:
        """``progress`` is told of each."""
        self.progress = progress
        self.done: list[Phase] = []

    @contextmanager
    def phase(self, name: str) -> Iterator[list[str]]:
        """Time a phase; what the body appends to the list becomes its detail."""
        self.progress.phase(name)
        begun = time.monotonic()
        details: list[str] = []
        yield details
        seconds = time.monotonic() - begun
        self.done.append(Phase(name=name, seconds=round(seconds, 3), detail="; ".join(details)))
        self.progress.phase_done(name, seconds, "; ".join(details))
