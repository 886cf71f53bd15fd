"""What was answered, and what the database counted meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from gradekit.checks.base import Counted
from gradekit.checks.http.evidence import Answers, Received, Sent
from gradekit.checks.jsontext import Json
from gradekit.model import Model, tuple_of


class Often(Model):
    """A statement as the server normalises it, and how often it came."""

    text: str
    calls: int = Field(ge=0)


class Count(Model):
    """The statements of one request; see ``Counted``."""

    sent: int = Field(ge=0)
    inside: int = Field(default=0, ge=0)
    aside: int = Field(default=0, ge=0)
    lost: bool = False
    texts: Annotated[tuple[Often, ...], BeforeValidator(tuple_of)] = ()

    @classmethod
    def of(cls, counted: Counted) -> Count:
        """The numbers, and every text made storable."""
        texts = [
            Often(text=text.encode("utf-8", "backslashreplace").decode(), calls=calls) for text, calls in counted.texts
        ]
        return cls(sent=counted.sent, inside=counted.inside, aside=counted.aside, lost=counted.lost, texts=tuple(texts))


class Measured(Model):
    """One request with what came of it."""

    before: Answers = ()
    unsent: str = ""
    """Why nothing was sent."""
    sent: Sent | None = None
    received: Received | None = None
    count: Count | None = None


class Round(Model):
    """Both sizes, the small one first."""

    small: Measured = Measured()
    big: Measured = Measured()


class NPlusOneEvidence(Model):
    """All rounds that count, in order."""

    uuid: str
    unready: str = ""
    """Why nothing was sent."""
    saved: str = "{}"
    """What the steps before saved, as JSON."""
    rounds: Annotated[tuple[Round, ...], BeforeValidator(tuple_of)] = ()


def variables(run: str, number: int, size: int, known: Mapping[str, Json]) -> dict[str, Json]:
    """The variables of a request; rounds count from 0, which warms up."""
    own = uuid.uuid5(uuid.NAMESPACE_OID, f"{run}/{number}/{size}")
    return {**known, "run.uuid": run, "round.index": number, "round.uuid": str(own), "n": size}
