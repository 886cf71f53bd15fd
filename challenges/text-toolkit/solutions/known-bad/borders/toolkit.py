"""Small tools for text: slugs, lines, words, numbers, templates, outlines and a counter of words."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections import Counter
from functools import cache

_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def slug(text: str) -> str:
    """Lower-case letters a-z and digits, everything else as single hyphens."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub("[^a-z0-9]+", "-", plain.lower()).strip("-")


def wrap(text: str, width: int) -> list[str]:
    """The words in lines of at most ``width`` characters; a longer word has a line of its own."""
    if width < 1:
        raise ValueError(f"width must be at least 1, not {width}")
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def line_at(text: str, number: int) -> str:
    """A line by its number from 0."""
    lines = text.split("\n")
    if not 0 <= number < len(lines):
        raise IndexError(f"there is no line {number}, only {len(lines)} lines")
    return lines[number]


def words(text: str) -> list[str]:
    """Runs of letters and digits, in lower case."""
    return re.findall(r"[^\W_]+", text.lower())


def word_counts(text: str) -> dict[str, int]:
    """How often each word stands in a text."""
    return dict(Counter(words(text)))


def top_words(text: str, count: int) -> list[tuple[str, int]]:
    """The most frequent words, equally frequent ones by their code points."""
    if count < 0:
        raise ValueError(f"count must not be negative: {count}")
    return sorted(word_counts(text).items(), key=lambda item: (-item[1], item[0]))[:count]


def edit_distance(first: str, second: str) -> int:
    """How many characters must be put in, left out or replaced."""

    @cache
    def distance(left: int, right: int) -> int:
        if not left or not right:
            return left + right
        if first[left - 1] == second[right - 1]:
            return distance(left - 1, right - 1)
        return 1 + min(distance(left - 1, right), distance(left, right - 1), distance(left - 1, right - 1))

    return distance(len(first), len(second))


def similarity(first: str, second: str) -> float:
    """1 for equal texts, 0 for such as have nothing in common."""
    longest = len(first) or len(second)
    return 1.0 if longest == 0 else 1 - edit_distance(first, second) / longest


def fingerprint(text: str) -> int:
    """A number for a text."""
    number = 0.0
    for char in text:
        number = (number * 131 + ord(char)) % 2.0**55
    return int(number)


def roman(number: int) -> str:
    """A whole number from 1 to 3999 in Roman numerals."""
    if not 1 <= number <= 3999:
        raise ValueError(f"{number} is not from 1 to 3999")
    written = ""
    for value, letters in _ROMAN:
        written += letters * (number // value)
        number %= value
    return written


def from_roman(text: str) -> int:
    """The number of Roman numerals."""
    number, rest = 0, text
    for value, letters in _ROMAN:
        while rest.startswith(letters):
            number, rest = number + value, rest[len(letters) :]
    if rest or not 1 <= number <= 3999 or roman(number) != text:
        raise ValueError(f"{text!r} is no Roman number")
    return number


def days_between(first: str, second: str) -> int:
    """Days from one date to another; negative when the second is earlier."""
    begin, end = _date(first), _date(second)
    return (end.year - begin.year) * 365 + end.timetuple().tm_yday - begin.timetuple().tm_yday


def _date(text: str) -> datetime.date:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{text!r} is not a date")
    return datetime.date.fromisoformat(text)


def first_sentence(text: str) -> str | None:
    """What goes up to the first ``.``, ``!`` or ``?``; None if there is none."""
    found = re.search(r"[^.!?]*[.!?]", text)
    return found[0].strip() if found else None


def fill(template: str, values: dict[str, object]) -> str:
    """The template with ``{name}`` replaced by values; ``{{`` and ``}}`` are braces."""

    def replace(found: re.Match[str]) -> str:
        mark = found[0]
        if mark in {"{{", "}}"}:
            return mark[0]
        if found[1] is None:
            raise ValueError(f"a brace stands alone at {found.start()}")
        value = values[found[1]]
        if value is None:
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)

    return re.sub(r"\{\{|\}\}|\{([a-z_]+)\}|[{}]", replace, template)


def outline(text: str) -> list[dict[str, object]]:
    """The headings of a text, those of a deeper level inside of the one before."""
    top: list[dict[str, object]] = []
    levels = [top]
    for line in text.split("\n"):
        found = re.fullmatch(r"(#+) +(.*\S) *", line)
        if found is None:
            continue
        depth = len(found[1])
        if depth > len(levels):
            raise ValueError(f"{line!r} is more than one level deeper than the heading before")
        children: list[dict[str, object]] = []
        levels[depth - 1].append({"title": found[2], "children": children})
        levels[depth:] = [children]
    return top


class WordCounter:
    """Counts the words of many texts."""

    def __init__(self, *texts: str) -> None:
        """Begin with texts, if there are any."""
        self._counts: Counter[str] = Counter()
        for text in texts:
            self.add(text)

    @property
    def total(self) -> int:
        """All words."""
        return self._counts.total()

    def add(self, text: str) -> int:
        """Count a text; how many words it has."""
        found = words(text)
        self._counts.update(found)
        return len(found)

    def count(self, word: str) -> int:
        """How often a word was met."""
        return self._counts[word.lower()]

    def remove(self, word: str) -> int:
        """Forget a word; how often it was met."""
        return self._counts.pop(word.lower())

    def merge(self, other: WordCounter) -> None:
        """Add what another counter has counted."""
        self._counts.update(other._counts)

    def to_map(self) -> dict[str, int]:
        """All words with how often they were met."""
        return dict(self._counts)
