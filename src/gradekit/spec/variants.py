"""Variants of a challenge: which values its parameters have in each, whose variant is which, and values put into texts.

A placeholder is ``{{ variant.NAME }}`` and nothing else: there are no expressions, a value never holds another
placeholder, and what a value may be made of is safe in YAML, SQL, JSON and a shell.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from gradekit.model import Model, RelativePath, Scalar, Slug, tuple_of, written
from gradekit.results import Variant
from gradekit.spec.translate import NAME_PATTERN, listed
from gradekit.texts import near, quote

OPTION: Final = "--variant"
"""That chooses a variant on the command line."""
MAX_VARIANTS: Final = 64
"""Of a challenge: ``challenge verify`` proves each of them."""
MAX_VALUES: Final = 1000
"""Of one parameter."""
_LEAST = 2
_MOST_DIGITS = 15
_TEXT = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9](?:[A-Za-z0-9 _./:@-]{0,62}[A-Za-z0-9])?")
_PLACEHOLDER = re.compile(r"\{\{[ \t]*variant\b(?:\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\})?")
_SHOWN = re.compile(r"\{\{[^{}\n]*\}?\}?")


def _value(value: Scalar) -> Scalar:
    """A value that is safe wherever it is put.

    Raises:
        ValueError: it is not.
    """
    if isinstance(value, str):
        if _TEXT.fullmatch(value):
            return value
        allowed = "letters, digits, space and _ . - / : @ between a letter or digit and another, at most 64 characters"
        raise ValueError(f"{written(value)} cannot be a value; write {allowed}, without -- and ..")
    if isinstance(value, bool):
        return value
    text = json.dumps(value)
    if "e" in text or sum(map(str.isdigit, text)) > _MOST_DIGITS:
        raise ValueError(f"{text} cannot be a value; write at most {_MOST_DIGITS} digits")
    return value


Value = Annotated[Scalar, AfterValidator(_value)]


class Range(Model):
    """Numbers at equal distances, the first of them included."""

    from_: Annotated[int | float, AfterValidator(_value)] = Field(alias="from", description="The first number.")
    to: Annotated[int | float, AfterValidator(_value)] = Field(description="No number is greater.")
    step: Annotated[int | float, AfterValidator(_value)] = Field(1, description="From one to the next, more than 0.")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.step <= 0:
            raise ValueError(f"step has to be more than 0, not {self.step}")
        count = self._count()
        if not _LEAST <= count <= MAX_VALUES:
            raise ValueError(f"the range has {max(count, 0)} numbers; it needs {_LEAST} to {MAX_VALUES}")
        return self

    def _count(self) -> int:
        first, last, step = (Decimal(str(number)) for number in (self.from_, self.to, self.step))
        return int((last - first) // step) + 1 if last >= first else 0

    def values(self) -> tuple[Scalar, ...]:
        """All of them; whole numbers where from and step are."""
        first, step = Decimal(str(self.from_)), Decimal(str(self.step))
        kind = int if isinstance(self.from_, int) and isinstance(self.step, int) else float
        return tuple(kind(first + index * step) for index in range(self._count()))


def _distinct(values: Sequence[object] | Range) -> Sequence[object] | Range:
    """At least two values, each once; 1 and 1.0 look different in a text.

    Raises:
        ValueError: it is otherwise.
    """
    if isinstance(values, Range):
        return values
    texts = [json.dumps(value, sort_keys=True) for value in values]
    twice = next((text for index, text in enumerate(texts) if text in texts[:index]), None)
    if twice is not None:
        raise ValueError(f"{twice} is there twice; remove one of the two")
    if not _LEAST <= len(texts) <= MAX_VALUES:
        raise ValueError(f"its number of values is {len(texts)}; a parameter needs {_LEAST} to {MAX_VALUES}")
    return values


Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Values = Annotated[tuple[Value, ...] | Range, BeforeValidator(tuple_of), AfterValidator(_distinct)]
Rows = Annotated[tuple[Mapping[Name, Value], ...], BeforeValidator(tuple_of), AfterValidator(_distinct)]


class VariantsSpec(Model):
    """What is different from candidate to candidate, and where it is put in."""

    parameters: Mapping[Name, Values] = Field(
        default_factory=dict,
        description="Name -> its values: a list, or numbers from, to and step. Every value goes with every other.",
        examples=[{"discount": [5, 10, 15], "limit": {"from": 50, "to": 200, "step": 10}}],
    )
    together: Mapping[Slug, Rows] = Field(
        default_factory=dict,
        description="Name of a table -> rows of parameters whose values belong together.",
        examples=[{"place": [{"city": "Oslo", "zone": "Europe/Oslo"}, {"city": "Lima", "zone": "America/Lima"}]}],
    )
    templates: Annotated[
        tuple[RelativePath, ...],
        BeforeValidator(tuple_of),
        WithJsonSchema({"type": "array", "items": {"type": "string", "minLength": 1}}),
    ] = Field((), description="Files of the challenge, or folders of them, in which values are put in, too.")
    count: int | None = Field(
        None, ge=2, le=MAX_VARIANTS, description="How many variants there are; all combinations of values by default."
    )
    seed: int = Field(1, ge=0, le=2**32 - 1, description="Another one draws other combinations, where there is count.")
    tolerance: float = Field(
        0.1, ge=0, le=1, description="How much a measure of difficulty may differ from that of the first variant."
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        names = list(self.parameters)
        for table, rows in self.together.items():
            names += rows[0]
            if any(row.keys() != rows[0].keys() for row in rows):
                raise ValueError(f"the rows of {quote(table)} have different names; give each all of them")
        twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
        if twice is not None:
            raise ValueError(f"the parameter {quote(twice)} is there twice; rename one of the two")
        if not names:
            raise ValueError("there is no parameter; give parameters, or tables of together")
        combinations = self._combinations
        if self.count is None and combinations > MAX_VARIANTS:
            raise ValueError(f"there are {combinations} combinations of values; say by count how many are used")
        if self.count is not None and self.count > combinations:
            raise ValueError(f"count is {self.count}, but there are only {combinations} combinations of values")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Of all parameters."""
        return (*self.parameters, *(name for rows in self.together.values() for name in rows[0]))

    @property
    def number(self) -> int:
        """How many variants there are."""
        return self.count or self._combinations

    @property
    def _axes(self) -> Sequence[Sequence[Mapping[str, Scalar]]]:
        """What is chosen independently, with its choices."""
        values = {
            name: found.values() if isinstance(found, Range) else found for name, found in self.parameters.items()
        }
        return (*([{name: value} for value in found] for name, found in values.items()), *self.together.values())

    @property
    def _combinations(self) -> int:
        return math.prod(map(len, self._axes))

    def variants(self) -> tuple[Variant, ...]:
        """All of them, in an order that only this part of the spec decides."""
        axes, total, number = self._axes, self._combinations, self.number
        found = []
        for index in range(total) if number == total else islice(self._drawn(total), number):
            values: dict[str, Scalar] = {}
            for axis in reversed(axes):
                index, place = divmod(index, len(axis))  # noqa: PLW2901 - digits of a number with mixed bases
                values = {**axis[place], **values}
            found.append(values)
        return tuple(Variant(number=at, of=number, parameters=values) for at, values in enumerate(found, 1))

    def _drawn(self, total: int) -> Iterator[int]:
        """Combinations in an order that only the seed decides, each once."""
        seen: set[int] = set()
        draw = 0
        while True:
            index = int.from_bytes(hashlib.sha256(f"{self.seed}:{draw}".encode()).digest()) % total
            if index not in seen:
                yield index
            seen.add(index)
            draw += 1

    def is_template(self, path: str) -> bool:
        """Whether values are put into a file of the challenge."""
        return any(path == one.rstrip("/") or path.startswith(f"{one.rstrip('/')}/") for one in self.templates)

    def rendered(self, path: str, data: bytes, variant: Variant) -> bytes:
        """A file of the challenge as it is in a variant; its encoding may be any that has ASCII in it."""
        if not self.is_template(path):
            return data
        return render(data.decode("latin-1"), variant.parameters).encode("latin-1")

    def unknown(self, mark: Mark) -> tuple[str, str, str]:
        """What is wrong with a mark of another name, what was expected, and what to do."""
        if mark.name is None:
            return f"{quote(mark.text)} is no placeholder", "{{ variant.NAME }} and nothing else", ""
        hint = near(mark.name, self.names)
        return f"no parameter {quote(mark.name)}", "" if hint else f"there is: {listed(self.names)}", hint


