"""A bounded reader of JSON that a stranger wrote: exact numbers, no surprises, no unbounded work."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, NoReturn, TypeAlias, TypeVar

T = TypeVar("T")
Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | bool | int | float | Decimal | None"
"""A JSON value: read from a body, numbers are ``int`` or ``Decimal``; from YAML, ``int`` or ``float``."""

MAX_DEPTH = 64
"""Objects and arrays inside each other."""
MAX_VALUES = 100_000
"""Commas, colons and opening brackets in a document: an upper bound of its values."""
MAX_DIGITS = 400
"""Characters of a number, and the largest power of ten in it."""

# A string is taken whole even when its end is missing, so that no character is looked at twice.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{},:]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
# A call of json.dumps would make an encoder each time.
_write = json.JSONEncoder(ensure_ascii=False).encode


class JsonProblem(ValueError):  # noqa: N818 - it describes a text, and is not always an error
    """Why a text is not JSON that we accept; the message fits after ``the body is not JSON: ``."""


def parse(data: bytes | str) -> Json:
    """The value of a JSON text: integers as ``int``, other numbers as ``Decimal``.

    Raises:
        JsonProblem: for text that is no JSON (RFC 8259), NaN and infinities, a name given twice in an
            object, a lone surrogate, and whatever exceeds the limits of this module.
    """
    text = _decode(data)
    _bound(text)
    try:
        value: Json = json.loads(
            text,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        said = error.msg.removesuffix(" at").removeprefix("Expecting ")
        what = said[:1].lower() + said[1:] + (" expected" if error.msg.startswith("Expecting ") else "")
        message = f"{what} at line {error.lineno} column {error.colno}"
        raise JsonProblem(message) from None
    if "\\u" in text or _SURROGATE.search(text):
        _check_strings(value)
    return value


def render(value: Json, limit: int | None = None) -> str:
    """The value as compact JSON; a ``Decimal`` keeps its digits. Never raises for a ``Json``.

    With a limit, only a beginning of at least that many characters when there are more.
    """
    # A work list instead of recursion: a value from YAML has no depth limit of ours.
    parts: list[str] = []
    length = 0
    todo: list[Json | _Raw] = [value]
    while todo and (limit is None or length <= limit):
        item = todo.pop()
        if isinstance(item, _Raw):
            parts.append(item)
        elif isinstance(item, Mapping):
            inner: list[Json | _Raw] = [_Raw("{")]
            for index, (name, child) in enumerate(islice(item.items(), limit)):
                inner += [_Raw(f"{', ' if index else ''}{_write(name)}: "), child]
            todo += reversed([*inner, _Raw("}")])
            continue
        elif isinstance(item, list | tuple):
            inner = [_Raw("[")]
            for index, child in enumerate(islice(item, limit)):
                inner += [_Raw(", "), child] if index else [child]
            todo += reversed([*inner, _Raw("]")])
            continue
        else:
            parts.append(_scalar(item))
        length += len(parts[-1])
    return "".join(parts)


class _Raw(str):
    """Text that is already rendered."""

    __slots__ = ()


def _scalar(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else _write(value)


def _decode(data: bytes | str) -> str:
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise JsonProblem(message) from None


def _bound(text: str) -> None:
    """Refuse depth and number of values before a recursive parser sees the text."""
    opened = text.count("[") + text.count("{")
    if opened <= MAX_DEPTH and opened + text.count(",") + text.count(":") <= MAX_VALUES:
        return  # even if none of them stood in a string
    depth = values = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in {"[", "{"}:
            depth += 1
        elif mark in {"]", "}"}:
            depth -= 1
            continue
        elif mark not in {",", ":"}:
            continue
        values += 1
        if depth > MAX_DEPTH:
            message = f"it is nested more than {MAX_DEPTH} levels deep"
            raise JsonProblem(message)
        if values > MAX_VALUES:
            message = f"it holds more than {MAX_VALUES} values"
            raise JsonProblem(message)


def _bounded(build: Callable[[str], T]) -> Callable[[str], T]:
    def number(text: str) -> T:
        if len(text) > MAX_DIGITS:
            message = f"a number has more than {MAX_DIGITS} digits"
            raise JsonProblem(message)
        return build(text)

    return number


def _build_decimal(text: str) -> Decimal:
    exponent = text.lower().partition("e")[2]
    if exponent and abs(int(exponent)) > MAX_DIGITS:
        message = f"a number has an exponent beyond {MAX_DIGITS}"
        raise JsonProblem(message)
    return Decimal(text)


_integer = _bounded(int)
_decimal = _bounded(_build_decimal)


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not a JSON number"
    raise JsonProblem(message)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = Counter(name for name, _ in pairs).most_common(1)[0][0]
        message = f"the name {json.dumps(name[:100])} is given twice in one object"
        raise JsonProblem(message)
    return found


def _check_strings(value: Json) -> None:
    todo: list[Json] = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            if _SURROGATE.search(item):
                message = "a string holds half of a surrogate pair"
                raise JsonProblem(message)
        elif isinstance(item, Mapping):
            todo += item.keys()
            todo += item.values()
        elif isinstance(item, list):
            todo += item
