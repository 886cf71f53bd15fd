"""A program's output, compared with a right one token by token, as programming contests do."""

from __future__ import annotations

import math
import re
from itertools import zip_longest
from typing import Final

from pydantic import Field

from gradekit.checks.differences import Mismatch
from gradekit.model import Model, RelativePath
from gradekit.texts import quote

_SPACES: Final = re.compile(r"([ \t\n\v\f\r]+)")
_WORD: Final = re.compile(r"[^ \t\n\v\f\r]+")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,9})?")
"""What floating-point tolerances apply to; integers in the answer, too."""


class Answer(Model):
    """A right output. Without any option it is compared by its words alone, capitals or not, however they are apart."""

    file: RelativePath = Field(description="A file of the challenge with the right output.")
    case_sensitive: bool = Field(default=False, description="Capitals and small letters differ.")
    space_change_sensitive: bool = Field(default=False, description="White space must be the same, too.")
    float_tolerance: float | None = Field(
        None, ge=0, description="Numbers may be so far off, absolutely or relatively."
    )
    float_absolute_tolerance: float | None = Field(None, ge=0, description="Numbers may be off by so much.")
    float_relative_tolerance: float | None = Field(None, ge=0, description="Numbers may be off by that share of them.")

    def check(self, right: str, found: str) -> Mismatch | None:
        """The first place where an output is not as the right one."""
        if self.space_change_sensitive:
            wanted, given = _SPACES.split(right), _SPACES.split(found)
        else:
            wanted, given = (list(filter(None, _SPACES.split(text)[::2])) for text in (right, found))
        for index, (one, other) in enumerate(zip_longest(wanted, given)):
            if one is None or other is None or not self._equal(one, other):
                if self.space_change_sensitive:
                    place = _place("".join(given[:index]), space=index % 2 == 1)
                else:
                    place = _place(_before(found, index))
                return Mismatch(_shown(one), _shown(other), place)
        return None

    def _equal(self, one: str, other: str) -> bool:
        if one == other or (not self.case_sensitive and one.lower() == other.lower()):
            return True
        tolerances = self.float_tolerance, self.float_absolute_tolerance, self.float_relative_tolerance
        if tolerances == (None, None, None) or not (_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)):
            return False
        both, absolute, relative = (-1.0 if value is None else value for value in tolerances)
        value, off = float(one), abs(float(one) - float(other))
        return math.isfinite(value) and (off <= max(both, absolute) or off <= max(both, relative) * abs(value))


def _before(text: str, index: int) -> str:
    """What stands before a word of a text, or up to its last word where it has not so many."""
    words = list(_WORD.finditer(text))
    if index < len(words):
        return text[: words[index].start()]
    return text[: words[-1].end()] if words else ""


def _place(before: str, *, space: bool = False) -> str:
    """Where a word, or white space, stands in an output: its line, and its number in that line."""
    words = len(_WORD.findall(before.rpartition("\n")[2]))
    what = f"white space after word {words}" if space and words else "white space" if space else f"word {words + 1}"
    return f"line {before.count(chr(10)) + 1}, {what}"


def _shown(part: str | None) -> str:
    return "the end" if part is None else quote(part)
