"""The verdict over what the attacks were answered: pure, and total for every evidence."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.base import Context
from gradekit.checks.security.evidence import Row, SecurityEvidence
from gradekit.checks.security.model import SecuritySpec, Target
from gradekit.checks.security.probes import PROBES, Probe, Verdict
from gradekit.checks.tally import failed, passed, tally
from gradekit.results import CaseResult, Judgement, Outcome, Status
from gradekit.texts import clean


def judge(spec: SecuritySpec, evidence: SecurityEvidence, _context: Context) -> Judgement:
    """One case for each probe of each target, and of each place where it has several."""
    cases = list(_cases(spec, evidence))
    return tally(cases, noun="probes", all_or_nothing=spec.scoring == "all_or_nothing")


def verdict(target: Target, row: Row | None) -> Verdict | None:
    """What a row shows; None where the evidence is not that of this probe."""
    if row is None or not any(taken.label in {"control", "before"} for taken in row.taken):
        return None
    try:
        return PROBES[row.probe].decide(target, row.taken)
    except (IndexError, ValueError):
        return None


def _cases(spec: SecuritySpec, evidence: SecurityEvidence) -> Iterator[CaseResult]:
    rows = {(row.target, row.probe, row.place): row for row in evidence.rows}
    for target in spec.targets:
        for name in target.probes:
            probe = PROBES[name]
            for place in probe.places(target):
                title = f"{target.title}: {probe.title}{f' in {place}' if place else ''}"
                yield _case(target, probe, title, rows.get((target.title, name, place)))


def _case(target: Target, probe: Probe, title: str, row: Row | None) -> CaseResult:
    if row is not None and row.unsent:
        return failed(title, title, f"nothing could be tried: {clean(row.unsent)}")
    found = verdict(target, row)
    if row is None or found is None:
        return _errored(title, "the evidence has nothing about this probe; grade the submission again")
    if found.state == "clean":
        return passed(title, title)
    if found.state == "unsure":
        return _errored(title, f"{found.what}: look at it by hand, or grade again")
    sent = row.taken[found.at].sent
    request = clean(f"{sent.method} {sent.target}")
    if found.state == "unworkable":
        return failed(title, title, f"nothing could be shown, for {found.what}: {request}")
    return failed(title, title, f"{found.what}. {probe.risk} {probe.remedy} Shown by {request}")


def _errored(title: str, message: str) -> CaseResult:
    return CaseResult(id=title, title=title, outcome=Outcome(status=Status.ERRORED, message=message))
