"""The candidate's text and the results as text."""

from __future__ import annotations

from gradekit.checks.compare.words import render
from gradekit.checks.sql.evidence import Ran, SqlEvidence
from gradekit.checks.sql.model import SqlSpec, title_of
from gradekit.results import Exhibit

SHOWN_ROWS = 20


def show(spec: SqlSpec, evidence: SqlEvidence) -> tuple[Exhibit, ...]:
    """The candidate's text and the first rows of the results."""
    exhibits = [] if evidence.source is None else [Exhibit(title=spec.file, text=evidence.source)]
    for run in evidence.runs:
        exhibits.append(Exhibit(title=f"{title_of(run.dataset)}: result", text=_shown(run.candidate)))
        if run.reference is not None:
            exhibits.append(
                Exhibit(title=f"{title_of(run.dataset)}: result of the reference", text=_shown(run.reference))
            )
    return tuple(exhibits)


def _shown(ran: Ran) -> str:
    if ran.result is None:
        return f"{ran.error or ''} ({ran.sqlstate or 'no SQLSTATE'})"
    return render(ran.result, SHOWN_ROWS)
