"""Questions and answers as text."""

from __future__ import annotations

from gradekit.checks.nosql.evidence import NosqlEvidence
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.stores.show import answered
from gradekit.results import Exhibit


def show(spec: NosqlSpec, evidence: NosqlEvidence) -> tuple[Exhibit, ...]:
    """One exhibit for each question that was asked."""
    return tuple(
        Exhibit(title=question.title, text=answered(question, answer))
        for question, answer in zip(spec.ask, evidence.answers, strict=False)
    )
