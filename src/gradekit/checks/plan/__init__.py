"""The kind ``plan``: how much work a candidate's query is for the engine, measured against a reference query."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.plan.evidence import PlanEvidence
from gradekit.checks.plan.judge import judge
from gradekit.checks.plan.lint import lint, paths
from gradekit.checks.plan.model import PlanSpec
from gradekit.checks.plan.observe import observe
from gradekit.checks.plan.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="plan",
    spec=PlanSpec,
    evidence=PlanEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    runs_code=False,
    paths=paths,
    submitted=lambda spec: [(("file",), spec.file)],
)
