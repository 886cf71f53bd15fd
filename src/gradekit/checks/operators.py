"""The operators of an expectation: which operands they take, and what they find wrong with a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any, Literal, Protocol

from gradekit.checks import template
from gradekit.checks.differences import Mismatch, differ, differences
from gradekit.checks.formats import EXAMPLES, FORMATS, decimal, has_format, instant
from gradekit.checks.jsontext import Json
from gradekit.checks.regex import RegexProblem, compile_regex
from gradekit.checks.values import (
    MISSING,
    TYPES,
    Missing,
    Value,
    canonical,
    is_list,
    kind_of,
    number,
    show,
    type_words,
    typed,
)
from gradekit.texts import clean, not_one_of


class Expectation(Protocol):
    """What an operator needs of the expectations in its operand."""

    @property
    def source(self) -> Json:
        """As it is written."""

    @property
    def literals(self) -> Iterator[Json]:
        """The values that it asks to be equal to."""

    def check(self, value: Value) -> list[Mismatch]:
        """Every way in which the value does not meet it."""


@dataclass(frozen=True, slots=True)
class Operator:
    """``check`` is called only with operands in which ``problem`` finds nothing, and is total for values."""

    problem: Callable[[Any], str | None]
    check: Callable[[Any, Any], Iterable[Mismatch]]
    nested: Literal["no", "one", "many"] = "no"
    """Whether the operand is an expectation, or a list of them."""


def _nothing_wrong(_operand: object) -> str | None:
    return None


def _needs(test: Callable[[Any], bool], words: str) -> Callable[[Any], str | None]:
    return lambda operand: None if test(operand) else f"needs {words}, not {show(operand)}"


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_str(value: object) -> bool:
    return isinstance(value, str)


def _orderable(value: Json) -> bool:
    return number(value) is not None or instant(value) is not None


def describe(expectation: Expectation) -> str:
    """An expectation in words: what it says of a value that does not meet it."""
    for value in (MISSING, None):
        found = expectation.check(value)
        if found:
            return " and ".join(mismatch.expected for mismatch in found)
    return show(expectation.source)


def _eq(operand: Json, value: Value) -> Iterator[Mismatch]:
    if isinstance(value, Missing):
        yield Mismatch(show(operand), show(value))
    elif canonical(operand) != canonical(value):
        yield from differences(operand, value)


def _ne(operand: Json, value: Value) -> Iterator[Mismatch]:
    if isinstance(value, Missing) or canonical(operand) == canonical(value):
        yield Mismatch(f"a value other than {show(operand)}", show(value))


def _compare(words: str, holds: Callable[[Any, Any], bool], operand: Json, value: Value) -> Iterator[Mismatch]:
    expected = f"{words} {show(operand)}"
    wanted: Decimal | datetime | None = number(operand)
    found: Decimal | datetime | None = number(value)
    if wanted is None:
        wanted, found = instant(operand), instant(value)
        if found is None:
            what = show(value) if isinstance(value, Missing) else f"{show(value)}, which is not a date"
            yield Mismatch(f"{expected} (a date)", what)
            return
    if found is None:
        yield differ(expected, operand, value)
    elif not holds(found, wanted):
        yield Mismatch(expected, show(value))


_gt = partial(_compare, "more than", lambda found, wanted: found > wanted)
_gte = partial(_compare, "at least", lambda found, wanted: found >= wanted)
_lt = partial(_compare, "less than", lambda found, wanted: found < wanted)
_lte = partial(_compare, "at most", lambda found, wanted: found <= wanted)


def _between_problem(operand: Json) -> str | None:
    if not is_list(operand) or len(operand) != 2:  # noqa: PLR2004 - both ends
        return f"needs two values, [least, most], not {show(operand)}"
    if not (all(number(end) is not None for end in operand) or all(instant(end) is not None for end in operand)):
        return f"{show(operand)} cannot be ordered; use two numbers or two dates"
    return None


def _between(operand: Sequence[Json], value: Value) -> Iterator[Mismatch]:
    if [*_gte(operand[0], value), *_lte(operand[1], value)]:
        yield differ(f"from {show(operand[0])} to {show(operand[1])}", operand[0], value)


def _in(operand: Sequence[Json], value: Value) -> Iterator[Mismatch]:
    if isinstance(value, Missing) or canonical(value) not in {canonical(item) for item in operand}:
        shown = show if kind_of(value) in set(map(kind_of, operand)) else typed
        yield Mismatch(f"one of {show(operand)}", shown(value))


def _approx_problem(operand: Json) -> str | None:
    if not isinstance(operand, Mapping) or number(operand.get("value")) is None:
        return f"needs {{value: NUMBER, abs: NUMBER, rel: NUMBER}} with at least value, not {show(operand)}"
    for name, part in operand.items():
        exact = number(part)
        if name not in {"value", "abs", "rel"}:
            return not_one_of(f'unknown key "{clean(str(name))}"', name, ("value", "abs", "rel"))
        if exact is None or (name != "value" and exact < 0):
            return f"{name} must be a number that is not negative, not {show(part)}"
    return None


def tolerance(operand: Mapping[str, Json]) -> tuple[Decimal, Decimal]:
    """The number that `approx` wants, and how far off another one may be."""
    wanted = number(operand["value"]) or Decimal(0)
    relative = abs(wanted) * (number(operand.get("rel")) or Decimal(0))
    absolute = number(operand.get("abs"))
    if absolute is None:
        absolute = Decimal(0) if relative else Decimal("1e-9")
    return wanted, max(absolute, relative)


def _approx(operand: Mapping[str, Json], value: Value) -> Iterator[Mismatch]:
    wanted, off = tolerance(operand)
    found = number(value)
    if found is None or abs(found - wanted) > off:
        yield differ(f"{show(operand['value'])}, at most {off.normalize():f} off", wanted, value)


def _decimal_problem(operand: Json) -> str | None:
    return None if decimal(operand) is not None else f"{show(operand)} is not a decimal number"


def _decimal_check(operand: Json, value: Value) -> Iterator[Mismatch]:
    if decimal(value) != decimal(operand):
        words = operand if isinstance(operand, str) else show(operand)
        shown = show if isinstance(value, str) or number(value) is not None else typed
        yield Mismatch(f"the decimal number {words}, as a number or as text", shown(value))


def _type_problem(operand: Json) -> str | None:
    names = operand if is_list(operand) and operand else [operand]
    for name in names:
        if not isinstance(name, str) or name not in TYPES:
            return not_one_of(f"{show(name)} is not a type", name, TYPES)
    return None


def _type(operand: str | Sequence[str], value: Value) -> Iterator[Mismatch]:
    names = [operand] if isinstance(operand, str) else operand
    if isinstance(value, Missing) or not any(TYPES[name](value) for name in names):
        yield Mismatch(type_words(names), typed(value))


def _format_problem(operand: Json) -> str | None:
    if isinstance(operand, str) and operand in FORMATS:
        return None
    return not_one_of(f"{show(operand)} is not a format", operand, FORMATS)


def _format(operand: str, value: Value) -> Iterator[Mismatch]:
    if not isinstance(value, str) or not has_format(operand, value):
        yield differ(f"a string of the format {operand}, such as {EXAMPLES[operand]}", operand, value)


def _matches_problem(operand: Json) -> str | None:
    if not isinstance(operand, str):
        return f"needs a regular expression, not {show(operand)}"
    try:
        compile_regex(operand)
    except RegexProblem as problem:
        return f"{show(operand)} is not a regular expression that can be used: {problem}"
    return None


def _matches(operand: str, value: Value) -> Iterator[Mismatch]:
    expected = f"text that matches the pattern /{clean(operand)}/"
    if not isinstance(value, str):
        yield differ(expected, operand, value)
    elif not compile_regex(operand).search(value):
        yield Mismatch(expected, show(value))


def _text(words: str, holds: Callable[[str, str], bool], operand: str, value: Value) -> Iterator[Mismatch]:
    if not isinstance(value, str) or not holds(value, operand):
        yield differ(f"text that {words} {show(operand)}", operand, value)


_contains = partial(_text, "contains", lambda value, part: part in value)
_starts_with = partial(_text, "starts with", str.startswith)
_ends_with = partial(_text, "ends with", str.endswith)


def _size_problem(operand: Expectation) -> str | None:
    for literal in operand.literals:
        if not any(template.uses(literal)) and number(literal) is None:
            return f"needs a number, not {show(literal)}"
    return None


def _size(words: str, operand: Expectation, value: Value) -> Iterator[Mismatch]:
    if isinstance(value, Mapping | list | tuple) or (isinstance(value, str) and words == "length"):
        for mismatch in operand.check(len(value)):
            yield Mismatch(f"a {words} of {mismatch.expected}", f"a {words} of {mismatch.actual}: {show(value)}")
    else:
        yield Mismatch(f"a {words} of {describe(operand)}", typed(value))


def _exists(operand: bool, value: Value) -> Iterator[Mismatch]:
    if operand == isinstance(value, Missing):
        yield Mismatch("a value" if operand else "no value", show(value))


def _empty(operand: bool, value: Value) -> Iterator[Mismatch]:
    expected = f"a string, list or object that is {'' if operand else 'not '}empty"
    if not isinstance(value, Mapping | list | tuple | str):
        yield Mismatch(expected, typed(value))
    elif (len(value) == 0) != operand:
        yield Mismatch(expected, show(value))


def _bag(operand: Sequence[Json], value: Value, *, exactly: bool) -> Iterator[Mismatch]:
    expected = f"{show(operand)}, in any order" if exactly else f"a list with all of {show(operand)}"
    if not isinstance(value, list | tuple):
        yield differ(expected, operand, value)
        return
    lacking = Counter(map(canonical, operand))
    surplus: list[Json] = []
    for item in value:
        key = canonical(item)
        if lacking[key] > 0:
            lacking[key] -= 1
        else:
            surplus.append(item)
    absent: list[Json] = []
    for item in operand:
        key = canonical(item)
        if lacking[key] > 0:
            lacking[key] -= 1
            absent.append(item)
    parts = [f"missing {show(absent)}"] if absent else []
    if exactly and surplus:
        parts.append(f"not expected {show(surplus)}")
    if parts:
        yield Mismatch(expected, "; ".join((show(value), *parts)))


def _unique(operand: bool, value: Value) -> Iterator[Mismatch]:
    expected = f"a list {'without' if operand else 'with'} duplicates"
    if not isinstance(value, list | tuple):
        yield differ(expected, [], value)
        return
    seen: set[Hashable] = set()
    for item in value:
        key = canonical(item)
        if key in seen and operand:
            times = sum(canonical(other) == key for other in value)
            yield Mismatch(expected, f"the value {show(item)} occurs {times} times in {show(value)}")
            return
        seen.add(key)
    if not operand and len(seen) == len(value):
        yield Mismatch(expected, show(value))


def _sorted_problem(operand: Json) -> str | None:
    return (
        None if operand is True or operand in ("asc", "desc") else f'needs true, "asc" or "desc", not {show(operand)}'
    )


def _sorted(operand: bool | str, value: Value) -> Iterator[Mismatch]:
    descending = operand == "desc"
    expected = f"a list in {'descending' if descending else 'ascending'} order"
    if not isinstance(value, list | tuple):
        yield differ(expected, [], value)
        return
    numbers = [number(item) for item in value]
    keys: Sequence[Any] = numbers if all(item is not None for item in numbers) else value
    if keys is value and not all(isinstance(item, str) for item in value):
        yield Mismatch(f"{expected}, of numbers or of strings", show(value))
        return
    for index, (one, other) in enumerate(pairwise(keys)):
        if (one < other) if descending else (one > other):
            both = f"item {index + 1} is {show(value[index])}, item {index + 2} is {show(value[index + 1])}"
            yield Mismatch(expected, both)
            return


def _each(operand: Expectation, value: Value) -> Iterator[Mismatch]:
    if not isinstance(value, list | tuple):
        yield differ("a list", [], value)
        return
    for index, item in enumerate(value):
        for mismatch in operand.check(item):
            yield mismatch.below(f"[{index}]")


def _any_of(operand: Sequence[Expectation], value: Value) -> Iterator[Mismatch]:
    tried = [match.check(value) for match in operand]
    if all(tried):
        words = " or ".join(describe(match) for match in operand)
        # The type is the point only where it is for each of them.
        of_that_type = any(mismatch.actual == show(value) for found in tried for mismatch in found)
        yield Mismatch(clean(words), show(value) if of_that_type else typed(value))


def _not(operand: Expectation, value: Value) -> Iterator[Mismatch]:
    if not operand.check(value):
        yield Mismatch(f"anything but {describe(operand)}", show(value))


_TEXT = _needs(_is_str, "a string")
_LIST = _needs(is_list, "a list")
_BOOL = _needs(_is_bool, "true or false")
_ORDER = _needs(_orderable, "a number or a date")

OPERATORS: Mapping[str, Operator] = {
    "eq": Operator(_nothing_wrong, _eq),
    "ne": Operator(_nothing_wrong, _ne),
    "gt": Operator(_ORDER, _gt),
    "gte": Operator(_ORDER, _gte),
    "lt": Operator(_ORDER, _lt),
    "lte": Operator(_ORDER, _lte),
    "between": Operator(_between_problem, _between),
    "in": Operator(_LIST, _in),
    "approx": Operator(_approx_problem, _approx),
    "decimal": Operator(_decimal_problem, _decimal_check),
    "type": Operator(_type_problem, _type),
    "format": Operator(_format_problem, _format),
    "matches": Operator(_matches_problem, _matches),
    "contains": Operator(_TEXT, _contains),
    "starts_with": Operator(_TEXT, _starts_with),
    "ends_with": Operator(_TEXT, _ends_with),
    "length": Operator(_size_problem, partial(_size, "length"), "one"),
    "count": Operator(_size_problem, partial(_size, "count"), "one"),
    "exists": Operator(_BOOL, _exists),
    "empty": Operator(_BOOL, _empty),
    "unordered": Operator(_LIST, partial(_bag, exactly=True)),
    "includes": Operator(_LIST, partial(_bag, exactly=False)),
    "unique": Operator(_BOOL, _unique),
    "sorted": Operator(_sorted_problem, _sorted),
    "each": Operator(_nothing_wrong, _each, "one"),
    "any_of": Operator(_nothing_wrong, _any_of, "many"),
    "not": Operator(_nothing_wrong, _not, "one"),
}
"""Every operator, by its name in YAML."""

MEANINGS: Mapping[str, str] = {
    "eq": "Is equal to it.",
    "ne": "Is not equal to it.",
    "gt": "Is greater than it, a number or a date.",
    "gte": "Is at least it, a number or a date.",
    "lt": "Is less than it, a number or a date.",
    "lte": "Is at most it, a number or a date.",
    "between": "Is from low to high, both included: [low, high].",
    "in": "Is equal to one of the list.",
    "approx": "Is a number within a tolerance: {value, abs, rel}.",
    "decimal": "Is that decimal number, as a number or as text.",
    "type": "Is of this JSON type, or of one of a list of them.",
    "format": "Is text of this form, such as uuid or date-time.",
    "matches": "Is text in which the regular expression is found.",
    "contains": "Is text with this in it.",
    "starts_with": "Is text that begins so.",
    "ends_with": "Is text that ends so.",
    "length": "Is text, a list or an object of that length: a number, or an expectation of it.",
    "count": "Is a list or an object with so many items: a number, or an expectation of it.",
    "exists": "Is there at all; with false, is not.",
    "empty": "Is an empty text, list or object; with false, one that is not.",
    "unordered": "Is a list of these items in any order.",
    "includes": "Is a list with at least these items.",
    "unique": "Is a list without duplicates; with false, with some.",
    "sorted": "Is a list of numbers or of texts in that order: true, asc or desc.",
    "each": "Is a list in which each item meets this expectation.",
    "any_of": "Meets one of these expectations.",
    "not": "Does not meet this expectation.",
}
"""What each of them says of a value, for editors."""

SYNONYMS: Mapping[str, str] = {
    name: operator
    for operator, names in {
        "eq": "equals equal equal_to equals_to is const ==",
        "ne": "neq not_equal not_equals not_eq is_not differs !=",
        "gt": "greater greater_than more more_than above after exclusive_minimum >",
        "gte": "ge min minimum at_least greater_or_equal greater_than_or_equal >=",
        "lt": "less less_than below before exclusive_maximum <",
        "lte": "le max maximum at_most less_or_equal less_than_or_equal <=",
        "between": "range within",
        "in": "one_of enum",
        "approx": "close_to near almost approximately tolerance",
        "type": "is_a instance_of",
        "matches": "regex regexp pattern match matching like",
        "contains": "contain substring has_text",
        "starts_with": "startswith prefix begins_with",
        "ends_with": "endswith suffix",
        "length": "len size min_length max_length",
        "count": "min_items max_items",
        "exists": "present is_present",
        "empty": "is_empty blank",
        "unordered": "same_items any_order contains_only",
        "includes": "include has contains_all superset has_items",
        "unique": "unique_items distinct",
        "sorted": "ordered is_sorted",
        "each": "every items_are for_each",
        "any_of": "or either anyof",
        "not": "none_of",
    }.items()
    for name in names.split()
}
"""What other tools call the operators, in small letters and with ``_`` between words."""
