"""How sharp a challenge's expectations are: what they notice in changed answers, and which of them nobody needs.

Nothing is run. The reference's record holds right answers; each is changed a little, as a slightly wrong program might
have given it, and judged again. An expectation is needed when some change, or a wrong solution, would pass without it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from pydantic import BaseModel

from gradekit.checks.base import Context, Kind
from gradekit.checks.kinds import KINDS
from gradekit.checks.oracle import Oracle, Part, Place, Rank, any_item, is_verdict
from gradekit.grade.judging import context_of
from gradekit.record import Record
from gradekit.results import Status
from gradekit.spec.challenge import Challenge, Check
from gradekit.spec.lock import Lock, Sharpness
from gradekit.texts import clean

MOST: Final = 800
"""Changes that are tried on one part of a check."""
MOST_PLACES: Final = 100
"""Places of one check that are kept, of either sort."""
_NAMED: Final = 6
"""Places that one line names."""
_LONGEST: Final = 300
"""Characters of a place's name."""
_BELOW: Final = re.compile(r"[.:\[]")
"""What stands between a place and one that is a piece of it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A check whose expectations were tried."""

    sharpness: Sharpness
    """What the lock keeps."""
    noticed: frozenset[str]
    """Places a change of which was noticed."""
    unnoticed: frozenset[str]
    """Other places that were changed."""


def sharpness(challenge: Challenge, right: Record, wrong: Sequence[Record], lock: Lock | None) -> Mapping[str, Tried]:
    """What the expectations of each check notice, and which of them nobody needs.

    Args:
        challenge: the challenge.
        right: what the reference's run observed; checks that it does not pass are left out.
        wrong: the same of wrong solutions, which need an expectation, too.
        lock: with which they are judged.

    Returns:
        By id of a check, for kinds whose expectations can be tried.
    """
    found: dict[str, tuple[Sharpness, _Places]] = {}
    for check in challenge.spec.checks:
        tried = _tried(challenge, check, right, wrong, lock)
        if tried is not None:
            found[check.id] = tried
    told = {place.about for _, places in found.values() for place in places.of(noticed=True)}
    return {check: places.judged(sharp, told) for check, (sharp, places) in found.items()}


def noticing(challenge: Challenge, check: Check, right: Record, lock: Lock | None) -> Tried | None:
    """What one check notices, without which of its expectations are needed.

    None for a kind whose expectations cannot be tried, and for a check that the reference does not pass.
    """
    trial = _Trial.of(challenge, check, right, lock)
    if trial is None:
        return None
    places = _Places()
    tried = [trial.changed(part, places) for part in trial.parts]
    changed, noticed = sum(count for count, _ in tried), sum(len(seen) for _, seen in tried)
    return places.judged(Sharpness(changed=changed, noticed=noticed, expectations=0), set())


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

    def passes_one(self, spec: BaseModel, answers: deque[BaseModel]) -> bool:
        """Whether one of the answers passes; the next question about them begins behind that one.

        Expectations and answers stand in the order of what they are about, so the next one to pass is often near.
        """
        for tried, answer in enumerate(answers):
            if self.status(spec, answer) is Status.PASSED:
                answers.rotate(-tried - 1)
                return True
        return False

    def changed(self, part: Part[Any, Any], places: _Places) -> tuple[int, Sequence[BaseModel]]:
        """How many changes can be judged, and the evidence with those that are noticed; notes their places."""
        count, seen = 0, []
        for place, _, other in islice(self.oracle.changed(part.spec, part.evidence), MOST):
            status = self.status(part.spec, other)
            if status is Status.ERRORED:
                continue
            count += 1
            places.note(place if part.shared else place.of(part.name), noticed=status is Status.FAILED)
            if status is Status.FAILED:
                seen.append(other)
        return count, seen


