"""The kind ``http``: requests to the candidate's app, one after the other, and what must come back."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.http.evidence import HttpEvidence
from gradekit.checks.http.hurl.step import expanded
from gradekit.checks.http.judge import judge
from gradekit.checks.http.lint import lint, paths
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.http.observe import observe
from gradekit.checks.http.oracle import ORACLE
from gradekit.checks.http.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="http",
    spec=HttpSpec,
    evidence=HttpEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    expanded=expanded,
    uses_app=lambda _spec: True,
    oracle=ORACLE,
)
