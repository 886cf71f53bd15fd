"""The verdict over the rounds: pure, and total for every evidence.

A limit is broken only when the whole interval of its ratio is beyond it. Where rounds differ so much that the limit
lies inside, nobody knows: that is a busy machine as often as an uneven app, so it is errored and no zero.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradekit.checks.base import Context
from gradekit.checks.load.evidence import LoadEvidence
from gradekit.checks.load.measure import Finding, findings, wrong
from gradekit.checks.load.model import LoadSpec, Measure
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.results import CaseResult, Judgement, Outcome, Status

TITLES: Mapping[Measure, str] = {
    "p50": "median time",
    "p95": "time of 95 in 100",
    "p99": "time of 99 in 100",
    "throughput": "answers a second",
    "errors": "wrong or missing answers",
}
_MOSTLY = 0.5
"""Share of wrong answers of the baseline from which it is no baseline."""


def judge(spec: LoadSpec, evidence: LoadEvidence, _context: Context) -> Judgement:
    """One case for each limit."""
    if evidence.unready:
        return _failed(f"nothing was sent: {evidence.unready}")
    if len(evidence.rounds) < spec.rounds:
        return errored("the evidence has too few rounds; grade the submission again")
    for asked, slices in (
        (spec.baseline, [one.baseline for one in evidence.rounds]),
        (spec.request, [one.request for one in evidence.rounds]),
    ):
        pairs = [wrong(asked, one) for one in slices]
        if any(bad > _MOSTLY * whole or not whole for bad, whole in pairs):
            return _failed(f"{asked.request} does not work under load: most of its answers are wrong or missing")
    cases = [_case(found) for found in findings(spec, evidence.rounds)]
    return tally(cases, noun="limits", all_or_nothing=spec.scoring == "all_or_nothing")


def _case(found: Finding) -> CaseResult:
    title = TITLES[found.measure]
    if found.state == "kept":
        return passed(title, found.measure)
    limit = f"{found.limit:g}"
    expected = {
        "throughput": f"at least {limit} times as many as of the baseline",
        "errors": f"at most {limit} of all",
    }.get(found.measure, f"at most {limit} times the baseline's")
    if found.state == "broken":
        actual = "fewer" if found.measure == "throughput" else "more"
        return failed(title, found.measure, "beyond the limit in every likely case", expected, actual)
    message = f"the rounds differ too much to tell whether it is {expected}: grade again on a quieter machine"
    return CaseResult(id=found.measure, title=title, outcome=Outcome(status=Status.ERRORED, message=message))


def _failed(message: str) -> Judgement:
    return Judgement(outcome=Outcome(status=Status.FAILED, message=message))
