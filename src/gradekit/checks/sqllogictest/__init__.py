"""The kind ``sqllogictest``: records of others' test files, run on what the submission made of a data set."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.sqllogictest.evidence import SqlLogicTestEvidence
from gradekit.checks.sqllogictest.judge import judge
from gradekit.checks.sqllogictest.lint import lint, paths
from gradekit.checks.sqllogictest.model import SqlLogicTestSpec
from gradekit.checks.sqllogictest.observe import observe
from gradekit.checks.sqllogictest.oracle import ORACLE
from gradekit.checks.sqllogictest.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="sqllogictest",
    spec=SqlLogicTestSpec,
    evidence=SqlLogicTestEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    runs_code=False,
    oracle=ORACLE,
)
