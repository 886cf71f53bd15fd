"""Facts of a database: its tables, and how probes ended."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator

from gradekit.model import Model, tuple_of

MAX_ROWS: Final = 20_000
"""Columns, constraints or indexes of a database."""

Strings = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]


class ColumnFact(Model):
    """A column of the database."""

    name: str
    type: str
    """As PostgreSQL formats it, such as ``numeric(12,2)``."""
    nullable: bool


class ForeignKeyFact(Model):
    """A foreign key of the database."""

    columns: Strings
    table: str
    references: Strings


class IndexFact(Model):
    """An index of the database; an expression stands among its columns as text."""

    name: str
    columns: Strings
    unique: bool
    partial: bool


class TableFact(Model):
    """A table of the database."""

    name: str
    columns: Annotated[tuple[ColumnFact, ...], BeforeValidator(tuple_of)] = ()
    primary_key: Strings = ()
    unique: Annotated[tuple[Strings, ...], BeforeValidator(tuple_of)] = ()
    """Unique constraints."""
    foreign_keys: Annotated[tuple[ForeignKeyFact, ...], BeforeValidator(tuple_of)] = ()
    indexes: Annotated[tuple[IndexFact, ...], BeforeValidator(tuple_of)] = ()
    checks: Strings = ()
    """Check constraints as text; for the reviewer."""


class ProbeFact(Model):
    """How a probe ended: ``at`` says which part failed, if any."""

    name: str
    at: Literal["before", "execute"] | None = None
    error: str | None = None
    sqlstate: str | None = None


class SchemaEvidence(Model):
    """The facts; ``too_large``: there are more tables, columns or keys than anyone would make in earnest."""

    tables: Annotated[tuple[TableFact, ...], BeforeValidator(tuple_of)] = ()
    too_large: bool = False
    probes: Annotated[tuple[ProbeFact, ...], BeforeValidator(tuple_of)] = ()
