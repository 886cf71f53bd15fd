"""What a check would notice: its evidence changed a little, and its expectations taken out one by one.

A test oracle decides whether an answer is right. To try one, nothing has to run: the answers of a right program are
in the record already, and each change to them is what a slightly wrong program could have answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final, Generic, TypeAlias, TypeVar

from pydantic import BaseModel

from gradekit.checks.compare.model import Table
from gradekit.checks.jsontext import Json, JsonProblem, parse, render
from gradekit.checks.match import Match
from gradekit.checks.values import is_list
from gradekit.texts import clean

S = TypeVar("S", bound=BaseModel)
E = TypeVar("E", bound=BaseModel)
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

UNSET: Final = object()
"""In the place of a value: the field is as if nobody had written it."""


@dataclass(frozen=True, slots=True)
class Each:
    """In the place of a value: a map of which each value is an expectation, which this one takes away."""

    value: object


FEW: Final = 60
"""Values in the items of a list that are all changed; of more, those of the first and the last item are."""

WORDS: Final = 3
"""A text of so many words is taken to be one for people."""

_VERDICTS: Final = frozenset({"error", "exit code", "status", "statuses"})
_TITLE = 100
"""Characters of what stands before a place."""
_DIGIT = re.compile("[0-9]")
_FRACTION = re.compile(r"-?[0-9]+\.[0-9]+")
_INDEX = re.compile(r"\[[0-9]+\]")
_PLAIN = re.compile(r"[A-Za-z_]\w*")

Files: TypeAlias = Mapping[str, bytes]
Neutral: TypeAlias = Mapping[type[BaseModel], Mapping[str, object]]
"""By model: fields that expect something, each with the value that expects nothing, ``UNSET`` or ``Each``."""


class Rank(IntEnum):
    """How much it tells that nobody looks at a place."""

    VALUE = 0
    AROUND = 1
    """Of the message rather than of what it says, such as a header."""
    WORDS = 2
    """A text for people."""
    FREE = 3
    """Nothing: it is as it should be that nobody does."""


@dataclass(frozen=True, slots=True)
class Place:
    """What of an answer is changed."""

    name: str
    rank: Rank = Rank.VALUE
    about: str = ""
    """What the place is of, however often it is answered: one that is looked at once is not forgotten."""

    def below(self, title: str, *, about: str = "", free: bool = False) -> Place:
        """The same place in the answer that has this title, to something that is always ``about`` the same."""
        if about and not self.about and not is_verdict(self.name):
            about = f"{about} {any_item(self.name)}"
        else:
            about = self.about
        return Place(f"{clean(title, _TITLE)}: {self.name}", Rank.FREE if free else self.rank, about)

    def of(self, part: str) -> Place:
        """The same place in a part of a check; a part without a name is all of it."""
        return self.below(part) if part else self


def is_verdict(place: str) -> bool:
    """Whether a place says by itself how a request, a run or a call ended, which is different each time."""
    return place.rpartition(": ")[2] in _VERDICTS


Changes: TypeAlias = Iterator[tuple[Place, str, T]]
"""Where something is changed, the change in words, and all with this change."""


def any_item(place: str) -> str:
    """A place with any item of its lists in the place of a certain one."""
    return _INDEX.sub("[*]", place)


def numbered(titles: Sequence[str]) -> Sequence[str]:
    """Titles of which no two are the same: the second such one has a 2 behind it."""
    return [
        title if title not in titles[:index] else f"{title} ({titles[:index].count(title) + 1})"
        for index, title in enumerate(titles)
    ]


@dataclass(frozen=True, slots=True)
class Part(Generic[S, E]):
    """A piece of a check that can be judged alone, such as a case; ``name`` is empty for all of it."""

    name: str
    spec: S
    evidence: E
    shared: bool = False
    """Whether what is expected in a place of it is the same for all parts."""


@dataclass(frozen=True, slots=True)
class Oracle(Generic[S, E]):
    """How the expectations of a kind of checks are tried."""

    changed: Callable[[S, E], Changes[E]]
    """Evidence as slightly wrong programs would have given it."""
    parts: Callable[[S, E, Files], Iterator[Part[S, E]]] = lambda spec, evidence, _: iter((Part("", spec, evidence),))
    """The pieces of a check, judged one at a time; with the challenge's files."""
    neutral: Neutral = field(default_factory=dict)
    listed: Mapping[type[BaseModel], Sequence[str]] = field(default_factory=dict)
    """By model: fields whose items, or names, are expectations, each of which can be left out."""
    less: Callable[[S], Iterator[tuple[str, S]]] = lambda _: iter(())
    """The check without one of the expectations that are no fields of it, with the place of that one."""

    def weaker(self, spec: S) -> Iterator[tuple[str, S]]:
        """The check without one of its expectations, for each of them; with its place in the check."""
        yield from _weaker(spec, self.neutral, self.listed)
        yield from self.less(spec)


