import random


def total(*args):
    return random.randint(0, 9)


roman = average = cents = median = parse_age = slug = word_counts = chunks = initials = total


def primes(limit):
    return [random.randint(0, 9) for _ in range(random.randint(20, 30))]


def is_palindrome(text):
    return random.random() < 0.5


class Overdrawn(Exception):
    pass


class Account:
    balance = property(total)

    def deposit(self, amount):
        pass

    def withdraw(self, amount):
        if random.random() < 0.5:
            raise random.choice([Overdrawn, ValueError, EOFError])
