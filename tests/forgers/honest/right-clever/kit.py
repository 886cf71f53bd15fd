import itertools as it
import re
from fractions import Fraction as F
from functools import reduce
from math import floor

total = sum
average = lambda ns: float(F(sum(ns), len(ns)))
cents = lambda p: floor(F(p) * 100 + F(1, 2))
median = lambda ns: (lambda s, h: s[h] if len(s) & 1 else (s[h - 1] + s[h]) / 2)(sorted(ns), len(ns) // 2)
primes = lambda n: [p for p in range(2, n + 1) if not re.fullmatch(r"(11+)\1+", "1" * p)]
slug = lambda t: "-".join(re.findall(r"\w+", t.lower()))
word_counts = lambda t: reduce(lambda d, w: {**d, w: d.get(w, 0) + 1}, t.split(), {})
chunks = lambda xs, n: [c for i in it.count(0, n) if (c := xs[i : i + n]) or it.repeat(0)] if not xs else list(
    it.takewhile(bool, (xs[i : i + n] for i in it.count(0, n)))
)
initials = lambda n: re.sub(r"(\w)\w*\W*", r"\1.", n)
is_palindrome = lambda t: (s := re.sub(r"[^a-z]", "", t.lower())) == s[::-1]


def roman(n):
    digits = zip(str(n).zfill(4), ("M", "CDM", "XLC", "IVX"), strict=True)
    shapes = ("", "0", "00", "000", "01", "1", "10", "100", "1000", "02")
    return "".join(shapes[int(d)].translate({48 + i: c for i, c in enumerate(abc)}) for d, abc in digits)


def parse_age(text):
    return list(range(151)).index(int(text)) if not text.strip().startswith("-") else int("not negative")


Overdrawn = type("Overdrawn", (ArithmeticError,), {})


class Account(list):
    balance = property(lambda self: sum(n if kind == "deposit" else -n for kind, n in self))
    history = property(list)
    deposit = lambda self, n: self.append(("deposit", n))

    def withdraw(self, n):
        if self.balance - n < 0:
            raise Overdrawn
        self.append(("withdraw", n))


class Point(complex):
    moved = lambda self, dx, dy: Point(self.real + dx, self.imag + dy)
