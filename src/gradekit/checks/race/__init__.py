"""The kind ``race``: the same request from many clients at once, round after round, and what it left behind."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.race.evidence import RaceEvidence
from gradekit.checks.race.judge import judge
from gradekit.checks.race.lint import lint, paths
from gradekit.checks.race.model import RaceSpec
from gradekit.checks.race.observe import observe
from gradekit.checks.race.oracle import ORACLE
from gradekit.checks.race.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="race",
    spec=RaceSpec,
    evidence=RaceEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    uses_app=lambda _spec: True,
    oracle=ORACLE,
)
