"""Puts the app under load, round by round; decides only when there are enough of them."""

from __future__ import annotations

import uuid

from gradekit.checks.base import Bench
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.http.prepare import prepare
from gradekit.checks.http.requests import Unsendable, build
from gradekit.checks.jsontext import Json
from gradekit.checks.load.evidence import LoadEvidence, Round, Slice
from gradekit.checks.load.measure import findings
from gradekit.checks.load.model import LoadSpec
from gradekit.sandbox.messages import HttpRequest, LoadRequest


def observe(spec: LoadSpec, bench: Bench) -> LoadEvidence:
    """Take the steps, warm up, then rounds until every limit is certain, or there were enough.

    Raises:
        Blocked, InfrastructureError: the app cannot be had, the time is over; a fault of ours.
    """
    variables: dict[str, Json] = {**bench.context.variables, "run.uuid": str(uuid.uuid4())}
    unready = prepare(spec.steps, bench, variables, timeout=spec.timeout)
    if unready:
        return LoadEvidence(unready=unready)
    try:
        baseline, request = (_built(spec, which, variables) for which in ("baseline", "request"))
    except Unsendable as reason:
        return LoadEvidence(unready=str(reason))
    for warm in (baseline, request):
        _slice(spec, warm, bench)
    rounds: list[Round] = []
    reference = (bench.context.ratios or {}).get(bench.language)
    while len(rounds) < max(spec.rounds, spec.max_rounds):
        rounds.append(Round(baseline=_slice(spec, baseline, bench), request=_slice(spec, request, bench)))
        if len(rounds) >= spec.rounds and all(found.state != "open" for found in findings(spec, rounds, reference)):
            break
    return LoadEvidence(language=bench.language, rounds=tuple(rounds))


def _built(spec: LoadSpec, which: str, variables: dict[str, Json]) -> HttpRequest:
    step = (spec.baseline if which == "baseline" else spec.request).step()
    return build(HttpSpec(timeout=spec.timeout, headers=spec.headers, steps=(step,)), step, variables, {})


def _slice(spec: LoadSpec, request: HttpRequest, bench: Bench) -> Slice:
    return Slice.of(bench.load(LoadRequest(request, spec.clients, spec.slice, spec.rate)))
