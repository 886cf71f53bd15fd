"""Words for messages: a stranger's text made harmless, and guesses at what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_SHOWN = 200
"""Characters of a value in a message."""


def clean(text: str, limit: int = MAX_SHOWN) -> str:
    """Hostile text for a message: at most ``limit`` characters, every unprintable one escaped."""
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "".join(char if char.isprintable() else _escape(char) for char in short)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the end of \uXXXX


def near(word: object, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` when something known is near, else an empty text."""
    found = difflib.get_close_matches(str(word), list(known), n=1)
    return f'; did you mean "{found[0]}"?' if found else ""
