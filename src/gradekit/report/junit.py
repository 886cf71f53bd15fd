"""JUnit XML for CI systems: a suite per criterion, a test case per case of a check."""

from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree as ET

from defusedxml.ElementTree import fromstring
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from gradekit.report import words
from gradekit.report.text import without_commands
from gradekit.results import CheckResult, CriterionScore, Outcome, Report, Status
from gradekit.score import number, points

_RESULT = {Status.FAILED: Failure, Status.SKIPPED: Skipped, Status.ERRORED: Error}


def render(report: Report) -> str:
    """The report as JUnit XML."""
    root = JUnitXml(f"{report.challenge.title}: {words.who(report)}")
    suites = [_suite(report, criterion) for criterion in report.criteria]
    for suite in suites:
        root.add_testsuite(suite)
    root.tests, root.failures = sum(suite.tests for suite in suites), sum(suite.failures for suite in suites)
    root.errors, root.skipped = sum(suite.errors for suite in suites), sum(suite.skipped for suite in suites)
    root.time = round(sum(suite.time for suite in suites), 3)
    written = BytesIO()
    root.write(written)
    tree = fromstring(written.getvalue())
    ET.indent(tree)
    text: str = ET.tostring(tree, encoding="unicode")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + text.replace("##", "#&#35;") + "\n"


def _suite(report: Report, criterion: CriterionScore) -> TestSuite:
    checks = [check for check in report.checks if check.criterion == criterion.id]
    suite = TestSuite(criterion.title)
    suite.timestamp = report.run.started_at
    score = report.score
    facts = {
        "criterion": criterion.id,
        "criterion.weight": str(criterion.weight),
        "criterion.earned": words.criterion_earned(report, criterion),
        "score.state": score.state,
        "score.total": None if score.total is None else points(score.total),
        "score.earned": None if score.earned is None else points(score.earned),
        "score.possible": None if score.possible is None else number(score.possible),
        "score.passed": None if score.passed is None else str(score.passed).lower(),
        "commit": report.submission.commit,
        "challenge.variant": words.variant(report) or None,
        "challenge.min_tier": report.challenge.min_tier.value if words.least_tier(report) else None,
    }
    for name, value in facts.items():
        if value is not None:
            suite.add_property(name, value)
    for check in checks:
        suite.add_property(f"{check.id}.tier", check.tier.value)
        for note in check.notes:
            suite.add_property(f"{check.id}.note", note)
    cases = [case for check in checks for case in _testcases(check)]
    if criterion.state == "pending":
        cases.append(_testcase(criterion.id, criterion.title, _WAITS))
    suite.add_testcases(cases)
    # The time of a check is not known by case, so only the suite has one.
    suite.time = round(sum(run.seconds for name, run in report.run.checks.items() if name in {c.id for c in checks}), 3)
    return suite


_WAITS = Outcome(status=Status.SKIPPED, message="waits for a review by a person")


def _testcases(check: CheckResult) -> list[TestCase]:
    cases = [_testcase(check.id, case.title, case.outcome) for case in check.cases]
    doubts = [Outcome(status=Status.ERRORED, message=violation) for violation in check.violations]
    cases += [_testcase(check.id, f"{check.title}: in doubt", doubt) for doubt in doubts]
    explained = any(case.outcome.status is check.outcome.status for case in check.cases)
    return cases if explained else [*cases, _testcase(check.id, check.title, check.outcome)]


def _testcase(check: str, title: str, outcome: Outcome) -> TestCase:
    case = TestCase(title, classname=check)
    if outcome.status is not Status.PASSED:
        result = _RESULT[outcome.status](words.sentence(outcome), outcome.status.value)
        result.text = without_commands(words.account(outcome))
        case.result = result
    return case
