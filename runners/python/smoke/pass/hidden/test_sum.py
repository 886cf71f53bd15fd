import pytest
from sums import total


def test_small():
    assert total([1, 2]) == 3


@pytest.mark.parametrize("value", [1, 2])
def test_values(value):
    assert total([value]) == value
