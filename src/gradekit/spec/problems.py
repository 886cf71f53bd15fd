"""The faults of one file as problems, each at its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gradekit.errors import Problem
from gradekit.model import Loc
from gradekit.spec.reader import Document
from gradekit.spec.translate import VERSION, Fault, described

COMMENTED = 'put text that begins with "#" in quotes'
"""What to do about a value that became a comment."""


def version_faults(document: Document) -> list[Fault]:
    """Why the file cannot be read at all: it is no map, or it is of another version."""
    data = document.data
    if not isinstance(data, Mapping):
        return [Fault((), f"must be a map, not {described(data)}")]
    version = data.get("gradekit", VERSION)
    if isinstance(version, int) and not isinstance(version, bool) and version != VERSION:
        what = f"this file is written for version {version}"
        return [Fault(("gradekit",), what, f"this gradekit reads version {VERSION}", "install another gradekit")]
    return []


def problems_of(document: Document, found: Iterable[Fault]) -> list[Problem]:
    """The reader's complaints and the faults as problems, by position; a part is complained about once."""
    placed = [
        *document.complaints,
        *(
            document.place(fault.loc, fault.what, fault.expected, fault.hint or _hint(document, fault.loc), at=fault.at)
            for fault in dict.fromkeys(found)
            if not any(fault.loc[:end] in document.tainted for end in range(len(fault.loc) + 1))
        ),
    ]
    placed.sort(key=lambda item: (item.span.line, item.span.column))
    return [item.problem for item in placed]


def _hint(document: Document, loc: Loc) -> str:
    return COMMENTED if document.commented(loc) else ""


def within(loc: Loc, fault: Fault) -> Fault:
    """A fault of a part, as a fault of the whole that has the part at ``loc``."""
    return replace(fault, loc=(*loc, *fault.loc), at=None if fault.at is None else (*loc, *fault.at))
