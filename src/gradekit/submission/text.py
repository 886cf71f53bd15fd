"""Hostile text made fit for one line of a message."""

from __future__ import annotations

import unicodedata

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(char: str) -> bool:
    """Whether a character is neither a control nor a direction, zero-width or line-breaking one."""
    return unicodedata.category(char) not in _UNPRINTABLE


def clean(text: str | bytes, limit: int = 200) -> str:
    """One line of at most ``limit`` characters in which every unprintable character is an escape."""
    if isinstance(text, bytes):
        text = text[: 4 * limit + 4].decode("utf-8", "backslashreplace")
    shown = "".join(
        char if printable(char) else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text[: limit + 1]
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
