"""What an author may write under ``migrations:``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradekit.model import Duration, Model, RelativePath, tuple_of

Globs = Annotated[tuple[RelativePath, ...], BeforeValidator(tuple_of)]


class Kept(Model):
    """Data that migrations must keep."""

    name: str = Field(min_length=1, description="What it is, such as: names of customers.")
    query: str = Field(
        min_length=1, description="One query on the old schema, which gives the same rows before and after."
    )
    through: Literal["up", "down", "both"] = Field(
        "both", description="Whether it can be asked of the new schema, only once it is as before, or of both."
    )


class MigrationsSpec(Model):
    """Migrations of the candidate, on a data set that has the old schema and its data."""

    dataset: str = Field(description="The old schema with its data.")
    up: Annotated[Globs, Field(min_length=1)] = Field(
        description="Files of the submission, or patterns; those of one pattern run in the order of their names."
    )
    down: Globs = Field(
        (), description="The same for the way back; those of one pattern run from the last to the first."
    )
    changes_schema: bool = Field(default=True, description="Up must change tables, columns, constraints or indexes.")
    idempotent: bool = Field(default=False, description="Up may be run twice, and the second time changes nothing.")
    keeps: Annotated[tuple[Kept, ...], BeforeValidator(tuple_of)] = Field((), description="Data that must be kept.")
    timeout: Duration = Field(10.0, description="For each statement.")
    scoring: Literal["per_assertion", "all_or_nothing"] = Field(
        "all_or_nothing", description="A share for each assertion, or everything for all."
    )

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [kept.name for kept in self.keeps]
        if len(set(names)) < len(names):
            raise ValueError("two of keeps have the same name")
        return self

    def steps(self) -> tuple[str, ...]:
        """The runs in their order, the state before them first."""
        again = ("up twice",) if self.idempotent else ()
        back = ("down", "up again") if self.down else ()
        return ("before", "up", *again, *back)
