"""Texts, lists, maps and an account."""

import kit
import pytest


def test_slug():
    assert kit.slug("Hello,  World!") == "hello-world"


def test_word_counts():
    assert kit.word_counts("the cat saw the dog") == {"the": 2, "cat": 1, "saw": 1, "dog": 1}


def test_chunks():
    assert kit.chunks([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]


def test_initials():
    assert kit.initials("Ada King Lovelace") == "A.K.L."


def test_is_palindrome():
    assert kit.is_palindrome("Never odd or even") is True
    assert kit.is_palindrome("almost") is False


class TestAccount:
    def test_balance(self):
        account = kit.Account()
        account.deposit(50)
        account.deposit(25)
        account.withdraw(30)
        assert account.balance == 45

    def test_history(self):
        account = kit.Account()
        account.deposit(80)
        account.withdraw(20)
        assert account.history == [("deposit", 80), ("withdraw", 20)]

    def test_overdrawn(self):
        account = kit.Account()
        account.deposit(10)
        with pytest.raises(kit.Overdrawn):
            account.withdraw(11)
        assert account.balance == 10
