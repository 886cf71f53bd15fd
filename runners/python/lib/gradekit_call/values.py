"""What both sides of the call protocol share: how values are written, and how lines of a stranger are read.

runners/README.md describes the protocol. Nothing here trusts what it reads: a line is measured before it is parsed,
and only values of exactly the builtin types below are made of it.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import accumulate
from typing import NoReturn
from uuid import UUID

MAX_LINE = 1 << 20
"""Bytes of a line, its end included."""
MAX_DEPTH = 64
"""How deep lists and maps of a value may be nested."""
_MAX_JSON_DEPTH = 4 * MAX_DEPTH
_MAX_SAFE = 1 << 53
_MAX_EXPONENT = 5_000
_MAX_TEXT = 4_300
"""Characters of a number; Python's own limit for the conversion of integers."""
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_INT = re.compile(r"-?\d{1,4300}", re.ASCII)
_FRACTION = re.compile(r"-?\d{1,4300}/\d{1,4300}", re.ASCII)
_SECONDS = re.compile(r"(?P<sign>-?)(?P<whole>\d{1,14})(?:\.(?P<part>\d{1,6}))?", re.ASCII)
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class MalformedError(ValueError):
    """A line or a value that is none of the protocol."""


class TooMuchError(ValueError):
    """A value that the protocol does not carry: too deep, too long, or too many digits."""


# --- lines


def dump(message: object) -> bytes:
    """A message as a line.

    Raises:
        TooMuchError: the line is too long.
    """
    line = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
    if len(line) > MAX_LINE:
        raise TooMuchError(f"larger than {MAX_LINE >> 10} KiB")
    return line


