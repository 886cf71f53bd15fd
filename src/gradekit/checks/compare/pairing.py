"""Pairs the rows of two results that are equal, or near in their floats."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence

from gradekit.checks.compare.cells import Row, Rules

BUDGET = 2_000_000
"""Float pairs that are looked at for one comparison; rows beyond it count as unpaired."""


def without_partner(ours: Sequence[Row], theirs: Sequence[Row], rules: Rules) -> tuple[list[int], list[int]]:
    """Places of the rows of both sides that have no partner, under a pairing of the greatest size."""
    groups: defaultdict[tuple[Hashable, ...], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((ours, theirs)):
        for place, row in enumerate(rows):
            groups[row.key][side].append(place)
    missing: list[int] = []
    extra: list[int] = []
    budget = [BUDGET]
    for left, right in groups.values():
        if not left or not right or not ours[left[0]].floats:
            missing += left[len(right) :]
            extra += right[len(left) :]
            continue
        pairing = _Pairing([ours[place].floats for place in left], [theirs[place].floats for place in right], rules)
        pairing.run(budget)
        missing += [place for place, partner in zip(left, pairing.partners, strict=True) if partner is None]
        extra += [place for place, owner in zip(right, pairing.owners, strict=True) if owner is None]
    return sorted(missing), sorted(extra)


class _Pairing:
    """A maximum matching of float rows that are near: equal ones first, then augmenting paths."""

    def __init__(self, left: Sequence[tuple[float, ...]], right: Sequence[tuple[float, ...]], rules: Rules) -> None:
        self.left = left
        self.right = right
        self.rules = rules
        self.partners: list[int | None] = [None] * len(left)
        self.owners: list[int | None] = [None] * len(right)

    def run(self, budget: list[int]) -> None:
        """Pair what can be paired; ``budget`` holds the pairs that may still be looked at."""
        equal: defaultdict[tuple[float, ...], deque[int]] = defaultdict(deque)
        for place, floats in enumerate(self.right):
            equal[floats].append(place)
        for place, floats in enumerate(self.left):
            if equal[floats]:
                self._join(place, equal[floats].popleft())
        unpaired = [place for place, partner in enumerate(self.partners) if partner is None]
        if unpaired:
            neighbours = self._neighbours(budget)
            for place in unpaired:
                self._augment(place, neighbours)

    def _join(self, left: int, right: int) -> None:
        self.partners[left] = right
        self.owners[right] = left

    def _neighbours(self, budget: list[int]) -> Callable[[int], Iterator[int]]:
        """A function from a left place to the right places near it, by the column that tells most rows apart."""
        column = max(range(len(self.left[0])), key=lambda place: len({floats[place] for floats in self.right}))
        order = sorted(range(len(self.right)), key=lambda place: self.right[place][column])
        values = [self.right[place][column] for place in order]

        def near(place: int) -> Iterator[int]:
            number = self.left[place][column]
            reach = self.rules.reach(number)
            for index in range(bisect_left(values, number - reach), bisect_right(values, number + reach)):
                if budget[0] <= 0:
                    return
                budget[0] -= 1
                if self.rules.near(self.left[place], self.right[order[index]]):
                    yield order[index]

        return near

    def _augment(self, start: int, neighbours: Callable[[int], Iterator[int]]) -> None:
        """Find a partner for a left place, moving other pairs aside where that helps."""
        came_from: dict[int, int] = {}
        queue = deque([start])
        while queue:
            place = queue.popleft()
            for other in neighbours(place):
                if other in came_from:
                    continue
                came_from[other] = place
                owner = self.owners[other]
                if owner is None:
                    self._flip(other, came_from)
                    return
                queue.append(owner)

    def _flip(self, end: int, came_from: dict[int, int]) -> None:
        """Join along the path back to the start, which is the only place without a partner so far."""
        right: int | None = end
        while right is not None:
            left = came_from[right]
            before = self.partners[left]
            self._join(left, right)
            right = before
