"""Expectations on one value: a literal means equality, a map names operators that must all hold."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice, pairwise
from typing import Any, Final, TypeAlias, TypeGuard, cast
from urllib.parse import urlsplit

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from gradekit.checks import template
from gradekit.checks.jsontext import Json, render
from gradekit.checks.regex import RegexProblem, TooMuchWork, compile_regex

MAX_SHOWN = 200
"""Characters of a value in a message."""
MAX_TEXT = 10 * MAX_SHOWN
"""Characters of a string once its unprintable characters are escaped."""
MAX_MISMATCHES = 20
"""Mismatches that one ``Match`` reports; the rest is only counted."""
MAX_COUNTED = 1000
"""Mismatches after which counting ends."""


class _Missing:
    """There is no value, which is not the same as null."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
Value: TypeAlias = "Json | _Missing"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One way in which a value is not what it should be; all texts are capped and printable."""

    expected: str
    actual: str
    place: str = ""
    """Where inside the value, as the end of a JSONPath such as ``.lines[0]``."""

    @property
    def message(self) -> str:
        """``expected X, got Y``."""
        return f"{f'at {self.place}: ' if self.place else ''}expected {self.expected}, got {self.actual}"


# --- values ------------------------------------------------------------------------------------------


def clean(text: str, limit: int = MAX_SHOWN) -> str:
    """Hostile text for a message: at most ``limit`` characters, every unprintable one escaped."""
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "".join(char if char.isprintable() else _escape(char) for char in short)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the end of \uXXXX


def show(value: Value) -> str:
    """A value for a message, as short JSON."""
    if isinstance(value, _Missing):
        return "nothing"
    if isinstance(value, str) and len(value) > MAX_SHOWN:
        return f"{clean(render(value[:MAX_SHOWN]), MAX_TEXT)}…"
    return clean(render(value, MAX_SHOWN + 1), MAX_TEXT if isinstance(value, str) else MAX_SHOWN)


def kind_of(value: Value) -> str:
    """The JSON type in words, with its article."""
    if isinstance(value, _Missing):
        return "missing"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, Mapping) else "a list"


def number(value: Value) -> Decimal | None:
    """The exact number, or None when it is none; a boolean and what is not finite are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return exact if exact.is_finite() else None


def canonical(value: Json) -> Hashable:
    """A key that is equal for equal JSON: 1 and 1.0 are equal, 1, "1" and true are not."""
    if isinstance(value, Mapping):
        return ("object", frozenset((name, canonical(child)) for name, child in value.items()))
    if isinstance(value, list | tuple):
        return ("list", tuple(canonical(child) for child in value))
    exact = number(value)
    return (kind_of(value), value if exact is None else exact)


def differences(expected: Json, actual: Json, *, partially: bool = False, place: str = "") -> Iterator[Mismatch]:
    """Every place at which two values differ; ``partially``: objects of ``actual`` may have more names."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        names = expected if partially else dict.fromkeys([*expected, *actual])
        for name in names:
            below = f"{place}{_member(name)}"
            if name not in actual:
                yield Mismatch(show(expected[name]), "nothing", below)
            elif name not in expected:
                yield Mismatch("nothing", show(actual[name]), below)
            else:
                yield from differences(expected[name], actual[name], partially=partially, place=below)
    elif _is_list(expected) and _is_list(actual) and len(expected) == len(actual):
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, partially=partially, place=f"{place}[{index}]")
    elif _is_list(expected) and _is_list(actual):
        yield Mismatch(_items(len(expected)), f"{len(actual)}: {show(actual)}", place)
    elif canonical(expected) != canonical(actual):
        yield _differ(show(expected), expected, actual, place)


def _member(name: str) -> str:
    return f".{name}" if re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,99}", name) else f"[{show(name)}]"


def _differ(words: str, expected: Json, actual: Value, place: str = "") -> Mismatch:
    """A mismatch that says the types when they are the point."""
    wanted, found = kind_of(expected), kind_of(actual)
    if wanted == found or isinstance(actual, _Missing) or actual is None:
        return Mismatch(words, show(actual), place)
    return Mismatch(words, f"{show(actual)} ({found}, not {wanted})", place)


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"


def _instant(value: Value) -> datetime | None:
    """A date, or a date and time (UTC when it names no zone)."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40 or not _DATE_START.match(value):  # noqa: PLR2004
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _decimal(value: Value) -> Decimal | None:
    """A number, or a string that is a plain decimal number."""
    if isinstance(value, str):
        return Decimal(value) if _DECIMAL.fullmatch(value) else None
    return number(value)


