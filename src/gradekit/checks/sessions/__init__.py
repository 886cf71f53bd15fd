"""The kind ``sessions``: transactions side by side, interleaved by a script."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.sessions.evidence import SessionsEvidence
from gradekit.checks.sessions.judge import judge
from gradekit.checks.sessions.lint import lint, paths
from gradekit.checks.sessions.model import SessionsSpec
from gradekit.checks.sessions.observe import observe
from gradekit.checks.sessions.oracle import ORACLE
from gradekit.checks.sessions.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="sessions",
    spec=SessionsSpec,
    evidence=SessionsEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    runs_code=False,
    oracle=ORACLE,
)
