"""How sharp a challenge's expectations are: what they notice in changed answers, and which of them nobody needs.

Nothing is run. The reference's record holds right answers; each is changed a little, as a slightly wrong program might
have given it, and judged again. An expectation is needed when some change, or a wrong solution, would pass without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pydantic import BaseModel

from gradekit.checks.base import Context, Kind
from gradekit.checks.kinds import KINDS
from gradekit.checks.oracle import Oracle, Part
from gradekit.grade.judging import context_of
from gradekit.record import Record
from gradekit.results import Status
from gradekit.spec.challenge import Challenge, Check
from gradekit.spec.lock import Lock, Sharpness

MOST: Final = 400
"""Changes that are tried on one part of a check."""


def sharpness(
    challenge: Challenge, right: Record, wrong: Sequence[Record], lock: Lock | None
) -> Mapping[str, Sharpness]:
    """What the expectations of each check notice, and which of them nobody needs.

    Args:
        challenge: the challenge.
        right: what the reference's run observed; checks that it does not pass are left out.
        wrong: the same of wrong solutions, which need an expectation, too.
        lock: with which they are judged.

    Returns:
        By id of a check, for kinds whose expectations can be tried.
    """
    found = {}
    for check in challenge.spec.checks:
        tried = _tried(challenge, check, right, wrong, lock)
        if tried is not None:
            found[check.id] = tried
    return found


def noticing(challenge: Challenge, check: Check, right: Record, lock: Lock | None) -> tuple[int, int] | None:
    """How many changes were tried on what the reference answered to a check, and how many the check noticed.

    None for a kind whose expectations cannot be tried, and for a check that the reference does not pass.
    """
    trial = _Trial.of(challenge, check, right, lock)
    if trial is None:
        return None
    tried = [trial.changed(part) for part in trial.parts]
    return sum(count for count, _ in tried), sum(len(seen) for _, seen in tried)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A check that the reference passes, with what it answered."""

    kind: Kind[Any, Any]
    oracle: Oracle[Any, Any]
    context: Context
    parts: Sequence[Part[Any, Any]]

    @classmethod
    def of(cls, challenge: Challenge, check: Check, right: Record, lock: Lock | None) -> _Trial | None:
        kind = KINDS[check.kind]
        evidence = _evidence(kind, check, right)
        if kind.oracle is None or evidence is None:
            return None
        context = context_of(challenge, check.id, lock)
        if kind.judge(check.body, evidence, context).outcome.status is not Status.PASSED:
            return None
        return cls(kind, kind.oracle, context, tuple(kind.oracle.parts(check.body, evidence, context.files)))

    def status(self, spec: BaseModel, evidence: BaseModel) -> Status:
        return self.kind.judge(spec, evidence, self.context).outcome.status

    def changed(self, part: Part[Any, Any]) -> tuple[int, Sequence[BaseModel]]:
        """How many changes can be judged, and the evidence with those that are noticed."""
        tried = [other for _, other in islice(self.oracle.changed(part.spec, part.evidence), MOST)]
        statuses = [self.status(part.spec, other) for other in tried]
        seen = [other for other, status in zip(tried, statuses, strict=True) if status is Status.FAILED]
        return sum(status is not Status.ERRORED for status in statuses), seen


def _tried(
    challenge: Challenge, check: Check, right: Record, wrong: Sequence[Record], lock: Lock | None
) -> Sharpness | None:
    trial = _Trial.of(challenge, check, right, lock)
    if trial is None:
        return None
    others = [
        {part.name: part.evidence for part in trial.oracle.parts(check.body, found, trial.context.files)}
        for found in (_evidence(trial.kind, check, record) for record in wrong)
        if found is not None
    ]
    changed = noticed = 0
    needed: dict[str, bool] = {}
    for part in trial.parts:
        count, seen = trial.changed(part)
        changed += count
        noticed += len(seen)
        theirs = [other[part.name] for other in others if part.name in other]
        lost = [*seen, *(answer for answer in theirs if trial.status(part.spec, answer) is Status.FAILED)]
        for place, weaker in trial.oracle.weaker(part.spec):
            # What stands outside of the cases is the same in all of them.
            key = _at(part.name, place) if place.startswith("cases[") else place
            needed[key] = needed.get(key, False) or any(
                trial.status(weaker, answer) is Status.PASSED for answer in lost
            )
    needless = tuple(place for place, is_needed in needed.items() if not is_needed)
    return Sharpness(changed=changed, noticed=noticed, expectations=len(needed), needless=needless)


def _evidence(kind: Kind[Any, Any], check: Check, record: Record) -> BaseModel | None:
    """What a run observed of a check, where it came so far."""
    observation = next((found for found in record.observations if found.check == check.id), None)
    if observation is None or observation.state != "observed":
        return None
    model: type[BaseModel] = kind.evidence
    return model.model_validate(observation.evidence, strict=False)


def _at(part: str, what: str) -> str:
    return f"{part}: {what}" if part else what


def blunted(before: Mapping[str, Sharpness], now: Mapping[str, Sharpness]) -> Sequence[str]:
    """Checks that notice less in the same answers than they did, one sentence each."""
    found = []
    for check, was in before.items():
        got = now.get(check)
        if got is not None and got.changed == was.changed and got.noticed < was.noticed:
            found.append(
                f"{check}: notices {got.noticed} of {got.changed} changed answers, {was.noticed} when challenge.lock "
                "was written: an expectation is gone or weaker; --accept-weaker lets it pass"
            )
    return found
