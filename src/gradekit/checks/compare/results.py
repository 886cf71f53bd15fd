"""Two results compared: columns, rows, and their order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from gradekit.checks.compare.cells import Cell, Rules, cells_of, family, literal_cell
from gradekit.checks.compare.model import Column, Compare, OrderBy, Scalar, Table
from gradekit.checks.compare.pairing import without_partner
from gradekit.checks.compare.words import EXAMPLES, ROW, examples, heading_of, told_counts
from gradekit.texts import clean, counted

_NO_TYPE = "null"
"""Of a column without values, where an engine has no other name for it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Why two results are not equal: counts and shapes in ``message``, rows in the others.

    Of small results all rows are there, of others examples of those without a partner.
    """

    message: str
    expected: str | None = None
    actual: str | None = None


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
    heading = heading_of(expected.columns, typed=typed)
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
        return Difference(clean("; ".join(hints), ROW), heading, heading_of(actual.columns))
    return _rows(
        [cells_of(row, expected.columns) for row in expected.rows],
        [cells_of([row[place] for place in places], theirs) for row in actual.rows],
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
        return Difference(message, f"rows of {counted(wide, 'value')}", heading_of(actual.columns))
    return _rows(
        [
            tuple(literal_cell(value, column.type) for value, column in zip(row, actual.columns, strict=True))
            for row in rows
        ],
        [cells_of(row, actual.columns) for row in actual.rows],
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
    return Difference(clean(message, ROW), heading, heading_of(actual))


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
    rules = Rules(options, *columns)
    every = range(len(columns[0]))
    ours = [rules.row(cells, every) for cells in expected]
    theirs = [rules.row(cells, every) for cells in actual]
    missing, extra = without_partner(ours, theirs, rules)
    beneath = heading_of(columns[1])
    if missing or extra:
        counts = told_counts(len(missing), len(ours), len(extra), len(theirs))
        if hints and ours and len(missing) == len(ours) and len(extra) == len(theirs):
            counts = "no row is equal, which may follow from that alone"
        message = clean("; ".join((*hints, counts)), ROW)
        if max(len(expected), len(actual)) <= EXAMPLES:
            return Difference(message, examples(heading, expected), examples(beneath, actual))
        return Difference(
            message,
            examples(heading, [expected[place] for place in missing]) if missing else None,
            examples(beneath, [actual[place] for place in extra]) if extra else None,
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
            return Difference(message, examples(heading, [left]), examples(beneath, [right]))
    return None
