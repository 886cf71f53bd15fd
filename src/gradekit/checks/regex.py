r"""Regular expressions in RE2's syntax, searched in time linear in the text.

The syntax is the usual one without look-around and back references; the end of the text is ``\z`` (also
``$``, which does not stop before a last line break), ``\d``, ``\w``, ``\s`` and ``\b`` know ASCII only, and a
counted repeat goes up to 1000. How large a pattern may be is limited in characters, and by RE2's memory budget.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import re2

MAX_PATTERN = 10_000
"""Characters of a pattern: RE2's budget does not hold while it reads one."""


class RegexProblem(ValueError):  # noqa: N818 - it describes a text, like JsonProblem
    """Why a pattern is refused."""


@dataclass(frozen=True, slots=True)
class Regex:
    """A compiled pattern."""

    pattern: str
    _compiled: Any = field(repr=False)

    def search(self, text: str) -> bool:
        """Whether the pattern occurs somewhere in the text."""
        return self._compiled.search(_encode(text)) is not None

    def groups(self, text: str) -> list[str]:
        """What the pattern's first group, or else all of it, holds wherever the pattern occurs, in order."""
        capturing = re2.compile(_encode(self.pattern), _CAPTURING)
        group = min(capturing.groups, 1)
        found = (match.group(group) or b"" for match in capturing.finditer(_encode(text)))
        return [text.decode("utf-8", "replace") for text in found]

    def fullmatch(self, text: str) -> bool:
        """Whether the pattern fits the whole text."""
        return self._compiled.fullmatch(_encode(text)) is not None


def compile_regex(pattern: str) -> Regex:
    """Compile a pattern, or find it among the last ones that were (RE2 keeps them).

    Raises:
        RegexProblem: for bad syntax, for what RE2 has not, and for what would grow too large.
    """
    if len(pattern) > MAX_PATTERN:
        message = f"it has more than {MAX_PATTERN} characters"
        raise RegexProblem(message)
    try:
        return Regex(pattern, re2.compile(_encode(pattern), _OPTIONS))
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "backslashreplace")
    if reason.startswith(("invalid perl operator", "invalid escape sequence")):
        reason += "; the syntax is RE2's, which has no look-around and no back references"
    raise RegexProblem(reason)


def _encode(text: str) -> bytes:
    """UTF-8, in which a lone surrogate is a character like any other."""
    return text.encode("utf-8", "surrogatepass")


_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True
_CAPTURING = re2.Options()
_CAPTURING.log_errors = False
