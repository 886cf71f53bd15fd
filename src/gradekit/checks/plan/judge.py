"""The verdict over two plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradekit.checks.base import Context
from gradekit.checks.plan.evidence import Measured, PlanEvidence
from gradekit.checks.plan.model import PlanSpec
from gradekit.checks.plan.reading import Plan, Unreadable, read
from gradekit.checks.submitted import unfit
from gradekit.checks.tally import cut, errored, failed, passed, tally
from gradekit.results import CaseResult, Judgement, Outcome, Status

_TIMED_OUT = "57014"


def judge(spec: PlanSpec, evidence: PlanEvidence, context: Context) -> Judgement:
    """Compare the work of both queries, and look for tables in the candidate's plan; ``context`` is not needed."""
    del context
    wrong = _unmeasured(evidence)
    if wrong is not None:
        return Judgement(outcome=Outcome(status=Status.FAILED, message=cut(wrong)))
    if evidence.reference is None or evidence.candidate is None:
        return errored("the evidence has no plans; grade the submission again")
    try:
        ours = read(evidence.engine, evidence.reference.documents)
    except Unreadable as problem:
        return errored(f"{spec.reference}: {problem}; please report it as a bug of gradekit")
    try:
        theirs = read(evidence.engine, evidence.candidate.documents)
    except Unreadable as problem:
        return Judgement(outcome=Outcome(status=Status.FAILED, message=f"{spec.file}: {problem}"))
    cases = list(_cases(spec, evidence, ours, theirs))
    return tally(cases, noun="assertions", all_or_nothing=spec.scoring == "all_or_nothing")


def _unmeasured(evidence: PlanEvidence) -> str | None:
    """Why there is no plan of the candidate's query."""
    reference, candidate = evidence.reference, evidence.candidate
    if evidence.flaw is not None:
        return evidence.flaw
    if reference is not None and reference.error is not None:
        return unfit(reference.error)
    return None if candidate is None or candidate.error is None else _complaint(candidate)


def _cases(spec: PlanSpec, evidence: PlanEvidence, ours: Plan, theirs: Plan) -> Iterator[CaseResult]:
    if spec.bands or spec.expect.work_ratio is not None:
        yield _work(spec, ours, theirs)
    for table in spec.expect.no_full_scan:
        title = f"{table} is not read from end to end"
        right = table not in theirs.scanned
        yield passed(title, title) if right else failed(title, title, f"the query reads all of {table}")
    for table in spec.expect.uses_index:
        title = f"an index finds the rows of {table}"
        right = table in theirs.indexed
        yield passed(title, title) if right else failed(title, title, f"no index is used to find rows of {table}")
    if spec.expect.new_indexes is not None:
        title, indexes = "number of new indexes", evidence.indexes
        message = f"{indexes} new {'index' if indexes == 1 else 'indexes'}; at most {spec.expect.new_indexes} expected"
        message += f": {'; '.join(evidence.made)}" if evidence.made else ""
        yield passed(title, title) if indexes <= spec.expect.new_indexes else failed(title, title, message)


def _work(spec: PlanSpec, ours: Plan, theirs: Plan) -> CaseResult:
    """The counter that grew most decides: what one of them does not see, another one does."""
    title = "work for the database"
    counter = max(ours.work, key=lambda name: theirs.work[name] / max(1, ours.work[name]))
    measure, found = max(1, ours.work[counter]), theirs.work[counter]
    ratio = found / measure
    bands = [(band.work_ratio, band.share) for band in spec.bands] or [(spec.expect.work_ratio or 0.0, 1.0)]
    share = max((share for limit, share in bands if ratio <= limit), default=0.0)
    if share == 1.0:
        return passed(title, title)
    limit = min(limit for limit, given in bands if given == max(share for _, share in bands))
    outcome = Outcome(
        status=Status.FAILED,
        ratio=share,
        message=f"the query is {_times(ratio)} times as much work for the database as the reference, "
        f"by {_COUNTED[counter]}",
        expected=f"at most {limit * measure:,.0f} {counter} ({limit:g} times the {measure:,} of the reference)",
        actual=f"{found:,} {counter}",
    )
    return CaseResult(id=title, title=title, outcome=outcome)


_COUNTED: Mapping[str, str] = {
    "rows": "the rows that it looks at",
    "blocks": "the blocks that it reads",
    "steps": "the steps (instructions of SQLite) that it takes",
}


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"  # noqa: PLR2004 - where a digit more says nothing


def _complaint(measured: Measured) -> str:
    if measured.sqlstate == _TIMED_OUT:
        return (
            f"{measured.place} was stopped after {measured.limit:.0f} s, its limit (the `timeout` in the challenge, "
            "or many times what the reference needs if that is longer), so its work could not be counted"
        )
    return f"{measured.place} failed: {measured.error}"
