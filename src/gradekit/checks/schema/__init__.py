"""The kind ``schema``: tables, keys and indexes that a data set's load made, and probes of their behaviour."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.schema.evidence import SchemaEvidence
from gradekit.checks.schema.judge import judge
from gradekit.checks.schema.lint import lint
from gradekit.checks.schema.model import SchemaSpec
from gradekit.checks.schema.observe import observe
from gradekit.checks.schema.oracle import ORACLE
from gradekit.checks.schema.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="schema",
    spec=SchemaSpec,
    evidence=SchemaEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    runs_code=False,
    oracle=ORACLE,
)
