"""Where two JSON values differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gradekit.checks.jsontext import Json
from gradekit.checks.values import MISSING, Described, Missing, Value, canonical, is_list, kind_of, show

MAX_COUNTED = 1000
"""Mismatches after which counting ends."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One way in which a value is not what it should be; all texts are capped and printable."""

    expected: str
    """Empty when ``actual`` is a sentence that says everything."""
    actual: str
    place: str = ""
    """Where: a header, the end of a JSONPath such as ``.lines[0]``; empty for the whole value."""
    ours: bool = False
    """Whether the challenge is at fault, not the candidate."""
    names: tuple[str, ...] = ()
    """The variables without which, or by whose values, nothing could be compared."""
    filled: tuple[str, ...] = ()
    """The variables whose values are in ``expected``, so that a reader can be told where these come from."""
    count: int = 1
    """So many differences it stands for: more than one where they are only counted, none for a remark on others."""

    def below(self, place: str) -> Mismatch:
        """The same, seen from a place that holds the value."""
        return replace(self, place=place + self.place)


def differences(expected: Json, actual: Json, *, partially: bool = False, place: str = "") -> Iterator[Mismatch]:
    """Every place at which two values differ; ``partially``: objects of ``actual`` may have more names."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        names = expected if partially else dict.fromkeys([*expected, *actual])
        for name in names:
            below = f"{place}{member(name)}"
            if name not in actual:
                yield Mismatch(show(expected[name]), show(MISSING), below)
            elif name not in expected:
                yield Mismatch("no value (the expected object has no such name)", show(actual[name]), below)
            else:
                yield from differences(expected[name], actual[name], partially=partially, place=below)
    elif is_list(expected) and is_list(actual) and len(expected) == len(actual):
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, partially=partially, place=f"{place}[{index}]")
    elif is_list(expected) and is_list(actual):
        yield Mismatch(_counted(expected), _counted(actual), place)
    elif canonical(expected) != canonical(actual):
        yield differ(show(expected), expected, actual, place)


def differ(words: str, expected: Json, actual: Value, place: str = "") -> Mismatch:
    """A mismatch that says the types when they are the point."""
    wanted, found = kind_of(expected), kind_of(actual)
    if wanted == found or isinstance(actual, Missing | Described) or actual is None:
        return Mismatch(words, show(actual), place)
    return Mismatch(words, f"{show(actual)} ({found}, not {wanted})", place)


def member(name: str) -> str:
    """A name as the end of a JSONPath."""
    return f".{name}" if re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,99}", name) else f"[{show(name)}]"


def _counted(value: Sequence[Json]) -> str:
    return f"{show(value)} ({len(value)} item{'' if len(value) == 1 else 's'})"
