"""The kind ``load``: how much slower a request is than another one of the same app, as ratios with their intervals."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.load.evidence import LoadEvidence
from gradekit.checks.load.judge import judge, recorded
from gradekit.checks.load.lint import lint
from gradekit.checks.load.model import LoadSpec
from gradekit.checks.load.observe import observe
from gradekit.checks.load.show import beside, show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="load",
    spec=LoadSpec,
    evidence=LoadEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    beside=beside,
    lint=lint,
    recorded=recorded,
    uses_app=lambda _spec: True,
)
