"""The kind ``scan``: what a scanner of source code finds, taken in as SARIF, whichever tool it is."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.scan.evidence import ScanEvidence
from gradekit.checks.scan.judge import judge
from gradekit.checks.scan.lint import lint, paths
from gradekit.checks.scan.model import ScanSpec
from gradekit.checks.scan.observe import observe
from gradekit.checks.scan.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="scan",
    spec=ScanSpec,
    evidence=ScanEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    ships_files=lambda _: True,
    reads_lines_without=lambda spec: spec.ignore if spec.history else None,
    scanner=lambda spec: spec.scanner,
    runs_code=False,
    advisory=True,
)
