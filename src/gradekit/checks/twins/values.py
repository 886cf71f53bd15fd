"""Another value of the same type and shape, which no answer meets that meets the old one."""

from __future__ import annotations

import math
import random
import string
from dataclasses import dataclass
from typing import TypeAlias

Constant: TypeAlias = str | int | float
_KINDS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_MIN_DIGITS_OR_LETTERS = 2
_FAR = 4.0
"""So many tolerances away, one answer cannot be near two expectations."""
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far from an expectation an answer may be: absolutely, and as a share of the expectation."""

    absolute: float = 0.0
    relative: float = 0.0

    def of(self, value: Constant) -> float:
        """The tolerance around a value; 0 for texts."""
        return 0.0 if isinstance(value, str) else max(self.absolute, self.relative * abs(value))


def can_change(value: object) -> bool:
    """Whether a value has enough others of its shape."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, str):
        return sum(bool(_kind(character)) for character in value) >= _MIN_DIGITS_OR_LETTERS
    return isinstance(value, int | float)


def far(value: object, tolerance: Tolerance, chance: random.Random) -> Constant:
    """Another value that no answer meets which is within the tolerance of the old one."""
    new = _other(value, chance)
    if not isinstance(value, int | float) or not (least := _FAR * tolerance.of(value)):
        return new
    for _ in range(_TRIES):
        if not isinstance(new, str) and abs(new - value) > least:
            return new
        new = _other(value, chance)
    away = value + chance.uniform(least, 2 * least) * math.copysign(1, value)
    return math.ceil(abs(away)) * (-1 if value < 0 else 1) if isinstance(value, int) else float(f"{away:.6g}")


def _other(value: object, chance: random.Random) -> Constant:
    """Another value of the same type and about the same size; digits stay digits, letters letters."""
    if isinstance(value, str):
        return _reshaped(value, chance)
    if isinstance(value, float):
        return float(_reshaped(repr(value), chance)) if "e" not in repr(value) and "n" not in repr(value) else value / 3
    number = value if isinstance(value, int) else 0
    low = 10 ** (len(str(abs(number))) - 1) if abs(number) > 9 else 0  # noqa: PLR2004 - one digit
    high = max(10 * low, 10) - 1
    new = chance.randint(low, high - 1)
    new += new >= abs(number)
    return -new if number < 0 else new


def _reshaped(text: str, chance: random.Random) -> str:
    """Text of the same shape that differs in at least one place; a first digit stays, a leading zero would not fit."""
    places = [place for place, character in enumerate(text) if _kind(character)]
    free = places[1:] if text[0].isdigit() else places
    certain = chance.choice(free)
    new = list(text)
    for place in free:
        kind = _kind(text[place])
        new[place] = chance.choice(kind.replace(text[place], "") if place == certain else kind)
    return "".join(new)


def _kind(character: str) -> str:
    """The characters of the same kind, none for what is neither letter nor digit."""
    return next((kind for kind in _KINDS if character in kind), "")
