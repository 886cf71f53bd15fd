from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.report.text import LIMITS, SHORT, clean, cleaned, without_commands
from gradekit.results import ChallengeRef, CheckRun, Report, Run, Score, SubmissionRef

INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
TEXT = st.text(st.characters(categories=None), max_size=400)  # lone surrogates included


def report(title: str, candidate: str, **runs: CheckRun) -> Report:
    return Report(
        gradekit="0.1.0",
        challenge=ChallengeRef(id="c", title=title, digest="d", lock="fresh"),
        rubric="r",
        submission=SubmissionRef(repo="r", tree="t", candidate=candidate, files=1, bytes=1),
        score=Score(state="incomplete", reasons=(candidate,)),
        criteria=(),
        checks=(),
        run=Run(id="r", started_at="now", seconds=1.0, checks=runs),
    )


def test_every_character_that_is_not_seen_is_written_out() -> None:
    left = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in INVISIBLE and clean(chr(code), lines=True) == chr(code)
    ]
    assert left == ["0x9", "0xa"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b]52;c;aGk=\x07", r"\x1b[31mred\x1b]52;c;aGk=\x07"),
        ("user\u202etxt.exe", r"user\u202etxt.exe"),
        ("ad\u200bmin", r"ad\u200bmin"),
        ("a\ud800b", r"a\ud800b"),
        ("flag \U000e0067", r"flag \U000e0067"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("Zoë 李 ✓ é", "Zoë 李 ✓ é"),
        ("x" + "\u0301" * 5, "x" + "\u0301" * 3 + r"\u0301\u0301"),
    ],
)
def test_a_line_shows_what_was_in_it(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_lines_keep_newlines_and_tabs() -> None:
    assert clean("a\r\nb\tc\rd\n", lines=True) == "a\nb\tc\\rd\n"


def test_a_cut_says_how_long_the_text_was() -> None:
    shown = clean("x" * 1_000_000, 100)
    assert shown == "x" * 36 + "… [cut; 1,000,000 characters in all]"
    assert clean("y" * 100, 100) == "y" * 100
    grown = clean("\x00" * 100, 100)
    assert len(grown) <= 100
    assert grown.endswith("… [cut; 100 characters in all]")


@given(TEXT, st.integers(64, 200), st.booleans())
def test_clean_text_is_bounded_inert_and_stays_so(text: str, limit: int, lines: bool) -> None:
    shown = clean(text, limit, lines=lines)
    assert len(shown) <= limit
    assert clean(shown, limit, lines=lines) == shown
    assert not any(unicodedata.category(char) in INVISIBLE for char in shown if char not in "\n\t")
    shown.encode()


def test_every_text_of_a_report_is_cleaned_and_nothing_else_changes() -> None:
    dirty = report("a\x00b", "c\u202ed\ne", **{"e\x1bf": CheckRun(seconds=1.5, evidence="g\x07")})
    clear = cleaned(dirty)
    assert clear.challenge.title == r"a\x00b"
    assert clear.submission.candidate == r"c\u202ed\ne"
    assert clear.score.reasons == ("c\\u202ed\ne",)
    assert dict(clear.run.checks) == {r"e\x1bf": CheckRun(seconds=1.5, evidence=r"g\x07")}
    assert clear.challenge.lock == "fresh"
    assert cleaned(clear) == clear


def test_the_cap_follows_the_field() -> None:
    clear = cleaned(report("x" * 5_000, "y" * 5_000))
    assert len(clear.challenge.title) <= SHORT
    assert SHORT < len(clear.score.reasons[0]) <= LIMITS["reasons"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::set-output name=a::b", ":\\:set-output name=a::b"),
        ("a\n  ::error::x", "a\n  :\\:error::x"),
        ("\x1b[31m::error::x", "\x1b[31m:\\:error::x"),
        ("x ##vso[task.x] ##[group]", "x ##vso\\[task.x] ##\\[group]"),
        ("tests/a.py::test_b\n## heading", "tests/a.py::test_b\n## heading"),
    ],
)
def test_ci_commands_are_broken_and_other_text_is_not(text: str, shown: str) -> None:
    assert without_commands(text) == shown
