"""The verdict over the rounds: pure, and total for every evidence.

A limit is broken only when the whole interval of its ratio is beyond it. Where rounds differ so much that the limit
lies inside, nobody knows: that is a busy machine as often as an uneven app, so it is errored and no zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradekit.checks.base import Context
from gradekit.checks.http.prepare import authors_fault
from gradekit.checks.load.evidence import LoadEvidence, Slice
from gradekit.checks.load.measure import Finding, findings, is_right, wrong
from gradekit.checks.load.model import Asked, LoadSpec, Measure
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.results import CaseResult, Judgement, Outcome, Status

TITLES: Mapping[Measure, str] = {
    "p50": "p50: median time",
    "p95": "p95: time within which 95 of 100 answers come",
    "p99": "p99: time within which 99 of 100 answers come",
    "throughput": "throughput: answers a second",
    "errors": "errors: wrong or missing answers",
}
_SEE = "see the figures below"
"""Figures stand in exhibits alone: they are others in each run of the same commit, and an outcome is not."""
_MOSTLY = 0.5
"""Share of wrong answers of the baseline from which it is no baseline."""


def judge(spec: LoadSpec, evidence: LoadEvidence, _context: Context) -> Judgement:
    """One case for each limit."""
    if evidence.unready:
        ours = authors_fault(spec.steps, evidence.unready)
        return errored(ours) if ours else _failed(f"nothing was sent: {evidence.unready}")
    if len(evidence.rounds) < spec.rounds:
        return errored(f"{len(evidence.rounds)} of at least {spec.rounds} rounds are in the evidence; grade again")
    for asked, slices in (
        (spec.baseline, [one.baseline for one in evidence.rounds]),
        (spec.request, [one.request for one in evidence.rounds]),
    ):
        pairs = [wrong(asked, one) for one in slices]
        if any(bad > _MOSTLY * whole or not whole for bad, whole in pairs):
            return _failed(f"{asked.request}: {_broken(asked, slices)}; nothing was compared; {_SEE}")
    found = list(findings(spec, evidence.rounds))
    judgement = tally([_case(one) for one in found], noun="limits", all_or_nothing=spec.scoring == "all_or_nothing")
    unsure = [one for one in found if one.state == "open"]
    if not unsure:
        return judgement
    return judgement.model_copy(update={"outcome": _unsure(unsure)})


def _broken(asked: Asked, slices: Sequence[Slice]) -> str:
    """What the answers of a request that does not work were, and should have been."""
    seen = {status for one in slices for status, _ in one.statuses if not is_right(asked, status)}
    if seen <= {0}:
        what = "missing"
    elif len(seen) == 1:
        what = str(*seen)
    else:
        what = "wrong or missing"
    return f"most answers were {what}; {' or '.join(map(str, asked.status))} expected"


def _case(found: Finding) -> CaseResult:
    title = TITLES[found.measure]
    if found.state == "kept":
        return passed(title, found.measure)
    if found.state == "open":
        return CaseResult(id=found.measure, title=title, outcome=_unsure([found]))
    beyond, allowed = ("below", "needed") if found.measure == "throughput" else ("beyond", "allowed")
    message = f"{_name(found)} {beyond} the limit: {_allowed(found)} {allowed}; {_SEE}"
    return failed(title, found.measure, message)


def _unsure(found: Sequence[Finding]) -> Outcome:
    each = ", and whether ".join(f"{_name(one)} {_allowed(one)}" for one in found)
    message = f"the rounds differ too much to tell whether {each}: grade again on a quieter machine"
    return Outcome(status=Status.ERRORED, message=message)


def _name(found: Finding) -> str:
    return "wrong or missing answers are" if found.measure == "errors" else f"{found.measure} is"


def _allowed(found: Finding) -> str:
    limit = f"{found.limit:g}"
    if found.measure == "throughput":
        return f"at least {limit} of the baseline's answers a second"
    return f"at most {limit} of all" if found.measure == "errors" else f"at most {limit} times the baseline's"


def _failed(message: str) -> Judgement:
    return Judgement(outcome=Outcome(status=Status.FAILED, message=message))
