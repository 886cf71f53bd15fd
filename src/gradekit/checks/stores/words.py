"""Commands for Redis as people write them: words with blanks between them, quotes around what has blanks in it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator


def split(text: str) -> tuple[str, ...]:
    """The words of one command.

    Raises:
        ValueError: a quote has no end.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise ValueError("a quote or a backslash has no end") from None


def commands(script: str) -> Iterator[tuple[str, ...]]:
    """The commands of a script: one a line; empty lines and those that begin with # are left out.

    Raises:
        ValueError: a line is no command; the message has its number.
    """
    for number, line in enumerate(script.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                yield split(line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
