"""The findings as text."""

from __future__ import annotations

from gradekit.checks.scan.evidence import ScanEvidence
from gradekit.checks.scan.judge import level_of
from gradekit.checks.scan.model import ScanSpec
from gradekit.results import Exhibit


def show(spec: ScanSpec, evidence: ScanEvidence) -> tuple[Exhibit, ...]:
    """The findings, one a line."""
    past = evidence.history.findings if spec.history and evidence.history is not None else ()
    lines = [f"{one.place}: {level_of(spec, one)} {one.rule}: {one.message}" for one in (*evidence.findings, *past)]
    return (Exhibit(title=evidence.tool or "Findings", text="\n".join(lines)),) if lines else ()
