"""What the engine told of two queries."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator

from gradekit.checks import statements
from gradekit.model import Model, tuple_of

MAX_BYTES: Final = 256 << 10
"""Of a file of the candidate."""
MAX_DOCUMENT: Final = 1 << 20
"""Characters of what an engine tells of one query."""

MAX_MADE: Final = 10
"""Statements that make an index, and are kept."""

Documents = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]


class Measured(Model):
    """One query: the engine's documents as ``reading`` knows them, or the error that stopped it."""

    documents: Documents = ()
    seconds: float = 0.0
    """What one run of it took; shown, and never judged."""
    error: str | None = None
    sqlstate: str | None = None
    place: str = ""
    """The file whose statement failed."""
    limit: float = 0.0
    """Seconds that a statement had."""


class PlanEvidence(Model):
    """The candidate's texts and what happened."""

    source: str | None = None
    flaw: str | None = None
    """Why the candidate's files were not run."""
    engine: str = statements.POSTGRES
    indexes: int = 0
    """Statements in the candidate's files that make an index."""
    made: Documents = ()
    """The first of these statements."""
    candidate: Measured | None = None
    reference: Measured | None = None
