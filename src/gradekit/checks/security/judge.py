"""The verdict over what the attacks were answered: pure, and total for every evidence."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.base import Context
from gradekit.checks.http.reading import unanswered
from gradekit.checks.security.evidence import Row, SecurityEvidence, Taken
from gradekit.checks.security.model import SecuritySpec, Target
from gradekit.checks.security.probes import PROBES, Probe, Verdict
from gradekit.checks.tally import failed, passed, tally
from gradekit.results import CaseResult, Judgement, Outcome, Status
from gradekit.texts import clean, quote

_PLACES = {
    "query": "query parameter",
    "json": "JSON member",
    "form": "form field",
    "path": "path parameter",
    "header": "header",
}


def judge(spec: SecuritySpec, evidence: SecurityEvidence, _context: Context) -> Judgement:
    """One case for each probe of each target, and of each place where it has several."""
    told = list(_cases(spec, evidence))
    cases = [case for case, _ in told]
    judgement = tally(cases, noun="probes", all_or_nothing=spec.scoring == "all_or_nothing")
    untried = [case for case, untried in told if untried]
    if not untried or len(cases) == 1 or judgement.outcome.status is not Status.FAILED:
        return judgement
    message = f"{len(untried)} of {len(cases)} probes could not be tried: the request itself does not work"
    found = sum(case.outcome.status is Status.FAILED for case in cases) - len(untried)
    message += f"; {found} failed" if found else ""
    return judgement.model_copy(update={"outcome": judgement.outcome.model_copy(update={"message": message})})


def verdict(target: Target, row: Row | None) -> Verdict | None:
    """What a row shows; None where the evidence is not that of this probe."""
    if row is None or not any(taken.label in {"control", "before"} for taken in row.taken):
        return None
    try:
        return PROBES[row.probe].decide(target, row.taken)
    except (IndexError, ValueError):
        return None


def title_of(target: Target, probe: Probe, place: str) -> str:
    """What a row is called."""
    where, _, name = place.partition(".")
    return f"{target.title}: {probe.title}{f' in the {_PLACES.get(where, where)} {name}' if place else ''}"


def _cases(spec: SecuritySpec, evidence: SecurityEvidence) -> Iterator[tuple[CaseResult, bool]]:
    """Each case, and whether it failed without an attack, too."""
    rows = {(row.target, row.probe, row.place): row for row in evidence.rows}
    for target in spec.targets:
        for name in target.probes:
            probe = PROBES[name]
            for place in probe.places(target):
                key = f"{target.title}: {probe.title}{f' in {place}' if place else ''}"
                row = rows.get((target.title, name, place))
                found = verdict(target, row)
                case = _case(found, probe, key, row).model_copy(update={"title": title_of(target, probe, place)})
                yield case, found is not None and found.state == "unworkable"


def _case(found: Verdict | None, probe: Probe, title: str, row: Row | None) -> CaseResult:
    if row is not None and row.unsent:
        return failed(title, title, f"nothing could be tried: {clean(row.unsent)}")
    if row is None or found is None:
        return _errored(title, "the evidence has nothing about this probe; grade the submission again")
    if found.state == "clean":
        return passed(title, title)
    if found.state == "unsure":
        return _errored(title, f"{found.what}: try the request by hand, or grade again")
    taken = row.taken[found.at]
    sent = taken.sent
    request = clean(f"{sent.method} {sent.target}")
    if found.state == "unworkable":
        return failed(title, title, f"nothing could be shown, because {found.what}: {request}")
    return failed(title, title, f"{found.what}. {probe.risk} {probe.remedy} Shown by {request}, {_answer(taken)}")


def _answer(taken: Taken) -> str:
    """What came back, in short."""
    received = taken.received
    if received.error is not None:
        return f"on which {unanswered(received.error)}"
    body = " ".join((received.body.text or "")[:1000].split())
    return f"answered {received.status}{f' {quote(body)}' if body else ''}"


def _errored(title: str, message: str) -> CaseResult:
    return CaseResult(id=title, title=title, outcome=Outcome(status=Status.ERRORED, message=message))
