"""What the rounds of a load came to."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from gradekit.model import Model, tuple_of
from gradekit.sandbox.messages import LoadReply

Pairs = Annotated[
    tuple[Annotated[tuple[int, int], BeforeValidator(tuple_of)], ...],
    BeforeValidator(tuple_of),
]


class Slice(Model):
    """One go of one request: times in seconds."""

    p50: float = Field(ge=0)
    p95: float = Field(ge=0)
    p99: float = Field(ge=0)
    answers: int = Field(ge=0)
    seconds: float = Field(ge=0)
    statuses: Pairs = ()
    """Status and how many answers had it, 0 where there was none."""

    @classmethod
    def of(cls, reply: LoadReply) -> Slice:
        """The times as percentiles (nearest rank)."""
        times = sorted(reply.times)
        p50, p95, p99 = (
            times[min(len(times) - 1, len(times) * part // 100)] if times else 0.0 for part in (50, 95, 99)
        )
        return cls(
            p50=p50,
            p95=p95,
            p99=p99,
            answers=len(times),
            seconds=reply.seconds,
            statuses=tuple(sorted(reply.statuses.items())),
        )


class Round(Model):
    """The baseline, then the request."""

    baseline: Slice
    request: Slice


class LoadEvidence(Model):
    """All rounds in order."""

    unready: str = ""
    """Why nothing was sent."""
    language: str = ""
    """Name of the submission's runner; nothing in evidence of older versions."""
    rounds: Annotated[tuple[Round, ...], BeforeValidator(tuple_of)] = ()
