"""Expectations on one response that cannot hold together: known before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradekit.checks import jsontext
from gradekit.checks.base import Complaint
from gradekit.checks.differences import Mismatch, differences
from gradekit.checks.http import bodyschema
from gradekit.checks.http.model import Expect, Step
from gradekit.checks.jsontext import Json
from gradekit.checks.match import Match
from gradekit.checks.sense import COUNT, impossible, literal, unmet

_BODYLESS = frozenset({204, 304})
_DOCUMENTS = {"paths": "json", "equals": "equals", "includes": "includes", "json_schema": "schema"}
"""Fields about a body that is JSON, by their keys."""


def clashes(step: Step, files: Mapping[str, bytes]) -> Iterator[Complaint]:
    """What of a step's ``expect`` no response can give, with places below it."""
    expect = step.expect
    yield from _without_body(step)
    if "equals" in expect.model_fields_set and literal(expect.equals):
        yield from _whole(expect, expect.equals, files)
    total = step.clients or step.repeat
    yield from numbers(expect.statuses, total)


def numbers(statuses: Mapping[str, Match], total: int) -> Iterator[Complaint]:
    """Counts of statuses that so many responses cannot have, with places below ``expect``."""
    for name, match in statuses.items():
        if impossible(match, COUNT) is None and impossible(match, COUNT.up_to(total)) is not None:
            what = f"{jsontext.render(match.source)} is expected, and there are {total} responses"
            yield Complaint(("statuses", name), what, hint="change one of them")
            return
    exact = [match.source for name, match in statuses.items() if name.isdigit()]
    least = sum(count for count in exact if isinstance(count, int))
    if least > total:
        what = f"the numbers sum to {least}, and there are {total} responses"
        yield Complaint(("statuses",), what, hint="change one of them")


def _without_body(step: Step) -> Iterator[Complaint]:
    expect = step.expect
    statuses = expect.status or ()
    if step.method == "HEAD":
        why = "an answer to HEAD has no body"
    elif statuses and all(status in _BODYLESS for status in statuses):
        why = f"an answer with status {' or '.join(map(str, statuses))} has no body"
    else:
        return
    for field, key in _DOCUMENTS.items():
        if field in expect.model_fields_set:
            yield Complaint((key,), f"there is no JSON: {why}", hint="remove it, or expect another status")
    if literal(expect.text.source) and expect.text.check(""):
        yield Complaint(("text",), f"there is no text: {why}", hint="remove it, or expect another status")


def _whole(expect: Expect, body: Json, files: Mapping[str, bytes]) -> Iterator[Complaint]:
    """What the body that is expected as a whole does not meet itself."""
    for found in unmet(expect.paths, body, "equals"):
        yield Complaint(("json", *found.loc), found.what, hint=found.hint)
    if "includes" in expect.model_fields_set and literal(expect.includes):
        yield from _failing("includes", next(differences(expect.includes, body, partially=True, place="$"), None))
    if "json_schema" in expect.model_fields_set:
        schema: Json = expect.json_schema
        try:
            document = jsontext.parse(files[schema]) if isinstance(schema, str) else schema
            bodyschema.check_schema(document)
        except (KeyError, jsontext.JsonProblem, bodyschema.SchemaProblem):
            return  # it is told of the schema alone
        yield from _failing("schema", next(iter(bodyschema.mismatches(document, body)), None))


def _failing(key: str, found: Mismatch | None) -> Iterator[Complaint]:
    if found is not None:
        place = found.place if found.place.startswith("$") else f"${found.place}"
        what = f"`equals` does not meet it: {place} is {found.actual}; {found.expected} expected"
        yield Complaint((key,), what, hint="change one of them")
