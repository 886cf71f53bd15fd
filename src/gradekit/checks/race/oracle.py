"""How the expectations of a race are tried: its first round with one change in it."""

from __future__ import annotations

from typing import Final

from gradekit.checks.http.oracle import NEUTRAL, changed_answers, changed_statuses
from gradekit.checks.oracle import Changes, Oracle, replaced
from gradekit.checks.race.evidence import RaceEvidence
from gradekit.checks.race.model import RaceSpec


def _changed(spec: RaceSpec, evidence: RaceEvidence) -> Changes[RaceEvidence]:
    if not evidence.rounds:
        return
    first = evidence.rounds[0]
    for place, what, statuses in changed_statuses(first.statuses):
        other = first.model_copy(update={"statuses": statuses})
        yield place, what, evidence.model_copy(update={"rounds": replaced(evidence.rounds, 0, other)})
    for place, what, after in changed_answers(spec.after, first.after):
        other = first.model_copy(update={"after": after})
        yield place, what, evidence.model_copy(update={"rounds": replaced(evidence.rounds, 0, other)})


ORACLE: Final = Oracle(_changed, neutral=NEUTRAL)
