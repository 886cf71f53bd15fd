"""Result sets, and the options of a comparison."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradekit.model import Model, tuple_of

Scalar = int | float | str | bool | None
Names = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]
Literals = Annotated[tuple[Scalar, ...], BeforeValidator(tuple_of)]


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
