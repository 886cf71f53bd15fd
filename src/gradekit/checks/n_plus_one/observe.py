"""Sends both sizes in turn and reads what the database counted; decides nothing."""

from __future__ import annotations

import uuid

from gradekit.checks.base import Bench, Counted, Database
from gradekit.checks.http.evidence import Received, Sent, failure
from gradekit.checks.http.observe import ask
from gradekit.checks.http.prepare import prepare
from gradekit.checks.http.requests import Unsendable, build
from gradekit.checks.jsontext import Json, render
from gradekit.checks.n_plus_one.evidence import Count, Measured, NPlusOneEvidence, Round, variables
from gradekit.checks.n_plus_one.model import PATIENCE, NPlusOneSpec

_PAUSE = 0.05
"""Seconds between two looks at a count."""
_SETTLING = 1.0
"""Seconds in which a count must come to rest; an app may end its transaction after its answer."""


def observe(spec: NPlusOneSpec, bench: Bench) -> NPlusOneEvidence:
    """Take the steps, warm up with a request of each size, then all rounds."""
    run = str(uuid.uuid4())
    known: dict[str, Json] = {**bench.context.variables, "run.uuid": run}
    unready = prepare(spec.steps, bench, known, timeout=PATIENCE)
    if unready:
        return NPlusOneEvidence(uuid=run, unready=unready)
    database = bench.app_database()
    small, big = spec.sizes
    rounds = [
        Round(
            small=_measured(spec, bench, database, variables(run, number, small, known)),
            big=_measured(spec, bench, database, variables(run, number, big, known)),
        )
        for number in range(spec.rounds + 1)
    ]
    saved = render({name: known[name] for step in spec.steps for name in step.save})
    return NPlusOneEvidence(uuid=run, saved=saved, rounds=tuple(rounds[1:]))


def _measured(spec: NPlusOneSpec, bench: Bench, database: Database, known: dict[str, Json]) -> Measured:
    before = ask(spec.before, bench, known, "owner")
    broken = failure(before)
    if broken is not None:
        return Measured(before=before, unsent=f'"{spec.before[broken[0]].title("before")}" failed')
    try:
        request = build(spec.common, spec, known, bench.context.files)
    except Unsendable as reason:
        return Measured(before=before, unsent=str(reason))
    database.count_anew()
    received = Received.of(bench.request(request))
    count = Count.of(_settled(bench, database))
    return Measured(before=before, sent=Sent.of(request), received=received, count=count)


def _settled(bench: Bench, database: Database) -> Counted:
    """The count once two looks at it agree, or the last one."""
    end = bench.now() + _SETTLING
    counted = database.counted()
    while bench.now() < end:
        bench.sleep(_PAUSE)
        last, counted = counted, database.counted()
        if last == counted:
            break
    return counted
