"""The table of the corpus in docs/security.md keeps up with the cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit.corpus import Attempt, read_cases
from gradekit.corpus.table import BEGIN, END, read_stated, replaced, section, stated
from gradekit.errors import UsageError
from tests.fakes import ISOLATION

ROOT = Path(__file__).parents[2]
CASES = read_cases(ROOT / "tests" / "hostile")


def written() -> str:
    return section(CASES, {case.name: Attempt(case.name, "host", "", "a|b", 1.6) for case in CASES}, ISOLATION)


def test_the_document_lists_the_cases_as_they_are() -> None:
    document = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert read_stated(document) == [stated(case) for case in CASES], "run make corpus"


def test_what_is_written_is_read() -> None:
    assert read_stated(written()) == [stated(case) for case in CASES]
    assert written().count("| a\\|b | 2 |\n") == len(CASES)


def test_cases_whose_registry_is_out_of_reach_are_named() -> None:
    attempts = {case.name: Attempt(case.name, "host", "", "x", 1.6) for case in CASES}
    for name in ("go/packages", "java/packages"):
        attempts[name] = Attempt(name, "smoke", "", "not run", 0.1, fault="503", unreachable=True)
    told = section(CASES, attempts, ISOLATION)
    assert "not run, since their package registry was out of reach: `go/packages`, `java/packages`.\n\n" in told
    assert read_stated(told) == [stated(case) for case in CASES]
    assert "out of reach" not in written()


def test_a_table_is_put_at_the_end_or_replaced() -> None:
    first = replaced("# Title\n\nText\n\n", f"{BEGIN}\nold\n{END}\n", "x.md")
    assert first == f"# Title\n\nText\n\n{BEGIN}\nold\n{END}\n"
    assert replaced(f"{first}\nMore\n", f"{BEGIN}\nnew\n{END}\n", "x.md") == f"{first}\nMore\n".replace("old", "new")


@pytest.mark.parametrize("document", [BEGIN, f"{BEGIN} and no more"])
def test_half_a_table_is_refused(document: str) -> None:
    with pytest.raises(UsageError, match=r"x\.md: one of the two markers is missing"):
        replaced(document, written(), "x.md")


def test_no_table_says_nothing() -> None:
    assert read_stated("# Title\n| a | b |\n") == []
