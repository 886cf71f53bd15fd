"""Runs a scenario against the app and writes down what happened; decides nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from gradekit.checks.base import Bench, Role
from gradekit.checks.http.cookies import Jar
from gradekit.checks.http.evidence import (
    Answered,
    CaseRun,
    Exchange,
    HttpEvidence,
    Page,
    Received,
    Restarted,
    Sent,
    failure,
    restarted,
)
from gradekit.checks.http.model import Ask, HttpSpec, Outage, Paginate, Restart, Statement, Step
from gradekit.checks.http.reading import Reading, examine, repeating, start
from gradekit.checks.http.requests import Unsendable, build
from gradekit.checks.http.walking import WalkProblem, onward
from gradekit.checks.jsontext import Json
from gradekit.checks.statements import POSTGRES, split
from gradekit.checks.stores.asking import ask as question
from gradekit.checks.template import UnknownNameError, fill_text
from gradekit.errors import Blocked
from gradekit.sandbox.messages import HttpRequest

SQL_TIMEOUT = 30.0
"""Seconds for each statement before and after the steps."""
MAX_ROWS = 10_000
"""Rows of an answer after the steps."""


def observe(spec: HttpSpec, bench: Bench) -> HttpEvidence:
    """Run all cases in order."""
    run = str(uuid.uuid4())
    return HttpEvidence(
        uuid=run,
        runs=tuple(
            _run(spec, bench, start(spec, bench.context.variables, run, case))
            for case in range(len(spec.cases or ((),)))
        ),
    )


def _run(spec: HttpSpec, bench: Bench, variables: dict[str, Json]) -> CaseRun:
    before = ask(spec.before, bench, variables, "owner")
    broken = failure(before)
    if broken is not None:
        unsent = Exchange(unsent=f'"{spec.before[broken[0]].title("before")}" failed')
        return CaseRun(before=before, exchanges=(unsent,) * len(spec.steps))
    exchanges: list[Exchange] = []
    jar, down = Jar(), ""
    for step in spec.steps:
        if isinstance(step, Ask):
            exchanges.append(Exchange(answered=ask((step,), bench, variables, "owner")[0]))
        elif isinstance(step, Outage):
            bench.switch(step.service, on=step.stop is None)
            exchanges.append(Exchange(switched="on" if step.stop is None else "off"))
        elif down:
            exchanges.append(Exchange(unsent=down))
        elif isinstance(step, Restart):
            exchanges.append(_restart(step, bench))
            if exchanges[-1].restarted is not None and exchanges[-1].restarted.error is not None:
                down = f'the app did not start again after step "{step.title}"'
        else:
            exchanges.append(_step(spec, step, bench, variables, jar))
    return CaseRun(before=before, exchanges=tuple(exchanges), after=ask(spec.after, bench, variables, "reader"))


def _restart(step: Restart, bench: Bench) -> Exchange:
    begun = bench.now()
    try:
        ending = bench.restart(grace=step.grace)
    except Blocked as error:
        return Exchange(restarted=restarted(error, bench.now() - begun))
    return Exchange(restarted=Restarted(ending=ending, seconds=bench.now() - begun))


def ask(
    statements: Sequence[Statement], bench: Bench, variables: Mapping[str, Json], store_role: Role
) -> tuple[Answered, ...]:
    """One answer for each entry: that of its last statement, or the first error."""
    answers: list[Answered] = []
    for statement in statements:
        if statement.nosql is not None:
            found = question(statement.nosql, bench.app_store(), variables, role=store_role)
            answers.append(Answered(found=found, error=found.error))
            continue
        database = bench.app_database()
        try:
            text = _text(statement, bench.context.files, variables, database.engine)
        except UnknownNameError as error:
            answers.append(Answered(error=str(error)))
            continue
        script = split(text, database.engine)
        results = database.query(script, role="owner", timeout=SQL_TIMEOUT, max_rows=MAX_ROWS)
        answers.append(Answered.of(results[-1]) if results else Answered(error="there is no statement"))
    return tuple(answers)


def _text(statement: Statement, files: Mapping[str, bytes], variables: Mapping[str, Json], engine: str) -> str:
    if statement.sql is not None:
        return fill_text(statement.sql, variables, lambda text: literal(text, engine))
    return files[statement.file or ""].decode()


def literal(text: str, engine: str = POSTGRES) -> str:
    """A saved value as an SQL string, which the engine turns into the type it stands beside."""
    # In strings of MariaDB a backslash takes the meaning away from the quote behind it.
    safe = text.replace("\\", "\\\\") if engine == "mariadb" else text
    return "'" + safe.replace("'", "''") + "'"


def _step(spec: HttpSpec, step: Step, bench: Bench, variables: dict[str, Json], jar: Jar) -> Exchange:
    """Send a step's request as often as it says; ``variables`` receive what it saves."""
    files = bench.context.files
    with_cookies = spec.cookies if step.cookies is None else step.cookies

    def prepare(known: Mapping[str, Json], target: str | None = None) -> HttpRequest:
        request = build(spec, step, known, files, target=target)
        cookie = jar.header(request.target) if with_cookies else ""
        return build(spec, step, known, files, target=target, cookie=cookie) if cookie else request

    def send(known: Mapping[str, Json], target: str | None = None) -> tuple[HttpRequest, Received]:
        request = prepare(known, target)
        received = Received.of(bench.request(request))
        jar.keep(received.headers)
        return request, received

    if step.delay:
        bench.sleep(step.delay)
    try:
        if step.clients is not None:
            request = prepare(variables)
            replies = [Received.of(reply) for reply in bench.volley(request, step.clients)]
            statuses = tuple(sorted(reply.status for reply in replies))
            return Exchange(sent=Sent.of(request), received=replies[-1], statuses=statuses, attempts=len(replies))
        if step.paginate is not None:
            return _walk(step, step.paginate, send, variables, files)
        return _single(step, send, bench, variables)
    except Unsendable as reason:
        return Exchange(unsent=str(reason))