class _Places:
    """What became of changes, by the place of these."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Place, bool]] = {}

    def note(self, place: Place, *, noticed: bool) -> None:
        """That a change in a place was noticed, or was not."""
        name = clean(place.name, _LONGEST)
        was, before = self._found.get(name, (place, False))
        self._found[name] = (replace(was, name=name, rank=min(was.rank, place.rank)), before or noticed)

    def of(self, *, noticed: bool) -> Sequence[Place]:
        """Those of which some change was noticed, or none was, each with its pieces."""
        # Who looks at a piece of something looks at it.
        above = {name for place, seen in self._found.values() if seen for name in _above(place.name)}
        return [place for place, seen in self._found.values() if (seen or place.name in above) is noticed]

    def judged(self, sharp: Sharpness, told: set[str]) -> Tried:
        """The same check with its places; ``told`` as in ``unseen``."""
        seen = self.seen()
        places = {"seen": seen[:MOST_PLACES], "more": len(seen[MOST_PLACES:]), "unseen": self.unseen(told)}
        kept = sharp.model_copy(update=places)
        noticed, unnoticed = (frozenset(place.name for place in self.of(noticed=noticed)) for noticed in (True, False))
        return Tried(kept, noticed, unnoticed)

    def seen(self) -> tuple[str, ...]:
        """The smallest ones of which some change was noticed, sorted."""
        names = self._named(self.of(noticed=True))
        return tuple(sorted(_smallest(names)))

    def unseen(self, told: set[str]) -> tuple[str, ...]:
        """The largest ones of which no change was, the most telling first, without those that are no loss.

        ``told`` is what some check looks at, or what was named before; what is named here is added.
        """
        unnoticed = self.of(noticed=False)
        names = self._named(unnoticed)
        there, ranks = set(names), dict[str, Rank]()
        for name, place in zip(names, unnoticed, strict=True):
            if place.rank is Rank.FREE or not there.isdisjoint(_above(name)):
                continue
            if not place.about or name in ranks or place.about not in told:
                ranks[name] = min(ranks.get(name, Rank.FREE), place.rank)
                told.add(place.about)
        order = sorted(ranks, key=lambda name: (not is_verdict(name), ranks[name], name))
        return tuple(order[:MOST_PLACES])

    def _named(self, places: Sequence[Place]) -> Sequence[str]:
        """Their names; items of a list that all fared alike go by one."""
        mixed = {any_item(place.name) for place in self.of(noticed=True)}
        mixed &= {any_item(place.name) for place in self.of(noticed=False)}
        return [place.name if any_item(place.name) in mixed else any_item(place.name) for place in places]


def _above(place: str) -> Iterator[str]:
    """What a place may be a piece of."""
    for found in _BELOW.finditer(place):
        yield place[: found.start()]
        yield any_item(place[: found.start()])


def _smallest(places: Iterable[str]) -> set[str]:
    """Places without those of which another one is a piece."""
    found = set(places)
    return found - {above for place in found for above in _above(place)}


def _tried(
    challenge: Challenge, check: Check, right: Record, wrong: Sequence[Record], lock: Lock | None
) -> tuple[Sharpness, _Places] | None:
    trial = _Trial.of(challenge, check, right, lock)
    if trial is None:
        return None
    others = [
        {part.name: part.evidence for part in trial.oracle.parts(check.body, found, trial.context.files)}
        for found in (_evidence(trial.kind, check, record) for record in wrong)
        if found is not None
    ]
    places = _Places()
    changed = noticed = 0
    needed: dict[str, bool] = {}
    for part in trial.parts:
        count, seen = trial.changed(part, places)
        changed += count
        noticed += len(seen)
        theirs = [other[part.name] for other in others if part.name in other]
        lost = deque((*seen, *(answer for answer in theirs if trial.status(part.spec, answer) is Status.FAILED)))
        for place, weaker in trial.oracle.weaker(part.spec):
            # What stands outside of the cases is the same in all of them.
            key = _at(part.name, place) if place.startswith("cases[") else place
            if not needed.setdefault(key, False):
                needed[key] = trial.passes_one(weaker, lost)
    needless = tuple(place for place, is_needed in needed.items() if not is_needed)
    return Sharpness(changed=changed, noticed=noticed, expectations=len(needed), needless=needless), places


def _evidence(kind: Kind[Any, Any], check: Check, record: Record) -> BaseModel | None:
    """What a run observed of a check, where it came so far."""
    observation = next((found for found in record.observations if found.check == check.id), None)
    if observation is None or observation.state != "observed":
        return None
    model: type[BaseModel] = kind.evidence
    return model.model_validate(observation.evidence, strict=False)


def _at(part: str, what: str) -> str:
    return f"{part}: {what}" if part else what


def blunted(before: Mapping[str, Sharpness], now: Mapping[str, Tried]) -> Sequence[str]:
    """Checks that notice less than they did, one sentence each: by number in the same answers, by place in others."""
    found = []
    for check, was in before.items():
        tried = now.get(check)
        if tried is None:
            continue
        got, told = tried.sharpness, []
        if got.changed == was.changed and got.noticed < was.noticed:
            told.append(
                f"notices {got.noticed} of {got.changed} changed answers, {was.noticed} when challenge.lock was written"
            )
        lost = _lost(was, tried)
        fewer = _count(was) - _count(got)
        if was.more and not lost and fewer > 0:
            told.append(f"looks at {fewer} place{'s' * (fewer > 1)} less, and the lock does not keep which ones")
        if lost:
            lines = listed(lost)
            more = f"; and at {len(lines) - _NAMED} other answers" if lines[_NAMED:] else ""
            told.append(f"nothing looks any more at {'; at '.join(lines[:_NAMED])}{more}")
        if told:
            found.append(f"{check}: {'; '.join(told)}: an expectation is gone or weaker; --accept-weaker lets it pass")
    return found


def _count(sharp: Sharpness) -> int:
    """How many places it looks at."""
    return len(sharp.seen) + sharp.more


def listed(places: Sequence[str]) -> Sequence[str]:
    """Places by the answer that they are of, such as ``GET /orders: $.total, $.status``."""
    of: dict[str, list[str]] = {}
    for place in places:
        title, _, own = place.rpartition(": ")
        of.setdefault(title, []).append(own)
    return [
        f"{title}{title and ': '}{', '.join(own[:_NAMED])}{f' and {len(own) - _NAMED} more' if own[_NAMED:] else ''}"
        for title, own in of.items()
    ]


def _lost(was: Sharpness, tried: Tried) -> Sequence[str]:
    """Places that were seen and are seen no more."""
    seen = set(was.seen)
    lost = {place for place in tried.unnoticed if place in seen or any_item(place) in seen}
    there = tried.noticed | tried.unnoticed
    there |= {any_item(place) for place in there}
    # What is no longer answered can be one that goes by another name now; then there are as many as before.
    if _count(tried.sharpness) < _count(was):
        lost |= seen - there
    some = {any_item(place) for place in tried.noticed}
    return sorted({place if any_item(place) in some else any_item(place) for place in _smallest(lost)})
