"""Checks that were run alone, as a terminal shows them."""

from __future__ import annotations

from pathlib import Path

from gradekit.report.console import console, tried
from gradekit.report.markdown import render
from gradekit.report.record import read
from gradekit.report.words import last
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


def test_evidence_can_be_copied() -> None:
    line = "curl --data '" + "hello  brave   world, " * 9 + "'"
    run = CheckRun(seconds=0.25, exhibits=(Exhibit(title="Request", text=f"  {line}\nGET /"),))
    text = tried([FAILED], {"name": run}, width=40, colour=False, unicode=True)
    assert f"  Request\n  │   {line}\n  │ GET /\n" in text


def test_all_of_it_and_in_ascii() -> None:
    text = tried([FAILED], {"name": RUN}, width=80, colour=False, unicode=False, whole=True)
    assert text.isascii()
    assert text.startswith("x failed  The name is told\n")
    assert "line 29" in text
    assert "more line" not in text


def test_the_end_of_a_log_is_shown() -> None:
    log = Exhibit(title="Log", text="\n".join(f"line {number}" for number in range(30)), log=True)
    run = RUN.model_copy(update={"exhibits": (log,)})
    text = tried([FAILED], {"name": run}, width=80, colour=False, unicode=True)
    assert "  Log\n  … 6 more lines\n  │ line 6\n" in text
    assert text.endswith("  │ line 29\n")
    assert "more line" not in tried([FAILED], {"name": run}, width=80, colour=False, unicode=True, whole=True)


def test_the_text_of_a_report_has_evidence_when_it_is_asked_for() -> None:
    report = read((Path(__file__).parent / "below-mark" / "report.json").read_text())
    known = {check.id: check.outcome.status for check in report.checks}
    run = report.run.model_copy(
        update={"checks": {name: CheckRun(seconds=1.0, exhibits=(log_of(name),)) for name in [*known][1:]}}
    )
    report = report.model_copy(update={"run": run})
    assert "Log of" not in console(report, width=100, colour=False, unicode=True)
    text = console(report, width=100, colour=False, unicode=True, evidence=True)
    for name in [*known][1:]:
        assert (f"  Log of {name}\n  │ said" in text) == (known[name] is not Status.PASSED)


def log_of(name: str) -> Exhibit:
    return Exhibit(title=f"Log of {name}", text="said", log=True)


def test_the_end_of_a_log_is_in_markdown() -> None:
    assert last("abcdef", 6) == "abcdef"
    assert last("abcdefg", 6) == "…cdefg"
    report = read((Path(__file__).parent / "below-mark" / "report.json").read_text())
    name = next(check.id for check in report.checks if check.outcome.status is Status.FAILED)
    log = Exhibit(title="Log", text="begin\n" + "line\n" * 800 + "end", log=True)
    run = report.run.model_copy(update={"checks": {name: CheckRun(seconds=1.0, exhibits=(log,))}})
    text = render(report.model_copy(update={"run": run}))
    assert "line\nend\n```" in text
    assert "begin" not in text
