import pytest


def total(values):
    return sum(values) + 1


def skip():
    pytest.skip("not today")
