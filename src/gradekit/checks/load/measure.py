"""From rounds to ratios with their intervals, and what these say of a limit; pure, and the same for the same rounds."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gradekit.checks.load.evidence import Round, Slice
from gradekit.checks.load.model import Asked, LoadSpec, Measure, Relative
from gradekit.checks.ratios import Ratio, Ratios

_RESAMPLES = 1_000
_TAIL = 0.005
"""Share of the resamples that each end of an interval leaves out: 99 of 100 are inside."""
_Z = 2.576
"""The same for the share of errors, in standard deviations."""
_LEAST = 1e-6
"""Seconds; a time of nothing at all is taken for this."""

STEADY = 1.15
"""How many times the lower end of an interval its upper end may be for a ratio to be recorded without more rounds."""
RECORDED = 1.5
"""The same after all rounds; what is wider is no measure for others."""

State = Literal["kept", "broken", "open", "alone"]
"""``open``: nobody knows yet; ``alone``: measured, and there is no reference to compare with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A limit, and where the truth is with great certainty."""

    measure: Measure
    limit: float
    low: float
    high: float
    state: State
    relative: bool = False
    """Whether the limit is in multiples of the reference's ratio."""
    reference: Ratio | None = None
    """That ratio, where it is known."""


def findings(
    spec: LoadSpec, rounds: Sequence[Round], reference: Mapping[str, Ratio] | None = None
) -> Iterator[Finding]:
    """One for each limit; there has to be a round. ``reference``: measure -> what the reference was measured at."""
    for measure, limit in spec.limits.of_ratios.items():
        low, high = interval(_ratios(measure, rounds))
        if not isinstance(limit, Relative):
            yield Finding(measure, limit, low, high, _state(measure, low, high, limit, limit))
            continue
        times, known = limit.times_reference, (reference or {}).get(measure)
        if known is None:
            state: State = "alone" if high <= STEADY * low else "open"
        else:
            # Whatever the truth about the reference is inside its interval.
            state = _state(measure, low, high, times * known.low, times * known.high)
        yield Finding(measure, times, low, high, state, relative=True, reference=known)
    yield _errors(spec, [one.request for one in rounds])


def _state(measure: Measure, low: float, high: float, least: float, most: float) -> State:
    """Of a ratio in an interval, against a limit that is somewhere from ``least`` to ``most``."""
    if measure == "throughput":
        return "kept" if low >= most else "broken" if high < least else "open"
    return "kept" if high <= least else "broken" if low > most else "open"


def _ratios(measure: Measure, rounds: Sequence[Round]) -> list[float]:
    if measure == "throughput":
        return [_throughput(one.request) / _throughput(one.baseline) for one in rounds]
    return [_time(one.request, measure) / _time(one.baseline, measure) for one in rounds]


def measured(measure: Measure, rounds: Sequence[Round]) -> Ratio | None:
    """A ratio to be recorded, in four digits; None where the rounds differ too much for one."""
    ratios = _ratios(measure, rounds)
    low, high = interval(ratios)
    if high > RECORDED * low:
        return None
    mean = math.exp(sum(math.log(max(ratio, _LEAST)) for ratio in ratios) / len(ratios))
    value, low, high = (float(f"{number:.4g}") for number in (mean, low, high))
    return Ratio(value=value, low=low, high=high)


def loosest(ratios: Ratios) -> Mapping[str, Ratio]:
    """By measure, what allows most among all languages: for who has no reference in their own."""
    every = [(measure, ratio) for of_language in ratios.values() for measure, ratio in of_language.items()]
    found: dict[str, Ratio] = {}
    for measure, ratio in sorted(every, key=lambda one: one[1].value, reverse=True):
        if measure == "throughput":
            found[measure] = ratio
        else:
            found.setdefault(measure, ratio)
    return found


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
