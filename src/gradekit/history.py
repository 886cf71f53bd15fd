"""The history of a submission, as a clone tells it: plain facts, nothing of them proven."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BeforeValidator, Field

from gradekit.model import Model, tuple_of


class Change(Model):
    """What a commit did to one file; hostile text in ``path``."""

    path: str
    added: int = 0
    """Lines."""
    deleted: int = 0
    """Lines."""
    binary: bool = False
    gone: bool = False
    """Whether the commit removed it."""


class Commit(Model):
    """One commit; its times are what its author's machine said, its texts are hostile."""

    id: str
    """The full object id."""
    parents: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    author: int = 0
    """Index of the author in the history's list."""
    authored: int = 0
    """Seconds since 1970."""
    committed: int = 0
    """Seconds since 1970."""
    subject: str = ""
    """The first line of the message, cut."""
    length: int = 0
    """Characters of the whole first line."""
    body: int = 0
    """Lines after the first one that are not empty."""
    apart: bool = True
    """Whether the second line is empty, or there is none."""
    files: int = 0
    """Files that it changed."""
    added: int = 0
    """Lines in all."""
    deleted: int = 0
    """Lines in all."""
    changes: Annotated[tuple[Change, ...], BeforeValidator(tuple_of)] = Field(default=())
    """The changed files, as many as are kept."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a part of a long one, of a file of some commit; hostile text in ``text`` and ``path``."""

    text: str
    """Without white space at both ends, and on one line for everybody who splits lines."""
    commit: str
    """The full id of the oldest commit with it."""
    path: str
    number: int
    """In that commit's file, from 1."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The different lines of all files of the commits that lead to the graded one, as far as they were read."""

    found: tuple[Line, ...] = ()
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the commits that were looked at; a parent that is no key itself was not."""
    large: int = 0
    """Files with too many bytes, which were not read."""
    largest: tuple[str, ...] = ()
    """Paths of some of them; hostile text."""
    unread: int = 0
    """Files that were not read, since all bounds were reached before."""
    late: bool = False
    """Whether the bound was the time."""
    problem: str = ""
    """Why nothing could be read; a sentence."""


@dataclass(frozen=True, slots=True)
class History:
    """The commits that lead to the graded one, the newest first, as far as they were read."""

    commits: tuple[Commit, ...] = ()
    authors: tuple[str, ...] = ()
    """Names, by e-mail address, which is not kept; hostile text."""
    cut: bool = False
    """Whether there is more: older commits, or changes that were not kept."""
    blobs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For commits without parents: path -> object id of each file."""
    problem: str = ""
    """Why the repository's own content could not be read as a history; a sentence."""
    moment: int = 0
    """When it was read, seconds since 1970."""
    lines: Lines | None = None
    """What stood in the files, if a check wants it."""


def with_ancestors(commits: Iterable[str], parents: Mapping[str, Sequence[str]]) -> set[str]:
    """Commits and all before them, as far as their parents are known."""
    left, found = list(commits), set[str]()
    while left:
        commit = left.pop()
        if commit in parents and commit not in found:
            found.add(commit)
            left += parents[commit]
    return found
