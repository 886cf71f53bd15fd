class Overdrawn(ValueError):
    pass


def total(*args):
    raise NotImplementedError("not done yet")


roman = average = cents = median = primes = slug = word_counts = chunks = initials = is_palindrome = total


def parse_age(text):
    raise ValueError(text)


class Account:
    def deposit(self, amount):
        raise Overdrawn

    withdraw = deposit
