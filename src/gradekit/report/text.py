r"""The one boundary for hostile text: after it a report holds only visible characters, in bounded amounts.

Whatever a terminal, a bidirectional renderer or an XML parser would act on is written out as an
escape (``\x1b``, ``\u202e``), so that a reader sees that it was there. Each format then escapes its
own syntax.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel

from gradekit.texts import escaped

SHORT = 300
"""Characters kept of a name, a title, an id, a path."""
LIMITS: Mapping[str, int] = {
    "message": 2_000,
    "detail": 2_000,
    "reasons": 1_000,
    "notices": 1_000,
    "notes": 1_000,
    "violations": 1_000,
    "expected": 4_000,
    "actual": 4_000,
    "text": 16_000,
}
"""Characters kept of the fields that may be long, by field name; these may have several lines."""
_NOTE = 64
"""More than the note about a cut ever needs."""

# Spelled out, because asking unicodedata about every code point costs more than a report;
# a test compares the two.
_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # fillers and joiners without a shape
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, bidi, line separators
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff"  # surrogates, private use, noncharacters
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe-\U0010ffff"  # above plane 3: tags, selectors, private use
    "]"
)
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4,}")
"""Piles of combining marks, which grow over the lines above and below."""

_COMMANDS = re.compile(r"(?m)##\w*(?=\[)|^(?:\s|\x1b\[[\d;]*m)*:(?=:)")
"""What a CI system takes for a command to itself: ``##vso[`` anywhere, ``::`` at the start of a line."""

T = TypeVar("T")


def clean(text: str, limit: int = SHORT, *, lines: bool = False) -> str:
    """Make text inert and at most ``limit`` characters long; a cut is noted with the whole length.

    ``lines`` keeps newlines and tabs; without it they are escaped too. Cleaning twice changes
    nothing more.
    """
    shown = _visible(text[:limit], lines=lines)
    if len(text) <= limit and len(shown) <= limit:
        return shown
    note = f"… [cut; {len(text):,} characters in all]"
    return shown[: limit - _NOTE] + note


def cleaned(report: T) -> T:
    """A report, or a part of one, with every text made inert and bounded; numbers and structure stay as they are."""
    return _walk(report, "")


def without_commands(text: str) -> str:
    """Text that may go to a CI log: a backslash breaks what would be a command to the CI system."""
    return _COMMANDS.sub(r"\g<0>\\", text)


def _walk(value: T, field: str) -> T:
    result: Any = value
    if isinstance(value, BaseModel):
        result = value.model_copy(update={name: _walk(getattr(value, name), name) for name in type(value).model_fields})
    elif isinstance(value, Mapping):
        result = {_walk(key, ""): _walk(item, field) for key, item in value.items()}
    elif isinstance(value, tuple):
        result = tuple(_walk(item, field) for item in value)
    elif isinstance(value, str) and not isinstance(value, Enum):
        result = clean(value, LIMITS.get(field, SHORT), lines=field in LIMITS)
    return result  # type: ignore[no-any-return]


def _visible(text: str, *, lines: bool) -> str:
    text = text.replace("\r\n", "\n")
    if not lines:
        text = text.replace("\n", "\\n").replace("\t", "\\t")
    text = _UNSAFE.sub(lambda match: escaped(match[0]), text)
    return _MARKS.sub(lambda match: match[0][:3] + "".join(map(escaped, match[0][3:])), text)
