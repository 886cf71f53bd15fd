"""Whether an expectation can hold at all, and whether it says anything: both are known before there is a value.

Nothing is called impossible that some value could meet: what is not understood, such as ``${name}``, is taken to hold.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import combinations
from typing import Any, Final, NamedTuple, cast

from pydantic import BaseModel

from gradekit.checks.differences import Mismatch
from gradekit.checks.formats import decimal, instant
from gradekit.checks.jsonpath import PathProblem, TooManyNodes, compile_path
from gradekit.checks.jsontext import Json, render
from gradekit.checks.match import Match, Operand
from gradekit.checks.operators import OPERATORS, tolerance
from gradekit.checks.regex import compile_regex
from gradekit.checks.values import MISSING, Missing, Value, number, show
from gradekit.model import Loc

Test = tuple[str, Operand]
Bound = tuple[Any, bool]
"""A number or a moment, and whether it is left out itself."""

_KINDS: Final = frozenset({"missing", "null", "boolean", "number", "string", "array", "object"})
_SIZED: Final = frozenset({"string", "array", "object"})
_NAMED: Final = 3
"""Operators among which a contradiction is looked for before all are."""
_ANY_TEXT: Final = ("", " ", "\n", "a", "0", "\x00", "é", "☃\n☃", string.printable, "x" * 300)
"""What finds something in all of these finds something in every text."""


@dataclass(frozen=True, slots=True)
class Range:
    """What stands between two bounds; None is no bound."""

    low: Bound | None = None
    high: Bound | None = None

    def __and__(self, other: Range) -> Range:
        """What stands in both."""
        low = max((bound for bound in (self.low, other.low) if bound), default=None)
        highs = (bound for bound in (self.high, other.high) if bound)
        return Range(low, min(highs, key=lambda bound: (bound[0], not bound[1]), default=None))

    def empty(self, *, whole: bool = False) -> bool:
        """Whether nothing stands in it, or no ``whole`` number."""
        if self.low is None or self.high is None:
            return False
        (low, above), (high, below) = self.low, self.high
        if whole:
            least = low.to_integral_value(ROUND_FLOOR) + 1 if above else low.to_integral_value(ROUND_CEILING)
            most = high.to_integral_value(ROUND_CEILING) - 1 if below else high.to_integral_value(ROUND_FLOOR)
            return bool(least > most)
        return bool(low > high or (low == high and (above or below)))


def _exactly(value: Decimal | int) -> Range:
    return Range((Decimal(value), False), (Decimal(value), False))


def _at_least(value: int) -> Range:
    return Range(low=(Decimal(value), False))


@dataclass(frozen=True, slots=True)
class Domain:
    """Values, by what all of them have in common."""

    words: str = "value"
    """What one of them is called, after "no" and "every"."""
    kinds: frozenset[str] = _KINDS
    number: Range = Range()
    whole: bool = False
    """Whether numbers have no fraction."""
    moment: Range = Range()
    """Of texts that are dates."""
    length: Range = Range((Decimal(0), False))
    """Of texts, lists and objects."""

    def __and__(self, other: Domain) -> Domain:
        """The values of both."""
        return Domain(
            self.words,
            self.kinds & other.kinds,
            self.number & other.number,
            self.whole or other.whole,
            self.moment & other.moment,
            self.length & other.length,
        )

    def up_to(self, most: int) -> Domain:
        """Those of its numbers that are not greater."""
        return self & replace(self, number=Range(high=(Decimal(most), False)))

    @property
    def empty(self) -> bool:
        """Whether there is no such value."""
        left = set(self.kinds)
        if self.number.empty(whole=self.whole):
            left.discard("number")
        if self.moment.empty():
            left.discard("string")
        return not (left - _SIZED if self.length.empty(whole=True) else left)


ANY: Final = Domain()
TEXT: Final = Domain("text", frozenset({"string"}))
GIVEN_TEXT: Final = Domain("text", frozenset({"string", "missing"}))
"""Text, where there may be none."""
LIST: Final = Domain("list", frozenset({"array"}))
COUNT: Final = Domain("whole number from 0", frozenset({"number"}), _at_least(0), whole=True)
GIVEN_COUNT: Final = Domain("whole number from 0", frozenset({"number", "missing"}), _at_least(0), whole=True)
"""A count, where there may be none."""
WHOLE: Final = Domain("whole number", frozenset({"number"}), whole=True)
AMOUNT: Final = Domain("number from 0", frozenset({"number", "missing"}), _at_least(0))
"""A time, a ratio or a share, where there may be none."""


class ByPath(NamedTuple):
    """Marks expectations by JSONPath: one that may lead to several places gives a list."""


PATHS: Final = ByPath()


class Found(NamedTuple):
    """Something about a part of a check."""

    loc: Loc
    what: str
    hint: str


def expectations(model: BaseModel, loc: Loc = ()) -> Iterator[tuple[Loc, Match, Domain]]:
    """Every expectation in a check, its place, and what the value can be; by the marks of the fields of its models."""
    for place, one in models(model, loc):
        for name in one.model_fields_set:
            info = type(one).model_fields[name]
            mark = next((mark for mark in info.metadata if isinstance(mark, Domain | ByPath)), ANY)
            value = getattr(one, name)
            below = (*place, info.alias or name)
            if isinstance(value, Match):
                yield below, value, mark if isinstance(mark, Domain) else ANY
            elif isinstance(value, Mapping):
                for key, match in value.items():
                    if isinstance(match, Match):
                        yield (*below, key), match, mark if isinstance(mark, Domain) else _at(key)


def models(value: object, loc: Loc = ()) -> Iterator[tuple[Loc, BaseModel]]:
    """A model and all that were written in it, with their places."""
    if isinstance(value, BaseModel):
        yield loc, value
        for name in value.model_fields_set:
            yield from models(getattr(value, name), (*loc, type(value).model_fields[name].alias or name))
    elif isinstance(value, Mapping):
        for key, child in value.items():
            yield from models(child, (*loc, key))
    elif isinstance(value, tuple) and not isinstance(value, ByPath):
        for index, child in enumerate(value):
            yield from models(child, (*loc, index))


def _at(path: str) -> Domain:
    try:
        return ANY if compile_path(path).singular else LIST
    except PathProblem:
        return ANY  # the kind says it


def literal(value: Json) -> bool:
    """Whether nothing in it is filled in or unescaped later."""
    return "${" not in render(value)


def contradictions(model: BaseModel) -> Iterator[Found]:
    """Expectations of a check that nothing can meet."""
    for loc, match, domain in expectations(model):
        found = impossible(match, domain)
        if found is not None:
            yield found._replace(loc=(*loc, *found.loc))


def idle(model: BaseModel) -> Iterator[Found]:
    """Parts of a check's expectations that say nothing."""
    for loc, match, domain in expectations(model):
        if impossible(match, domain) is None:
            yield from vacuous(match, domain, loc)


