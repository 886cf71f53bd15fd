"""Glob patterns over the paths of a submission."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_TOKEN = re.compile(
    r"(?P<deep>(?:(?<=/)|^)\*\*/)|(?P<rest>(?:(?<=/)|^)\*\*$)|\*+|\?|\[(?P<set>!?\]?[^\]/]*)\]|.", re.DOTALL
)


def matching(paths: Iterable[str], pattern: str) -> tuple[str, ...]:
    """The paths that a pattern matches, sorted.

    ``*``, ``?`` and ``[a-z]`` stay within one name (a leading dot is nothing special), ``**`` stands
    for any number of folders, and ``{a,b}`` for either. The whole path has to match, case included.
    """
    expression = _compiled(pattern)
    return tuple(sorted(path for path in paths if expression.fullmatch(path)))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_expression(one)})" for one in alternatives(pattern)), re.DOTALL)


def alternatives(pattern: str) -> Iterator[str]:
    """The patterns without braces that a pattern stands for; an unpaired brace is an ordinary character."""
    begin = -1
    for index, char in enumerate(pattern):
        if char == "{":
            begin = index
        elif char == "}" and begin >= 0:
            for choice in pattern[begin + 1 : index].split(","):
                yield from alternatives(pattern[:begin] + choice + pattern[index + 1 :])
            return
    yield pattern


def _expression(pattern: str) -> str:
    return "".join(map(_translated, _TOKEN.finditer(pattern)))


def _translated(match: re.Match[str]) -> str:
    part = match[0]
    if match["deep"]:
        return "(?:[^/]+/)*"
    if match["rest"]:
        return ".+"
    if match["set"]:
        inside = match["set"]
        negated, members = ("^/", inside[1:]) if inside.startswith("!") else ("", inside)
        escaped = members.replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]").replace("^", r"\^")
        return f"[{negated}{escaped}]"
    if part.startswith("*"):
        return "[^/]*"
    return "[^/]" if part == "?" else re.escape(part)
