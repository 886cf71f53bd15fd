"""The kind ``sql``: a candidate's query or statements on data sets, compared with a reference's result."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.sql.evidence import SqlEvidence
from gradekit.checks.sql.judge import judge
from gradekit.checks.sql.lint import lint, paths
from gradekit.checks.sql.model import SqlSpec
from gradekit.checks.sql.observe import observe
from gradekit.checks.sql.oracle import ORACLE
from gradekit.checks.sql.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="sql",
    spec=SqlSpec,
    evidence=SqlEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    runs_code=False,
    paths=paths,
    submitted=lambda spec: [(("file",), spec.file)],
    oracle=ORACLE,
)
