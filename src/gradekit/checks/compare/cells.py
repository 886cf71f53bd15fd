"""Cells as values that are equal for equal cells, by the family of their type."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

from gradekit.checks import jsontext
from gradekit.checks.compare.model import Column, Compare, Scalar
from gradekit.checks.values import same_number

_INTEGERS = frozenset(
    {"int2", "int4", "int8", "oid", "tinyint", "smallint", "mediumint", "int", "bigint", "year", "bit", "integer"}
)
_FLOATS = frozenset({"float4", "float8", "float", "double", "real"})
_DECIMALS = frozenset({"numeric", "decimal"})
_MOMENTS = frozenset({"date", "timestamp", "timestamptz", "datetime"})
_WIDE = Context(prec=200_000)
_FLOAT = "float"
Cell = tuple[str, str] | None
"""Type name and text form, or None for NULL."""


def family(kind: str) -> str:
    """The family of a type name; only cells of one family can be equal."""
    if kind in _INTEGERS or kind in _FLOATS or kind in _DECIMALS:
        return "number"
    if kind in _MOMENTS:
        return "moment"
    if kind in {"json", "jsonb"}:
        return "json"
    return "bool" if kind == "bool" else "text"


def cells_of(row: Sequence[str | None], columns: Sequence[Column]) -> tuple[Cell, ...]:
    """A row of a result with the types of its columns."""
    return tuple(None if text is None else (column.type, text) for text, column in zip(row, columns, strict=True))


def literal_cell(value: Scalar, kind: str) -> Cell:
    """A value of the spec as a cell beside a column of a type."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool", "t" if value else "f"
    if isinstance(value, str):
        return "text" if family(kind) in {"number", "bool"} else kind, value
    return "numeric", str(value)


@dataclass(frozen=True, slots=True)
class Row:
    """A row made comparable: all that must be equal, and the finite floats that must be near."""

    key: tuple[Hashable, ...]
    floats: tuple[float, ...]


class Rules:
    """The options as functions of cells, for paired columns of known types."""

    def __init__(self, options: Compare, expected: Sequence[Column], actual: Sequence[Column]) -> None:
        self.tolerance = options.float_tolerance
        self.decimals = options.decimals
        self.floating = [
            {family(ours.type), family(theirs.type)} == {"number"} and not _FLOATS.isdisjoint({ours.type, theirs.type})
            for ours, theirs in zip(expected, actual, strict=True)
        ]

    def row(self, cells: Sequence[Cell], columns: Sequence[int]) -> Row:
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
        return Row(tuple(key), tuple(floats))

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

    def same(self, ours: Row, theirs: Row) -> bool:
        """Whether two rows are equal."""
        return ours.key == theirs.key and self.near(ours.floats, theirs.floats)

    def reach(self, number: float) -> float:
        """No number farther away than this is near."""
        step = 0.0 if self.decimals is None else 10.0**-self.decimals
        return max(self.tolerance, self.tolerance * abs(number) / (1 - self.tolerance), step)


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
