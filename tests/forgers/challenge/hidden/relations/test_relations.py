"""Expectations that do not stand alone on the right of ``==``: common in real suites, and easy to change wrongly."""

import kit


def test_the_order_does_not_matter():
    assert kit.total([3, 4, 5]) == kit.total([5, 4, 3])


def test_expectation_first():
    assert 12 == kit.total([3, 4, 5])


def test_bound():
    assert len(kit.primes(100)) > 24


def test_either_will_do():
    assert kit.median([4, 8]) in (6, 8)


def test_points():
    assert kit.Point(1, 2).moved(3, 4) == kit.Point(4, 6)
