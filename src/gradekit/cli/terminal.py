"""What a person sees on stderr while a run goes on: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console
from rich.status import Status as Spinner
from rich.text import Text

from gradekit.report.text import clean
from gradekit.results import Status

COLOUR_VARIABLE = "GRADEKIT_COLOR"
SILENT = 2
"""So many ``-q``, and stdout has no result either."""
_MESSAGE = 160
_NOTE = 600
_MACHINERY = ("--->", "Removing intermediate container")
"""What a build says of itself between its steps."""
_SILENCE = 30.0
"""Seconds after which a plain line says that the work still goes on."""
_ELAPSED = 3
"""Seconds from which the live line tells how long it takes."""
_STYLE = {Status.PASSED: "green", Status.FAILED: "red", Status.SKIPPED: "yellow", Status.ERRORED: "bold magenta"}
_MARK = {Status.PASSED: "✓", Status.FAILED: "✗", Status.SKIPPED: "-", Status.ERRORED: "!"}
_ASCII = {Status.PASSED: "+", Status.FAILED: "x", Status.SKIPPED: "-", Status.ERRORED: "!"}


class Colour(StrEnum):
    """What ``--color`` takes."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def colour_wanted(stream_is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether a stream gets colour: by ``--color``, else NO_COLOR, TERM=dumb, FORCE_COLOR, else terminals do."""
    choice = environment.get(COLOUR_VARIABLE, Colour.AUTO.value)
    if choice in (Colour.ALWAYS.value, Colour.NEVER.value):
        return choice == Colour.ALWAYS.value
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return stream_is_terminal or any(environment.get(name, "0") not in ("", "0") for name in _FORCE)


_FORCE = ("FORCE_COLOR", "CLICOLOR_FORCE")


def is_live(stream_is_terminal: bool, environment: Mapping[str, str]) -> bool:
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
class _Current:
    """What goes on now, as one line that is never wrapped."""

    text: str
    since: float

    def __str__(self) -> str:
        seconds = time.monotonic() - self.since
        return f"{seconds:.0f} s  {self.text}" if seconds >= _ELAPSED else self.text

    def __rich__(self) -> Text:
        return Text(str(self), no_wrap=True, overflow="ellipsis")


@dataclass
class Lines:
    """Progress as one line an event; verbosity 0 shows phases and checks, 1 their beginnings and build logs too.

    On a terminal a live line below them tells what goes on; elsewhere a line does after each ``silence`` seconds
    without another.
    """

    verbosity: int = 0
    silence: float = _SILENCE

    def __post_init__(self) -> None:
        """Look at stderr once: terminal or not, colour or not, which characters it can show."""
        terminal = sys.stderr.isatty()
        self.live = is_live(terminal, os.environ)
        colour = colour_wanted(terminal, os.environ)
        self.console = Console(
            file=sys.stderr,
            force_terminal=self.live or colour,
            color_system="standard" if colour else None,
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        self.marks = _MARK if unicode_works(sys.stderr.encoding) else _ASCII
        self._spinner: Spinner | None = None
        self._current: _Current | None = None
        self._said = time.monotonic()
        self._closed = threading.Event()
        self._beat: threading.Thread | None = None

    def _show(self, text: str) -> None:
        """Make this what goes on."""
        self._current = _Current(text, time.monotonic())
        if not self.live:
            self._said = time.monotonic()
            if self._beat is None:
                self._beat = threading.Thread(target=self._tell, name="progress", daemon=True)
                self._beat.start()
        elif self._spinner is None:
            self._spinner = self.console.status(self._current)
            self._spinner.start()
        else:
            self._spinner.update(self._current)

    def _tell(self) -> None:
        """Say at times what goes on, until closed."""
        while not self._closed.wait(max(0.01, self._said + self.silence - time.monotonic())):
            if time.monotonic() - self._said >= self.silence:
                self._line(Text(f"  ... {self._current}", style="dim"))

    def _line(self, text: Text) -> None:
        self._said = time.monotonic()
        self.console.print(text)

    def close(self) -> None:
        """Take the live line away; nothing more is told."""
        self._closed.set()
        if self._beat is not None:
            self._beat.join()
            self._beat = None
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None

    def phase(self, name: str, detail: str = "") -> None:
        """A phase begins."""
        self._show(f"{name} {clean(detail, limit=_MESSAGE)}".rstrip())
        if self.verbosity > 0:
            self._line(Text(f"{name}: begins", style="dim"))

    def phase_done(self, name: str, seconds: float, detail: str = "") -> None:
        """A phase ended."""
        self._line(Text(f"{name:<9} {seconds:5.1f} s  {clean(detail, limit=_MESSAGE)}".rstrip(), style="dim"))

    def check(self, check: str, number: int, of: int) -> None:
        """A check begins."""
        self._show(f"[{number}/{of}] {check}")
        if self.verbosity > 0:
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
        self._line(Text(clean(text, limit=_NOTE)))

    def log(self, text: str) -> None:
        """A line of a long log: on the live line, or the next sign of life; a line of its own when verbose."""
        line = clean(text, limit=_MESSAGE)
        if self.verbosity > 0:
            self._line(Text(f"  {line}", style="dim"))
        elif self._current is not None and not line.lstrip().startswith(_MACHINERY):
            self._current.text = f"{self._current.text.partition(': ')[0]}: {line}"
