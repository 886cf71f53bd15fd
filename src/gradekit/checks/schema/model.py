"""What a check of the kind ``schema`` says in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradekit.model import Model, tuple_of

Columns = Annotated[tuple[str, ...], BeforeValidator(tuple_of), Field(min_length=1)]
Refusal = Literal["not_null", "unique", "foreign_key", "check", "any"]


def _types(value: object) -> object:
    """One type stands for a list of one."""
    return (value,) if isinstance(value, str) else tuple_of(value)


class ColumnSpec(Model):
    """What a column must be; an empty map asks only that it exists."""

    type: Annotated[Columns, BeforeValidator(_types, json_schema_input_type=str | list[str])] | None = Field(
        None,
        description="A PostgreSQL type such as integer or numeric(12,2), or a list of those that will do; "
        "without (12,2) any precision will.",
    )
    nullable: bool | None = Field(None, description="Whether it may hold NULL.")


class ForeignKey(Model):
    """A reference to another table."""

    columns: Columns
    references: str = Field(pattern=r"^[^()\s]+\s*\([^()]+\)$", description="table(column, ...)")

    def target(self) -> tuple[str, tuple[str, ...]]:
        """Table and columns."""
        table, _, columns = self.references.partition("(")
        return table.strip(), tuple(column.strip() for column in columns.rstrip(")").split(","))


class TableSpec(Model):
    """What a table must have."""

    columns: Mapping[str, ColumnSpec] = Field(default_factory=dict, description="Columns by name.")
    primary_key: Columns | None = Field(None, description="Columns, in any order.")
    unique: Annotated[tuple[Columns, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Sets of columns; a primary key, a constraint or a unique index over just them will do."
    )
    foreign_keys: Annotated[tuple[ForeignKey, ...], BeforeValidator(tuple_of)] = Field((), description="References.")
    indexes: Annotated[tuple[Columns, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Columns that an index must start with, in order."
    )
    absent: bool = Field(default=False, description="The table must not exist.")


class Probe(Model):
    """A statement that must be refused, or accepted; rolled back afterwards."""

    name: str = Field(min_length=1, description="What it shows, such as: quantity must be positive.")
    before: str | None = Field(None, description="Statements that prepare the ground.")
    execute: str = Field(min_length=1, description="The statement.")
    fails_with: Refusal | None = Field(None, description="The constraint that must refuse it.")
    succeeds: Literal[True] | None = Field(None, description="It must be accepted.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.fails_with is None) == (self.succeeds is None):
            raise ValueError("give exactly one of fails_with and succeeds: true")
        return self


class SchemaSpec(Model):
    """Facts of the database that a data set's load made."""

    dataset: str = Field(description="The data set.")
    tables: Mapping[str, TableSpec] = Field(
        default_factory=dict, description="Tables by name; schema.table outside of public."
    )
    probes: Annotated[tuple[Probe, ...], BeforeValidator(tuple_of)] = Field((), description="What must be refused.")
    scoring: Literal["per_assertion", "all_or_nothing"] = Field(
        "per_assertion", description="A share for each assertion, or everything for all."
    )
