from __future__ import annotations

import re
import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.regex import MAX_PATTERN, RegexProblem, compile_regex

MEBI = 1 << 20


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^/orders/\d+$", "/orders/12", True),
        (r"^/orders/\d+$", "/orders/12\n", False),
        (r"\d", "\u0663", False),
        (r"\pN", "\u0663", True),
        (r"(a|ab)(c|bcd)(d*)", "xabcd", True),
        (r"(?i)stra\x{df}e", "STRAßE", True),
        (r"(?i:A)b", "aB", False),
        (r"\bfoo\b", "a foo b", True),
        (r"a\Bb", "ab", True),
        (r"(?m)^b$", "a\nb\nc", True),
        (r"^b$", "a\nb\nc", False),
        (r"\Aab\z", "ab", True),
        (r"^a.b$", "a\nb", False),
        (r"(?s)^a.b$", "a\nb", True),
        (r"^a{2,4}$", "aaaaa", False),
        (r"(?P<name>a)(?<other>b)", "ab", True),
        (r"^[^\W\d]+$", "ab_", True),
        (r"[[:alpha:]]", "1", False),
        ("^ä.$", "äö", True),
        ("", "", True),
    ],
)
def test_search(pattern: str, text: str, *, found: bool) -> None:
    assert compile_regex(pattern).search(text) is found


@pytest.mark.parametrize(("pattern", "text", "fits"), [("a|ab", "ab", True), ("a", "ab", False), ("^a$", "a\n", False)])
def test_fullmatch(pattern: str, text: str, *, fits: bool) -> None:
    assert compile_regex(pattern).fullmatch(text) is fits


@given(text=st.text(alphabet="abcd/ 1\n_éß", max_size=8))
def test_agrees_with_the_standard_library(text: str) -> None:
    for pattern in (r"(?:a*)*b", r"(|a)+b", r"a??b", r"[ab.\-]x|\s/", r"[^a]{3}", r"(?m)^[a-c]$"):
        assert compile_regex(pattern).search(text) == (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+b", "a" * MEBI),
        ("(a+)+$", "a" * MEBI + "b"),
        ("(a|a)*b", "a" * MEBI),
        (r"\s+$", " " * MEBI + "x"),
        (".*a.*b.*c.*d", "a" * MEBI),
    ],
)
@pytest.mark.timeout(10)
def test_what_hangs_a_backtracking_search_is_quick(pattern: str, text: str) -> None:
    assert not compile_regex(pattern).search(text)


@given(text=st.text(alphabet=st.characters(), max_size=5))
def test_any_text_can_be_searched(text: str) -> None:
    assert compile_regex(r"(?s)\A.*\z").search(text)
    assert compile_regex("x").search(f"{text}x")


def test_a_lone_surrogate_is_a_character() -> None:
    assert compile_regex("^a.b$").search("a\ud800b")
    assert compile_regex("\ud800").search("a\ud800b")
    assert not compile_regex("\ud801").search("a\ud800b")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("ä(", "missing ): ä("),
        ("*", "no argument for repetition operator: *"),
        ("[z-a]", "invalid character class range: z-a"),
        ("a(?=b)", "invalid perl operator: (?=; the syntax is RE2's, which has no look-around and no back references"),
        ("(?<!a)b", "no look-around"),
        (r"(a)\1", r"invalid escape sequence: \1; the syntax is RE2's"),
        (r"a\Z", r"invalid escape sequence: \Z"),
        ("(?>a)", "invalid perl operator: (?>"),
        ("a*+", "bad repetition operator: *+"),
        ("a{1001}", "invalid repetition size: {1001}"),
        ("((x{1000}){1000}){1000}", "invalid repetition size"),
        (r"\pL{1000}\pL{1000}\pL{1000}", "pattern too large"),
    ],
)
def test_refused(pattern: str, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RegexProblem) as caught:
        compile_regex(pattern)
    assert message in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_very_long_pattern_is_refused_before_it_costs_anything(capfd: pytest.CaptureFixture[str]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for pattern in (".." * 500_000, "a|" * 500_000, "x" * (MAX_PATTERN + 1)):
        with pytest.raises(RegexProblem, match=f"it has more than {MAX_PATTERN} characters"):
            compile_regex(pattern)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10
    assert compile_regex("x" * MAX_PATTERN).search("x" * MAX_PATTERN)
    assert capfd.readouterr() == ("", "")
