from __future__ import annotations

import pytest

from gradekit.texts import last_lines


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
