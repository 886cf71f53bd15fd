"""The kind ``openapi``: the app against the author's OpenAPI document, by Schemathesis in an image of its own."""

from __future__ import annotations

from gradekit.checks.base import Kind
from gradekit.checks.openapi.evidence import OpenapiEvidence
from gradekit.checks.openapi.judge import judge
from gradekit.checks.openapi.lint import lint, paths
from gradekit.checks.openapi.model import OpenapiSpec
from gradekit.checks.openapi.observe import CHECKER, observe
from gradekit.checks.openapi.show import show
from gradekit.results import Tier

__all__ = ["KIND"]

KIND = Kind(
    name="openapi",
    spec=OpenapiSpec,
    evidence=OpenapiEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    uses_app=lambda _spec: True,
    checker=CHECKER,
)
