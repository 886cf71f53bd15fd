"""Whether a grading is what a case expects: each way to differ is a complaint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gradekit.corpus import Expect, Graded, complaints, refusal_complaints
from gradekit.corpus.attempt import expected_text, got_text
from gradekit.errors import Problem, SubmissionError
from gradekit.report import record
from gradekit.report.formats import FORMATS
from gradekit.results import CheckResult, Outcome, Report, Status
from gradekit.score import exit_code

PASSED = record.read((Path(__file__).parents[1] / "report" / "passed" / "report.json").read_text(encoding="utf-8"))
CHECKS = [check.id for check in PASSED.checks]
FIRST, SECOND, *_ = CHECKS


def graded(
    lost: Mapping[str, Status] | None = None,
    seconds: float = 1.0,
    files: Mapping[str, str] | None = None,
    **score: object,
) -> Graded:
    """The passed report with other statuses, score and files."""

    def changed(check: CheckResult) -> CheckResult:
        status = (lost or {}).get(check.id)
        return check if status is None else check.model_copy(update={"outcome": Outcome(status=status, message="why")})

    report: Report = PASSED.model_copy(
        update={
            "checks": tuple(map(changed, PASSED.checks)),
            "score": PASSED.score.model_copy(update=score),
        }
    )
    rendered = {f"report{one.suffix}": one.render(report) for one in FORMATS.values()}
    texts = {name: text if isinstance(text, str) else text.decode() for name, text in rendered.items()}
    return Graded(report, {**texts, **(files or {})}, exit_code(report.score), seconds)


def expect(**fields: object) -> Expect:
    return Expect.model_validate({"about": "x", "class": "forge", "exit": 0, **fields})


WITHHELD = {"state": "withheld", "earned": None, "total": None, "passed": None}
BELOW = {"passed": False}


@pytest.mark.parametrize(
    ("fields", "got"),
    [
        ({}, {}),
        ({"fails": [FIRST], "exit": 1}, {"lost": {FIRST: Status.FAILED}, **BELOW}),
        ({"skips": [FIRST], "exit": 1}, {"lost": {FIRST: Status.SKIPPED}, **BELOW}),
        ({"may_fail": [FIRST], "exit": 1}, {"lost": {FIRST: Status.FAILED}, **BELOW}),
        ({"may_fail": [FIRST], "exit": 1}, {}),
        ({"any_outcome": True, "exit": 1}, {"lost": {SECOND: Status.FAILED}, **BELOW}),
        ({"says": {FIRST: "wh"}, "fails": [FIRST]}, {"lost": {FIRST: Status.FAILED}}),
        ({"exit": 5}, WITHHELD),
        ({"score": {"gte": 100}}, {"earned": 10.0, "possible": 10.0}),
        ({"shows": [PASSED.challenge.id], "never": ["BREACH"]}, {}),
    ],
)
def test_what_is_expected_is_no_complaint(fields: dict[str, Any], got: dict[str, Any]) -> None:
    assert complaints(expect(**fields), graded(**got)) == []


@pytest.mark.parametrize(
    ("fields", "got", "complaint"),
    [
        ({"fails": [FIRST]}, {}, f"{FIRST}: passed, should be failed: "),
        ({}, {"lost": {FIRST: Status.FAILED}}, f"{FIRST}: failed, should be passed: 'why'"),
        ({}, {"lost": {FIRST: Status.ERRORED}}, f"{FIRST}: errored, should be passed: 'why'"),
        ({"may_fail": [FIRST]}, {"lost": {FIRST: Status.ERRORED}}, f"{FIRST}: errored, must not be our fault: 'why'"),
        ({"any_outcome": True}, {"lost": {FIRST: Status.ERRORED}}, f"{FIRST}: errored, must not be our fault: 'why'"),
        ({"may_fail": ["none"]}, {}, "none: there is no such check"),
        ({"says": {FIRST: "else"}, "fails": [FIRST]}, {"lost": {FIRST: Status.FAILED}}, "should say 'else'"),
        ({}, BELOW, "exit code 1, should be 0"),
        ({"exit": 5}, {}, "the score is complete, should be withheld"),
        ({}, {"earned": None}, "the score is complete and has no points"),
        ({"score": {"lte": 50}}, {"earned": 8.0, "possible": 10.0}, "80.0 % of the points, should be lte 50"),
        ({"score": {"gte": 90}}, {"earned": 8.0, "possible": 10.0}, "80.0 % of the points, should be gte 90"),
        ({"shows": ["proof"]}, {}, "the report does not show 'proof'"),
        ({"never": ["BREACH"]}, {"files": {"report.txt": "a BREACH"}}, "the report shows 'BREACH'"),
        ({}, {"files": {"report.txt": "a\x1b[31m"}}, r"report.txt holds '\x1b'"),
        ({}, {"files": {"report.html": "<script>alert(1)"}}, "report.html holds '<script>alert'"),
        ({}, {"files": {"report.md": "a\n::error"}}, r"report.md holds '\n::'"),
        ({}, {"files": {"report.xml": "<a>"}}, "report.xml is not XML"),
        ({"seconds": 2}, {"seconds": 2.5}, "it took 2.5 s, should take at most 2 s"),
        ({"refused": "too large"}, {}, "it was graded, and should be refused: too large"),
    ],
)
def test_what_differs_is_a_complaint(fields: dict[str, Any], got: dict[str, Any], complaint: str) -> None:
    assert any(complaint in found for found in complaints(expect(**fields), graded(**got)))


def test_refusals() -> None:
    error = SubmissionError(Problem("submission", "it is too large"))
    assert refusal_complaints(expect(refused="too large"), error) == []
    assert "should say 'hostile'" in refusal_complaints(expect(refused="hostile"), error)[0]
    assert "should be graded" in refusal_complaints(expect(), error)[0]
    assert refusal_complaints(expect(refused="a"), SubmissionError(Problem("a", "\x1b[31m"))) == [
        r"the refusal holds '\x1b'"
    ]


@pytest.mark.parametrize(
    ("fields", "expected", "got", "text"),
    [
        ({}, "passes", {}, "passes"),
        ({"refused": "x"}, "refused", {}, "passes"),
        ({"exit": 5, "known_limit": True}, "score withheld (known limit)", WITHHELD, "score withheld"),
        (
            {"fails": [SECOND, FIRST], "skips": ["s"], "may_fail": ["m"]},
            f"fails {', '.join(sorted([FIRST, SECOND]))}; skips s; may fail m",
            {"lost": {FIRST: Status.SKIPPED, SECOND: Status.ERRORED}},
            f"skips {FIRST}; errored {SECOND}",
        ),
        (
            {"any_outcome": True, "score": {"gte": 1, "lte": 8.5}},
            "nothing errored; at least 1 %; at most 8.5 %",
            {"lost": {FIRST: Status.FAILED}, "earned": 1.0, "possible": 10.0},
            "10 %",
        ),
    ],
)
def test_words(fields: dict[str, Any], expected: str, got: dict[str, Any], text: str) -> None:
    assert (expected_text(expect(**fields)), got_text(expect(**fields), graded(**got))) == (expected, text)
