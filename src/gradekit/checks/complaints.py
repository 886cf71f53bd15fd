"""Complaints that several kinds make about a check."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.base import Complaint, Scope
from gradekit.model import Loc
from gradekit.texts import near


def unknown_dataset(loc: Loc, name: str, scope: Scope) -> Iterator[Complaint]:
    """A complaint when the challenge has no data set of that name."""
    if name not in scope.datasets:
        expected = f"one of {', '.join(scope.datasets)}" if scope.datasets else "a name of `datasets:`, which is empty"
        yield Complaint(loc, f'no data set "{name}"', expected, near(name, scope.datasets))


def not_text(loc: Loc, path: str, scope: Scope) -> Iterator[Complaint]:
    """A complaint when a file of the challenge is there, but not UTF-8 text."""
    try:
        scope.files.get(path, b"").decode()
    except UnicodeDecodeError as error:
        yield Complaint(loc, f'"{path}" is not UTF-8 text (byte {error.start})', hint="save it as UTF-8")
