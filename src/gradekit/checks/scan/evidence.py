"""What a tool found in the submission and in its history."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from gradekit.checks.scan.model import Level, Names
from gradekit.model import Model, tuple_of
from gradekit.sandbox.plans import Ending

MAX_FINDINGS: Final = 2_000
"""Findings that are kept; the others are counted."""
_SHORT: Final = 10
PAST: Final = "history/"
"""What the rules of findings in the history begin with."""


class Finding(Model):
    """One result of a tool; its texts are hostile."""

    rule: str
    level: Level
    message: str = ""
    path: str = ""
    line: int = 0
    print: str = ""
    """The same for the same rule in the same line of the same file, wherever that line stands."""
    commit: str = ""
    """The full id of the oldest commit with it, of what stood in an earlier commit."""

    @property
    def place(self) -> str:
        """The path, with the line where the tool named one and the commit where it is an earlier one."""
        commit = f"{self.commit[:_SHORT]} " if self.commit else ""
        return f"{commit}{self.path}:{self.line}" if self.line else f"{commit}{self.path}"


class HistoryEvidence(Model):
    """What a tool found in the commits before the graded one, and neither in the graded files nor in the starter."""

    none: bool = False
    """Whether there is no history, for the submission came as a plain folder."""
    problem: str = ""
    """Why it could not be read."""
    ending: Annotated[Ending, Field(strict=False)] = Ending.EXITED
    findings: Annotated[tuple[Finding, ...], BeforeValidator(tuple_of)] = ()
    more: int = 0
    """Findings that were not kept."""
    commits: int = 0
    """Commits that were looked at, without the starter's."""
    lines: int = 0
    """Different lines of them that were looked at."""
    older: bool = False
    """Whether older commits were not looked at, or are not there."""
    large: int = 0
    """Files that were too large to be looked at."""
    largest: Names = ()
    """Paths of some of them; hostile text."""
    unread: int = 0
    """Files, or versions of them, that were not looked at, since a bound was reached before."""
    late: bool = False
    """Whether that bound was the time."""
    refused: int = 0
    """Lines that were not looked at, since the tool fails on them."""


class ScanEvidence(Model):
    """What a tool found in the submission, and not in the starter."""

    ending: Annotated[Ending, Field(strict=False)] = Ending.EXITED
    tool: str = ""
    """What the tool calls itself."""
    findings: Annotated[tuple[Finding, ...], BeforeValidator(tuple_of)] = ()
    more: int = 0
    """Findings that were not kept."""
    old: int = 0
    """Findings that stand in the starter, too."""
    history: HistoryEvidence | None = None
    """None where nobody asked for it."""
