"""What each run of the migrations left behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from gradekit.checks.compare.model import Table
from gradekit.model import Model, tuple_of

Lines = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]


class Answer(Model):
    """What a query for kept data gave, or why it failed."""

    rows: Table | None = None
    error: str | None = None


class Step(Model):
    """One run: the error that ended it, or the schema and the data after it."""

    name: str
    place: str = ""
    """The file whose statement failed."""
    at: int = 0
    """The number of that statement."""
    error: str | None = None
    schema_lines: Lines = ()
    """The catalogue, a line for each fact, sorted."""
    kept: Mapping[str, Answer] = Field(default_factory=dict)


class MigrationsEvidence(Model):
    """The runs up to the first that failed."""

    flaw: str | None = None
    """Why nothing was run."""
    steps: Annotated[tuple[Step, ...], BeforeValidator(tuple_of)] = ()
