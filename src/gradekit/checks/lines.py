"""Lines for the shell in a spec, one for all languages or one for each runner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from gradekit.checks.base import Bench, Complaint, Scope
from gradekit.errors import InfrastructureError, Problem
from gradekit.model import Loc, RelativePath, Slug
from gradekit.texts import near

ShellLine = Annotated[str, Field(min_length=1)]
Lines = ShellLine | Annotated[Mapping[Slug, ShellLine], Field(min_length=1)]
"""A line for /bin/sh, or one for each runner."""
Environment = Mapping[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], str]
Files = Mapping[RelativePath, RelativePath]


def languages_left_out(loc: Loc, lines: Lines | None, scope: Scope) -> Iterator[Complaint]:
    """Complaints unless there is a line for each runner of the challenge, and for no other."""
    if lines is None or isinstance(lines, str) or not scope.runners:
        return
    for name in lines:
        if name not in scope.runners:
            yield Complaint((*loc, name), f'the challenge has no runner "{name}"', hint=near(name, scope.runners))
    missing = [name for name in scope.runners if name not in lines]
    if missing:
        yield Complaint(loc, f"nothing is said for {', '.join(missing)}", "a line for each runner of the challenge")


def line_for(lines: Lines, bench: Bench, key: str) -> str:
    """The line for the submission's language; ``key`` is where it was written.

    Raises:
        InfrastructureError: there is none.
    """
    if isinstance(lines, str):
        return lines
    if bench.language not in lines:
        raise InfrastructureError(
            Problem(
                f"check {bench.context.check}",
                f"{key} says nothing for the runner {bench.language}",
                f"one of {', '.join(sorted(lines))}",
                "correct the challenge",
            )
        )
    return lines[bench.language]
