"""Runs the tool beside the app and keeps what it says; decides nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

from gradekit.checks import jsontext
from gradekit.checks.base import Bench
from gradekit.checks.http.prepare import prepare
from gradekit.checks.jsontext import Json, JsonProblem
from gradekit.checks.openapi.document import DocumentProblem, chosen, read
from gradekit.checks.openapi.evidence import OpenapiEvidence, Record
from gradekit.checks.openapi.model import NAMES, OpenapiSpec
from gradekit.checks.template import UnknownNameError, fill_text
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.plans import Ending
from gradekit.texts import clean

CHECKER = "schemathesis"
"""The runner whose image has the tool."""
TIMEOUT = 600.0
"""Seconds for the tool; the check's own limit is less."""
MAX_OUTPUT = 4 << 20
MAX_RECORDS = 1_000
MAX_TEXT = 3_000
MAX_TEXTS = 5


def observe(spec: OpenapiSpec, bench: Bench) -> OpenapiEvidence:
    """Take the steps, then let the tool ask the app.

    Raises:
        Blocked, InfrastructureError: the app cannot be had, the time is over; a fault of ours.
    """
    variables: dict[str, Json] = {**bench.context.variables, "run.uuid": str(uuid.uuid4())}
    unready = prepare(spec.steps, bench, variables)
    if unready:
        return OpenapiEvidence(unready=unready)
    try:
        headers = {name: fill_text(value, variables) for name, value in spec.headers.items()}
        document = chosen(read(bench.context.files[spec.file]), spec.include, spec.exclude)
    except (UnknownNameError, DocumentProblem) as error:
        raise InfrastructureError(Problem(spec.file, str(error), "", "correct the challenge")) from None
    settings: Mapping[str, Json] = {
        "document": document,
        "checks": [NAMES[name] for name in spec.checks],
        "max_examples": spec.max_examples,
        "seed": spec.seed,
        "request_timeout": spec.timeout,
        "headers": headers,
    }
    result = bench.checker(CHECKER, settings, timeout=TIMEOUT, max_output=MAX_OUTPUT)
    ending = ""
    if result.ending is not Ending.EXITED or result.exit_code != 0:
        how = f"exit code {result.exit_code}" if result.ending is Ending.EXITED else result.ending.value
        printed = clean(result.stderr[-1000:], 1000).strip()
        ending = f'{how}; it printed: "{printed}"' if printed else how
    complete = False
    records: list[Record] = []
    for value in _lines(result.stdout):
        complete = complete or value.get("end") is True
        if "operation" in value and len(records) < MAX_RECORDS:
            records.append(_record(value))
    return OpenapiEvidence(ending=ending, records=tuple(records), complete=complete)


def _lines(data: bytes) -> Iterator[Mapping[str, Json]]:
    for line in data.splitlines():
        try:
            value = jsontext.parse(line)
        except JsonProblem:
            continue
        if isinstance(value, Mapping):
            yield value


def _record(value: Mapping[str, Json]) -> Record:
    return Record(
        operation=clean(str(value["operation"])),
        failures=_texts(value.get("failures")),
        errors=_texts(value.get("errors")),
        ran=value.get("ran") is True,
    )


def _texts(value: Json) -> tuple[str, ...]:
    items = value[:MAX_TEXTS] if isinstance(value, list) else ()
    return tuple(clean(str(item), MAX_TEXT, lines=True) for item in items)
