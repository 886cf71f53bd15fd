"""Documents of MongoDB as JSON values, and back."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import json
import math
import re
import struct
import uuid
from collections.abc import Callable
from typing import Any

from gradekit.probe.replies import MAX_DEPTH
from gradekit.probe.wire import ExchangeError, Json

_INT32, UINT32, _INT64, _DOUBLE = (struct.Struct(f"<{kind}") for kind in "iIqd")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST_YEAR = 253_402_300_800_000
"""Milliseconds from 1970 to the end of the year 9999, the last one that has a form of its own."""
_DIGITS, _LEAST, _MOST = 34, -6176, 6111
"""Digits of a decimal, and its exponents."""


def _packed(form: struct.Struct, number: int) -> bytes:
    try:
        return form.pack(number)
    except struct.error as error:
        raise ValueError(f"{number} is too large for its type") from error


def _decimal_bytes(text: str) -> bytes:
    """A number as the 16 bytes of IEEE 754-2008 with a binary coefficient.

    Raises:
        ArithmeticError, ValueError: it is none, or would have to be rounded.
    """
    value = decimal.Decimal(text)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return (0b11111 << 122 if value.is_nan() else sign << 127 | 0b11110 << 122).to_bytes(16, "little")
    number, scale = int("".join(map(str, digits)) or "0"), int(exponent)
    while number and number % 10 == 0 and (len(str(number)) > _DIGITS or scale < _LEAST):
        number, scale = number // 10, scale + 1
    if not number:
        scale = min(max(scale, _LEAST), _MOST)
    if _MOST < scale <= _MOST + _DIGITS:
        number, scale = number * 10 ** (scale - _MOST), _MOST
    if len(str(number)) > _DIGITS or not _LEAST <= scale <= _MOST:
        raise ValueError(f"{text[:100]} has more digits than a decimal can have")
    return (sign << 127 | (scale - _LEAST) << 113 | number).to_bytes(16, "little")


def _decimal_text(data: bytes) -> str:
    bits = int.from_bytes(data, "little")
    sign, top = bits >> 127, bits >> 122 & 0b11111
    if top >= 0b11110:  # noqa: PLR2004 - the two that are no numbers
        return "NaN" if top & 1 else "-Infinity" if sign else "Infinity"
    large = top >> 3 == 0b11  # noqa: PLR2004 - a coefficient beyond 34 digits, which counts as 0
    exponent = bits >> (111 if large else 113) & 0x3FFF
    number = 0 if large else bits & ((1 << 113) - 1)
    digits = "0" if number >= 10**_DIGITS else str(number)
    return str(decimal.Decimal((sign, tuple(map(int, digits)), exponent + _LEAST)))


def _bson_name(text: str) -> bytes:
    data = text.encode()
    if b"\0" in data:
        raise ValueError("a name or a pattern has a NUL in it")
    return data + b"\0"


def bson_document(fields: Json, depth: int) -> bytes:
    """A document as it goes over the wire.

    Raises:
        ValueError: it cannot.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
    parts = [_bson_element(name, value, depth) for name, value in fields.items()]
    return _INT32.pack(5 + sum(map(len, parts))) + b"".join(parts) + b"\0"


def _bson_element(name: str, value: Any, depth: int) -> bytes:  # noqa: ANN401 - a JSON value
    kind, data = _bson_value(value, depth)
    return bytes([kind]) + _bson_name(name) + data


def _bson_value(value: Any, depth: int) -> tuple[int, bytes]:  # noqa: ANN401 - a JSON value
    """Type and bytes of a value of Extended JSON.

    Raises:
        ValueError, ArithmeticError: it is none.
    """
    if isinstance(value, dict):
        return _special(value) or (0x03, bson_document(value, depth + 1))
    if isinstance(value, list):
        return 0x04, bson_document({str(index): item for index, item in enumerate(value)}, depth + 1)
    if isinstance(value, str):
        return 0x02, _bson_text(value)
    if isinstance(value, float):
        return 0x01, _DOUBLE.pack(value)
    if value is None or isinstance(value, bool):
        return (0x0A, b"") if value is None else (0x08, bytes([value]))
    small = -(1 << 31) <= value < 1 << 31
    return (0x10, _INT32.pack(value)) if small else (0x12, _packed(_INT64, value))


def _bson_text(text: str) -> bytes:
    data = text.encode() + b"\0"
    return _INT32.pack(len(data)) + data


def _oid(digits: str) -> bytes:
    if not re.fullmatch("[0-9a-fA-F]{24}", digits):
        raise ValueError(f"{digits[:40]} is no $oid, which has 24 hexadecimal digits")
    return bytes.fromhex(digits)


def _binary(data: bytes, kind: int) -> bytes:
    return _INT32.pack(len(data)) + bytes([kind]) + data


