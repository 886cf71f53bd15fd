"""What an author may write under ``race:``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from gradekit.checks.http.model import Counted, Question, Statement
from gradekit.checks.http.sending import Common, Request
from gradekit.model import Duration, Model, tuple_of

PATIENCE = 20.0
"""Seconds for each request by default: those that wait for each other take their time."""


class StretchSpec(Model):
    """How long the app's writing statements wait before they begin, and in which tables."""

    tables: Literal["auto"] | Annotated[tuple[str, ...], BeforeValidator(tuple_of), Field(min_length=1)] = Field(
        default="auto", description="names, or all tables of the app's database"
    )
    delay: Duration = 0.15

    @field_validator("delay")
    @classmethod
    def _of_use(cls, value: float) -> float:
        if not 0.01 <= value <= 2:  # noqa: PLR2004
            raise ValueError("the delay must be from 10ms to 2s")
        return value


class RaceExpect(Model):
    """What must hold of the responses of each round."""

    statuses: Annotated[Counted, Field(min_length=1)] = Field(
        description="a code or class such as 2xx to how many responses have it"
    )


class RaceSpec(Request):
    """One request, many clients: ``${round.index}`` and ``${round.uuid}`` are others in each round."""

    clients: int = Field(default=20, ge=2, le=50, description="so many send it at once")
    rounds: int = Field(default=5, ge=1, le=50)
    stretch: StretchSpec | Literal["auto", "off"] = Field(
        default="auto", description="auto: all tables, 150ms, if the app's database is PostgreSQL or MariaDB"
    )
    before: Annotated[tuple[Statement, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="in each round, before the requests"
    )
    expect: RaceExpect = Field(description="what must hold of all responses together, such as {statuses: {201: 1}}")
    after: Annotated[tuple[Question, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="in each round, after the requests"
    )

    @property
    def common(self) -> Common:
        """What a scenario would say of all its steps."""
        return Common(timeout=PATIENCE)

    @property
    def slowed(self) -> StretchSpec | None:
        """How statements are slowed down, as far as that is possible."""
        if self.stretch == "off":
            return None
        return StretchSpec() if self.stretch == "auto" else self.stretch
