from __future__ import annotations

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.regex import MAX_TEXT, RegexProblem, TooMuchWork, compile_regex

PATTERNS = [
    r"^/orders/\d+$",
    r"(a|ab)(c|bcd)(d*)",
    r"(?i)straße|k",
    r"(?i)[^k]",
    r"\bfoo\b",
    r"a\Bb",
    r"^$",
    r"(?m)^b$",
    r"\Aab\Z",
    r"a{2,4}b",
    r"(?:a*)*b",
    r"(?:^a|b$)+",
    r"(|a)+b",
    r"a??b",
    r"[^\W\d]+",
    r"[ab.\-]x",
    r"[a-cé-ü\s\S]b",
    r"[\d\D]\D\w",
    r"(?s).x",
    r".x",
    r"(?a:\w)[^a]",
    r"(?x) a b  # spaces do not count",
    r"(?i:A)(?-i:b)",
    r"(?:x{0,3}){2}",
    r"(?:){9}a",
    r"(?:){0,9}a",
    "",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=st.text(alphabet="abcdfoxABK/ 1\n_éßk", max_size=8))
def test_agrees_with_the_standard_library(pattern: str, text: str) -> None:
    assert compile_regex(pattern).search(text) == (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(a+)+$", "a" * (MAX_TEXT - 1) + "b"),
        (r"(a|a)*b", "a" * MAX_TEXT),
        (r"\s+$", " " * (MAX_TEXT - 1) + "x"),
        (r".*a.*b.*c.*d", "a" * MAX_TEXT),
    ],
)
@pytest.mark.timeout(10)
def test_what_hangs_a_backtracking_search_does_not_hang_this_one(pattern: str, text: str) -> None:
    assert not compile_regex(pattern).search(text)


def test_work_is_bounded() -> None:
    pattern = compile_regex("a.{900}b$")
    noise = b"".join(sha256(bytes([index])).digest() for index in range(256))
    text = "".join("ab"[byte & 1] for byte in noise)
    with pytest.raises(TooMuchWork, match="too much work"):
        pattern.search(text)


def test_text_is_bounded() -> None:
    with pytest.raises(TooMuchWork, match="more than 65536 characters"):
        compile_regex("a").search("a" * (MAX_TEXT + 1))


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a(", "missing ), unterminated subpattern at column 2"),
        ("*", "nothing to repeat at column 1"),
        ("a(?=b)", "look-ahead and look-behind cannot be used"),
        ("a(?!b)", "look-ahead and look-behind cannot be used"),
        (r"(a)\1", "back references cannot be used"),
        ("(a)?(?(1)b|c)", "conditional groups cannot be used"),
        ("(?>a)", "atomic groups cannot be used"),
        ("a*+", "possessive repeats cannot be used"),
        ("((x{1000}){1000}){1000}", "more than 2000 places"),
        ("a{99999999999999}", "counts too far"),
        ("(" * 5000 + ")" * 5000, "too deeply nested"),
        ("[[a]", "Possible nested set"),
    ],
)
def test_refused(pattern: str, message: str) -> None:
    with pytest.raises(RegexProblem) as caught:
        compile_regex(pattern)
    assert message in str(caught.value)


def test_a_huge_count_of_nothing_is_nothing() -> None:
    assert compile_regex("(?:){2000000000}").search("")
    assert compile_regex("(?:){0,2000000000}").search("")
