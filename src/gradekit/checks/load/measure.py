"""From rounds to ratios with their intervals, and what these say of a limit; pure, and the same for the same rounds."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gradekit.checks.load.evidence import Round, Slice
from gradekit.checks.load.model import Asked, LoadSpec, Measure

_RESAMPLES = 1_000
_TAIL = 0.005
"""Share of the resamples that each end of an interval leaves out: 99 of 100 are inside."""
_Z = 2.576
"""The same for the share of errors, in standard deviations."""
_LEAST = 1e-6
"""Seconds; a time of nothing at all is taken for this."""

State = Literal["kept", "broken", "open"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A limit, and where the truth is with great certainty."""

    measure: Measure
    limit: float
    low: float
    high: float
    state: State


def findings(spec: LoadSpec, rounds: Sequence[Round]) -> Iterator[Finding]:
    """One for each limit; there has to be a round."""
    limits = spec.limits
    bounds: Mapping[Measure, float | None] = {"p50": limits.p50, "p95": limits.p95, "p99": limits.p99}
    for measure, limit in bounds.items():
        if limit is not None:
            low, high = interval([_time(one.request, measure) / _time(one.baseline, measure) for one in rounds])
            yield Finding(measure, limit, low, high, "kept" if high <= limit else "broken" if low > limit else "open")
    least = limits.throughput
    if least is not None:
        low, high = interval([_throughput(one.request) / _throughput(one.baseline) for one in rounds])
        state: State = "kept" if low >= least else "broken" if high < least else "open"
        yield Finding("throughput", least, low, high, state)
    yield _errors(spec, [one.request for one in rounds])


def interval(ratios: Sequence[float]) -> tuple[float, float]:
    """A bootstrap interval of the geometric mean: rounds are drawn again, with repeats, from those there were."""
    draw = random.Random(1)  # noqa: S311 - the same for the same rounds
    logs = [math.log(max(ratio, _LEAST)) for ratio in ratios]
    means = sorted(sum(draw.choices(logs, k=len(logs))) / len(logs) for _ in range(_RESAMPLES))
    edge = int(_TAIL * _RESAMPLES)
    return math.exp(means[edge]), math.exp(means[-1 - edge])


def is_right(asked: Asked, status: int) -> bool:
    """Whether an answer should have this status; 0 is no answer."""
    return any(wanted in {status, str(status), f"{status // 100}xx"} for wanted in asked.status)


def wrong(asked: Asked, one: Slice) -> tuple[int, int]:
    """How many answers were wrong or missing, and how many there should have been."""
    right = sum(count for status, count in one.statuses if is_right(asked, status))
    whole = sum(count for _, count in one.statuses)
    return whole - right, whole


def _errors(spec: LoadSpec, slices: Sequence[Slice]) -> Finding:
    """Wilson's interval of the share; a limit is kept as long as the share itself is."""
    pairs = [wrong(spec.request, one) for one in slices]
    bad, whole = sum(pair[0] for pair in pairs), max(sum(pair[1] for pair in pairs), 1)
    share, square = bad / whole, _Z * _Z
    centre = share + square / (2 * whole)
    spread = _Z * math.sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    low, high = (max(centre + sign * spread, 0.0) / (1 + square / whole) for sign in (-1, 1))
    limit = spec.limits.errors
    return Finding("errors", limit, low, high, "kept" if share <= limit else "broken" if low > limit else "open")


def _time(one: Slice, measure: Measure) -> float:
    times: Mapping[Measure, float] = {"p50": one.p50, "p95": one.p95, "p99": one.p99}
    return max(times[measure], _LEAST)


def _throughput(one: Slice) -> float:
    return max(one.answers, _LEAST) / max(one.seconds, _LEAST)
