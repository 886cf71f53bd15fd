"""Two result sets compared as SQL means them: bags of rows, exact decimals, tolerant floats, NULL = NULL."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradekit.checks import jsontext
from gradekit.checks.values import same_number
from gradekit.model import Model, tuple_of
from gradekit.texts import clean

EXAMPLES = 5
"""Rows of a difference that are shown."""
CELL = 120
"""Characters of a cell that are shown."""
ROW = 2_000
"""Characters of a row that are shown."""
BUDGET = 2_000_000
"""Float pairs that are looked at for one comparison; rows beyond it count as unpaired."""

_INTEGERS = frozenset(
    {"int2", "int4", "int8", "oid", "tinyint", "smallint", "mediumint", "int", "bigint", "year", "bit", "integer"}
)
_FLOATS = frozenset({"float4", "float8", "float", "double", "real"})
_DECIMALS = frozenset({"numeric", "decimal"})
_MOMENTS = frozenset({"date", "timestamp", "timestamptz", "datetime"})
_WIDE = Context(prec=200_000)
_FLOAT = "float"
_NO_TYPE = "null"
"""Of a column without values, where an engine has no other name for it."""

Scalar = int | float | str | bool | None
Names = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]
Literals = Annotated[tuple[Scalar, ...], BeforeValidator(tuple_of)]
Cell = tuple[str, str] | None
"""Type name and text form, or None for NULL."""


class OrderBy(Model):
    """Order on some columns only: their sequence must be equal, ties may swap."""

    by: Annotated[Names, Field(min_length=1)] = Field(description="Names of columns of the reference.")


class Compare(Model):
    """How two result sets are compared."""

    order: Literal["auto", "ignore", "exact"] | OrderBy = Field(
        "auto",
        description="auto: as ORDER BY of the reference says, ties may swap; ignore: rows have no order; exact: row by "
        "row; by: the order of some columns.",
    )
    columns: Literal["positions", "names", "names_any_order"] = Field(
        "positions", description="How columns find each other."
    )
    types: Literal["loose", "strict"] = Field(
        "loose", description="loose: 1 = 1.0 = 1::numeric, but text is never a number; strict: the same type names."
    )
    float_tolerance: float = Field(1e-9, gt=0, lt=1, description="Relative and absolute, on float columns only.")
    decimals: int | None = Field(
        None, ge=0, le=10, description="Round the numbers of both sides half to even before they are compared."
    )


class Column(Model):
    """A column of a result: its name and the engine's type name."""

    name: str
    type: str


class Table(Model):
    """A result set in the engine's text form."""

    columns: Annotated[tuple[Column, ...], BeforeValidator(tuple_of)] = ()
    rows: Annotated[tuple[Annotated[tuple[str | None, ...], BeforeValidator(tuple_of)], ...], BeforeValidator(tuple_of)]

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        width = len(self.columns)
        if any(len(row) != width for row in self.rows):
            raise ValueError("a row has more or fewer cells than there are columns")
        return self