def unmet(paths: Mapping[str, Match], value: Json, whole: str) -> Iterator[Found]:
    """Expectations by JSONPath that fail for the very value that is expected; ``whole`` says by which key it is."""
    for path, match in paths.items():
        try:
            found = match.check(compile_path(path).look(value).value) if literal(match.source) else []
        except (PathProblem, TooManyNodes):
            continue  # the kind says it, or nobody knows
        if found:
            yield Found((path,), f"`{whole}` does not meet it: {_said(found[0])}", "change one of them")


def _said(mismatch: Mismatch) -> str:
    place = f"{mismatch.place} is " if mismatch.place else ""
    return f"{place}{mismatch.actual}; {mismatch.expected} expected"


# --- what cannot hold -------------------------------------------------------------------------------------------------


def impossible(match: Match, domain: Domain = ANY) -> Found | None:
    """Why no value of the domain meets an expectation; None when one may."""
    tests = [test for test in match.tests if _known(test)]
    for size in range(1, min(len(tests), _NAMED) + 1):
        for group in combinations(tests, size):
            if not _possible(group, domain):
                return _because(group, match, domain)
    return _because(tests, match, domain) if len(tests) > _NAMED and not _possible(tests, domain) else None


def _because(group: Sequence[Test], match: Match, domain: Domain) -> Found:
    first = group[0]
    loc = _below(match, first[0])
    shown = [f"`{_shown(test, match)}`" for test in group]
    if len(group) > 1:
        return Found(loc, f"{', '.join(shown[:-1])} and {shown[-1]} cannot hold together", "change one of them")
    nested = first[1]
    if isinstance(nested, Match) and first[0] in {"length", "count"}:
        inner = impossible(nested, COUNT)
        if inner is not None:
            return Found((*loc, *inner.loc), inner.what, inner.hint)
    hint = "change it"
    if domain == LIST:
        hint = "the path may lead to several places, so what it gives is a list: use `each`, or a path to one place"
    elif "string" in domain.kinds and first[0] == "eq" and number(cast("Json", nested)) is not None:
        hint = f'write "{show(cast("Json", nested))}"'
    return Found(loc, f"no {domain.words} meets {shown[0]}", hint)


