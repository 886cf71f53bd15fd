"""The kind ``n_plus_one``: how many more statements a request sends to the database when it is about more items."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.n_plus_one.evidence import NPlusOneEvidence
from gradekit.checks.n_plus_one.judge import judge
from gradekit.checks.n_plus_one.lint import lint, paths
from gradekit.checks.n_plus_one.model import NPlusOneSpec
from gradekit.checks.n_plus_one.observe import observe
from gradekit.checks.n_plus_one.oracle import ORACLE
from gradekit.checks.n_plus_one.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="n_plus_one",
    spec=NPlusOneSpec,
    evidence=NPlusOneEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    uses_app=lambda _spec: True,
    oracle=ORACLE,
)
