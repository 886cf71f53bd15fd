"""A short pass over every parser: seeds, what was found once, and a few hundred mutations, the same in each run."""

from __future__ import annotations

import random
import zlib

import pytest

from tests.fuzz.__main__ import USUAL, inputs
from tests.fuzz.limits import tried
from tests.fuzz.targets import TARGETS

MUTATIONS = 300
PATIENCE = 10.0
"""Coverage and other tests beside slow it down."""


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_makes_it_fail(name: str) -> None:
    target = TARGETS[name]
    chance = random.Random(zlib.crc32(name.encode()))  # noqa: S311 - no secret
    known = inputs(name, target.seeds)
    for data in known:
        finding = tried(target, data, PATIENCE)
        assert finding is None, f"{data[:200]!r}: {finding}"
    count = round(MUTATIONS / target.weight)
    for _ in range(count):
        data = chance.choice(known)[:USUAL]
        for _ in range(chance.choice((1, 1, 2, 3))):
            data = target.mutate(data, chance)[:USUAL]
        finding = tried(target, data, PATIENCE)
        assert finding is None, f"{data[:500]!r}: {finding}"