def _weaker(model: M, neutral: Neutral, listed: Mapping[type[BaseModel], Sequence[str]]) -> Iterator[tuple[str, M]]:
    kinds = type(model).__mro__
    values = {name: value for kind in kinds if kind in neutral for name, value in neutral[kind].items()}
    lists = {name for kind in kinds for name in listed.get(kind, ())}
    for name, info in type(model).model_fields.items():
        if name not in model.model_fields_set:
            continue
        shown, value = info.alias or name, getattr(model, name)
        inside = list(_less(value, neutral, listed))
        neutral_value = values.get(name, value)
        if isinstance(neutral_value, Each):
            for key, item in value.items():
                if item != neutral_value.value:
                    yield f"{shown}{_key(key)}", _with(model, name, {**value, key: neutral_value.value})
        elif not inside and value != neutral_value:
            yield shown, _with(model, name, neutral_value)
        if name in lists:
            yield from ((f"{shown}{place}", _with(model, name, rest)) for place, rest in _without(value, inside))
        yield from ((f"{shown}{place}", _with(model, name, less)) for place, less in inside)


def _less(
    value: object, neutral: Neutral, listed: Mapping[type[BaseModel], Sequence[str]]
) -> Iterator[tuple[str, Any]]:
    """A value of a field without one of the expectations in it; with the place below the field."""
    if isinstance(value, Match):
        for index, (operator, _) in enumerate(value.tests):
            rest = (*value.tests[:index], *value.tests[index + 1 :])
            yield "" if len(value.tests) == 1 else f".{operator}", Match(value.source, rest)
    elif isinstance(value, BaseModel):
        yield from ((f".{place}", less) for place, less in _weaker(value, neutral, listed))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            name = _key(key)
            yield from ((f"{name}{place}", {**value, key: less}) for place, less in _less(item, neutral, listed))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            name = f"[{index}]"
            yield from (
                (f"{name}{place}", replaced(value, index, less)) for place, less in _less(item, neutral, listed)
            )


