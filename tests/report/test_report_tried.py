"""Checks that were run alone, as a terminal shows them."""

from __future__ import annotations

from gradekit.report.console import tried
from gradekit.results import CaseResult, CheckResult, CheckRun, Exhibit, Outcome, Status, Tier

FAILED = CheckResult(
    id="name",
    title="The name is told",
    kind="http",
    criterion="api",
    points=2,
    required=False,
    tier=Tier.BLACK_BOX,
    outcome=Outcome(status=Status.FAILED, message="1 of 1 cases failed"),
    cases=(CaseResult(id="a", title="a", outcome=Outcome(status=Status.FAILED, expected="first", actual="second")),),
)
RUN = CheckRun(
    seconds=0.25,
    exhibits=(
        Exhibit(title="Request", text="GET /"),
        Exhibit(title="Response\x1b[2J", text="\n".join(f"line {number}" for number in range(30))),
    ),
)


def test_a_check_is_shown_with_what_was_expected_and_seen() -> None:
    text = tried([FAILED], {"name": RUN}, width=80, colour=False, unicode=True)
    assert text.startswith(
        "✗ failed  The name is told\n"
        "  name · http · black-box · 0.2 s\n"
        "  │ 1 of 1 cases failed\n"
        "  ✗ failed: a\n"
        "    expected │ first\n"
        "    actual   │ second\n"
        "  Request\n"
        "  │ GET /\n"
        "  Response\\x1b[2J\n"
        "  │ line 0\n"
    )
    assert text.endswith("  │ line 23\n  … 6 more lines\n")


def test_all_of_it_and_in_ascii() -> None:
    text = tried([FAILED], {"name": RUN}, width=80, colour=False, unicode=False, whole=True)
    assert text.isascii()
    assert text.startswith("x failed  The name is told\n")
    assert "line 29" in text
    assert "more line" not in text
