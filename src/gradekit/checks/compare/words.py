"""Rows, and what is wrong with them, as text."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from gradekit.checks.compare.cells import Cell, cells_of, family
from gradekit.checks.compare.model import Column, Table
from gradekit.texts import clean, counted

EXAMPLES = 5
"""Rows of a difference that are shown."""
CELL = 120
"""Characters of a cell that are shown."""
ROW = 2_000
"""Characters of a row that are shown."""


def render(table: Table, limit: int) -> str:
    """A heading and the first rows as text."""
    lines = [heading_of(table.columns), *(_text(cells_of(row, table.columns)) for row in table.rows[:limit])]
    if len(table.rows) > limit:
        lines.append(f"... {len(table.rows)} rows in all")
    return "\n".join(lines)


def told_counts(missing: int, expected: int, extra: int, actual: int) -> str:
    """How many rows are missing, and how many are too many."""
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


def heading_of(columns: Sequence[Column], *, typed: bool = True) -> str:
    """The columns in brackets, as the first line of a table."""
    names = (f"{column.name} {column.type}" if typed else column.name for column in columns)
    return clean("(" + ", ".join(names) + ")", ROW)


def examples(heading: str | None, rows: Sequence[Sequence[Cell]]) -> str:
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
