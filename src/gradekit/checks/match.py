"""Expectations on one value: a literal means equality, a map names operators that must all hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TypeAlias, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from gradekit.checks import template
from gradekit.checks.differences import MAX_COUNTED, Mismatch
from gradekit.checks.jsontext import Json
from gradekit.checks.operators import MEANINGS, OPERATORS, SYNONYMS, Operator
from gradekit.checks.values import Value, is_list, show
from gradekit.model import Loc
from gradekit.texts import clean, near, quote

MAX_MISMATCHES = 20
"""Mismatches that one ``Match`` reports; the rest is only counted."""

Operand: TypeAlias = "Json | Match | tuple[Match, ...]"


@dataclass(frozen=True, slots=True)
class Match:
    """An expectation; a field annotation for pydantic models, and made from YAML by ``parse``."""

    source: Json
    """As it is written."""
    tests: tuple[tuple[str, Operand], ...]
    """Operators and operands; a literal is ``eq``. Without any, every value will do."""

    @classmethod
    def parse(cls, source: object) -> Match:
        """The expectation that a YAML value means.

        Operands that hold ``${...}`` are checked once they are filled in.

        Raises:
            ValueError: for an unknown operator or an operand that does not fit it.
        """
        if isinstance(source, Match):
            return source
        if not isinstance(source, Mapping):
            literal = cast("Json", source)
            return cls(literal, (("eq", literal),))
        if not source:
            raise ValueError("no operator; write `eq: {}` for an empty object")
        tests: list[tuple[str, Operand]] = []
        for name, written in source.items():
            operator = OPERATORS.get(name)
            if operator is None:
                raise ValueError(f'unknown operator "{clean(str(name))}"; {_meant(str(name))}')
            try:
                operand = _operand(operator, written)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
            problem = None if any(template.uses(written)) else operator.problem(operand)
            if problem:
                raise ValueError(f"{name}: {problem}")
            tests.append((name, operand))
        return cls(source, tuple(tests))

    @classmethod
    def anything(cls) -> Match:
        """An expectation that every value meets, a missing one too."""
        return cls({}, ())

    @property
    def literals(self) -> Iterator[Json]:
        """The values that it asks to be equal to."""
        return (_as_json(operand) for name, operand in self.tests if name == "eq")

    def uses(self) -> Iterator[tuple[Loc, str]]:
        """The ``${...}`` in it: place below the expectation, and name."""
        return template.uses(self.source)

    def fill(self, variables: Mapping[str, Json]) -> Match:
        """The expectation with its names replaced; a filled-in value never becomes an operator.

        Raises:
            UnknownNameError: for a name without a value.
        """
        return Match(self.source, tuple((name, _fill(operand, variables)) for name, operand in self.tests))

    def check(self, value: Value) -> list[Mismatch]:
        """Every way in which the value does not meet the expectation; empty when it does."""
        found = first(chain.from_iterable(islice(self._check(*test, value), MAX_COUNTED) for test in self.tests))
        names = tuple(dict.fromkeys(name for _, name in template.uses(self.source))) if found else ()
        return [replace(mismatch, filled=names) for mismatch in found] if names else found

    def _check(self, name: str, operand: Operand, value: Value) -> Iterable[Mismatch]:
        operator = OPERATORS[name]
        problem = operator.problem(operand)
        return [self._unfit(name, problem)] if problem else operator.check(operand, value)

    def _unfit(self, name: str, problem: str) -> Mismatch:
        """That a variable has a value that an operator cannot compare with."""
        written = self.source[name] if isinstance(self.source, Mapping) else self.source
        names = tuple(dict.fromkeys(used for _, used in template.uses(written)))
        what = " and ".join(f"${{{one}}}" for one in names)
        return Mismatch(
            clean(f'"{name}" of {what}'),
            clean(f'not compared, because "{name}" cannot take the value of {what}: {problem}'),
            names=names,
        )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Made by ``parse``; dumped as it was written."""
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(lambda match: match.source)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A literal, or operators by name."""
        return {
            "anyOf": [
                {"type": ["null", "boolean", "number", "string", "array"]},
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": False,
                    "properties": {name: {"description": MEANINGS[name]} for name in OPERATORS},
                },
            ]
        }


def unset(error: template.UnknownNameError, place: str = "") -> Mismatch:
    """That there is nothing to compare with, for want of a variable's value."""
    return Mismatch(clean(f"the value of ${{{error.name}}}"), str(error), place, names=(error.name,))


def first(mismatches: Iterable[Mismatch]) -> list[Mismatch]:
    """The first ``MAX_MISMATCHES``, and one that says how many more there are."""
    found: list[Mismatch] = []
    count = 0
    for mismatch in mismatches:
        count += mismatch.count
        if mismatch.count == 1 and len(found) < MAX_MISMATCHES:
            found.append(mismatch)
    rest = count - len(found)
    return [*found, Mismatch("", f"{rest} more difference{'' if rest == 1 else 's'}", count=rest)] if rest else found


def of_the_author(mismatch: Mismatch) -> Mismatch:
    """The same, where nothing of the candidate's has a part in the variables' values."""
    return replace(mismatch, expected="", actual=f"{mismatch.actual}; correct the challenge", ours=True)


def _meant(name: str) -> str:
    """What to write instead of an operator that is unknown."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|[ -]+", "_", name).lower()
    if plain in SYNONYMS:
        return f"did you mean {quote(SYNONYMS[plain])}?"
    known = f"it is one of {', '.join(OPERATORS)}; a literal object is written under `eq:`"
    return near(plain, OPERATORS) or known


def _operand(operator: Operator, written: Json) -> Operand:
    """The operand, with the expectations in it made from what is written."""
    match operator.nested:
        case "one":
            return Match.parse(written)
        case "many":
            if not is_list(written) or not written:
                raise ValueError(f"needs a list of expectations, not {show(written)}")
            return tuple(Match.parse(item) for item in written)
        case _:
            return written


def _as_json(operand: Operand) -> Json:
    """The operand as it is written, for messages."""
    return operand.source if isinstance(operand, Match) else cast("Json", operand)


def _fill(operand: Operand, variables: Mapping[str, Json]) -> Operand:
    if isinstance(operand, Match):
        return operand.fill(variables)
    if isinstance(operand, tuple):
        matches = tuple(item.fill(variables) for item in operand if isinstance(item, Match))
        return matches or template.fill(cast("Json", operand), variables)
    return template.fill(operand, variables)
