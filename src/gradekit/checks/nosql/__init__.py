"""The kind ``nosql``: what a store holds, asked in the store's own commands."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.nosql.evidence import NosqlEvidence
from gradekit.checks.nosql.judge import judge
from gradekit.checks.nosql.lint import lint
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.nosql.observe import observe
from gradekit.checks.nosql.oracle import ORACLE
from gradekit.checks.nosql.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="nosql",
    spec=NosqlSpec,
    evidence=NosqlEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    runs_code=False,
    uses_app=lambda spec: spec.dataset is None,
    oracle=ORACLE,
)
