"""What lint warns of: a problem with a name, so that it can be silenced with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradekit.errors import Problem
from gradekit.model import Loc
from gradekit.spec.challenge import Silenced, WarningName
from gradekit.spec.reader import Document
from gradekit.spec.translate import Fault
from gradekit.texts import quote


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning; ``at`` says what it is about: a check's id, another name of the spec, a path, or nothing."""

    name: WarningName
    at: str
    problem: Problem

    def __str__(self) -> str:
        """The problem, and in brackets what silences it."""
        return f"{self.problem} [{' '.join(filter(None, (self.name, self.at)))}]"

    def wanted(self, silenced: Silenced) -> bool:
        """Whether the author says that it is as it is to be."""
        return silenced.covers(self.name, self.at)


@dataclass(frozen=True, slots=True)
class Slip:
    """A warning about a place of the spec."""

    name: WarningName
    at: str
    fault: Fault


def placed(slips: Sequence[Slip], document: Document) -> list[Warned]:
    """Slips as warnings, by position."""
    found = []
    for slip in slips:
        fault = slip.fault
        where = document.place(fault.loc, fault.what, fault.expected, fault.hint, at=fault.at)
        found.append((where.span.line, where.span.column, Warned(slip.name, slip.at, where.problem)))
    return [warned for _, _, warned in sorted(found, key=lambda item: item[:2])]


def unsilenced(warnings: Sequence[Warned], ignore: Sequence[Silenced], document: Document) -> Iterator[Warned]:
    """Those that nothing silences, then the silences that silence nothing."""
    for warned in warnings:
        if not any(warned.wanted(silenced) for silenced in ignore):
            yield warned
    for index, silenced in enumerate(ignore):
        if not any(warned.wanted(silenced) for warned in warnings):
            loc: Loc = ("lint", "ignore", index)
            about = "" if silenced.at is None else f" at {quote(silenced.at)}"
            what = f"there is no warning {silenced.warning}{about}"
            placing = document.place(loc, what, hint="remove it")
            yield Warned("unused-ignore", silenced.warning, placing.problem)
