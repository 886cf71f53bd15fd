"""What the records gave, for a reviewer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gradekit.checks.compare.words import render
from gradekit.checks.sqllogictest.evidence import FileRun, Ran, SqlLogicTestEvidence
from gradekit.checks.sqllogictest.model import SqlLogicTestSpec
from gradekit.results import Exhibit
from gradekit.texts import clean

_ROWS: Final = 10
_RECORDS: Final = 100
"""Of a file."""
_SQL: Final = 2_000


def show(spec: SqlLogicTestSpec, evidence: SqlLogicTestEvidence) -> tuple[Exhibit, ...]:
    """An exhibit for each file."""
    del spec
    return tuple(Exhibit(title=run.path, text="\n\n".join(_texts(run))) for run in evidence.files if run.records)


def _texts(run: FileRun) -> Iterator[str]:
    for ran in run.records[:_RECORDS]:
        yield f"line {ran.line}: {clean(ran.sql, _SQL, lines=True)}\n{_answer(ran)}"
    if len(run.records) > _RECORDS:
        yield f"... and {len(run.records) - _RECORDS} more"


def _answer(ran: Ran) -> str:
    if ran.error is not None:
        return f"{ran.error} ({ran.sqlstate or 'no SQLSTATE'})"
    if ran.result is not None:
        return render(ran.result, _ROWS)
    return "done" if ran.affected is None else f"rows changed: {ran.affected}"
