"""Time limits beside what the references took: which are tight, and what a slower machine would change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from gradekit.checks.sense import models
from gradekit.spec.challenge import Challenge, Check
from gradekit.spec.lock import Lock, Times

TIGHT: Final = 3.0
"""A limit below so many times the slowest reference is tight: machines are busy, and honest solutions are slower."""
ROOMY: Final = 10
"""A limit that is proposed is about so many times the slowest reference."""
_STEPS: Final = (1, 2, 5, 10, 15, 20, 30, 45, 60)
_TIMED: Final = frozenset({"call", "command", "http", "own-tests"})
"""Kinds whose evidence has the seconds of each action, to which the `timeout` of the kind applies."""
_UNLIMITED: Final = frozenset({"restarted"})
"""Parts of evidence whose seconds another limit applies to."""
_EXITED: Final = "exited"
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a check, and the slowest that a reference was."""

    check: str
    seconds: float
    slowest: float
    language: str
    """Whose reference was the slowest; empty where there is none."""
    action: bool = False
    """Whether it is for each action of the check, such as a request, rather than for all of it."""

    @property
    def margin(self) -> float:
        """The limit in multiples of the slowest time; infinite where that is none."""
        return self.seconds / self.slowest if self.slowest else math.inf

    @property
    def tight(self) -> bool:
        """Whether an honest solution on a busier machine could fail."""
        return self.margin < TIGHT

    @property
    def told(self) -> str:
        """How far apart they are, in words."""
        whose = f" in {self.language}" if self.language else ""
        what = "an action of it may take" if self.action else "it may take"
        return (
            f"check {self.check}: {what} {self.seconds:g} s, and the reference{whose} took {self.slowest:g} s: "
            "on a busier machine an honest solution could fail"
        )

    @property
    def hint(self) -> str:
        """What to do about it."""
        where = "the timeout of its kind" if self.action else "its timeout"
        return f"set {where} to {proposed(self.slowest)}, or let it do less"


def proposed(slowest: float) -> str:
    """A limit with room for machines that are slower and busier, as an author writes it."""
    wanted = ROOMY * slowest
    if wanted <= _STEPS[-1]:
        return f"{next(step for step in _STEPS if step >= wanted)}s"
    return f"{math.ceil(wanted / _MINUTE)}m"


def limits(challenge: Challenge, lock: Lock) -> Sequence[Limit]:
    """Every limit that something is known of, the tightest first."""
    found = [limit for check in challenge.spec.checks for limit in _of(check, lock.times.get(check.id, {}))]
    return sorted(found, key=lambda limit: limit.margin)


def _of(check: Check, times: Mapping[str, Times]) -> Iterator[Limit]:
    if not times:
        return
    language = max(times, key=lambda name: times[name].slowest)
    yield Limit(check.id, check.timeout, times[language].slowest, language)
    own = getattr(check.body, "timeout", None)
    timed = {name: found.action for name, found in times.items() if found.action is not None}
    # Where a step has a limit of its own, nobody knows to which of them the slowest action belongs.
    others = any(place and getattr(model, "timeout", None) is not None for place, model in models(check.body))
    if isinstance(own, float) and timed and not others:
        language = max(timed, key=lambda name: timed[name])
        yield Limit(check.id, own, timed[language], language, action=True)


def lost(found: Sequence[Limit], factor: float) -> Sequence[str]:
    """Checks that the slowest reference would not pass on a machine that is slower by a factor."""
    return list(dict.fromkeys(limit.check for limit in found if limit.margin < factor))


def longest(challenge: Challenge) -> float:
    """Seconds that the checks of a submission can take that uses every limit up."""
    return min(challenge.spec.limits.timeout, sum(check.timeout for check in challenge.spec.checks))


def measured(runs: Sequence[tuple[float, float | None]]) -> Times:
    """What several gradings of one check took: seconds of its limit, and those of its slowest action."""
    spent = [seconds for seconds, _ in runs]
    actions = [seconds for _, seconds in runs if seconds is not None]
    return Times(
        median=round(median(spent), 2),
        slowest=round(max(spent), 2),
        action=round(max(actions), 2) if actions else None,
        runs=len(runs),
    )


def merged(one: Times | None, other: Times) -> Times:
    """What two references in one language took: the slower one, and the slowest action of either."""
    if one is None:
        return other
    action = max((took.action for took in (one, other) if took.action is not None), default=None)
    return max(one, other, key=lambda took: took.slowest).model_copy(update={"action": action})


def slowest_action(kind: str, evidence: object) -> float | None:
    """The longest that a request, call or run took, in seconds; None where the evidence of a kind tells of none."""
    return max(_seconds(evidence), default=None) if kind in _TIMED else None


def _seconds(evidence: object) -> Iterator[float]:
    if isinstance(evidence, Mapping):
        whole = evidence.get("ending", _EXITED) == _EXITED  # a run may be meant to hang, such as that of a mutant
        for name, value in evidence.items():
            if name == "seconds" and isinstance(value, int | float) and whole:
                yield float(value)
            elif name not in _UNLIMITED:
                yield from _seconds(value)
    elif isinstance(evidence, list | tuple):
        for value in evidence:
            yield from _seconds(value)
