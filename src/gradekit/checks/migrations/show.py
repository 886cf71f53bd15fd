"""The runs as text."""

from __future__ import annotations

from gradekit.checks.migrations.evidence import MigrationsEvidence, Step
from gradekit.checks.migrations.model import MigrationsSpec
from gradekit.results import Exhibit


def show(spec: MigrationsSpec, evidence: MigrationsEvidence) -> tuple[Exhibit, ...]:
    """The schema after each run, or the error that ended it."""
    del spec
    return tuple(Exhibit(title=step.name, text=_text(step)) for step in evidence.steps)


def _text(step: Step) -> str:
    if step.error is not None:
        return f"{step.place}, statement {step.at}: {step.error}"
    return "\n".join(step.schema_lines) or "no tables"
