"""What was asked and what came back: requests and raw answers, case by case."""

from __future__ import annotations

import base64
from typing import Annotated

from pydantic import BeforeValidator, field_validator

from gradekit.language import Speech
from gradekit.model import Model, tuple_of


class Exchange(Model):
    """A request line and the line that answered it, or why there is none."""

    id: int
    request: str
    reply: str = ""
    base64: str | None = None
    """The answer, where it is not UTF-8."""
    error: str | None = None
    """One of ``CallReply.ERRORS``."""
    detail: str = ""
    seconds: float = 0.0

    @field_validator("base64")
    @classmethod
    def _decodable(cls, value: str | None) -> str | None:
        try:
            base64.b64decode(value or "", validate=True)
        except ValueError as error:
            raise ValueError(f"not base64: {error}") from None
        return value

    @property
    def line(self) -> bytes:
        """The answer."""
        return self.reply.encode() if self.base64 is None else base64.b64decode(self.base64)


class CaseFact(Model):
    """The exchanges of a case, one for each step that could be asked."""

    name: str
    exchanges: Annotated[tuple[Exchange, ...], BeforeValidator(tuple_of)] = ()


class CallEvidence(Model):
    """All cases in order, and the language as its runner told it."""

    language: str
    speech: Speech = Speech()
    cases: Annotated[tuple[CaseFact, ...], BeforeValidator(tuple_of)] = ()
    printed: str = ""
    """The end of what the candidate's code printed."""
