"""What a person sees on stderr while a run goes on: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from rich.console import Console
from rich.status import Status as Spinner
from rich.text import Text

from gradekit.report.text import clean
from gradekit.results import Status

_MESSAGE = 160
_STYLE = {Status.PASSED: "green", Status.FAILED: "red", Status.SKIPPED: "yellow", Status.ERRORED: "bold magenta"}
_MARK = {Status.PASSED: "✓", Status.FAILED: "✗", Status.SKIPPED: "-", Status.ERRORED: "!"}
_ASCII = {Status.PASSED: "+", Status.FAILED: "x", Status.SKIPPED: "-", Status.ERRORED: "!"}


def is_live(stream_is_terminal: bool, environment: dict[str, str]) -> bool:
    """Whether cursor movement is welcome: a real terminal, no CI, not dumb."""
    return stream_is_terminal and environment.get("TERM") != "dumb" and not environment.get("CI")


def unicode_works(encoding: str | None) -> bool:
    """Whether a stream can show ✓ and ✗."""
    try:
        "✓✗━".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@dataclass
class Lines:
    """Progress as one line an event; verbosity 0 shows phases and checks that did not pass, 1 all, 2 begins too."""

    verbosity: int = 0

    def __post_init__(self) -> None:
        """Look at stderr once: terminal or not, which characters it can show."""
        self.console = Console(file=sys.stderr, highlight=False, markup=False, soft_wrap=True)
        self.live = is_live(self.console.is_terminal, dict(os.environ))
        self.marks = _MARK if unicode_works(sys.stderr.encoding) else _ASCII
        self._spinner: Spinner | None = None

    def _show(self, text: str) -> None:
        """Replace the live line; does nothing where there is none."""
        if not self.live:
            return
        if self._spinner is None:
            self._spinner = self.console.status(Text(text))
            self._spinner.start()
        else:
            self._spinner.update(Text(text))

    def _line(self, text: Text) -> None:
        self.console.print(text)

    def close(self) -> None:
        """Take the live line away."""
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None

    def phase(self, name: str, detail: str = "") -> None:
        """A phase begins."""
        self._show(f"{name} {clean(detail, limit=_MESSAGE)}")
        if self.verbosity > 1:
            self._line(Text(f"{name}: begins", style="dim"))

    def phase_done(self, name: str, seconds: float, detail: str = "") -> None:
        """A phase ended."""
        self._line(Text(f"{name:<9} {seconds:5.1f} s  {clean(detail, limit=_MESSAGE)}".rstrip(), style="dim"))

    def check(self, check: str, number: int, of: int) -> None:
        """A check begins."""
        self._show(f"[{number}/{of}] {check}")
        if self.verbosity > 1:
            self._line(Text(f"[{number}/{of}] {check}: begins", style="dim"))

    def check_done(self, check: str, status: Status, seconds: float, message: str = "") -> None:
        """A check was judged."""
        line = Text(f"  {self.marks[status]} {status.value:<8} {check}", style=_STYLE[status])
        line.append(f"  {seconds:.1f} s", style="dim")
        if message and status is not Status.PASSED:
            line.append(f"  {clean(message.splitlines()[0], limit=_MESSAGE)}", style="default")
        self._line(line)

    def note(self, text: str) -> None:
        """Something worth a line."""
        self._line(Text(clean(text, limit=_MESSAGE)))