def _date_bytes(value: Any) -> bytes:  # noqa: ANN401 - a JSON value
    """Milliseconds, of a text or in it."""
    if isinstance(value, dict):
        return _packed(_INT64, int(value["$numberLong"]))
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no time zone; end it with Z")
    return _INT64.pack((moment - _EPOCH) // dt.timedelta(milliseconds=1))


SPECIAL: dict[str, tuple[int, Callable[[Any], bytes]]] = {
    "$oid": (0x07, _oid),
    "$date": (0x09, _date_bytes),
    "$numberInt": (0x10, lambda text: _packed(_INT32, int(text))),
    "$numberLong": (0x12, lambda text: _packed(_INT64, int(text))),
    "$numberDouble": (0x01, lambda text: _DOUBLE.pack(float(text))),
    "$numberDecimal": (0x13, lambda text: _decimal_bytes(str(text))),
    "$binary": (0x05, lambda of: _binary(base64.b64decode(of["base64"], validate=True), int(of["subType"], 16))),
    "$uuid": (0x05, lambda text: _binary(uuid.UUID(text).bytes, 4)),
    "$regularExpression": (0x0B, lambda of: _bson_name(of["pattern"]) + _bson_name("".join(sorted(of["options"])))),
    "$timestamp": (0x11, lambda of: _packed(UINT32, of["i"]) + _packed(UINT32, of["t"])),
    "$code": (0x0D, _bson_text),
    "$symbol": (0x0E, _bson_text),
    "$undefined": (0x06, lambda _: b""),
    "$minKey": (0xFF, lambda _: b""),
    "$maxKey": (0x7F, lambda _: b""),
}
"""What of Extended JSON is one value of BSON, by the one name of its object: type, and what makes the bytes."""


def _special(value: Json) -> tuple[int, bytes] | None:
    name = next(iter(value), "")
    if len(value) != 1 or name not in SPECIAL:
        return None
    kind, encode = SPECIAL[name]
    try:
        return kind, encode(value[name])
    except (TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"{json.dumps(value)[:100]} is no value of Extended JSON") from error


class Bson:
    """Bytes of a stranger's, read as BSON into relaxed Extended JSON."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def whole(self) -> Json:
        """The one document that all bytes are.

        Raises:
            ExchangeError: they are none, or it is nested too deep.
        """
        found = self._object(len(self._data), 0)
        if self._at != len(self._data):
            raise ExchangeError("protocol", "there is more than one document in the reply")
        return found

    def _take(self, size: int, end: int) -> bytes:
        if size < 0 or size > end - self._at:
            raise ExchangeError("protocol", "the reply is no BSON: a length goes beyond its end")
        self._at += size
        return self._data[self._at - size : self._at]

    def _name(self, end: int) -> str:
        stop = self._data.find(b"\0", self._at, end)
        if stop < 0:
            raise ExchangeError("protocol", "the reply is no BSON: a name has no end")
        return self._take(stop + 1 - self._at, end)[:-1].decode("utf-8", "replace")

    def _number(self, form: struct.Struct, end: int) -> Any:  # noqa: ANN401 - int or float
        return form.unpack(self._take(form.size, end))[0]

    def _fields(self, end: int, depth: int) -> list[tuple[str, Any]]:
        """Names and values of the document that begins here."""
        if depth > MAX_DEPTH:
            raise ExchangeError("too-large", f"the reply is nested more than {MAX_DEPTH} levels deep")
        start = self._at
        length = self._number(_INT32, end)
        last = start + length - 1
        if length < 5 or last >= end or self._data[last]:  # noqa: PLR2004 - of an empty one
            raise ExchangeError("protocol", "the reply is no BSON: a document has a wrong length")
        found: list[tuple[str, Any]] = []
        while self._at < last:
            kind = self._take(1, last)[0]
            found.append((self._name(last), self._value(kind, last, depth)))
        self._take(1, end)
        return found

    def _object(self, end: int, depth: int) -> Json:
        fields = self._fields(end, depth)
        found = dict(fields)
        if len(found) != len(fields):
            raise ExchangeError("protocol", "a document has the same field twice")
        return found

    def _text(self, end: int) -> str:
        return self._take(self._number(_INT32, end), end)[:-1].decode("utf-8", "replace")

    def _value(self, kind: int, end: int, depth: int) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912 - one for each type
        match kind:
            case 0x01:
                number = self._number(_DOUBLE, end)
                names = {math.inf: "Infinity", -math.inf: "-Infinity"}
                return number if math.isfinite(number) else {"$numberDouble": names.get(number, "NaN")}
            case 0x02:
                return self._text(end)
            case 0x03:
                return self._object(end, depth + 1)
            case 0x04:
                return [value for _, value in self._fields(end, depth + 1)]
            case 0x05:
                size, (sub,) = self._number(_INT32, end), self._take(1, end)
                data = base64.b64encode(self._take(size, end)).decode("ascii")
                return {"$binary": {"base64": data, "subType": f"{sub:02x}"}}
            case 0x06:
                return {"$undefined": True}
            case 0x07:
                return {"$oid": self._take(12, end).hex()}
            case 0x08:
                return self._take(1, end) != b"\0"
            case 0x09:
                return {"$date": _date(self._number(_INT64, end))}
            case 0x0A:
                return None
            case 0x0B:
                return {"$regularExpression": {"pattern": self._name(end), "options": self._name(end)}}
            case 0x0D | 0x0E:
                return {"$code" if kind == 0x0D else "$symbol": self._text(end)}  # noqa: PLR2004 - the types' numbers
            case 0x10:
                return self._number(_INT32, end)
            case 0x11:
                step, seconds = self._number(UINT32, end), self._number(UINT32, end)
                return {"$timestamp": {"t": seconds, "i": step}}
            case 0x12:
                return self._number(_INT64, end)
            case 0x13:
                return {"$numberDecimal": _decimal_text(self._take(16, end))}
            case 0xFF | 0x7F:
                return {"$minKey" if kind == 0xFF else "$maxKey": 1}  # noqa: PLR2004 - the types' numbers
        raise ExchangeError("protocol", f"the reply is no BSON: there is no type {kind}")


def _date(milliseconds: int) -> Any:  # noqa: ANN401 - a JSON value
    if not 0 <= milliseconds < _LAST_YEAR:
        return {"$numberLong": str(milliseconds)}
    moment = _EPOCH + dt.timedelta(milliseconds=milliseconds)
    form = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=form) + "Z"