def _below(match: Match, name: str) -> Loc:
    return (name,) if isinstance(match.source, Mapping) else ()


def _shown(test: Test, match: Match | None = None) -> str:
    name, operand = test
    literal = match is not None and not isinstance(match.source, Mapping)
    return show(_written(operand)) if literal else f"{name}: {show(_written(operand))}"


def _written(operand: Operand) -> Json:
    if isinstance(operand, Match):
        return operand.source
    if isinstance(operand, tuple) and operand and isinstance(operand[0], Match):
        return [cast("Match", match).source for match in operand]
    return cast("Json", operand)


def _known(test: Test) -> bool:
    """Whether nothing in it is filled in later; alternatives are looked at one by one."""
    return test[0] == "any_of" or literal(_written(test[1]))


def _possible(tests: Sequence[Test], domain: Domain) -> bool:
    """Whether a value may meet all of them."""
    for index, (name, operand) in enumerate(tests):
        if name == "any_of":
            rest = (*tests[:index], *tests[index + 1 :])
            branches = cast("tuple[Match, ...]", operand)
            return any(_possible((*rest, *filter(_known, branch.tests)), domain) for branch in branches)
    for name, operand in tests:
        values = _only(name, operand)
        if values is not None:
            return any(
                not (domain & _like(value)).empty and all(_meets(test, value) for test in tests) for value in values
            )
    for name, operand in tests:
        if name in {"unordered", "includes"} and not all(
            _meets(test, cast("Json", operand)) for test in tests if _of_items(test, exactly=name == "unordered")
        ):
            return False
    for test in tests:
        domain = domain & _ASKED[test[0]](test[1])
    return not domain.empty


def _only(name: str, operand: Operand) -> Sequence[Value] | None:
    """The values that alone meet a test, where they can be told."""
    if name == "eq":
        return [cast("Json", operand)]
    if name == "in":
        return cast("Sequence[Json]", operand)
    return [MISSING] if name == "exists" and operand is False else None


def _of_items(test: Test, *, exactly: bool) -> bool:
    """Whether a test that fails for some items of a list fails for all lists with these."""
    name, operand = test
    return name == "each" or (name == "unique" and (exactly or operand is True)) or (name == "includes" and exactly)


def _meets(test: Test, value: Value) -> bool:
    name, operand = test
    return not list(OPERATORS[name].check(operand, value))


def _like(value: Value) -> Domain:
    """What is known of a value, and of all that are like it."""
    if isinstance(value, Missing):
        return Domain(kinds=frozenset({"missing"}))
    if value is None or isinstance(value, bool):
        return Domain(kinds=frozenset({"null" if value is None else "boolean"}))
    exact = number(value)
    if exact is not None:
        return Domain(kinds=frozenset({"number"}), number=_exactly(exact))
    kind = "string" if isinstance(value, str) else "object" if isinstance(value, Mapping) else "array"
    return Domain(kinds=frozenset({kind}), length=_exactly(len(cast("Sequence[Json]", value))))


def _ordered(end: Json, *, low: bool | None = None, high: bool | None = None) -> Domain:
    """What is on one side of a number or a date."""
    exact = number(end)
    value: Any = instant(end) if exact is None else exact
    found = Range(None if low is None else (value, low), None if high is None else (value, high))
    return Domain(kinds=TEXT.kinds, moment=found) if exact is None else Domain(kinds=COUNT.kinds, number=found)


def _lengths(wanted: Match) -> Range:
    """The lengths that meet an expectation, and maybe others between them."""
    tests = [test for test in wanted.tests if _known(test)]
    if not _possible(tests, COUNT):
        return Range((Decimal(1), False), (Decimal(0), False))
    found = COUNT
    for name, operand in tests:
        found = found & _ASKED[name](operand)
    return found.number


def _one_of(names: str | Sequence[str]) -> Domain:
    """Values of some types."""
    given = [names] if isinstance(names, str) else names
    kinds = frozenset("number" if name == "integer" else name for name in given)
    return Domain(kinds=kinds, whole="number" in kinds and "number" not in given)


def _near(operand: Mapping[str, Json]) -> Domain:
    wanted, off = tolerance(operand)
    return Domain(kinds=COUNT.kinds, number=Range((wanted - off, False), (wanted + off, False)))


def _sized(kinds: frozenset[str], length: Range) -> Domain:
    return Domain(kinds=kinds, length=length)


