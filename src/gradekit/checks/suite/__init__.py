"""The kind ``suite``: a hidden test suite that imports the candidate's code, counted against a manifest."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.suite.evidence import SuiteEvidence
from gradekit.checks.suite.judge import judge
from gradekit.checks.suite.lint import lint, paths
from gradekit.checks.suite.model import SuiteSpec
from gradekit.checks.suite.observe import observe
from gradekit.checks.suite.recorded import recorded
from gradekit.checks.suite.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="suite",
    spec=SuiteSpec,
    evidence=SuiteEvidence,
    tier=lambda spec: Tier.SPLIT if spec.isolation == "split" else Tier.IN_PROCESS,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    ships_files=lambda _: True,
    recorded=recorded,
    tiers={Tier.SPLIT: "isolation: split", Tier.IN_PROCESS: "isolation: in-process"},
)
