"""Results as sqllogictest writes them, and whether one is what a file says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import Final

from gradekit.checks import statements
from gradekit.checks.compare.model import Table
from gradekit.checks.sqllogictest.records import Hash, Record, Sort
from gradekit.texts import clean, counted

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_CLOSE: Final = Decimal("1e-9")
_SHOWN: Final = 5
"""Rows of a difference that are shown."""
_ROW: Final = 300
"""Characters of a row that are shown."""
_PRINTABLE: Final = range(0x20, 0x7F)
_MOST_DIGITS: Final = 300
"""Of a number, written out or by its exponent, so that it fits into a double."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a result."""

    text: str | None
    """As the engine has it; None is NULL."""
    kind: str
    """The engine's type."""
    letter: str
    """The record's type."""

    @property
    def form(self) -> str:
        """The value as SQLite's program writes it."""
        if self.text is None:
            return "NULL"
        if self.kind == "bool" and self.letter == "I":
            return {"t": "1", "f": "0"}.get(self.text, self.text)
        number = _number(self.text) if self.letter in "IRF" else None
        if number is not None:
            return str(int(number)) if self.letter == "I" else _real(number)
        return _printable(self.text)

    def is_like(self, written: str) -> bool:
        """Whether a file that has this in its place means the value, in SQLite's form or in the engine's own."""
        if written in (self.form, "NULL" if self.text is None else self.text):
            return True
        if self.text is None:
            return False
        if self.kind == "bool":
            return written.lower() == {"t": "true", "f": "false"}.get(self.text)
        if self.letter == "T":
            return False
        wanted, found = _number(written), _number(self.text)
        return wanted is not None and found is not None and _close(wanted, found)


@dataclass(frozen=True, slots=True)
class Gap:
    """How a result is not the right one; ``expected`` is empty where ``actual`` says everything."""

    expected: str
    actual: str


Row = Sequence[Cell]


def gap(record: Record, result: Table, engine: str) -> Gap | None:
    """How a result is not what a query's record says; None when it is."""
    types = record.types or ""
    if len(result.columns) != len(types):
        return Gap(counted(len(types), "column"), counted(len(result.columns), "column"))
    rows = cells(record, result)
    if record.hashed is not None:
        return _hash_gap(record, record.hashed, rows)
    sort = order(record, engine)
    gaps = [_listed_gap(wanted, rows, sort, types) for wanted in _layouts(record.expected, len(types))]
    if len(types) > 1:
        gaps.append(_joined_gap(record.expected, rows, sort))
    return None if None in gaps else gaps[0]


def cells(record: Record, result: Table) -> list[Row]:
    """The values of a result."""
    kinds = [column.type for column in result.columns]
    return [
        [Cell(text, kind, letter) for text, kind, letter in zip(row, kinds, record.types or "", strict=False)]
        for row in result.rows
    ]


def digest(rows: Sequence[Row], sort: Sort) -> str:
    """The MD5 of a result's values, a line each, in an order."""
    forms = [[cell.form for cell in row] for row in rows]
    if sort == "rowsort":
        forms.sort()
    values = [form for row in forms for form in row]
    if sort == "valuesort":
        values.sort()
    text = "".join(f"{value}\n" for value in values)
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def order(record: Record, engine: str) -> Sort:
    """How a record's rows are compared: in any order where the query leaves that to the engine."""
    return "rowsort" if record.sort == "nosort" and not ordered(record.sql, engine) else record.sort


def ordered(sql: str, engine: str) -> bool:
    """Whether a query says itself how its rows are ordered."""
    depth, words = 0, [""]
    for kind, text in statements.tokens(sql, engine):
        if kind == "mark":
            depth += (text == "(") - (text == ")")
        if kind == "word" and depth == 0:
            words.append(text.lower())
            if words[-2:] == ["order", "by"]:
                return True
    return False


def _hash_gap(record: Record, right: Hash, rows: Sequence[Row]) -> Gap | None:
    count = sum(map(len, rows))
    if count != right.count:
        return Gap(counted(right.count, "value"), counted(count, "value"))
    if digest(rows, record.sort) == right.digest:
        return None
    return Gap(
        "",
        f"the {counted(count, 'value')} are not the right ones, of which the challenge has only a hash, so that they "
        "cannot be shown",
    )


def _listed_gap(wanted: Sequence[Sequence[str]], rows: Sequence[Row], sort: Sort, types: str) -> Gap | None:
    """The difference between rows of a file and rows of a result."""
    found: list[Row] = list(rows)
    right = [list(row) for row in wanted]
    if sort == "rowsort":
        found.sort(key=lambda row: [cell.form for cell in row])
        right.sort(key=lambda row: [Cell(text, "", letter).form for text, letter in zip(row, types, strict=True)])
    elif sort == "valuesort":
        found = [[cell] for cell in sorted((cell for row in rows for cell in row), key=lambda cell: cell.form)]
        right = [[text] for text in sorted(text for row in right for text in row)]
    if len(found) == len(right) and all(
        cell.is_like(text)
        for row, other in zip(found, right, strict=True)
        for cell, text in zip(row, other, strict=True)
    ):
        return None
    noun = "value" if sort == "valuesort" else "row"
    return _told([" | ".join(row) for row in right], [" | ".join(cell.form for cell in row) for row in found], noun)


def _joined_gap(expected: Sequence[str], rows: Sequence[Row], sort: Sort) -> Gap | None:
    """The same where a line of the file is a row, but not to be cut into values."""
    right = [" ".join(line.split()) for line in expected]
    found = [" ".join(" ".join(cell.text if cell.text is not None else "NULL" for cell in row).split()) for row in rows]
    if sort != "nosort":
        right.sort()
        found.sort()
    return None if right == found else _told(right, found, "row")


def _told(right: Sequence[str], found: Sequence[str], noun: str) -> Gap:
    """Both sides, from the first row that differs."""
    pairs = enumerate(zip_longest(right, found))
    begin = next((index for index, (one, other) in pairs if one != other), 0)

    def side(rows: Sequence[str]) -> str:
        shown = [f"{noun} {begin + index + 1}: {clean(row, _ROW)}" for index, row in enumerate(rows[begin:][:_SHOWN])]
        return "\n".join([counted(len(rows), noun), *shown])

    return Gap(side(right), side(found))


def _layouts(lines: Sequence[str], columns: int) -> Iterator[list[list[str]]]:
    """The rows that the lines can be: a value on each, or a row on each, cut at tabs or at blanks."""
    if columns > 1 and lines:
        for cut in ([line.split("\t") for line in lines], [line.split() for line in lines]):
            if all(len(row) == columns for row in cut):
                yield cut
    if len(lines) % columns == 0:
        yield [list(lines[index : index + columns]) for index in range(0, len(lines), columns)]


def _printable(text: str) -> str:
    """Text as SQLite's program writes it: ``(empty)``, and a mark for each byte that is no printable ASCII."""
    data = text.encode("utf-8", "surrogatepass")
    return "".join(chr(byte) if byte in _PRINTABLE else "@" for byte in data) or "(empty)"


def _number(text: str) -> Decimal | None:
    """A finite number of a sensible size, or None."""
    if len(text) > _MOST_DIGITS or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number if abs(number.adjusted()) <= _MOST_DIGITS else None


def _real(number: Decimal) -> str:
    """With three decimals, as C prints a double."""
    text = f"{float(number):.3f}"
    return text.removeprefix("-") if text == "-0.000" else text


def _close(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= _CLOSE * max(Decimal(1), abs(one), abs(other))
