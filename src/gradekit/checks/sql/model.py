"""What an author writes of a query: the data sets, the right result, and what a text may hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradekit.checks.compare.model import Compare, Literals, Names
from gradekit.checks.features import Feature
from gradekit.checks.submitted import StatementClass
from gradekit.model import Duration, Loc, Model, RelativePath, tuple_of


class State(Model):
    """What the statements must leave behind: the result of a query after them."""

    query: str = Field(min_length=1, description="One query, run as the owner after the statements.")
    reference: RelativePath = Field(description="The challenge's statements that leave the right state.")


class SqlExpect(Model):
    """The right result: exactly one of the fields."""

    reference: RelativePath | None = Field(None, description="A file of the challenge whose result is the right one.")
    rows: Annotated[tuple[Literals, ...] | None, BeforeValidator(tuple_of)] = Field(
        None, description="The right rows, in the order of the columns."
    )
    csv: RelativePath | None = Field(
        None, description="A CSV file of the challenge: names of the columns, then the right rows; \\N is NULL."
    )
    value: int | float | str | bool | None = Field(None, description="The one value of the result.")
    rows_affected: int | None = Field(None, ge=0, description="Rows that the last statement changes.")
    state: State | None = Field(None, description="The right state of the data after the statements.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of reference, rows, csv, value, rows_affected and state")
        return self


class SqlSpec(Model):
    """A candidate's SQL file and what it must give on each data set."""

    file: RelativePath = Field(description="A file of the submission.")
    block: str | None = Field(
        None,
        pattern=r"^[\w-]+$",
        description="A part of the file: from the line `-- name: BLOCK` up to the next such line.",
    )
    dataset: str | None = Field(None, description="The data set; or `datasets`.")
    datasets: Annotated[Names, Field(min_length=1)] | None = Field(None, description="Data sets, a case each.")
    expect: SqlExpect = Field(description="The right result.")
    compare: Compare = Field(Compare(), description="How results are compared.")
    allow: Annotated[tuple[StatementClass, ...], BeforeValidator(tuple_of), Field(min_length=1)] = Field(
        ("select",), description="Kinds of statements; with select alone they run read-only, as a role that may read."
    )
    require: Annotated[tuple[Feature, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Constructs that the text must use; one more case."
    )
    forbid: Annotated[tuple[Feature, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Constructs that it must not use; one more case."
    )
    max_statements: int = Field(1, ge=1, le=1000, description="Statements that the file may hold.")
    timeout: Duration = Field(5.0, description="For each statement.")
    max_rows: int = Field(100_000, ge=1, le=1_000_000, description="Rows that a result may have.")
    scoring: Literal["per_dataset", "all_or_nothing"] = Field(
        "all_or_nothing", description="A share for each data set, or everything for all."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.dataset is not None and self.datasets is not None:
            raise ValueError("dataset and datasets are both given; one of them names all data sets; remove the other")
        return self

    def names(self) -> tuple[str, ...]:
        """The data sets."""
        return self.datasets or (() if self.dataset is None else (self.dataset,))

    def reads(self) -> bool:
        """Whether the statements may only read."""
        return set(self.allow) == {"select"} and self.expect.state is None and self.expect.rows_affected is None


def references(spec: SqlSpec) -> Iterator[tuple[Loc, str]]:
    """The reference file, if there is one."""
    if spec.expect.reference is not None:
        yield ("expect", "reference"), spec.expect.reference
    if spec.expect.state is not None:
        yield ("expect", "state", "reference"), spec.expect.state.reference


def title_of(dataset: str) -> str:
    """A data set's name in reports."""
    return f"data set {dataset}"


def bad_count(spec: SqlSpec, script: Sequence[str]) -> str | None:
    """Why a text has too few or too many statements; None where it has neither."""
    if not script:
        return f"{spec.file} holds no SQL statement"
    if len(script) > spec.max_statements:
        return f"{spec.file} holds {len(script)} statements; at most {spec.max_statements} expected"
    return None
