"""The history of a submission, as a clone tells it: plain facts, nothing of them proven."""

from __future__ import annotations

from collections.abc import Mapping
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
