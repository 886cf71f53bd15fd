"""How the expectations of counted statements are tried: other counts in all rounds, another answer in the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gradekit.checks.http.oracle import NEUTRAL, asked, changed_response
from gradekit.checks.n_plus_one.evidence import Count, Measured, NPlusOneEvidence
from gradekit.checks.n_plus_one.model import NPlusOneSpec
from gradekit.checks.oracle import Changes, Oracle, Place, Rank, replaced

_MORE: Final = 100
"""Statements that a request sends beside those that it needs."""


def _changed(spec: NPlusOneSpec, evidence: NPlusOneEvidence) -> Changes[NPlusOneEvidence]:
    yield from _other_counts(spec, evidence)
    for one in evidence.rounds[:1]:
        was = one.big.received
        for place, what, received in changed_response(was) if was is not None else ():
            other = one.model_copy(update={"big": one.big.model_copy(update={"received": received})})
            at = place.below(spec.request, about=asked(one.big.sent, was))
            yield at, what, evidence.model_copy(update={"rounds": replaced(evidence.rounds, 0, other)})


def _other_counts(spec: NPlusOneSpec, evidence: NPlusOneEvidence) -> Changes[NPlusOneEvidence]:
    small, big = spec.sizes
    changes: tuple[tuple[Place, str, Callable[[Count, int], dict[str, int]]], ...] = (
        (Place("growth"), "one more for each item", lambda count, size: {"sent": count.sent + size}),
        (Place("queries"), "none at all", lambda *_: {"sent": 0}),
        (Place("queries"), "many more at both sizes", lambda count, _: {"sent": count.sent + _MORE}),
        # What the database does by itself is its own affair unless the author says otherwise.
        (
            Place("inside", Rank.FREE),
            "one more for each item",
            lambda count, size: {"inside": count.inside + size},
        ),
    )
    for place, what, change in changes:
        rounds = tuple(
            one.model_copy(update={"small": _with(one.small, small, change), "big": _with(one.big, big, change)})
            for one in evidence.rounds
        )
        if rounds != evidence.rounds:
            yield place, what, evidence.model_copy(update={"rounds": rounds})


def _with(measured: Measured, size: int, change: Callable[[Count, int], dict[str, int]]) -> Measured:
    if measured.count is None:
        return measured
    return measured.model_copy(update={"count": measured.count.model_copy(update=change(measured.count, size))})


ORACLE: Final = Oracle(_changed, neutral={**NEUTRAL, NPlusOneSpec: {"items": None}})
