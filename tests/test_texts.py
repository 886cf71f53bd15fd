from __future__ import annotations

import pytest

from gradekit.texts import last_lines, meant, near_path


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("", 4, ""),
        ("a\nbc\n", 5, "a\nbc\n"),
        ("abc\nde\nf\n", 7, "de\nf\n"),
        ("one\nlong", 3, "ong"),
        ("longer\n", 3, "er\n"),
        ("ab€€", 4, "€"),
    ],
)
def test_the_last_whole_lines_are_kept(text: str, size: int, expected: str) -> None:
    assert last_lines(text, size) == expected
    assert len(expected.encode()) <= size


def test_a_pattern_means_also_the_name_that_looks_like_it() -> None:
    assert meant("a[1].txt", "a[1].txt")
    assert meant("a1.txt", "a[1].txt")
    assert meant("ab", "a*")
    assert not meant("A", "a")


@pytest.mark.parametrize(
    ("word", "likely"),
    [
        ("no-lock", "solutions/known-bad/no-lock.patch"),
        ("no-lock.patch", "solutions/known-bad/no-lock.patch"),
        ("counts-byte", "solutions/known-bad/counts-bytes"),
        ("wrong/counts-bites", "solutions/known-bad/counts-bytes"),
        ("solutions/refrence", "solutions/reference"),
    ],
)
def test_a_path_may_be_meant_by_its_name(word: str, likely: str) -> None:
    known = ["solutions/reference", "solutions/known-bad/no-lock.patch", "solutions/known-bad/counts-bytes"]
    assert near_path(word, known) == f'did you mean "{likely}"?'
    assert not near_path("zzz", known)
