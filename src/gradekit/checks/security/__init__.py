"""The kind ``security``: known attacks on the candidate's own app, each proved by the request that succeeded."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.security.evidence import SecurityEvidence
from gradekit.checks.security.judge import judge
from gradekit.checks.security.lint import lint
from gradekit.checks.security.model import SecuritySpec
from gradekit.checks.security.observe import observe
from gradekit.checks.security.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="security",
    spec=SecuritySpec,
    evidence=SecurityEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    uses_app=lambda _spec: True,
)
