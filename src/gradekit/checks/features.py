"""Which constructs a text in SQL uses, by its words: what stands in strings, comments and quoted names is none of them.

Words and not a parser, for a stranger's text must not cost more time than it has characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, Literal, get_args

from gradekit.checks import statements

Feature = Literal[
    "cte",
    "distinct",
    "exists",
    "group_by",
    "having",
    "join",
    "limit",
    "not_in",
    "order_by",
    "order_by_position",
    "recursive_cte",
    "select_star",
    "subquery",
    "union",
    "window_function",
]
FEATURES: Final[tuple[Feature, ...]] = get_args(Feature)

_PAIRS: Final[dict[tuple[str, str], Feature]] = {
    ("group", "by"): "group_by",
    ("order", "by"): "order_by",
    ("not", "in"): "not_in",
    ("with", "recursive"): "recursive_cte",
    ("select", "*"): "select_star",
    ("distinct", "*"): "select_star",
    (",", "*"): "select_star",
    (".", "*"): "select_star",
    ("(", "select"): "subquery",
    (")", "over"): "window_function",
}
_WORDS: Final[dict[str, Feature]] = {
    "with": "cte",
    "distinct": "distinct",
    "exists": "exists",
    "having": "having",
    "join": "join",
    "limit": "limit",
    "fetch": "limit",
    "union": "union",
}
_OTHER: Final = "\0"
"""In the place of strings and quoted names."""
_AFTER_A_KEY: Final = frozenset({",", ")", "asc", "desc", "nulls", "limit", "offset", "fetch", "", ";"})

WORDS: Final[dict[Feature, str]] = {
    "cte": "common table expression (WITH)",
    "distinct": "DISTINCT",
    "exists": "EXISTS",
    "group_by": "GROUP BY",
    "having": "HAVING",
    "join": "JOIN",
    "limit": "LIMIT or FETCH",
    "not_in": "NOT IN",
    "order_by": "ORDER BY",
    "order_by_position": "ORDER BY with the number of a column",
    "recursive_cte": "recursive common table expression (WITH RECURSIVE)",
    "select_star": "SELECT *",
    "subquery": "subquery",
    "union": "UNION",
    "window_function": "window function (OVER)",
}
"""Each construct as people write it."""


def used(text: str, engine: str) -> frozenset[Feature]:
    """The features of a text."""
    words = list(_words(text, engine))
    found = {_WORDS[word] for word in words if word in _WORDS}
    found |= {_PAIRS[pair] for pair in pairwise(words) if pair in _PAIRS}
    if _by_position(words):
        found.add("order_by_position")
    return frozenset(found)


def _words(text: str, engine: str) -> Iterator[str]:
    number = ""
    for kind, token in statements.tokens(text, engine):
        if kind == "mark" and token.isdigit():
            number += token
            continue
        if number:
            yield number
            number = ""
        if kind in {"word", "mark"}:
            yield token.lower()
        elif kind not in {"space", "comment"}:
            yield _OTHER
    yield number


def _by_position(words: Sequence[str]) -> bool:
    """Whether a key of an ORDER BY is a number alone."""
    depth: int | None = None
    for place, word in enumerate(words):
        if word == "by" and words[place - 1] == "order":
            depth = 0
        elif depth is not None:
            depth += (word == "(") - (word == ")")
            if depth < 0:
                depth = None
            elif depth == 0 and word.isdigit() and words[place - 1] in {"by", ","}:
                after = words[place + 1] if place + 1 < len(words) else ""
                if after in _AFTER_A_KEY:
                    return True
            elif word in {"limit", "rows", "range", "groups"}:
                depth = None
    return False