@dataclass(frozen=True, slots=True)
class Difference:
    """Why two results are not equal: counts and shapes in ``message``, rows in the others.

    Of small results all rows are there, of others examples of those without a partner.
    """

    message: str
    expected: str | None = None
    actual: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A row made comparable: all that must be equal, and the finite floats that must be near."""

    key: tuple[Hashable, ...]
    floats: tuple[float, ...]


class _Rules:
    """The options as functions of cells, for paired columns of known types."""

    def __init__(self, options: Compare, expected: Sequence[Column], actual: Sequence[Column]) -> None:
        self.tolerance = options.float_tolerance
        self.decimals = options.decimals
        self.floating = [
            {family(ours.type), family(theirs.type)} == {"number"} and not _FLOATS.isdisjoint({ours.type, theirs.type})
            for ours, theirs in zip(expected, actual, strict=True)
        ]

    def row(self, cells: Sequence[Cell], columns: Sequence[int]) -> _Row:
        """The cells of some columns as a comparable row."""
        key: list[Hashable] = []
        floats: list[float] = []
        for column in columns:
            cell = cells[column]
            number = _float(cell) if self.floating[column] else None
            if number is None:
                key.append(cell and self.value(*cell))
            elif math.isfinite(number):
                key.append(_FLOAT)
                floats.append(number)
            else:
                key.append((_FLOAT, str(number)))
        return _Row(tuple(key), tuple(floats))

    def value(self, kind: str, text: str) -> Hashable:
        """A cell as its family and a value that is equal for equal cells."""
        name = family(kind)
        match name:
            case "number":
                return name, self._number(text)
            case "moment":
                return name, _moment(text)
            case "json":
                return name, _json(text)
            case _:
                return name, text.rstrip(" ") if kind == "bpchar" else text

    def _number(self, text: str) -> Hashable:
        try:
            number = Decimal(text)
            if number.is_nan():
                return "nan"
            if not number.is_finite():
                return str(number)
            if self.decimals is not None:
                number = number.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_EVEN, _WIDE)
            return same_number(number)
        except ArithmeticError:
            return text

    def near(self, ours: Sequence[float], theirs: Sequence[float]) -> bool:
        """Whether all floats of two rows are near."""
        return all(
            math.isclose(a, b, rel_tol=self.tolerance, abs_tol=self.tolerance)
            or (self.decimals is not None and round(a, self.decimals) == round(b, self.decimals))
            for a, b in zip(ours, theirs, strict=True)
        )

    def same(self, ours: _Row, theirs: _Row) -> bool:
        """Whether two rows are equal."""
        return ours.key == theirs.key and self.near(ours.floats, theirs.floats)

    def reach(self, number: float) -> float:
        """No number farther away than this is near."""
        step = 0.0 if self.decimals is None else 10.0**-self.decimals
        return max(self.tolerance, self.tolerance * abs(number) / (1 - self.tolerance), step)


def family(kind: str) -> str:
    """The family of a type name; only cells of one family can be equal."""
    if kind in _INTEGERS or kind in _FLOATS or kind in _DECIMALS:
        return "number"
    if kind in _MOMENTS:
        return "moment"
    if kind in {"json", "jsonb"}:
        return "json"
    return "bool" if kind == "bool" else "text"


def compare(
    expected: Table, actual: Table, options: Compare, keys: Sequence[int] = (), *, typed: bool = True
) -> Difference | None:
    """The difference of two result sets, or None when they are equal under the options.

    Args:
        expected: what is right.
        actual: what is compared with it.
        options: how.
        keys: for ``order: auto``, places of the expected columns whose sequence must be the same.
        typed: whether the types of the expected columns are somebody's wish, and shown.
    """
    heading = _heading(expected.columns, typed=typed)
    places = _pair(expected.columns, actual.columns, options, heading)
    if isinstance(places, Difference):
        return places
    theirs = [actual.columns[place] for place in places]
    wrong = [
        _unlike(number, ours, other)
        for number, (ours, other) in enumerate(zip(expected.columns, theirs, strict=True), 1)
        if _NO_TYPE not in {ours.type, other.type}
        and (ours.type != other.type if options.types == "strict" else family(ours.type) != family(other.type))
    ]
    swapped = [column.name for column in theirs], [column.name for column in expected.columns]
    if swapped[0] != swapped[1] and sorted(swapped[0]) == sorted(swapped[1]):
        given, wanted = (f"({', '.join(names)})" for names in swapped)
        hints = [f"the columns are in another order: {given}, expected {wanted}"]
    else:
        hints = wrong
    if wrong and options.types == "strict":
        return Difference(clean("; ".join(hints), ROW), heading, _heading(actual.columns))
    return _rows(
        [_cells(row, expected.columns) for row in expected.rows],
        [_cells([row[place] for place in places], theirs) for row in actual.rows],
        (expected.columns, theirs),
        options,
        hints,
        heading=heading,
        auto=keys,
    )


def _unlike(number: int, ours: Column, other: Column) -> str:
    """That two columns are of different types; by its number where they have different names."""
    if ours.name == other.name:
        return f"column {ours.name} is {other.type}, expected {ours.type}"
    return f"column {number} ({other.name}) is {other.type}, expected {ours.type} ({ours.name})"


def compare_literals(rows: Sequence[Sequence[Scalar]], actual: Table, options: Compare) -> Difference | None:
    """The difference of rows written in a spec and a result set, or None; columns go by position.

    A string equals what has its text form, unless the column holds numbers or booleans.
    """
    width = len(actual.columns)
    wide = next((len(row) for row in rows if len(row) != width), None)
    if wide is not None:
        message = f"the result has {counted(width, 'column')}; {wide} expected"
        return Difference(message, f"rows of {counted(wide, 'value')}", _heading(actual.columns))
    return _rows(
        [
            tuple(_literal(value, column.type) for value, column in zip(row, actual.columns, strict=True))
            for row in rows
        ],
        [_cells(row, actual.columns) for row in actual.rows],
        (actual.columns, actual.columns),
        options,
        (),
        heading=None,
    )


def beside(header: Sequence[str], rows: Sequence[Sequence[str | None]], actual: Table) -> Table:
    """Rows of texts as a result whose columns have the types of those beside them."""
    kinds = [*(column.type for column in actual.columns), *["text"] * len(header)]
    columns = tuple(Column(name=name, type=kind) for name, kind in zip(header, kinds, strict=False))
    truths = {"true": "t", "false": "f"}
    cells = [
        tuple(
            truths.get(cell.lower(), cell) if cell is not None and column.type == "bool" else cell
            for cell, column in zip(row, columns, strict=True)
        )
        for row in rows
    ]
    return Table(columns=columns, rows=tuple(cells))


def unknown_keys(options: Compare, expected: Table) -> tuple[str, ...]:
    """Columns of ``order: {by: ...}`` that the expected result does not have."""
    names = {column.name for column in expected.columns}
    return tuple(name for name in options.order.by if name not in names) if isinstance(options.order, OrderBy) else ()


def render(table: Table, limit: int) -> str:
    """A heading and the first rows as text."""
    lines = [_heading(table.columns), *(_text(_cells(row, table.columns)) for row in table.rows[:limit])]
    if len(table.rows) > limit:
        lines.append(f"... {len(table.rows)} rows in all")
    return "\n".join(lines)


def _pair(
    expected: Sequence[Column], actual: Sequence[Column], options: Compare, heading: str
) -> Sequence[int] | Difference:
    """For each expected column the place of its partner."""
    wanted = [column.name for column in expected]
    given = [column.name for column in actual]
    if options.columns == "positions":
        if len(wanted) == len(given):
            return range(len(wanted))
    elif options.columns == "names":
        if wanted == given:
            return range(len(wanted))
    elif sorted(wanted) == sorted(given):
        places: defaultdict[str, deque[int]] = defaultdict(deque)
        for place, name in enumerate(given):
            places[name].append(place)
        return [places[name].popleft() for name in wanted]
    if options.columns == "positions":
        message = f"the result has {counted(len(given), 'column')}; {len(wanted)} expected"
    else:
        order = " in any order" if options.columns == "names_any_order" else ""
        message = f"the columns are ({', '.join(given)}); expected are ({', '.join(wanted)}){order}"
    return Difference(clean(message, ROW), heading, _heading(actual))


def _rows(
    expected: Sequence[Sequence[Cell]],
    actual: Sequence[Sequence[Cell]],
    columns: tuple[Sequence[Column], Sequence[Column]],
    options: Compare,
    hints: Sequence[str],
    *,
    heading: str | None,
    auto: Sequence[int] = (),
) -> Difference | None:
    rules = _Rules(options, *columns)
    every = range(len(columns[0]))
    ours = [rules.row(cells, every) for cells in expected]
    theirs = [rules.row(cells, every) for cells in actual]
    missing, extra = _unpaired(ours, theirs, rules)
    beneath = _heading(columns[1])
    if missing or extra:
        counts = _counts(len(missing), len(ours), len(extra), len(theirs))
        if hints and ours and len(missing) == len(ours) and len(extra) == len(theirs):
            counts = "no row is equal, which may follow from that alone"
        message = clean("; ".join((*hints, counts)), ROW)
        if max(len(expected), len(actual)) <= EXAMPLES:
            return Difference(message, _examples(heading, expected), _examples(beneath, actual))
        return Difference(
            message,
            _examples(heading, [expected[place] for place in missing]) if missing else None,
            _examples(beneath, [actual[place] for place in extra]) if extra else None,
        )
    if options.order == "exact":
        keys: Sequence[int] = every
    elif isinstance(options.order, OrderBy):
        names = [column.name for column in columns[0]]
        keys = [names.index(name) for name in options.order.by if name in names]
    else:
        keys = auto if options.order == "auto" else ()
    for place, (left, right) in enumerate(zip(expected, actual, strict=True)):
        if not rules.same(rules.row(left, keys), rules.row(right, keys)):
            message = f"the rows are right, but their order is not: row {place + 1} is the first that differs"
            return Difference(message, _examples(heading, [left]), _examples(beneath, [right]))
    return None


def _unpaired(ours: Sequence[_Row], theirs: Sequence[_Row], rules: _Rules) -> tuple[list[int], list[int]]:
    """Places of the rows of both sides that have no partner, under a pairing of the greatest size."""
    groups: defaultdict[tuple[Hashable, ...], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((ours, theirs)):
        for place, row in enumerate(rows):
            groups[row.key][side].append(place)
    missing: list[int] = []
    extra: list[int] = []
    budget = [BUDGET]
    for left, right in groups.values():
        if not left or not right or not ours[left[0]].floats:
            missing += left[len(right) :]
            extra += right[len(left) :]
            continue
        pairing = _Pairing([ours[place].floats for place in left], [theirs[place].floats for place in right], rules)
        pairing.run(budget)
        missing += [place for place, partner in zip(left, pairing.partners, strict=True) if partner is None]
        extra += [place for place, owner in zip(right, pairing.owners, strict=True) if owner is None]
    return sorted(missing), sorted(extra)


class _Pairing:
    """A maximum matching of float rows that are near: equal ones first, then augmenting paths."""

    def __init__(self, left: Sequence[tuple[float, ...]], right: Sequence[tuple[float, ...]], rules: _Rules) -> None:
        self.left = left
        self.right = right
        self.rules = rules
        self.partners: list[int | None] = [None] * len(left)
        self.owners: list[int | None] = [None] * len(right)

    def run(self, budget: list[int]) -> None:
        """Pair what can be paired; ``budget`` holds the pairs that may still be looked at."""
        equal: defaultdict[tuple[float, ...], deque[int]] = defaultdict(deque)
        for place, floats in enumerate(self.right):
            equal[floats].append(place)
        for place, floats in enumerate(self.left):
            if equal[floats]:
                self._join(place, equal[floats].popleft())
        unpaired = [place for place, partner in enumerate(self.partners) if partner is None]
        if unpaired:
            neighbours = self._neighbours(budget)
            for place in unpaired:
                self._augment(place, neighbours)

    def _join(self, left: int, right: int) -> None:
        self.partners[left] = right
        self.owners[right] = left

    def _neighbours(self, budget: list[int]) -> Callable[[int], Iterator[int]]:
        """A function from a left place to the right places near it, by the column that tells most rows apart."""
        column = max(range(len(self.left[0])), key=lambda place: len({floats[place] for floats in self.right}))
        order = sorted(range(len(self.right)), key=lambda place: self.right[place][column])
        values = [self.right[place][column] for place in order]

        def near(place: int) -> Iterator[int]:
            number = self.left[place][column]
            reach = self.rules.reach(number)
            for index in range(bisect_left(values, number - reach), bisect_right(values, number + reach)):
                if budget[0] <= 0:
                    return
                budget[0] -= 1
                if self.rules.near(self.left[place], self.right[order[index]]):
                    yield order[index]

        return near

    def _augment(self, start: int, neighbours: Callable[[int], Iterator[int]]) -> None:
        """Find a partner for a left place, moving other pairs aside where that helps."""
        came_from: dict[int, int] = {}
        queue = deque([start])
        while queue:
            place = queue.popleft()
            for other in neighbours(place):
                if other in came_from:
                    continue
                came_from[other] = place
                owner = self.owners[other]
                if owner is None:
                    self._flip(other, came_from)
                    return
                queue.append(owner)

    def _flip(self, end: int, came_from: dict[int, int]) -> None:
        """Join along the path back to the start, which is the only place without a partner so far."""
        right: int | None = end
        while right is not None:
            left = came_from[right]
            before = self.partners[left]
            self._join(left, right)
            right = before


def _cells(row: Sequence[str | None], columns: Sequence[Column]) -> tuple[Cell, ...]:
    return tuple(None if text is None else (column.type, text) for text, column in zip(row, columns, strict=True))


def _literal(value: Scalar, kind: str) -> Cell:
    """A value of the spec as a cell beside a column of a type."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool", "t" if value else "f"
    if isinstance(value, str):
        return "text" if family(kind) in {"number", "bool"} else kind, value
    return "numeric", str(value)


