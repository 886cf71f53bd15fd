"""What a challenge's author claims of a solution, beside the reports that it got."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from gradekit.report.words import summary
from gradekit.results import Report, Status
from gradekit.spec.challenge import Expectation

_NAMED: Final = 3
"""Checks that are named where several went wrong in the same way; more of them are counted."""


def mismatches(expect: Expectation, report: Report) -> tuple[str, ...]:
    """How a report differs from what its solution claims, one sentence each."""
    found = list(of_checks(expect, report))
    if expect.passes == "none":
        earned = report.score.earned
        if not found and earned:
            found.append(f"it earns {earned:.1f} of {report.score.possible:.1f} points, and cheats")
    elif report.score.state == "withheld":
        found += report.score.reasons
    if expect.criteria is not None:
        found += _of_criteria(expect, report)
    if expect.score is not None and report.score.earned is not None and report.score.possible:
        percent = 100 * report.score.earned / report.score.possible
        if expect.score.gte is not None and percent < expect.score.gte:
            found.append(f"score {percent:.1f} % is below {expect.score.gte:g} %")
        if expect.score.lte is not None and percent > expect.score.lte:
            found.append(f"score {percent:.1f} % is above {expect.score.lte:g} %")
    return tuple(found)


def of_checks(expect: Expectation, report: Report) -> Mapping[str, str]:
    """What is not as claimed of single checks, one sentence each, with the first check that it is about."""
    if expect.passes == "none":
        return _given(report)
    lost = {check.id: check for check in report.checks if check.outcome.status is not Status.PASSED}
    claimed = set(expect.fails or ())
    reasons: dict[str, list[str]] = {}
    for check in lost.values():
        varies = check.id in expect.may_fail and check.outcome.status is not Status.ERRORED
        if check.id not in claimed and not varies:
            why = f"{check.outcome.status.value}, should pass: {summary(check)}"
            reasons.setdefault(why, []).append(check.id)
    return _told(reasons) | {
        f"{check}: passed, should fail: the check does not see this mistake": check
        for check in sorted(claimed - lost.keys())
    }


def _given(report: Report) -> Mapping[str, str]:
    """What somebody who cheats gets of a score that is not withheld, and what kept that from being seen."""
    if report.score.state == "withheld":
        return {}
    reasons: dict[str, list[str]] = {}
    for check in report.checks:
        if check.outcome.status is Status.ERRORED:
            reasons.setdefault(f"errored, should fail: {summary(check)}", []).append(check.id)
        elif check.points and check.outcome.status is Status.PASSED:
            reasons.setdefault("passed, should fail: it takes what a cheat says", []).append(check.id)
    seen = any(run.evidence is not None for run in report.run.checks.values())
    if not seen and not reasons:
        first = report.checks[0]
        return {f"it never ran, so nothing shows that its cheating gives nothing: {summary(first)}": first.id}
    return _told(reasons)


def _of_criteria(expect: Expectation, report: Report) -> Iterator[str]:
    """Criteria that lose points without being named, and those that are named and do not."""
    lost = {each.id for each in report.criteria if each.state == "scored" and not each.manual and each.ratio != 1}
    vary = {check.criterion for check in report.checks if check.id in expect.may_fail}
    named = set(expect.criteria or ())
    for criterion in sorted(lost - named - vary):
        yield f"criterion {criterion}: loses points, should not"
    for criterion in sorted(named - lost):
        yield f"criterion {criterion}: loses no points, should"


def flaky(reports: Sequence[Report], may: Collection[str] = ()) -> tuple[str, ...]:
    """Checks whose status is not the same in all reports of one solution, one sentence each.

    What could not be graded says nothing of the check. ``may``: ids of checks that are said to pass or fail as it
    happens.
    """
    found = []
    for index, check in enumerate(reports[0].checks):
        every = [report.checks[index].outcome.status for report in reports]
        statuses = [status.value for status in every if status is not Status.ERRORED]
        if len(set(statuses)) > 1 and check.id not in may:
            found.append(f"{check.id}: flaky: {', '.join(statuses)} in {len(statuses)} gradings of the same files")
    return tuple(found)


def _told(reasons: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What went wrong before the checks is the same for all of them, and told once."""
    return {f"{_several(names)}: {why}": names[0] for why, names in reasons.items()}


def _several(names: Sequence[str]) -> str:
    """All names, or the first and how many there are beside."""
    return ", ".join(names) if len(names) <= _NAMED else f"{names[0]} and {len(names) - 1} more checks"
