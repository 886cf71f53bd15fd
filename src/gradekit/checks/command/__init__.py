"""The kind ``command``: a program of the submission, its exit code and what it prints."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.command.evidence import CommandEvidence
from gradekit.checks.command.judge import judge
from gradekit.checks.command.lint import lint, paths
from gradekit.checks.command.model import CommandSpec
from gradekit.checks.command.observe import observe
from gradekit.checks.command.oracle import ORACLE
from gradekit.checks.command.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="command",
    spec=CommandSpec,
    evidence=CommandEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    ships_files=lambda spec: bool(spec.files) or any(case.files for case in spec.cases),
    oracle=ORACLE,
)
