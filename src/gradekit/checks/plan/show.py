"""The query, the plans and the times as text."""

from __future__ import annotations

from gradekit.checks.plan.evidence import Measured, PlanEvidence
from gradekit.checks.plan.model import PlanSpec
from gradekit.checks.plan.reading import Unreadable, explained, read
from gradekit.results import Exhibit
from gradekit.texts import clean

SHOWN = 20_000
"""Characters of a plan."""


def show(spec: PlanSpec, evidence: PlanEvidence) -> tuple[Exhibit, ...]:
    """The candidate's query, and what each of both was for the engine."""
    exhibits = [] if evidence.source is None else [Exhibit(title=spec.file, text=evidence.source)]
    for title, measured in (("plan", evidence.candidate), ("plan of the reference", evidence.reference)):
        if measured is not None:
            exhibits.append(Exhibit(title=title, text=_text(evidence.engine, measured)))
    return tuple(exhibits)


def _text(engine: str, measured: Measured) -> str:
    if measured.error is not None:
        return f"{measured.error} ({measured.sqlstate or 'no SQLSTATE'})"
    try:
        work = ", ".join(f"{count:,} {name}" for name, count in read(engine, measured.documents).work.items())
    except Unreadable as problem:
        work = str(problem)
    plan = clean(explained(engine, measured.documents), SHOWN, lines=True)
    return f"{work}\n{measured.seconds:.3f} s, which is not graded\n\n{plan}"