def load(line: bytes) -> dict[str, object]:
    """A message of a line; measured first, since parsers recurse.

    Raises:
        MalformedError: it is none.
    """
    if len(line) > MAX_LINE:
        raise MalformedError(f"a line is longer than {MAX_LINE >> 10} KiB")
    brackets = _TEXT.sub(b"", line).translate(None, _NOT_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > _MAX_JSON_DEPTH:
        raise MalformedError("a value is nested too deeply")
    try:
        message = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedError("a line is not JSON") from error
    if not isinstance(message, dict):
        raise MalformedError("a line is not a JSON object")
    return message


def _no_constant(name: str) -> NoReturn:
    raise MalformedError(f"{name} is not JSON")


# --- writing


class Packer:
    """Writes values as JSON; a subclass says what becomes of everything that is not plain data.

    The lists, maps, sets and bytearrays of what is written are numbered in ``containers``, outermost first.
    """

    def __init__(self) -> None:
        self.containers: list[object] = []

    def known(self, value: object) -> object | None:
        """What to write for a container instead of its content; None: write the content."""
        self.containers.append(value)
        return None

    def other(self, value: object, depth: int) -> object:
        """What to write for a value that is no data."""
        raise NotImplementedError

    def other_key(self, value: object) -> bool:
        """Whether a value that is no plain data may be a key or an element of a set."""
        raise NotImplementedError

    def pack(self, value: object, depth: int = 0) -> object:
        """A value as JSON.

        Raises:
            TooMuchError: it is nested too deeply, or a number has too many digits.
        """
        kind = type(value)
        if kind in _PLAIN:
            return value
        writer = _WRITERS.get(kind)
        if writer is not None:
            return _texted(writer, value)
        if depth >= MAX_DEPTH:
            raise TooMuchError(f"nested deeper than {MAX_DEPTH}, or contains itself")
        if kind in _NUMBERED:
            known = self.known(value)
            return self.content(value, depth) if known is None else known
        if kind is tuple or kind is frozenset:
            return self.content(value, depth)
        return self.other(value, depth)

    def content(self, value: object, depth: int = 0) -> object:
        """What a container holds, as JSON."""
        below = depth + 1
        if isinstance(value, dict):
            return self._map(value, depth)
        if isinstance(value, bytearray):
            return {"$bytearray": _base64(value)}
        if isinstance(value, list):
            return [self.pack(item, below) for item in value]
        if isinstance(value, tuple):
            return {"$tuple": [self.pack(item, below) for item in value]}
        if isinstance(value, set | frozenset) and all(map(self._is_key, value)):
            tag = "$set" if isinstance(value, set) else "$frozenset"
            return {tag: [self.pack(item, below) for item in value]}
        return self.other(value, depth)

    def _map(self, value: dict[object, object], depth: int) -> object:
        below = depth + 1
        if all(type(key) is str and key[:1] != "$" for key in value):
            return {key: self.pack(item, below) for key, item in value.items()}
        if all(map(self._is_key, value)):
            return {"$map": [[self.pack(key, below), self.pack(item, below)] for key, item in value.items()]}
        return self.other(value, depth)

    def _is_key(self, value: object) -> bool:
        kind = type(value)
        if isinstance(value, tuple | frozenset) and kind in {tuple, frozenset}:
            return all(map(self._is_key, value))
        return kind in _PLAIN or kind in _WRITERS or self.other_key(value)


def _texted(writer: Callable[[object], object], value: object) -> object:
    try:
        return writer(value)
    except ValueError as error:
        raise TooMuchError(f"a number of more than {_MAX_TEXT} digits") from error


def _base64(value: bytes | bytearray) -> str:
    return base64.b64encode(value).decode("ascii")


def _tagged(tag: str, write: Callable[..., object]) -> Callable[[object], object]:
    return lambda value: {tag: write(value)}


def _int(value: object) -> object:
    return value if isinstance(value, int) and -_MAX_SAFE <= value <= _MAX_SAFE else {"$int": str(value)}


def _float(value: object) -> object:
    return value if isinstance(value, float) and math.isfinite(value) else {"$float": str(value)}


def _seconds(value: timedelta) -> str:
    micro = value // timedelta(microseconds=1)
    return f"{'-' if micro < 0 else ''}{abs(micro) // 1_000_000}.{abs(micro) % 1_000_000:06d}"


def _bounds(value: range) -> list[object]:
    return [_int(value.start), _int(value.stop), _int(value.step)]


_PLAIN = frozenset({type(None), bool, str})
_NUMBERED = frozenset({list, dict, set, bytearray})
_WRITERS: dict[type, Callable[[object], object]] = {
    int: _int,
    float: _float,
    bytes: _tagged("$bytes", _base64),
    Decimal: _tagged("$decimal", str),
    Fraction: _tagged("$fraction", lambda value: f"{value.numerator}/{value.denominator}"),
    date: _tagged("$date", date.isoformat),
    datetime: _tagged("$datetime", datetime.isoformat),
    time: _tagged("$time", time.isoformat),
    timedelta: _tagged("$timedelta", _seconds),
    UUID: _tagged("$uuid", str),
    range: _tagged("$range", _bounds),
    complex: _tagged("$complex", lambda value: [_float(value.real), _float(value.imag)]),
}


# --- reading


class Unpacker:
    """Makes values of JSON; a subclass knows the tags that need more than the JSON itself."""

    def __init__(self) -> None:
        self.containers: list[object] = []

    def special(self, tag: str, fields: dict[str, object], depth: int) -> object:
        """The value of a tagged object.

        Raises:
            MalformedError: there is no such tag, or it does not fit.
        """
        raise NotImplementedError

    def unpack(self, data: object, depth: int = 0) -> object:
        """The value of some JSON.

        Raises:
            MalformedError: it is none of the protocol.
        """
        if not isinstance(data, list | dict):
            return data
        if depth > MAX_DEPTH:
            raise MalformedError("a value is nested too deeply")
        if isinstance(data, list):
            return self._filled([], data, depth)
        tag = next((key for key in data if key[:1] == "$"), None)
        if tag is None:
            new: dict[object, object] = {}
            self.containers.append(new)
            for key, item in data.items():
                new[key] = self.unpack(item, depth + 1)
            return new
        if tag in _READERS and len(data) == 1:
            return self._read(tag, data[tag])
        if tag in self._CONTAINERS and len(data) == 1:
            try:
                return self._CONTAINERS[tag](self, data[tag], depth)
            except TypeError as error:
                raise MalformedError(f"{tag} has a key that cannot be one") from error
        return self.special(tag, data, depth)

    def _filled(self, new: list[object], data: Iterable[object], depth: int) -> list[object]:
        self.containers.append(new)
        new.extend(self.unpack(item, depth + 1) for item in data)
        return new

    @staticmethod
    def _read(tag: str, data: object) -> object:
        try:
            return _READERS[tag](data)
        except (ValueError, TypeError, ArithmeticError, InvalidOperation) as error:
            raise MalformedError(f"{tag} has a wrong content") from error

    def _items(self, data: object, depth: int) -> list[object]:
        if not isinstance(data, list):
            raise MalformedError("a tag needs a list")
        return [self.unpack(item, depth + 1) for item in data]

    def _tuple(self, data: object, depth: int) -> object:
        return tuple(self._items(data, depth))

    def _frozenset(self, data: object, depth: int) -> object:
        return frozenset(self._items(data, depth))

    def _set(self, data: object, depth: int) -> object:
        new: set[object] = set()
        self.containers.append(new)
        new.update(self._items(data, depth))
        return new

    def _bytearray(self, data: object, depth: int) -> object:
        del depth
        new = bytearray(_read_bytes(data))
        self.containers.append(new)
        return new

    def _map(self, data: object, depth: int) -> object:
        if not isinstance(data, list) or not all(isinstance(item, list) and len(item) == 2 for item in data):  # noqa: PLR2004 - a pair
            raise MalformedError("$map needs a list of pairs")
        new: dict[object, object] = {}
        self.containers.append(new)
        for key, item in data:
            new[self.unpack(key, depth + 1)] = self.unpack(item, depth + 1)
        return new

    _CONTAINERS = {"$tuple": _tuple, "$frozenset": _frozenset, "$set": _set, "$bytearray": _bytearray, "$map": _map}  # noqa: RUF012 - of methods


def _matched(pattern: re.Pattern[str], data: object) -> re.Match[str]:
    found = pattern.fullmatch(data) if isinstance(data, str) else None
    if found is None:
        raise MalformedError("a text does not fit its tag")
    return found


def _short(data: object) -> str:
    if not isinstance(data, str) or len(data) > _MAX_TEXT:
        raise MalformedError("a text does not fit its tag")
    return data


def _read_bytes(data: object) -> bytes:
    if not isinstance(data, str):
        raise MalformedError("base64 is a text")
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise MalformedError("a text is not base64") from error


def _read_decimal(data: object) -> Decimal:
    found = Decimal(_short(data))
    # int() of a number with such an exponent, a few characters long, would never end.
    if found.is_finite() and abs(found.adjusted()) > _MAX_EXPONENT:
        raise MalformedError("a decimal is out of bounds")
    return found


def _read_fraction(data: object) -> Fraction:
    above, _, below = _matched(_FRACTION, data)[0].partition("/")
    return Fraction(int(above), int(below))


def _read_seconds(data: object) -> timedelta:
    found = _matched(_SECONDS, data)
    micro = int(found["whole"]) * 1_000_000 + int((found["part"] or "0").ljust(6, "0"))
    return timedelta(microseconds=-micro if found["sign"] else micro)


def _read_int(data: object) -> int:
    if isinstance(data, dict) and len(data) == 1:
        return int(_matched(_INT, data.get("$int"))[0])
    if type(data) is int:
        return data
    raise MalformedError("an integer was expected")


def _read_float(data: object) -> float:
    if isinstance(data, dict) and len(data) == 1:
        return _FLOATS[_short(data.get("$float"))]
    if type(data) is float:
        return data
    raise MalformedError("a number was expected")


def _read_range(data: object) -> range:
    start, stop, step = data if isinstance(data, list) else ()
    return range(_read_int(start), _read_int(stop), _read_int(step))


def _read_complex(data: object) -> complex:
    real, imaginary = data if isinstance(data, list) else ()
    return complex(_read_float(real), _read_float(imaginary))


def _read_named_float(data: object) -> float:
    if data not in _FLOATS:
        raise MalformedError("$float is nan, inf or -inf")
    return _FLOATS[_short(data)]


_READERS: dict[str, Callable[[object], object]] = {
    "$int": lambda data: int(_matched(_INT, data)[0]),
    "$float": _read_named_float,
    "$bytes": _read_bytes,
    "$decimal": _read_decimal,
    "$fraction": _read_fraction,
    "$date": lambda data: date.fromisoformat(_short(data)),
    "$datetime": lambda data: datetime.fromisoformat(_short(data)),
    "$time": lambda data: time.fromisoformat(_short(data)),
    "$timedelta": _read_seconds,
    "$uuid": lambda data: UUID(_short(data)),
    "$range": _read_range,
    "$complex": _read_complex,
}
