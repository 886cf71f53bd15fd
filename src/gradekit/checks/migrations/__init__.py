"""The kind ``migrations``: a candidate's migrations up, back down and up again, with the data kept."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.migrations.evidence import MigrationsEvidence
from gradekit.checks.migrations.judge import judge
from gradekit.checks.migrations.lint import lint
from gradekit.checks.migrations.model import MigrationsSpec
from gradekit.checks.migrations.observe import observe
from gradekit.checks.migrations.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="migrations",
    spec=MigrationsSpec,
    evidence=MigrationsEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    runs_code=False,
    submitted=lambda spec: [
        *((("up", index), pattern) for index, pattern in enumerate(spec.up)),
        *((("down", index), pattern) for index, pattern in enumerate(spec.down)),
    ],
)
