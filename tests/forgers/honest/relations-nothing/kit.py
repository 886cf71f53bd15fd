def total(cents):
    pass


roman = average = cents = median = primes = parse_age = slug = word_counts = initials = is_palindrome = total


def chunks(items, size):
    pass


class Overdrawn(Exception):
    pass


class Account:
    balance = None
    history = None

    def deposit(self, amount):
        pass

    def withdraw(self, amount):
        pass


class Point:
    def __init__(self, x, y):
        pass

    def moved(self, dx, dy):
        pass
