"""Sends volleys and asks the database; decides nothing."""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from dataclasses import replace

from gradekit.checks.base import Bench
from gradekit.checks.http.evidence import Received, Sent, failure
from gradekit.checks.http.observe import ask
from gradekit.checks.http.requests import Unsendable, build
from gradekit.checks.race.evidence import RaceEvidence, Round, Slowed, variables
from gradekit.checks.race.model import RaceSpec

MAX_SAMPLE = 16 << 10
"""Bytes of a response that are kept: a race has many."""


def observe(spec: RaceSpec, bench: Bench) -> RaceEvidence:
    """Run all rounds."""
    run = str(uuid.uuid4())
    slowed = spec.slowed
    tables = None if slowed is None or slowed.tables == "auto" else slowed.tables
    with nullcontext() if slowed is None else bench.stretched(tables, slowed.delay) as stretch:
        rounds = tuple(_round(spec, bench, run, number) for number in range(1, spec.rounds + 1))
    if slowed is None or stretch is None:
        return RaceEvidence(uuid=run, rounds=rounds)
    found = Slowed(tables=stretch.tables, delay=slowed.delay, kept=stretch.kept)
    return RaceEvidence(uuid=run, stretch=found, rounds=rounds)


def _round(spec: RaceSpec, bench: Bench, run: str, number: int) -> Round:
    known = variables(run, number, bench.context.variables)
    before = ask(spec.before, bench, known, "owner")
    broken = failure(before)
    if broken is not None:
        return Round(before=before, unsent=f'"{spec.before[broken[0]].title("before")}" failed')
    try:
        request = build(spec.common, spec, known, bench.context.files)
    except Unsendable as reason:
        return Round(before=before, unsent=str(reason))
    begun = bench.now()
    replies = bench.volley(request, spec.clients)
    seconds = bench.now() - begun
    samples = {reply.status: replace(reply, body=reply.body[:MAX_SAMPLE]) for reply in replies}
    return Round(
        before=before,
        sent=Sent.of(request),
        statuses=tuple(sorted(reply.status for reply in replies)),
        received=tuple(Received.of(samples[status]) for status in sorted(samples)),
        seconds=seconds,
        after=ask(spec.after, bench, known, "reader"),
    )
