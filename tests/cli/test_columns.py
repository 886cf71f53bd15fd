"""Tables of text: as wide as they are in a pipe, never wider than a terminal, and nothing of them is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.cli import output
from gradekit.cli.columns import columns, named

LONG = "solutions/known-bad/" + "of-sixty-characters-and-more-" * 2 + ".patch"
ROWS = [
    ("solutions/reference", "python", "100.0 of 100.0", "12.3 s", "as claimed"),
    (LONG, "ruby", "8.0 of 100.0", "2.3 s", "mismatch"),
    ("solutions/known-bad/case-matters.patch", "python", "no score", "-", "not graded"),
]


def lines(rows: Sequence[Sequence[str]], width: int, right: Sequence[int] = ()) -> list[str]:
    return [line for shown in named(rows, width, right) for line in shown]


def test_in_a_pipe_a_row_is_a_line() -> None:
    found = lines(ROWS, 0, (2, 3))
    assert found == [
        f"{'solutions/reference':<{len(LONG)}}  python  100.0 of 100.0  12.3 s  as claimed",
        f"{LONG}  ruby      8.0 of 100.0   2.3 s  mismatch",
        f"{'solutions/known-bad/case-matters.patch':<{len(LONG)}}  python        no score       -  not graded",
    ]


def test_in_80_columns_a_long_name_has_its_own_line_and_the_columns_hold() -> None:
    assert lines(ROWS[:2], 80, (2, 3)) == [
        "solutions/reference  python  100.0 of 100.0  12.3 s  as claimed",
        LONG,
        "                     ruby      8.0 of 100.0   2.3 s  mismatch",
    ]
    assert lines([("a", "b, c, d", "x " * 30), (LONG, "b", "")], 60) == [
        "a  b, c, d  x x x x x x x x x x x x x",
        "            x x x x x x x x x x x x x",
        "            x x x x",
        LONG,
        "   b",
    ]
    assert lines([], 80) == []


def test_cells_are_folded_at_commas_first() -> None:
    rows = [("challenge", *("python", "node", "java", "ruby")), ("orders", *("90.0 of 90.0, 12.3 s" for _ in range(4)))]
    assert list(columns(rows, 80)) == [
        "challenge  python         node           java           ruby",
        "orders     90.0 of 90.0,  90.0 of 90.0,  90.0 of 90.0,  90.0 of 90.0,",
        "           12.3 s         12.3 s         12.3 s         12.3 s",
    ]
    assert len(list(columns(rows, 120))) == len(list(columns(rows))) == 2


@given(
    st.lists(st.tuples(*[st.text("ab -", max_size=30).map(str.strip)] * 4), min_size=1, max_size=4),
    st.integers(40, 100),
)
def test_no_line_is_longer_than_the_terminal_and_nothing_is_lost(rows: list[tuple[str, ...]], width: int) -> None:
    found = list(columns(rows, width))
    assert max(map(len, found)) <= width
    assert sorted("".join(found).replace(" ", "")) == sorted("".join(map("".join, rows)).replace(" ", ""))
    least = 24 + 20 + sum(max(map(len, column)) + 2 for column in list(zip(*rows, strict=True))[1:-1]) + 2
    folded = lines(rows, max(width, least))
    assert max(map(len, folded)) <= max(width, least, *(len(row[0]) for row in rows))
    assert sorted("".join(folded).replace(" ", "")) == sorted("".join(map("".join, rows)).replace(" ", ""))


@pytest.mark.parametrize(("columns_", "width"), [("60", 60), ("", 0), ("x", 0), ("0", 0)])
def test_a_pipe_has_no_width_unless_somebody_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], columns_: str, width: int
) -> None:
    assert capfd.readouterr().out == ""
    monkeypatch.setenv("COLUMNS", columns_)
    assert output.line_width() == width
    assert output.of_stdout().width == (width or 100)
