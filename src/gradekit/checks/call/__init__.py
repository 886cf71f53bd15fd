"""The kind ``call``: calls of the candidate's functions and objects, one table for all languages."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.call.evidence import CallEvidence
from gradekit.checks.call.forall import recorded
from gradekit.checks.call.judge import judge
from gradekit.checks.call.lint import lint, paths
from gradekit.checks.call.model import CallSpec
from gradekit.checks.call.observe import observe
from gradekit.checks.call.oracle import ORACLE
from gradekit.checks.call.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="call",
    spec=CallSpec,
    evidence=CallEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    calls=lambda _spec: True,
    recorded=recorded,
    oracle=ORACLE,
)
