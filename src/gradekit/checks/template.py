"""``${name}`` in strings: which names a value uses, and the value with the names filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from gradekit.checks.jsontext import Json, render
from gradekit.model import Loc

_MARK = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_UNSET = re.compile(r"(\$\{[^{}\n]*\}) has no value")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*")


class UnknownNameError(LookupError):
    """A name has no value; ``name`` is the name."""

    def __init__(self, name: str) -> None:
        """Keep the name."""
        self.name = name
        super().__init__(f"${{{name}}} has no value")


def nowhere(text: str) -> str | None:
    """Whose fault it is that a name has no value, from the text of ``UnknownNameError``; None for another text.

    Only for names that nothing of the candidate's could have given a value.
    """
    found = _UNSET.fullmatch(text)
    what = "which nothing gives a value; correct the challenge"
    return None if found is None else f"the challenge uses {found[1]}, {what}"


def unset(text: str | None, value: Json, variables: Mapping[str, Json]) -> str | None:
    """The name that a text says to have no value, if the value uses it and it has none."""
    known = {used for _, used in uses(value)} - variables.keys()
    return next((name for name in named(text or "") if name in known), None)


def named(text: str) -> tuple[str, ...]:
    """The name that the text of an ``UnknownNameError`` tells of; nothing for another text."""
    found = _UNSET.fullmatch(text)
    return (found[1][2:-1],) if found else ()


def uses(value: Json, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Every name used in the strings of a value (object keys are not looked at), with its place.

    A malformed mark is yielded as it is written, such as ``${`` or ``${a b}``; see ``problem``.
    """
    if isinstance(value, str):
        for mark in _MARK.finditer(value):
            if mark[0] != "$${":
                yield loc, mark[1] if mark[1] is not None and _NAME.fullmatch(mark[1]) else mark[0]
    elif isinstance(value, Mapping):
        for key, child in value.items():
            yield from uses(child, (*loc, key))
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from uses(child, (*loc, index))


def problem(name: str) -> str | None:
    """What is wrong with a name that ``uses`` gave, if it is not a name."""
    if _NAME.fullmatch(name):
        return None
    return f'"{name}" is not a variable; write ${{name}}, or $${{ for the two characters themselves'


def fill(value: Json, variables: Mapping[str, Json], encode: Callable[[str], str] = str) -> Json:
    """The value with every name replaced.

    A string that is only ``${x}`` becomes the value itself, of any type; elsewhere the value is put
    in as text (strings as they are, all else as JSON) after ``encode``. ``$${`` stands for ``${``.

    Raises:
        UnknownNameError: for a name without a value.
    """
    if isinstance(value, str):
        whole = _MARK.fullmatch(value)
        if whole and whole[1] is not None:
            return _get(whole[1], variables)
        return fill_text(value, variables, encode)
    if isinstance(value, Mapping):
        return {key: fill(child, variables, encode) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [fill(child, variables, encode) for child in value]
    return value


def fill_text(value: str, variables: Mapping[str, Json], encode: Callable[[str], str] = str) -> str:
    """A string with every name replaced as text.

    Raises:
        UnknownNameError: for a name without a value.
    """

    def replace(mark: re.Match[str]) -> str:
        if mark[0] == "$${":
            return "${"
        return encode(text_of(_get(mark[1] if mark[1] is not None else "", variables)))

    return _MARK.sub(replace, value)


def text_of(value: Json) -> str:
    """A value as it stands inside a text: a string as it is, a number in plain digits, else JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    return render(value)


def _get(name: str, variables: Mapping[str, Json]) -> Json:
    try:
        return variables[name]
    except KeyError:
        raise UnknownNameError(name) from None
