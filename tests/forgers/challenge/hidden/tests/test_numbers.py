"""Numbers, money and ages."""

import kit
import pytest


def test_total():
    assert kit.total([1250, 399, 1]) == 1650


def test_total_of_nothing():
    assert kit.total([]) == 0


@pytest.mark.parametrize(
    ("number", "numeral"),
    [(4, "IV"), (9, "IX"), (40, "XL"), (1666, "MDCLXVI"), (1994, "MCMXCIV")],
)
def test_roman(number, numeral):
    assert kit.roman(number) == numeral


def test_average():
    assert kit.average([1, 2, 4]) == pytest.approx(2.3333333, abs=1e-6)


def test_cents():
    assert kit.cents("19.995") == 2000
    assert kit.cents("0.29") == 29


def test_median():
    assert kit.median([5, 1, 3]) == 3
    assert kit.median([8, 2]) == 5


def test_primes():
    assert kit.primes(20) == [2, 3, 5, 7, 11, 13, 17, 19]


def test_how_many_primes():
    assert len(kit.primes(100)) == 25


def test_parse_age():
    assert kit.parse_age(" 36 ") == 36


@pytest.mark.parametrize("text", ["twelve", "-1", "151", ""])
def test_parse_age_refuses(text):
    with pytest.raises(ValueError):
        kit.parse_age(text)
