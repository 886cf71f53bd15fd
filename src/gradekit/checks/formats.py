"""Texts of a known form: dates, decimal numbers, UUIDs and the like."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from gradekit.checks.values import Value, number

MAX_FORMAT = 4096
"""Characters that a text of a format has at most."""

_DATE_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,100}(?:\.[0-9]{1,100})?")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,12})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-\[\]_a-z~%]+")


def instant(value: Value) -> datetime | None:
    """A date, or a date and time (UTC when it names no zone)."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40 or not _DATE_START.match(value):  # noqa: PLR2004
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def decimal(value: Value) -> Decimal | None:
    """A number, or a string that is a plain decimal number."""
    if isinstance(value, str):
        return Decimal(value) if _DECIMAL.fullmatch(value) else None
    return number(value)


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE_START.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_date_time(text: str) -> bool:
    if not _DATE_TIME.fullmatch(text):
        return False
    # RFC 3339 allows a leap second and any number of fractional digits; datetime does not.
    whole = re.sub(r"\.[0-9]+", "", text).upper().replace(" ", "T").replace(":60", ":59", 1)
    return instant(whole) is not None


def _is_uri(text: str) -> bool:
    try:
        return bool(_URI.fullmatch(text)) and bool(urlsplit(text).scheme)
    except ValueError:
        return False


def _is_ipv4(text: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "ipv4": _is_ipv4,
    "uri": _is_uri,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
}
"""Name of a format -> whether a text of at most MAX_FORMAT characters has it."""

EXAMPLES: Mapping[str, str] = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:30:00Z",
    "email": "ana@example.org",
    "ipv4": "192.0.2.1",
    "uri": "https://example.org/a",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
}
"""A text of each format, for messages."""


def has_format(name: str, value: str) -> bool:
    """Whether a string has a format of FORMATS; a very long one has none."""
    return len(value) <= MAX_FORMAT and FORMATS[name](value)
