"""What happened in each round."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from gradekit.checks.http.evidence import Answers, Received, Sent
from gradekit.checks.jsontext import Json
from gradekit.model import Model, tuple_of

Names = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]


class Slowed(Model):
    """The tables in which the app's writing statements had to wait."""

    tables: Names
    delay: float = Field(ge=0, allow_inf_nan=False)
    kept: bool = True
    """Whether they still had to at the end."""


class Round(Model):
    """One round."""

    before: Answers = ()
    unsent: str = ""
    """Why nothing was sent."""
    sent: Sent | None = None
    statuses: Annotated[tuple[int, ...], BeforeValidator(tuple_of)] = ()
    """Of each response, 0 where there was none."""
    received: Annotated[tuple[Received, ...], BeforeValidator(tuple_of)] = ()
    """For each status one response."""
    seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Until the last response was there."""
    after: Answers = ()


class RaceEvidence(Model):
    """All rounds."""

    uuid: str
    stretch: Slowed | None = None
    rounds: Annotated[tuple[Round, ...], BeforeValidator(tuple_of)] = ()


def variables(run: str, number: int, known: Mapping[str, Json]) -> dict[str, Json]:
    """The variables of a round; ``number`` counts from 1."""
    own = uuid.uuid5(uuid.NAMESPACE_OID, f"{run}/{number}")
    return {**known, "run.uuid": run, "round.index": number, "round.uuid": str(own)}
