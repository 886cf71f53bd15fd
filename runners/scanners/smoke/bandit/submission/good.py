"""Prices."""


def total(prices: list[int]) -> int:
    """The sum of all prices."""
    return sum(prices)
