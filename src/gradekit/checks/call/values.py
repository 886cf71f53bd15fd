"""Values as the call protocol writes them, and as judges compare them: the same JSON for all languages."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from gradekit.checks import jsontext
from gradekit.checks.jsontext import Json
from gradekit.checks.values import Described, is_list, number
from gradekit.texts import clean

MAX_VALUES: Final = 200_000
"""Values in an answer once everything in it is spelt out."""
MAX_DEPTH: Final = 64
MAX_TEXT: Final = 4_300
"""Characters of a large integer."""
OBJECT: Final = "$object"
"""Key of what stands for an object that stayed with the submission."""
_SAFE = 1 << 53
_INT = re.compile(r"-?[0-9]{1,4300}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{0,400})?([eE][+-]?[0-9]{1,3})?")
_FLOATS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
ARGUMENT_TAGS: Final = frozenset(
    {
        *("$int", "$float", "$decimal", "$fraction", "$complex", "$bytes", "$bytearray", "$date", "$datetime", "$time"),
        *("$uuid", "$timedelta", "$tuple", "$set", "$frozenset", "$range", "$map"),
    }
)
"""Tags that an author may write in arguments."""


class BadValue(ValueError):  # noqa: N818 - it describes what a stranger wrote
    """Why a value is none of the protocol; the message fits after ``it answered what was not asked: ``."""


class TooLarge(BadValue):
    """Why a value is not read although it may well be what the submission gave."""


def tag_of(value: Mapping[str, Any]) -> str | None:
    """The tag of a map, if it is a tagged value."""
    return next((key for key in value if key[:1] == "$"), None)


def pack(value: Json) -> Json:
    """A value of a spec as a request has it; what is tagged already stays so."""
    if isinstance(value, Mapping):
        return {name: pack(item) for name, item in value.items()}
    if is_list(value):
        return [pack(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": str(value)}
    if isinstance(value, int) and not -_SAFE <= value <= _SAFE:
        return {"$int": str(value)}
    return value


def containers(packed: Any) -> Iterator[Json]:  # noqa: ANN401 - JSON, whose tags hold lists
    """Lists, maps, sets and bytearrays of what was sent, numbered as the protocol does: in the order they begin."""
    tag = tag_of(packed) if isinstance(packed, Mapping) else None
    if is_list(packed) or (isinstance(packed, Mapping) and tag in {None, "$set", "$map", "$bytearray"}):
        yield packed
    for item in _inner(packed, tag):
        yield from containers(item)


def _inner(packed: Any, tag: str | None) -> Iterable[Any]:  # noqa: ANN401 - JSON
    if is_list(packed):
        return packed
    if not isinstance(packed, Mapping):
        return ()
    if tag is None:
        return packed.values()
    content = packed[tag]
    if tag not in {"$map", "$tuple", "$set", "$frozenset"} or not is_list(content):
        return ()
    return [part for pair in content if is_list(pair) for part in pair] if tag == "$map" else content


class Plain:
    """Makes plain JSON of an answer: exact numbers, text for what JSON has not, and never more than MAX_VALUES."""

    def __init__(self, arguments: Sequence[Json] = ()) -> None:
        """``arguments`` are the containers of the request, as they are after the call."""
        self._arguments = arguments
        self._room = MAX_VALUES

    def value(self, data: Json, depth: int = 0) -> Json:
        """The value.

        Raises:
            BadValue: it is none.
            TooLarge: it is too large.
        """
        self._room -= 1
        if self._room < 0:
            raise TooLarge(f"it holds more than {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise TooLarge("it is nested too deeply, or contains itself")
        if is_list(data):
            return self._list(data, depth)
        if not isinstance(data, Mapping):
            return data
        tag = tag_of(data)
        if tag is None:
            return {name: self.value(item, depth + 1) for name, item in data.items()}
        if len(data) > 1 and tag != "$handle":
            raise BadValue(f"{clean(tag)} stands beside other names")
        return self._tagged(tag, data, depth)

    def _list(self, items: object, depth: int) -> list[Json]:
        if not is_list(items):
            raise BadValue("a list was expected")
        return [self.value(item, depth + 1) for item in items]

    def _tagged(self, tag: str, data: Mapping[str, Any], depth: int) -> Json:
        content = data[tag]
        readers: Mapping[str, Callable[[], Json]] = {
            "$int": lambda: int(_matched(_INT, content)),
            "$float": lambda: _known_float(content),
            "$decimal": lambda: _exact(content),
            "$timedelta": lambda: Decimal(_matched(_DECIMAL, content)),
            "$complex": lambda: self._list(content, depth),
            "$tuple": lambda: self._list(content, depth),
            "$set": lambda: sorted(self._list(content, depth), key=_order),
            "$frozenset": lambda: sorted(self._list(content, depth), key=_order),
            "$range": lambda: self._range(content, depth),
            "$map": lambda: self._map(content, depth),
            "$arg": lambda: self._argument(content, depth),
            "$enum": lambda: _last(content),
            "$handle": lambda: _object(_class_name(data.get("class", "")), "an object of class "),
            "$class": lambda: _object(f"class {_class_name(content)}", "the "),
            "$exception": lambda: _object(_class_name(_first_class(content)), "an exception of class "),
            "$module": lambda: _object(f"module {_text(content)}", "the "),
            "$callable": lambda: _object("function", "a "),
        }
        if tag in readers:
            return readers[tag]()
        if tag in ARGUMENT_TAGS:
            return _text(content)
        raise BadValue(f"there is no tag {clean(tag)}")

    def _range(self, content: object, depth: int) -> Json:
        bounds = self._list(content, depth)
        if len(bounds) != 3 or not all(type(bound) is int for bound in bounds) or bounds[2] == 0:  # noqa: PLR2004
            raise BadValue("$range needs three whole numbers")
        found = range(*bounds)  # type: ignore[arg-type]
        # Its own length fails for more items than an address has bits.
        if abs(found.stop - found.start) // abs(found.step) >= self._room:
            raise TooLarge(f"it holds more than {MAX_VALUES} values")
        self._room -= len(found)
        return list(found)

    def _map(self, content: object, depth: int) -> Json:
        pairs = self._list(content, depth)
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):  # noqa: PLR2004 - key and value
            raise BadValue("$map needs a list of pairs")
        if any(isinstance(pair[0], Mapping | list) for pair in pairs):  # type: ignore[index]
            return sorted(pairs, key=_order)
        made = {_key(pair[0]): pair[1] for pair in pairs}  # type: ignore[index]
        if len(made) < len(pairs):
            raise BadValue("a map has a key twice")
        return made

    def _argument(self, place: object, depth: int) -> Json:
        if type(place) is not int or not 0 <= place < len(self._arguments):
            raise BadValue("there is no such argument")
        return self.value(self._arguments[place], depth + 1)


def _matched(pattern: re.Pattern[str], content: object) -> str:
    if not isinstance(content, str) or not pattern.fullmatch(content):
        raise BadValue("a number of another form")
    return content


def _known_float(content: object) -> str:
    if not isinstance(content, str) or content not in _FLOATS:
        raise BadValue("$float is nan, inf or -inf")
    return _FLOATS[content]


def _exact(content: object) -> Json:
    """The number; text for what is none, such as NaN, and for what nobody can calculate with."""
    text = _text(content)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _text(content: object) -> str:
    if not isinstance(content, str):
        raise BadValue("a text was expected")
    return content


def _last(content: object) -> str:
    if not is_list(content) or not content:
        raise BadValue("$enum is a class and a name")
    return _text(content[-1])


def _object(name: str, words: str) -> Described:
    """What stands for an object that stayed with the submission."""
    return Described({OBJECT: name}, words + name)


def _class_name(content: object) -> str:
    return clean(_text(content).rpartition(":")[2], 100)


def _first_class(content: object) -> object:
    classes = content.get("classes") if isinstance(content, Mapping) else None
    return classes[0] if is_list(classes) and classes else ""


def _key(value: Json) -> str:
    """The key of a map as text: languages differ in whether a number can be one."""
    return value if isinstance(value, str) else jsontext.render(value)


def _order(value: Json) -> tuple[bool, Decimal, str]:
    """Sets have no order of their own, so that they get one: numbers first, then everything by its text."""
    exact = number(value)
    return exact is None, exact or Decimal(0), value if isinstance(value, str) else jsontext.render(value)
