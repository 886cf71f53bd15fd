"""Words for messages: a stranger's text made harmless on one line, and guesses at what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

MAX_SHOWN = 200
"""Characters of a value in a message."""
TITLE = 60
"""Characters of a name, or of a title that is made from a longer text, such as a statement."""


def escaped(char: str) -> str:
    r"""A character written out, such as ``\x1b`` or ``\u202e``."""
    return char.encode("unicode_escape").decode("ascii")


def clean(text: str | bytes, limit: int = MAX_SHOWN, *, lines: bool = False) -> str:
    """Hostile text for a message: at most ``limit`` characters, every unprintable one escaped.

    ``lines`` keeps line breaks. What is not UTF-8 in bytes is escaped, too.
    """
    if isinstance(text, bytes):
        text = text[: 4 * limit + 4].decode("utf-8", "backslashreplace")
    shown = "".join(
        char if char.isprintable() or (lines and char == "\n") else escaped(char) for char in text[: limit + 1]
    )
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def last_lines(text: str, size: int) -> str:
    """The last whole lines of a text, at most ``size`` bytes of UTF-8; the end of the last one if it is longer."""
    data = text.encode(errors="replace")
    if len(data) <= size:
        return text
    kept = data[-size:].decode(errors="ignore")
    return kept.partition("\n")[2] or kept


def one_line(text: str, limit: int = TITLE) -> str:
    """Text of several lines as the beginning of one, for a title."""
    return clean(" ".join(text[: 10 * limit].split()), limit)


def quote(text: str, limit: int = TITLE) -> str:
    """The text in double quotes, made printable; quotes and backslashes in it are escaped."""
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return f'"{"".join(f"{chr(92)}{char}" if char in _SPECIAL else clean(char) for char in short)}"'


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as ``1 row`` or ``2,500 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_SPECIAL = '"\\'


def meant(name: str, pattern: str) -> bool:
    """Whether a pattern means a name: as it is, for names may look like patterns, or by ``*``, ``?`` and ``[12]``."""
    return name == pattern or fnmatchcase(name, pattern)


def near(word: object, known: Iterable[str], cutoff: float = 0.6) -> str:
    """``did you mean "x"?`` for the most similar known word, or nothing; ``cutoff`` is 1.0 for equal words."""
    text, choices = str(word), list(known)
    found = difflib.get_close_matches(text, choices, 1, cutoff)
    found = found or difflib.get_close_matches(text.lower(), choices, 1, cutoff)
    return f"did you mean {quote(found[0])}?" if found else ""


def near_path(word: object, known: Iterable[str]) -> str:
    """``did you mean "a/x"?`` for the path of that name, else for the most similar path or name, or nothing."""
    text, paths = str(word), list(known)
    names: dict[str, str] = {}
    for path in paths:
        name = PurePosixPath(path)
        names.setdefault(name.name, path)
        names.setdefault(name.stem, path)
    if text in names:
        return f"did you mean {quote(names[text])}?"
    found = difflib.get_close_matches(PurePosixPath(text).name, names, 1)
    return near(text, paths, 0.8) or (f"did you mean {quote(names[found[0]])}?" if found else near(text, paths))


def not_one_of(what: str, word: object, known: Iterable[str]) -> str:
    """``WHAT; did you mean "x"?; it takes a, b``."""
    names = list(known)
    return "; ".join(filter(None, (what, near(word, names), f"it takes {', '.join(names)}")))
