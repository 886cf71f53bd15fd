"""What a store answered to the questions of a check."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from gradekit.checks.stores.answers import Found
from gradekit.model import Model, tuple_of


class NosqlEvidence(Model):
    """The answers in the order of the questions."""

    refused: str | None = None
    """Why a command before the questions failed."""
    failed: int | None = Field(default=None, ge=0)
    """Which one, from 0; None in evidence of earlier versions."""
    answers: Annotated[tuple[Found, ...], BeforeValidator(tuple_of)] = ()
