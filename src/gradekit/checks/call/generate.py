"""Arguments made at random for calls whose right answers the reference gives."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Self, cast

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from gradekit.checks.jsontext import Json, render
from gradekit.model import Model, tuple_of

MAX_COUNT: Final = 200
MAX_LENGTH: Final = 1_000
_LARGEST: Final = 1 << 53
_TRIES: Final = 5
"""How often arguments that were there already are drawn again."""
_EDGES: Final = 0.25
"""Share of numbers and lengths that are one of the borders."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class Whole(Model):
    """Whole numbers, both borders included."""

    min: int = Field(-100, ge=-_LARGEST, le=_LARGEST)
    max: int = Field(100, ge=-_LARGEST, le=_LARGEST)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_order(self.min, self.max, "max", "min")
        return self


class Fraction(Model):
    """Numbers with so many decimals, both borders included."""

    min: float = Field(-100.0, ge=-1e12, le=1e12)
    max: float = Field(100.0, ge=-1e12, le=1e12)
    decimals: int = Field(2, ge=0, le=9)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_order(self.min, self.max, "max", "min")
        return self


class Text(Model):
    """Texts of an alphabet's characters."""

    alphabet: str = Field(_LETTERS, min_length=1, max_length=1_000)
    min_length: int = Field(0, ge=0, le=MAX_LENGTH)
    max_length: int = Field(20, ge=0, le=MAX_LENGTH)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_order(self.min_length, self.max_length, "max_length", "min_length")
        return self


class Items(Model):
    """Lists."""

    of: Generator
    min_length: int = Field(0, ge=0, le=MAX_LENGTH)
    max_length: int = Field(10, ge=0, le=MAX_LENGTH)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_order(self.min_length, self.max_length, "max_length", "min_length")
        return self


class Generator(Model):
    """How one argument is made: exactly one of these."""

    model_config = ConfigDict(populate_by_name=False)

    integer: Whole | None = Field(None, description="A whole number: {min, max}.")
    number: Fraction | None = Field(None, description="A number: {min, max, decimals}.")
    text: Text | None = Field(None, description="A text: {alphabet, min_length, max_length}.")
    items: Items | None = Field(None, alias="list", description="A list: {of, min_length, max_length}.")
    members: Mapping[str, Generator] | None = Field(
        None, alias="object", description="An object: name to how its member is made."
    )
    one_of: Annotated[tuple[JsonValue, ...], Field(min_length=1), BeforeValidator(tuple_of)] | None = Field(
        None, description="One of these values."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of integer, number, text, list, object, one_of")
        return self

    def draw(self, source: random.Random, scale: float) -> Json:
        """One value; ``scale`` from 0 to 1 says how large it may be."""
        if self.integer is not None:
            return _whole(source, self.integer.min, self.integer.max, scale)
        if self.number is not None:
            unit = 10**self.number.decimals
            return float(_whole(source, round(self.number.min * unit), round(self.number.max * unit), scale) / unit)
        if self.text is not None:
            length = _length(source, self.text.min_length, self.text.max_length, scale)
            return "".join(source.choice(self.text.alphabet) for _ in range(length))
        if self.items is not None:
            length = _length(source, self.items.min_length, self.items.max_length, scale)
            return [self.items.of.draw(source, scale) for _ in range(length)]
        if self.members is not None:
            return {name: member.draw(source, scale) for name, member in self.members.items()}
        return cast("Json", source.choice(self.one_of or (None,)))


Generators = Annotated[tuple[Generator, ...], Field(max_length=10), BeforeValidator(tuple_of)]


def draw_all(generators: tuple[Generator, ...], count: int, seed: int) -> Iterator[list[Json]]:
    """Lists of arguments, small ones first and each once, as far as there are so many; equal seeds give equal lists."""
    source = random.Random(seed)  # noqa: S311 - test data
    seen: set[str] = set()
    for number in range(count):
        for _ in range(_TRIES):
            found = [generator.draw(source, (number + 1) / count) for generator in generators]
            text = render(found)
            if text not in seen:
                seen.add(text)
                yield found
                break


def _whole(source: random.Random, low: int, high: int, scale: float) -> int:
    """A whole number between the borders, near to the one that is nearest to 0 while the scale is small."""
    if source.random() < _EDGES:
        return source.choice([low, high, max(low, min(high, 0)), max(low, min(high, 1))])
    middle = max(low, min(high, 0))
    return source.randint(middle - int((middle - low) * scale), middle + int((high - middle) * scale))


def _length(source: random.Random, low: int, high: int, scale: float) -> int:
    return source.randint(low, low + int((high - low) * scale))


def _check_order(low: float, high: float, greater: str, less: str) -> None:
    if low > high:
        raise ValueError(f"{greater} is below {less}")
