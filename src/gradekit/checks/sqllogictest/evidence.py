"""What the database answered to each record."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator

from gradekit.checks import statements
from gradekit.checks.compare.model import Table
from gradekit.model import Model, tuple_of

BUDGET: Final = 16 << 20
"""Bytes that the results of all records share."""


class Ran(Model):
    """A record's statement and what it gave: a result, or an error."""

    line: int
    sql: str
    result: Table | None = None
    truncated: bool = False
    affected: int | None = None
    error: str | None = None
    sqlstate: str | None = None


class FileRun(Model):
    """The records of a file that ran, in order."""

    path: str
    records: Annotated[tuple[Ran, ...], BeforeValidator(tuple_of)] = ()


class SqlLogicTestEvidence(Model):
    """All files; which records run is up to the engine."""

    engine: str = statements.POSTGRES
    files: Annotated[tuple[FileRun, ...], BeforeValidator(tuple_of)] = ()
