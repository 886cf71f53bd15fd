import pytest
import sums


@pytest.fixture
def broken():
    return sums.nothing


@pytest.fixture
def breaks_later():
    yield
    sums.nothing()


def test_small():
    assert sums.total([1, 2]) == 3


def test_missing():
    assert sums.nothing() == 3


def test_fixture(broken):
    assert broken


def test_teardown(breaks_later):
    assert sums.total([]) == 1


def test_skip():
    sums.skip()


@pytest.mark.xfail
def test_xfail():
    assert sums.total([]) == 0


@pytest.mark.xfail
def test_xpass():
    assert sums.total([]) == 1
