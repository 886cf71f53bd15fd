"""What a store answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from gradekit.model import Model, tuple_of


class KeyFact(Model):
    """A key of the store."""

    name: str
    """``base64:...`` where it is not UTF-8."""
    type: str
    ttl: float | None = Field(default=None, ge=0)
    """Seconds until it expires; None: it does not."""


class Found(Model):
    """The answer to a question: the text of a JSON value, or keys; or why there is none."""

    reply: str | None = None
    keys: Annotated[tuple[KeyFact, ...], BeforeValidator(tuple_of)] | None = None
    """The first ones by name; ``count`` says how many there are."""
    count: int = Field(default=0, ge=0)
    error: str | None = None
