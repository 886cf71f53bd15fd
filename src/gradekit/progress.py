"""How long work tells that it goes on: the one interface between the layers and the terminal."""

from __future__ import annotations

from typing import Protocol

from gradekit.results import Status


class Progress(Protocol):
    """Told what happens; must be quick and must not raise."""

    def phase(self, name: str, detail: str = "") -> None:
        """A phase begins (clone, deps, build, services, checks)."""

    def phase_done(self, name: str, seconds: float, detail: str = "") -> None:
        """A phase ended."""

    def check(self, check: str, number: int, of: int) -> None:
        """A check begins."""

    def check_done(self, check: str, status: Status, seconds: float, message: str = "") -> None:
        """A check was observed and judged; ``message`` may hold hostile text."""

    def note(self, text: str) -> None:
        """Something worth a line."""


class Silent:
    """Tells nobody."""

    def phase(self, name: str, detail: str = "") -> None:
        """Ignore it."""

    def phase_done(self, name: str, seconds: float, detail: str = "") -> None:
        """Ignore it."""

    def check(self, check: str, number: int, of: int) -> None:
        """Ignore it."""

    def check_done(self, check: str, status: Status, seconds: float, message: str = "") -> None:
        """Ignore it."""

    def note(self, text: str) -> None:
        """Ignore it."""
