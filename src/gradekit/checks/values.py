"""JSON values as judges see them: what equals what, which type it is, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, Final, TypeAlias, TypeGuard

from gradekit.checks.jsontext import Json, render
from gradekit.texts import MAX_SHOWN, clean

MAX_TEXT = 10 * MAX_SHOWN
"""Characters of a string once its unprintable characters are escaped."""


# More digits than a number of a database can have.
_EXACT = Context(prec=200_000)


class Missing:
    """There is no value, which is not the same as null."""

    def __repr__(self) -> str:
        """For failures of tests."""
        return "MISSING"


class Described(dict[str, Any]):
    """What JSON has no value for: an object that stands for it, and words for messages."""

    def __init__(self, value: Mapping[str, Any], words: str) -> None:
        """``words``: with an article, such as ``an object of class Cart``."""
        super().__init__(value)
        self.words = words


MISSING: Final = Missing()
Value: TypeAlias = "Json | Missing"


def show(value: Value) -> str:
    """A value for a message, as short JSON."""
    if isinstance(value, Missing):
        return "missing"
    if isinstance(value, Described):
        return clean(value.words)
    if isinstance(value, str) and len(value) > MAX_SHOWN:
        return f"{clean(render(value[:MAX_SHOWN]), MAX_TEXT)}…"
    return clean(render(value, MAX_SHOWN + 1), MAX_TEXT if isinstance(value, str) else MAX_SHOWN)


def kind_of(value: Value) -> str:
    """The JSON type in words, with its article."""
    if isinstance(value, Missing):
        return "missing"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, Mapping) else "a list"


def typed(value: Value) -> str:
    """A value for a message where its type may be the point."""
    return (
        show(value) if isinstance(value, Missing | Described) or value is None else f"{show(value)} ({kind_of(value)})"
    )


def number(value: Value) -> Decimal | None:
    """The exact number, or None when it is none; a boolean and what is not finite are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return exact if exact.is_finite() else None


def same_number(value: Decimal) -> str:
    """A text that is equal for equal finite numbers: a key for tables of what a stranger chose.

    Numbers themselves are no such keys: whoever picks multiples of Python's hash modulus makes all hashes equal, and
    looking up one among them takes as long as looking at all.

    Raises:
        ArithmeticError: its exponent is beyond a million.
    """
    return str(_EXACT.plus(value).normalize(_EXACT))


def canonical(value: Json) -> Hashable:
    """A key that is equal for equal JSON: 1 and 1.0 are equal, 1, "1" and true are not."""
    if isinstance(value, Mapping):
        return ("object", frozenset((name, canonical(child)) for name, child in value.items()))
    if isinstance(value, list | tuple):
        return ("list", tuple(canonical(child) for child in value))
    exact = number(value)
    return (kind_of(value), value if exact is None else same_number(exact))


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether it is a list; YAML models hold tuples."""
    return isinstance(value, list | tuple)


TYPES: Mapping[str, Callable[[Json], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list | tuple),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (exact := number(value)) is not None and exact == exact.to_integral_value(),
    "number": lambda value: number(value) is not None,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
"""JSON Schema's type names; 1.0 is an integer, as there."""
_TYPE_WORDS: Mapping[str, str] = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "null": "null",
}


def type_words(names: Sequence[str]) -> str:
    """Type names for a message: ``a string or null``."""
    return " or ".join(_TYPE_WORDS[name] for name in names)
