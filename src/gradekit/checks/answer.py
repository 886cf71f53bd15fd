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
                before = wanted[:index] if self.space_change_sensitive else []
                return _mismatch(right, one, other, index, before)
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


def _mismatch(right: str, one: str | None, other: str | None, index: int, before: list[str]) -> Mismatch:
    """What is told of the first difference, which is at the part ``index``."""
    if before:
        line, what = "".join(before).count("\n") + 1, "white space" if index % 2 else f"word {index // 2 + 1}"
    else:
        starts = [match.start() for match in re.finditer(r"[^ \t\n\v\f\r]+", right)]
        line, what = right.count("\n", 0, starts[index] if index < len(starts) else None) + 1, f"word {index + 1}"
    return Mismatch(_shown(one), _shown(other), f"line {line} of the answer, {what}")


def _shown(part: str | None) -> str:
    return "the end" if part is None else quote(part)
