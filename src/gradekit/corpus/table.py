"""The table of the corpus in a document, between two markers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradekit.corpus.attempt import Attempt, expected_text
from gradekit.corpus.case import Case
from gradekit.errors import Problem, UsageError
from gradekit.results import Isolation

BEGIN, END = "<!-- corpus:begin -->", "<!-- corpus:end -->"
_HEAD = ("case", "class", "attacks", "expected", "got", "s")


def stated(case: Case) -> tuple[str, str, str, str]:
    """The part of a row that stands in the case's own file."""
    expect = case.expect
    return case.name, expect.class_, ", ".join(expect.attacks), expected_text(expect)


def section(cases: Sequence[Case], attempts: Mapping[str, Attempt], isolation: Isolation) -> str:
    """The table as Markdown, markers included; ``attempts`` by the name of their cases.

    Cases of runners have no row, but those that no package registry answered are named.
    """
    rows = [(*stated(case), attempts[case.name].got, f"{attempts[case.name].seconds:.0f}") for case in cases]
    lines = [
        BEGIN,
        f"What each of the {len(rows)} cases of `tests/hostile` should get, and what it got on {isolation.engine} with",
        f"{isolation.runtime} and seccomp {isolation.seccomp}. `make corpus` runs them and writes this table.",
        *_away([item.name for item in attempts.values() if item.unreachable]),
        "",
        _row(_HEAD),
        "|---|---|---|---|---|--:|",
        *map(_row, rows),
        END,
    ]
    return "\n".join(lines) + "\n"


def _away(names: Sequence[str]) -> Iterator[str]:
    if names:
        listed = ", ".join(f"`{name}`" for name in names)
        yield f"Cases of runners that were not run, since their package registry was out of reach: {listed}."


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def read_stated(document: str) -> list[tuple[str, ...]]:
    """What the rows of a document's table say, in the shape of ``stated``; empty when there is no table."""
    table = document.partition(BEGIN)[2].partition(END)[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in row[:4]) for row in rows[1:]]


def replaced(document: str, new: str, place: str) -> str:
    """A document with its table replaced, or with one at its end.

    Raises:
        UsageError: only one of the markers is there.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if bool(begin) != bool(end):
        raise UsageError(Problem(place, "one of the two markers is missing", f"{BEGIN} and {END}", "put it back"))
    if not begin:
        return f"{document.rstrip()}\n\n{new}"
    return before + new.rstrip("\n") + after
