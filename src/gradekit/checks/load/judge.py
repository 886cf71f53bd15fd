"""The verdict over the rounds: pure, and total for every evidence.

A limit is broken only when the whole interval of its ratio is beyond it. Where rounds differ so much that the limit
lies inside, nobody knows: that is a busy machine as often as an uneven app, so it is inconclusive: errored, and no
zero. So is a limit relative to the reference that a submission breaks in whose language there is none: another
language may have another ratio.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradekit.checks.base import Context, Recorded
from gradekit.checks.http.prepare import authors_fault
from gradekit.checks.load.evidence import LoadEvidence, Slice
from gradekit.checks.load.measure import RECORDED, Finding, findings, is_right, loosest, measured, wrong
from gradekit.checks.load.model import Asked, LoadSpec, Measure
from gradekit.checks.ratios import Ratio
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.results import CaseResult, Judgement, Outcome, Status

TITLES: Mapping[Measure, str] = {
    "p50": "p50: median time",
    "p95": "p95: time within which 95 of 100 answers come",
    "p99": "p99: time within which 99 of 100 answers come",
    "throughput": "throughput: answers a second",
    "errors": "errors: wrong or missing answers",
}
_SEE = 'see the figures in the evidence under "{}"'
"""Figures stand in exhibits alone: they are others in each run of the same commit, and an outcome is not."""
_MOSTLY = 0.5
"""Share of wrong answers of the baseline from which it is no baseline."""
MISSING = (
    "challenge.lock does not record how fast the reference is beside the baseline, which a limit is relative to; "
    "run gradekit challenge verify"
)


def judge(spec: LoadSpec, evidence: LoadEvidence, context: Context) -> Judgement:
    """One case for each limit."""
    if evidence.unready:
        ours = authors_fault(spec.steps, evidence.unready)
        return (
            errored(ours)
            if ours
            else _failed(f"nothing was measured, because a step before failed: {evidence.unready}")
        )
    if len(evidence.rounds) < spec.rounds:
        count = len(evidence.rounds)
        return errored(f"only {count} of at least {spec.rounds} rounds were measured; grade the submission again")
    for asked, slices in (
        (spec.baseline, [one.baseline for one in evidence.rounds]),
        (spec.request, [one.request for one in evidence.rounds]),
    ):
        pairs = [wrong(asked, one) for one in slices]
        if any(bad > _MOSTLY * whole or not whole for bad, whole in pairs):
            return _failed(
                f"{asked.request}: {_broken(asked, slices)}; nothing was compared; {_SEE.format(rounds_title(spec))}"
            )
    reference, strange = reference_of(evidence, context)
    if not reference.keys() >= set(spec.limits.relative):
        return errored(MISSING)
    found = list(findings(spec, evidence.rounds, reference))
    return _decided(spec, found, [_case(spec, one, strange) for one in found])


def _decided(spec: LoadSpec, found: Sequence[Finding], cases: Sequence[CaseResult]) -> Judgement:
    """The verdict over all limits."""
    judgement = tally(cases, noun="limits", all_or_nothing=spec.scoring == "all_or_nothing")
    broken = sum(case.outcome.status is Status.FAILED for case in cases)
    if spec.scoring == "all_or_nothing" and broken:
        # One limit that is broken with certainty is enough, whatever the others are.
        message = f"{broken} of {len(cases)} limits failed"
        open_ = sum(case.outcome.status is Status.ERRORED for case in cases)
        message += f"; {open_} not judged" if open_ else ""
        return judgement.model_copy(update={"outcome": Outcome(status=Status.FAILED, message=message)})
    unsure = [one for one in found if one.state == "open"]
    if unsure:
        return judgement.model_copy(update={"outcome": _unsure(spec, unsure)})
    unfair = [case for case in cases if case.outcome.status is Status.ERRORED]
    return judgement.model_copy(update={"outcome": unfair[0].outcome}) if unfair else judgement


def reference_of(evidence: LoadEvidence, context: Context) -> tuple[Mapping[str, Ratio], str]:
    """What the submission is compared with, by measure; and its language, if no reference is in that."""
    ratios = context.ratios or {}
    own = ratios.get(evidence.language)
    return (loosest(ratios), evidence.language or "the submission's language") if own is None else (own, "")


def recorded(spec: LoadSpec, evidence: LoadEvidence, files: Mapping[str, bytes]) -> Recorded | None:
    """The ratios of a reference, for limits that are relative to it; None where there are none."""
    del files
    if not spec.limits.relative:
        return None
    found: dict[str, Ratio] = {}
    mistakes = []
    for measure in spec.limits.relative:
        ratio = measured(measure, evidence.rounds) if evidence.rounds else None
        if ratio is not None:
            found[measure] = ratio
        else:
            why = f"its rounds differ by more than {RECORDED:g} times" if evidence.rounds else "nothing was measured"
            mistakes.append(f"{measure}: inconclusive: {why} on the reference; verify again on a quieter machine")
    return Recorded(tests=(), twins={}, mistakes=tuple(mistakes), ratios={evidence.language: found})


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


def rounds_title(spec: LoadSpec) -> str:
    """Of the exhibit with the rounds."""
    return f"{spec.request.request} and {spec.baseline.request}"


def beside_title(spec: LoadSpec) -> str:
    """Of the exhibit with the reference."""
    return f"{spec.request.request} beside the reference"


def _case(spec: LoadSpec, found: Finding, strange: str) -> CaseResult:
    title = TITLES[found.measure]
    beyond, allowed = ("below", "needed") if found.measure == "throughput" else ("above", "allowed")
    if found.state == "broken" and found.relative and strange:
        message = (
            f"not judged: {_name(spec, found)} is {beyond} {found.limit:g} times the reference's, but no reference is "
            f"in {strange}, and another language alone may explain it; add a reference in {strange} to the challenge"
        )
        return CaseResult(id=found.measure, title=title, outcome=Outcome(status=Status.ERRORED, message=message))
    if found.state == "kept":
        return passed(title, found.measure)
    if found.state == "open":
        return CaseResult(id=found.measure, title=title, outcome=_unsure(spec, [found]))
    see = _SEE.format(beside_title(spec) if found.relative else rounds_title(spec))
    message = f"{_name(spec, found)} is {beyond} the limit: {_allowed(spec, found)} {allowed}; {see}"
    return failed(title, found.measure, message)


def _unsure(spec: LoadSpec, found: Sequence[Finding]) -> Outcome:
    each = "; ".join(f"{_name(spec, one)}: {_allowed(spec, one)}" for one in found)
    limits = "the limit is" if len(found) == 1 else "limits are"
    what = f"the rounds differ too much to tell whether {limits} kept ({each})"
    message = f"not judged, which is nobody's fault: {what}; grade again on a quieter machine"
    return Outcome(status=Status.ERRORED, message=message)


def _name(spec: LoadSpec, found: Finding) -> str:
    if found.measure == "errors":
        return "the share of wrong or missing answers"
    return f"{found.measure} of {spec.request.request}"


def _allowed(spec: LoadSpec, found: Finding) -> str:
    limit = f"{found.limit:g}"
    if found.relative:
        bound = "at least" if found.measure == "throughput" else "at most"
        return f"{bound} {limit} times the reference's"
    if found.measure == "throughput":
        return f"at least {limit} of the answers a second of the baseline {spec.baseline.request}"
    if found.measure == "errors":
        return f"at most {100 * found.limit:g} % of all answers"
    return f"at most {limit} times that of the baseline {spec.baseline.request}"


def _failed(message: str) -> Judgement:
    return Judgement(outcome=Outcome(status=Status.FAILED, message=message))