Send = Callable[..., tuple[HttpRequest, Received]]


def _single(step: Step, send: Send, bench: Bench, variables: dict[str, Json]) -> Exchange:
    """One response: the last one of many."""
    deadline = bench.now() + (step.eventually.timeout if step.eventually else 0.0)
    attempts = 0
    statuses: list[int] = []
    while True:
        attempts += 1
        known = repeating(step, variables, min(attempts, step.repeat))
        request, received = send(known)
        statuses.append(received.status)
        if attempts < step.repeat:
            continue
        values, findings = examine(step, Reading(received), known, bench.context.files)
        pause = step.eventually.interval if step.eventually else 0.0
        spent = step.retries is not None and attempts > step.retries
        if not findings or step.eventually is None or spent or bench.now() + pause > deadline:
            break
        bench.sleep(pause)
    variables |= values
    return Exchange(
        sent=Sent.of(request),
        received=received,
        attempts=attempts,
        statuses=tuple(statuses) if step.repeat > 1 else (),
    )


def _walk(step: Step, walk: Paginate, send: Send, variables: dict[str, Json], files: Mapping[str, bytes]) -> Exchange:
    """All pages, up to the last one or to one from which there is no way on."""
    pages: list[Page] = []
    readings: list[tuple[str, Reading]] = []
    target: str | None = None
    while True:
        request, received = send(variables, target)
        pages.append(Page(sent=Sent.of(request), received=received))
        readings.append((request.target, Reading(received)))
        try:
            target = None if received.error is not None else onward(walk, readings)
        except WalkProblem:
            target = None
        if target is None:
            break
    variables |= examine(step, readings[-1][1], variables, files)[0]
    last = pages[-1]
    return Exchange(sent=last.sent, received=last.received, pages=tuple(pages), attempts=len(pages))
