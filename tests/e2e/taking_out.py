"""Expectations of a shipped challenge, taken out one at a time: what verify would say of each."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from gradekit.checks.kinds import KINDS
from gradekit.oracle import Tried, blunted, noticing
from gradekit.record import read
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import read_lock
from tests.e2e.running import ROOT


@dataclass(frozen=True, slots=True)
class TakenOut:
    of: int
    """Expectations that there are."""
    by_number: frozenset[str]
    """Of the sample, what verify notices in the same answers."""
    by_place: frozenset[str]
    """What it notices in another number of answers."""
    rest: frozenset[str]
    """What it notices in neither."""
    doubtful: frozenset[str]
    """Checks in which some expectation is not needed, by the lock."""


def taken_out(folder: Path, record: Path, count: int) -> TakenOut:
    """``count`` expectations of the challenge in ``folder``, the same ones each time; nothing is run."""
    challenge = load_challenge(folder, rubrics=[ROOT / "rubrics"])
    lock, right = read_lock(challenge.lock_path), read(record)
    assert lock is not None
    places = []
    for check in challenge.spec.checks:
        oracle = KINDS[check.kind].oracle
        if oracle is not None and check.id in lock.sharpness:
            places += [(check, place, weaker) for place, weaker in oracle.weaker(check.body)]
    kept: dict[str, Tried | None] = {}
    found: dict[str, set[str]] = {"number": set(), "place": set(), "neither": set()}
    for check, place, weaker in random.Random(20261130).sample(places, count):  # noqa: S311 - the same ones each time
        now = noticing(challenge, check.model_copy(update={"body": weaker}), right, lock)
        if check.id not in kept:
            kept[check.id] = noticing(challenge, check, right, lock)
        whole = kept[check.id]
        assert whole is not None
        assert now is not None
        was = whole.sharpness
        assert now.sharpness.changed == was.changed
        ways = {"number": was, "place": was.model_copy(update={"changed": -1})}
        seen = {way for way, earlier in ways.items() if blunted({check.id: earlier}, {check.id: now})}
        for way in seen or {"neither"}:
            found[way].add(f"{check.id}: {place}")
    doubtful = frozenset(check for check, tried in lock.sharpness.items() if tried.needless)
    by_number, by_place, rest = map(frozenset, found.values())
    return TakenOut(len(places), by_number, by_place, rest, doubtful)
