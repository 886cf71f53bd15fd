from sums import Basket, equal, hidden, leave, total, wrong


def test_right():
    assert total([1, 2]) == 3


def test_object():
    basket = Basket()
    basket.add(2)
    basket.add(3)
    assert basket.total() == 5


def test_wrong():
    assert wrong() == 3


def test_exit():
    assert leave() is None


def test_equal_to_everything():
    assert equal() == 42


def test_tests_are_elsewhere():
    assert hidden() is False