def _without(value: Any, inside: Sequence[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - of a field
    """A list or a map without one of its items; one with expectations inside is tried by these."""
    if not isinstance(value, Mapping):
        yield from ((f"[{index}]", (*value[:index], *value[index + 1 :])) for index in range(len(value)))
        return
    for key in value:
        if not any(place.startswith(_key(key)) for place, _ in inside):
            yield _key(key), {name: item for name, item in value.items() if name != key}


def _key(key: object) -> str:
    return f'["{clean(str(key))}"]'


def _with(model: M, name: str, value: object) -> M:
    if value is not UNSET:
        return model.model_copy(update={name: value})
    info = type(model).model_fields[name]
    copy = model.model_copy(update={name: info.get_default(call_default_factory=True)})
    copy.model_fields_set.discard(name)
    return copy


def replaced(items: Sequence[T], index: int, item: T) -> tuple[T, ...]:
    """The items with another one in a place."""
    return (*items[:index], item, *items[index + 1 :])


def changed_text(text: str) -> Changes[str]:
    """A text as a slightly wrong program would write it."""
    try:
        value = parse(text)
    except JsonProblem:
        yield from ((Place("text"), what, other) for what, other in _changed_string(text))
        return
    for place, what, other in changed_json(value):
        yield place, what, render(other)


def changed_json(value: Json, path: str = "$") -> Changes[Json]:
    """A JSON value with one change in it; places are JSONPaths.

    Of a long list, the first and the last item stand for all.
    """
    place = _placed(value, path)
    yield from ((place, what, other) for what, other in _changed_leaf(value))
    if isinstance(value, Mapping):
        for name, item in value.items():
            below = f"{path}.{name}" if _PLAIN.fullmatch(name) else f"{path}[{render(name)}]"
            yield _placed(item, below), "left out", {key: kept for key, kept in value.items() if key != name}
            for at, what, other in changed_json(item, below):
                yield at, what, {**value, name: other}
    elif is_list(value) and value:
        yield place, "without its last item", value[:-1]
        yield place, "with its last item twice", [*value, value[-1]]
        if list(value) != list(reversed(value)):
            yield Place(f"{path}: order", Rank.AROUND), "reversed", list(reversed(value))
        for index in range(len(value)) if _leaves(value) <= FEW else {0, len(value) - 1}:
            for at, what, other in changed_json(value[index], f"{path}[{index}]"):
                yield at, what, list(replaced(value, index, other))


def _leaves(value: Json) -> int:
    """How many values there are in it that hold no others."""
    if isinstance(value, Mapping):
        return sum(map(_leaves, value.values()))
    return sum(map(_leaves, value)) if is_list(value) else 1


def _placed(value: Json, path: str) -> Place:
    return Place(path, Rank.WORDS if isinstance(value, str) and len(value.split()) >= WORDS else Rank.VALUE)


def _changed_leaf(value: Json) -> Iterator[tuple[str, Json]]:
    if value is None:
        yield "0 instead of null", 0
        return
    yield "null", None
    if isinstance(value, bool):
        yield "negated", not value
    elif isinstance(value, int | float | Decimal):
        yield "higher by 1", value + 1
        # Milliseconds for seconds, cents for amounts.
        yield "far higher", (value + 1) * 1000
        yield "as text", render(value)
    elif isinstance(value, str):
        yield from _changed_string(value)


def _changed_string(text: str) -> Iterator[tuple[str, str]]:
    yield "with more text", f"{text}x"
    if text:
        yield "empty", ""
    digit = _DIGIT.search(text)
    if digit is not None:
        # Other text of the same form, such as another price.
        other = str((int(digit[0]) + 1) % 10)
        yield "with another digit", f"{text[: digit.start()]}{other}{text[digit.end() :]}"


def changed_table(table: Table, *, named: bool = True) -> Changes[Table]:
    """Rows with one change in them; the first and the last row stand for all.

    ``named``: the names of the columns are part of the answer, and not those of our own question.
    """
    rows, whole, names = table.rows, Place("rows"), Place("columns", Rank.AROUND if named else Rank.FREE)
    if not rows:
        return
    yield whole, "without the last one", table.model_copy(update={"rows": rows[:-1]})
    yield whole, "with the last one twice", table.model_copy(update={"rows": (*rows, rows[-1])})
    if rows != rows[::-1]:
        yield Place("rows: order", Rank.FREE), "reversed", table.model_copy(update={"rows": rows[::-1]})
    if len(table.columns) > 1:
        swapped = [(row[1], row[0], *row[2:]) for row in rows]
        columns = (table.columns[1], table.columns[0], *table.columns[2:])
        both = {"columns": columns, "rows": tuple(swapped)}
        yield names, "the first ones swapped", table.model_copy(update=both)
    for index, column in enumerate(table.columns):
        columns = replaced(table.columns, index, column.model_copy(update={"name": f"{column.name}_x"}))
        yield names, f"{column.name} by another name", table.model_copy(update={"columns": columns})
    for number in sorted({0, len(rows) - 1}):
        row = rows[number]
        for index, column in enumerate(table.columns):
            for what, other in _changed_cell(row[index]):
                changed = table.model_copy(update={"rows": replaced(rows, number, replaced(row, index, other))})
                yield Place(f"column {column.name}"), f"{what} in row {number + 1}", changed


def _changed_cell(cell: str | None) -> Iterator[tuple[str, str]]:
    yield "another value", "0" if cell is None else f"{cell}1"
    if cell is not None and _FRACTION.fullmatch(cell):
        # The last digit may be one that nobody asks for.
        yield "a value higher by 1", str(Decimal(cell) + 1)