class Mark(Model):
    """A place in a text that asks for a value."""

    start: int
    text: str
    name: str | None
    """None where it is no placeholder, but begins like one."""


def marks(text: str) -> Iterator[Mark]:
    """Everything in a text that asks for a value, or begins as if it did."""
    for found in _PLACEHOLDER.finditer(text):
        shown = _SHOWN.match(text, found.start())
        yield Mark(start=found.start(), text=shown[0] if shown else found[0], name=found["name"])


def render(text: str, values: Mapping[str, Scalar]) -> str:
    """The text with the values of known parameters; all else stays as it is."""

    def put(found: re.Match[str]) -> str:
        return as_text(values[found["name"]]) if found["name"] in values else found[0]

    return _PLACEHOLDER.sub(put, text)


def render_scalar(text: str, values: Mapping[str, Scalar]) -> Scalar:
    """As ``render``, but a text that is one placeholder and nothing else becomes the value with its type."""
    whole = _PLACEHOLDER.fullmatch(text)
    return values[whole["name"]] if whole is not None and whole["name"] in values else render(text, values)


def as_text(value: Scalar) -> str:
    """A value as it stands in a text."""
    return value if isinstance(value, str) else json.dumps(value)


def told(variant: Variant) -> str:
    """``discount 10, currency EUR``, for people."""
    return ", ".join(f"{name} {as_text(value)}" for name, value in variant.parameters.items())


def assigned(key: bytes, challenge: str, candidate: str, of: int) -> int:
    """The number of a candidate's variant, from 1: the same for the same key, and for nobody to guess without it.

    Spaces around the candidate's name, and its case, do not count.
    """
    name = unicodedata.normalize("NFC", candidate.strip().casefold())
    digest = hmac.new(key, f"{challenge}\0{name}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest) % of + 1