_GIVEN: Final = Domain(kinds=_KINDS - {"missing"})
_ASKED: Final[Mapping[str, Callable[[Any], Domain]]] = {
    "eq": _like,
    "ne": lambda _: _GIVEN,
    "gt": lambda end: _ordered(end, low=True),
    "gte": lambda end: _ordered(end, low=False),
    "lt": lambda end: _ordered(end, high=True),
    "lte": lambda end: _ordered(end, high=False),
    "between": lambda ends: _ordered(ends[0], low=False) & _ordered(ends[1], high=False),
    "in": lambda _: ANY,
    "approx": _near,
    "decimal": lambda value: Domain(kinds=COUNT.kinds | TEXT.kinds, number=_exactly(decimal(value) or Decimal(0))),
    "type": _one_of,
    "format": lambda _: TEXT,
    "matches": lambda _: TEXT,
    "contains": lambda part: _sized(TEXT.kinds, _at_least(len(part))),
    "starts_with": lambda part: _sized(TEXT.kinds, _at_least(len(part))),
    "ends_with": lambda part: _sized(TEXT.kinds, _at_least(len(part))),
    "length": lambda wanted: _sized(_SIZED, _lengths(wanted)),
    "count": lambda wanted: _sized(_SIZED - TEXT.kinds, _lengths(wanted)),
    "exists": lambda there: _GIVEN if there else Domain(kinds=frozenset({"missing"})),
    "empty": lambda empty: _sized(_SIZED, _exactly(0) if empty else _at_least(1)),
    "unordered": lambda items: _sized(LIST.kinds, _exactly(len(items))),
    "includes": lambda items: _sized(LIST.kinds, _at_least(len(items))),
    "unique": lambda unique: _sized(LIST.kinds, _at_least(0 if unique else 2)),
    "sorted": lambda _: LIST,
    "each": lambda _: LIST,
    "any_of": lambda _: ANY,
    "not": lambda _: ANY,
}
"""Of each operator, by its operand: values among which are all that meet it."""


# --- what says nothing ------------------------------------------------------------------------------------------------


def vacuous(match: Match, domain: Domain, loc: Loc = ()) -> Iterator[Found]:
    """Parts of an expectation that every value meets, or of which none can be met."""
    for name, operand in match.tests:
        place = (*loc, *_below(match, name))
        if isinstance(operand, Match):
            yield from _nested(name, operand, place)
        elif name == "any_of":
            for index, branch in enumerate(cast("tuple[Match, ...]", operand)):
                yield from _branch(branch, domain, (*place, index))
        elif literal(_written(operand)) and (words := _always(name, operand, domain)):
            yield Found(place, f"every {words} meets `{_shown((name, operand))}`", _instead(domain))


def _instead(domain: Domain) -> str:
    if domain == ANY:
        return "expect more, or write `type:`"
    return f"expect more, or {'write `exists: true`' if 'missing' in domain.kinds else 'leave it out'}"


def _nested(name: str, wanted: Match, place: Loc) -> Iterator[Found]:
    if name in {"length", "count"}:
        yield from vacuous(wanted, COUNT, place)
        return
    never = impossible(wanted)
    if never is None and name == "each":
        yield from vacuous(wanted, ANY, place)
    elif never is not None:
        what = "only an empty list meets it" if name == "each" else "every value meets it"
        yield Found((*place, *never.loc), f"{what}: {never.what}", never.hint)


def _branch(branch: Match, domain: Domain, place: Loc) -> Iterator[Found]:
    """One of several expectations, of which one has to be met."""
    never = impossible(branch, domain)
    if never is not None:
        yield Found((*place, *never.loc), f"nothing meets this alternative: {never.what}", never.hint)
    else:
        yield from vacuous(branch, domain, place)


def _always(name: str, operand: Any, domain: Domain) -> str:  # noqa: ANN401 - whatever an operator takes
    """What values are called, every one of which meets a test; nothing where some may not."""
    if name == "matches":
        return "text" if all(map(compile_regex(operand).search, _ANY_TEXT)) else ""
    if name in {"contains", "starts_with", "ends_with", "includes"}:
        return "" if operand else "list" if name == "includes" else "text"
    asked = _ASKED[name](operand)
    if name in {"gt", "gte", "lt", "lte", "between"}:
        return domain.words if domain.number & asked.number == domain.number else ""
    holds = name in {"exists", "type"} and domain.kinds <= asked.kinds and (domain.whole or not asked.whole)
    return domain.words if holds else ""