def _float(cell: Cell) -> float | None:
    """The number of a cell of a float column; None for NULL and for what is no number."""
    if cell is None or family(cell[0]) != "number":
        return None
    try:
        return float(cell[1])
    except ValueError:
        return None


def _moment(text: str) -> Hashable:
    """A date or time stamp as an instant; without a zone it is UTC. What Python cannot hold stays text."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return text


def _json(text: str) -> Hashable:
    """A JSON text as a value that is equal for equal documents; what is no JSON, or too much, stays text."""
    try:
        return _frozen(jsontext.parse(text))
    except jsontext.JsonProblem:
        return text


def _frozen(value: jsontext.Json) -> Hashable:
    if isinstance(value, Mapping):
        return "object", frozenset((key, _frozen(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(_frozen(item) for item in value)
    # True equals 1 in Python, but not in JSON.
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return "number", same_number(Decimal(value))
    return ("boolean", value) if isinstance(value, bool) else ("scalar", value)


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _counts(missing: int, expected: int, extra: int, actual: int) -> str:
    if not actual:
        return f"the result has no rows; {expected} expected"
    if not expected:
        return f"the result has {counted(actual, 'row')}; none expected"
    if expected == 1:
        there = f"the expected row is {'missing' if missing else 'there'}"
    elif missing in (0, expected):
        there = f"all {expected} expected rows are {'missing' if missing else 'there'}"
    else:
        there = f"{missing} of {expected} expected rows {_is(missing)} missing"
    return f"{there}; {counted(extra, 'row')} {_is(extra)} not expected" if extra else there


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _heading(columns: Sequence[Column], *, typed: bool = True) -> str:
    names = (f"{column.name} {column.type}" if typed else column.name for column in columns)
    return clean("(" + ", ".join(names) + ")", ROW)


def _examples(heading: str | None, rows: Sequence[Sequence[Cell]]) -> str:
    """A few rows, the same ones in whatever order the engine gave them."""
    lines = [heading] if heading else []
    lines += heapq.nsmallest(EXAMPLES, map(_text, rows)) or ["no rows"]
    if len(rows) > EXAMPLES:
        lines.append(f"... and {len(rows) - EXAMPLES} more")
    return "\n".join(lines)


def _text(cells: Sequence[Cell]) -> str:
    return clean("(" + ", ".join(map(_shown, cells)) + ")", ROW)


def _shown(cell: Cell) -> str:
    if cell is None:
        return "NULL"
    kind, text = cell
    return clean(text, CELL) if family(kind) in {"number", "bool"} else f"'{clean(text, CELL)}'"
