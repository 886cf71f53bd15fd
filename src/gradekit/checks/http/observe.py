"""Runs a scenario against the app and writes down what happened; decides nothing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit

from gradekit.checks.base import Bench, Role
from gradekit.checks.http.evidence import Answered, CaseRun, Exchange, HttpEvidence, Received, Sent, failure
from gradekit.checks.http.model import HttpSpec, Statement, Step
from gradekit.checks.http.reading import Reading, examine, start
from gradekit.checks.jsontext import Json, render
from gradekit.checks.statements import POSTGRES, split
from gradekit.checks.stores.asking import ask
from gradekit.checks.template import UnknownNameError, fill, fill_text
from gradekit.sandbox.protocol import HttpRequest
from gradekit.texts import clean

SQL_TIMEOUT = 30.0
"""Seconds for each statement before and after the steps."""
MAX_ROWS = 10_000
"""Rows of an answer after the steps."""

MAX_TARGET = 8_000
"""Characters of a request's target."""

_CONTROL = re.compile("[\x00-\x1f\x7f]")
# Every character that RFC 9112 allows in a target, and "%" for what is encoded already.
_TARGET_SAFE = "/?&=:@!$'()*+,;~-._%[]"


class Unsendable(Exception):  # noqa: N818 - a state of the step, not an error of the program
    """Why a step's request cannot be made."""


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
    before = _ask(spec.before, bench, variables, "owner")
    broken = failure(before)
    if broken is not None:
        unsent = Exchange(unsent=f'"{spec.before[broken[0]].title("before")}" failed')
        return CaseRun(before=before, exchanges=(unsent,) * len(spec.steps))
    exchanges = tuple(_step(spec, step, bench, variables) for step in spec.steps)
    return CaseRun(before=before, exchanges=exchanges, after=_ask(spec.after, bench, variables, "reader"))


def _ask(
    statements: Sequence[Statement], bench: Bench, variables: Mapping[str, Json], store_role: Role
) -> tuple[Answered, ...]:
    """One answer for each entry: that of its last statement, or the first error."""
    answers: list[Answered] = []
    for statement in statements:
        if statement.nosql is not None:
            found = ask(statement.nosql, bench.app_store(), variables, role=store_role)
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


def _step(spec: HttpSpec, step: Step, bench: Bench, variables: dict[str, Json]) -> Exchange:
    """Send a step's request as often as it says; ``variables`` receive what it saves."""
    try:
        request = build(spec, step, variables)
    except Unsendable as reason:
        return Exchange(unsent=str(reason))
    if step.clients is not None:
        replies = [Received.of(reply) for reply in bench.volley(request, step.clients)]
        statuses = tuple(sorted(reply.status for reply in replies))
        return Exchange(sent=Sent.of(request), received=replies[-1], statuses=statuses, attempts=len(replies))
    deadline = bench.now() + (step.eventually.timeout if step.eventually else 0.0)
    attempts = 0
    while True:
        received = Received.of(bench.request(request))
        attempts += 1
        values, findings = examine(step, Reading(received), variables, bench.context.files)
        if attempts < step.repeat:
            continue
        pause = step.eventually.interval if step.eventually else 0.0
        if not findings or step.eventually is None or bench.now() + pause > deadline:
            break
        bench.sleep(pause)
    variables |= values
    return Exchange(sent=Sent.of(request), received=received, attempts=attempts)


def build(spec: HttpSpec, step: Step, variables: Mapping[str, Json]) -> HttpRequest:
    """The request of a step.

    Raises:
        Unsendable: for a name without a value, or a value that cannot stand where it is used.
    """
    try:
        headers = {name.lower(): (name, fill_text(value, variables)) for name, value in _headers(spec, step)}
        body = _body(step, variables)
        target = _target(step, variables)
    except UnknownNameError as error:
        raise Unsendable(str(error)) from None
    for name, value in headers.values():
        if _CONTROL.search(value):
            raise Unsendable(f"the value of header {name} has a control character: {clean(value)}")
    return HttpRequest(
        port=0,
        method=step.method,
        target=target,
        headers=tuple(headers.values()),
        body=body,
        timeout=step.timeout if step.timeout is not None else spec.timeout,
    )


def _headers(spec: HttpSpec, step: Step) -> Iterator[tuple[str, str]]:
    """All headers; a later one replaces an earlier one of the same name."""
    if "payload" in step.model_fields_set:
        yield "Content-Type", "application/json"
    elif step.form is not None:
        yield "Content-Type", "application/x-www-form-urlencoded"
    yield from spec.headers.items()
    yield from step.headers.items()


def _body(step: Step, variables: Mapping[str, Json]) -> bytes:
    if "payload" in step.model_fields_set:
        return render(fill(step.payload, variables)).encode()
    if step.form is not None:
        return _pairs(step.form, variables).encode()
    return fill_text(step.body or "", variables).encode()


def _pairs(values: Mapping[str, str], variables: Mapping[str, Json]) -> str:
    return urlencode([(name, fill_text(value, variables)) for name, value in values.items()])


def _target(step: Step, variables: Mapping[str, Json]) -> str:
    """The target; of a whole URL (such as a saved ``Location``) only path and query: we go to the app alone."""
    text = fill_text(step.target, variables)
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Unsendable(f"the target is not a URL: {clean(text)}") from None
    if parts.scheme in {"http", "https"}:
        text = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    if not text.startswith("/"):
        raise Unsendable(f"the target does not begin with a slash: {clean(text)}")
    text = quote(text.partition("#")[0], safe=_TARGET_SAFE)
    if step.query:
        text += f"?{_pairs(step.query, variables)}"
    if len(text) > MAX_TARGET:
        raise Unsendable(f"the target has more than {MAX_TARGET} characters")
    return text
