"""The candidate's text, and what it gave."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from gradekit.checks import statements
from gradekit.checks.compare.model import Table
from gradekit.checks.submitted import Flaw
from gradekit.model import Model, tuple_of


class Ran(Model):
    """What statements gave: the last result, or the error that stopped them."""

    result: Table | None = None
    truncated: bool = False
    affected: int | None = None
    """Rows that the last statement changed."""
    error: str | None = None
    sqlstate: str | None = None
    at: int = 0
    """Number of the statement that failed, from 1; 0 is the query for the state."""


class DatasetRun(Model):
    """One data set; ``reference`` is None when the spec writes the right rows itself."""

    dataset: str
    candidate: Ran
    reference: Ran | None = None


class SqlEvidence(Model):
    """The candidate's text and what happened; without runs when the text could not be run."""

    source: str | None = None
    flaw: Flaw | None = None
    engine: str = statements.POSTGRES
    """Whose rules cut the text into statements."""
    runs: Annotated[tuple[DatasetRun, ...], BeforeValidator(tuple_of)] = ()