_DATE_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,100}(?:\.[0-9]{1,100})?")


# --- formats -----------------------------------------------------------------------------------------

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,12})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-\[\]_a-z~%]+")


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE_START.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_date_time(text: str) -> bool:
    if not _DATE_TIME.fullmatch(text):
        return False
    # RFC 3339 allows a leap second and any number of fractional digits; datetime does not.
    whole = re.sub(r"\.[0-9]+", "", text).upper().replace(" ", "T").replace(":60", ":59", 1)
    return _instant(whole) is not None


def _is_uri(text: str) -> bool:
    try:
        return bool(_URI.fullmatch(text)) and bool(urlsplit(text).scheme)
    except ValueError:
        return False


def _is_ipv4(text: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "ipv4": _is_ipv4,
    "uri": _is_uri,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
}
"""Name of a format -> whether a text of at most MAX_FORMAT characters has it."""
MAX_FORMAT = 4096


def has_format(name: str, value: str) -> bool:
    """Whether a string has a format of FORMATS; a very long one has none."""
    return len(value) <= MAX_FORMAT and FORMATS[name](value)


TYPES: Mapping[str, Callable[[Json], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list | tuple),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (exact := number(value)) is not None and exact == exact.to_integral_value(),
    "number": lambda value: number(value) is not None,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
"""JSON Schema's type names; 1.0 is an integer, as there."""


# --- operators ---------------------------------------------------------------------------------------

Operand: TypeAlias = "Json | Match | tuple[Match, ...]"


@dataclass(frozen=True, slots=True)
class _Operator:
    """``check`` is called only with operands in which ``problem`` finds nothing."""

    problem: Callable[[Any], str | None]
    check: Callable[[Any, Any], Iterable[Mismatch]]
    parse: Callable[[Any], Operand] | None = None
    """Turns an operand that holds expectations into them."""
    missing: bool = False
    """Whether it has something to say about a missing value; else that is a mismatch."""


def _nothing_wrong(_operand: object) -> str | None:
    return None


def near(word: object, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` when something known is near, else an empty text."""
    found = difflib.get_close_matches(str(word), list(known), n=1)
    return f'; did you mean "{found[0]}"?' if found else ""


def _needs(test: Callable[[Any], bool], words: str) -> Callable[[Any], str | None]:
    return lambda operand: None if test(operand) else f"needs {words}, not {show(operand)}"


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_str(value: object) -> bool:
    return isinstance(value, str)


def _orderable(value: Json) -> bool:
    return number(value) is not None or _instant(value) is not None


def _eq(operand: Json, value: Json) -> Iterator[Mismatch]:
    if canonical(operand) != canonical(value):
        yield from differences(operand, value)


def _ne(operand: Json, value: Json) -> Iterator[Mismatch]:
    if canonical(operand) == canonical(value):
        yield Mismatch(f"anything but {show(operand)}", show(value))


def _compare(words: str, holds: Callable[[Any, Any], bool], operand: Json, value: Json) -> Iterator[Mismatch]:
    expected = f"{words} {show(operand)}"
    wanted: Decimal | datetime | None = number(operand)
    found: Decimal | datetime | None = number(value)
    if wanted is None:
        wanted, found = _instant(operand), _instant(value)
        if found is None:
            yield Mismatch(f"{expected} (a date)", f"{show(value)}, which is not a date")
            return
    if found is None:
        yield _differ(expected, operand, value)
    elif not holds(found, wanted):
        yield Mismatch(expected, show(value))


_gt = partial(_compare, "more than", lambda found, wanted: found > wanted)
_gte = partial(_compare, "at least", lambda found, wanted: found >= wanted)
_lt = partial(_compare, "less than", lambda found, wanted: found < wanted)
_lte = partial(_compare, "at most", lambda found, wanted: found <= wanted)


def _between_problem(operand: Json) -> str | None:
    if not _is_list(operand) or len(operand) != 2:  # noqa: PLR2004 - both ends
        return f"needs two values, [least, most], not {show(operand)}"
    if not (all(number(end) is not None for end in operand) or all(_instant(end) is not None for end in operand)):
        return f"{show(operand)} cannot be ordered; use two numbers or two dates"
    return None


def _between(operand: Sequence[Json], value: Json) -> Iterator[Mismatch]:
    if [*_gte(operand[0], value), *_lte(operand[1], value)]:
        yield _differ(f"{show(operand[0])} to {show(operand[1])}", operand[0], value)


def _in(operand: Sequence[Json], value: Json) -> Iterator[Mismatch]:
    if canonical(value) not in {canonical(item) for item in operand}:
        yield Mismatch(f"one of {show(operand)}", f"{show(value)} ({kind_of(value)})")


def _approx_problem(operand: Json) -> str | None:
    if not isinstance(operand, Mapping) or number(operand.get("value")) is None:
        return f"needs {{value: NUMBER, abs: NUMBER, rel: NUMBER}} with at least value, not {show(operand)}"
    for name, part in operand.items():
        exact = number(part)
        if name not in {"value", "abs", "rel"}:
            return f'unknown key "{clean(str(name))}"{near(name, ("value", "abs", "rel"))}; it takes value, abs, rel'
        if exact is None or (name != "value" and exact < 0):
            return f"{name} must be a number that is not negative, not {show(part)}"
    return None


def _approx(operand: Mapping[str, Json], value: Json) -> Iterator[Mismatch]:
    wanted = number(operand["value"]) or Decimal(0)
    relative = abs(wanted) * (number(operand.get("rel")) or Decimal(0))
    absolute = number(operand.get("abs"))
    if absolute is None:
        absolute = Decimal(0) if relative else Decimal("1e-9")
    tolerance = max(absolute, relative)
    found = number(value)
    if found is None or abs(found - wanted) > tolerance:
        yield _differ(f"{show(operand['value'])} ± {show(tolerance)}", wanted, value)


def _decimal_problem(operand: Json) -> str | None:
    return None if _decimal(operand) is not None else f"{show(operand)} is not a decimal number"


def _decimal_check(operand: Json, value: Json) -> Iterator[Mismatch]:
    if _decimal(value) != _decimal(operand):
        words = operand if isinstance(operand, str) else show(operand)
        yield Mismatch(f"the decimal number {words}", f"{show(value)} ({kind_of(value)})")


def _type_problem(operand: Json) -> str | None:
    names = operand if _is_list(operand) and operand else [operand]
    for name in names:
        if not isinstance(name, str) or name not in TYPES:
            return f"{show(name)} is not a type{near(name, TYPES)}; it takes {', '.join(TYPES)}"
    return None


def _type(operand: str | Sequence[str], value: Json) -> Iterator[Mismatch]:
    names = [operand] if isinstance(operand, str) else operand
    if not any(TYPES[name](value) for name in names):
        yield Mismatch(f"type {' or '.join(names)}", f"{show(value)} ({kind_of(value)})")


def _format_problem(operand: Json) -> str | None:
    if isinstance(operand, str) and operand in FORMATS:
        return None
    return f"{show(operand)} is not a format{near(operand, FORMATS)}; it takes {', '.join(FORMATS)}"


def _format(operand: str, value: Json) -> Iterator[Mismatch]:
    if not isinstance(value, str) or not has_format(operand, value):
        yield _differ(f"a string of the format {operand}", operand, value)


def _matches_problem(operand: Json) -> str | None:
    if not isinstance(operand, str):
        return f"needs a regular expression, not {show(operand)}"
    try:
        compile_regex(operand)
    except RegexProblem as problem:
        return f"{show(operand)} is not a regular expression that can be used: {problem}"
    return None


def _matches(operand: str, value: Json) -> Iterator[Mismatch]:
    expected = f"text that matches /{clean(operand)}/"
    if not isinstance(value, str):
        yield _differ(expected, operand, value)
        return
    try:
        found = compile_regex(operand).search(value)
    except TooMuchWork as reason:
        yield Mismatch(expected, f"{show(value)}, which was not searched: {reason}")
        return
    if not found:
        yield Mismatch(expected, show(value))


def _text(words: str, holds: Callable[[str, str], bool], operand: str, value: Json) -> Iterator[Mismatch]:
    if not isinstance(value, str) or not holds(value, operand):
        yield _differ(f"text that {words} {show(operand)}", operand, value)


_contains = partial(_text, "contains", lambda value, part: part in value)
_starts_with = partial(_text, "starts with", str.startswith)
_ends_with = partial(_text, "ends with", str.endswith)


def _number_or_match(operand: Json) -> Match:
    return Match.parse(operand)


def _size_problem(operand: Match) -> str | None:
    for name, inner in operand.tests:
        if name == "eq" and not any(template.uses(_as_json(inner))) and number(_as_json(inner)) is None:
            return f"needs a number or operators for one, not {show(_as_json(inner))}"
    return None


def _size(words: str, operand: Match, value: Json) -> Iterator[Mismatch]:
    if isinstance(value, Mapping | list | tuple) or (isinstance(value, str) and words == "length"):
        for mismatch in operand.check(len(value)):
            yield Mismatch(f"a {words} of {mismatch.expected}", f"{mismatch.actual}: {show(value)}")
    else:
        yield Mismatch(f"a value with a {words}", f"{show(value)} ({kind_of(value)})")


def _exists(operand: bool, value: Value) -> Iterator[Mismatch]:
    if operand == isinstance(value, _Missing):
        yield Mismatch("a value" if operand else "no value", show(value))


def _empty(operand: bool, value: Json) -> Iterator[Mismatch]:
    expected = f"{'an empty' if operand else 'a non-empty'} string, list or object"
    if not isinstance(value, Mapping | list | tuple | str) or (len(value) == 0) != operand:
        yield Mismatch(expected, f"{show(value)} ({kind_of(value)})")


def _bag(operand: Sequence[Json], value: Json, *, exactly: bool) -> Iterator[Mismatch]:
    expected = f"{'the items' if exactly else 'at least the items'} {show(operand)}{' in any order' if exactly else ''}"
    if not isinstance(value, list | tuple):
        yield _differ(expected, operand, value)
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
    parts = [f"without {show(absent)}"] if absent else []
    if exactly and surplus:
        parts.append(f"with {show(surplus)} too many")
    if parts:
        yield Mismatch(expected, f"{show(value)}, {' and '.join(parts)}")


def _unique(operand: bool, value: Json) -> Iterator[Mismatch]:
    if not isinstance(value, list | tuple):
        yield _differ("a list", [], value)
        return
    seen: set[Hashable] = set()
    for item in value:
        key = canonical(item)
        if key in seen and operand:
            yield Mismatch("a list without duplicates", f"{show(item)} more than once in {show(value)}")
            return
        seen.add(key)
    if not operand and len(seen) == len(value):
        yield Mismatch("a list with duplicates", show(value))


def _sorted_problem(operand: Json) -> str | None:
    return (
        None if operand is True or operand in ("asc", "desc") else f'needs true, "asc" or "desc", not {show(operand)}'
    )


def _sorted(operand: bool | str, value: Json) -> Iterator[Mismatch]:
    if not isinstance(value, list | tuple):
        yield _differ("a list", [], value)
        return
    falling = operand == "desc"
    expected = f"a list sorted in {'falling' if falling else 'rising'} order"
    numbers = [number(item) for item in value]
    keys: Sequence[Any] = numbers if all(item is not None for item in numbers) else value
    if keys is value and not all(isinstance(item, str) for item in value):
        yield Mismatch(f"{expected}, of numbers or of strings", show(value))
        return
    for index, (one, other) in enumerate(pairwise(keys)):
        if (one < other) if falling else (one > other):
            yield Mismatch(expected, f"{show(value[index])} before {show(value[index + 1])}", f"[{index + 1}]")
            return


def _each(operand: Match, value: Json) -> Iterator[Mismatch]:
    if not isinstance(value, list | tuple):
        yield _differ("a list", [], value)
        return
    for index, item in enumerate(value):
        for mismatch in operand.check(item):
            yield Mismatch(mismatch.expected, mismatch.actual, f"[{index}]{mismatch.place}")


def _parse_many(operand: Json) -> Operand:
    if not _is_list(operand) or not operand:
        raise ValueError(f"needs a list of expectations, not {show(operand)}")
    return tuple(Match.parse(item) for item in operand)


def _any_of(operand: Sequence[Match], value: Value) -> Iterator[Mismatch]:
    tried = [match.check(value) for match in operand]
    if all(tried):
        words = " or ".join(mismatches[0].expected for mismatches in tried)
        yield Mismatch(clean(words), f"{show(value)} ({kind_of(value)})")


def _not(operand: Match, value: Value) -> Iterator[Mismatch]:
    if not operand.check(value):
        yield Mismatch(f"the opposite of {show(operand.source)}", show(value))


_TEXT = _needs(_is_str, "a string")
_LIST = _needs(_is_list, "a list")
_BOOL = _needs(_is_bool, "true or false")
_ORDER = _needs(_orderable, "a number or a date")

OPERATORS: Mapping[str, _Operator] = {
    "eq": _Operator(_nothing_wrong, _eq),
    "ne": _Operator(_nothing_wrong, _ne),
    "gt": _Operator(_ORDER, _gt),
    "gte": _Operator(_ORDER, _gte),
    "lt": _Operator(_ORDER, _lt),
    "lte": _Operator(_ORDER, _lte),
    "between": _Operator(_between_problem, _between),
    "in": _Operator(_LIST, _in),
    "approx": _Operator(_approx_problem, _approx),
    "decimal": _Operator(_decimal_problem, _decimal_check),
    "type": _Operator(_type_problem, _type),
    "format": _Operator(_format_problem, _format),
    "matches": _Operator(_matches_problem, _matches),
    "contains": _Operator(_TEXT, _contains),
    "starts_with": _Operator(_TEXT, _starts_with),
    "ends_with": _Operator(_TEXT, _ends_with),
    "length": _Operator(_size_problem, partial(_size, "length"), _number_or_match),
    "count": _Operator(_size_problem, partial(_size, "count"), _number_or_match),
    "exists": _Operator(_BOOL, _exists, missing=True),
    "empty": _Operator(_BOOL, _empty),
    "unordered": _Operator(_LIST, partial(_bag, exactly=True)),
    "includes": _Operator(_LIST, partial(_bag, exactly=False)),
    "unique": _Operator(_BOOL, _unique),
    "sorted": _Operator(_sorted_problem, _sorted),
    "each": _Operator(_nothing_wrong, _each, _number_or_match),
    "any_of": _Operator(_nothing_wrong, _any_of, _parse_many, missing=True),
    "not": _Operator(_nothing_wrong, _not, _number_or_match, missing=True),
}
"""Every operator, by its name in YAML."""


# --- the type ----------------------------------------------------------------------------------------


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
                hint = near(name, OPERATORS) or "; a literal object is written under `eq:`"
                raise ValueError(f'unknown operator "{clean(str(name))}"{hint}')
            try:
                operand = operator.parse(written) if operator.parse else written
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

    def uses(self) -> Iterator[tuple[template.Loc, str]]:
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
        found: list[Mismatch] = []
        count = 0
        for name, operand in self.tests:
            operator = OPERATORS[name]
            if isinstance(value, _Missing) and not operator.missing:
                mismatches: Iterable[Mismatch] = [Mismatch(_wanted(name, operand), "nothing")]
            elif problem := operator.problem(operand):
                mismatches = [Mismatch(f"{name} with an operand that fits", clean(f"one that {problem}"))]
            else:
                mismatches = operator.check(operand, value)
            for mismatch in islice(mismatches, MAX_COUNTED):
                count += 1
                if count <= MAX_MISMATCHES:
                    found.append(mismatch)
        if count > MAX_MISMATCHES:
            found.append(Mismatch("no mismatch", f"{count - MAX_MISMATCHES} more mismatches"))
        return found

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
                    "properties": {name: {} for name in OPERATORS},
                },
            ]
        }


def _as_json(operand: Operand) -> Json:
    """The operand as it is written, for messages."""
    return operand.source if isinstance(operand, Match) else cast("Json", operand)


def _wanted(name: str, operand: Operand) -> str:
    return show(_as_json(operand)) if name in {"eq", "decimal"} else f"{name} {show(_as_json(operand))}"


def _fill(operand: Operand, variables: Mapping[str, Json]) -> Operand:
    if isinstance(operand, Match):
        return operand.fill(variables)
    if isinstance(operand, tuple):
        matches = tuple(item.fill(variables) for item in operand if isinstance(item, Match))
        return matches or template.fill(cast("Json", operand), variables)
    return template.fill(operand, variables)
