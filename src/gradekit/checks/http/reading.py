"""What a response says: pure functions that observing (polling, saved values) and judging share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice

from gradekit.checks import jsontext
from gradekit.checks.differences import MAX_COUNTED, Mismatch, differences, member
from gradekit.checks.http import bodyschema
from gradekit.checks.http.cookies import cookies
from gradekit.checks.http.evidence import Received
from gradekit.checks.http.hurl.run import examined
from gradekit.checks.http.hurl.step import HurlStep
from gradekit.checks.http.model import CookieExpect, Expect, HttpSpec, Step, TimeRatio
from gradekit.checks.jsonpath import Found, TooManyNodes, compile_path
from gradekit.checks.jsontext import Json, JsonProblem
from gradekit.checks.match import Match, first, unset
from gradekit.checks.template import UnknownNameError, fill, uses
from gradekit.checks.values import MISSING, Value, show
from gradekit.texts import clean, quote

ERRORS: Mapping[str, str] = {
    "refused": "the app refused the connection",
    "timeout": "the app did not answer in time",
    "closed": "the app closed the connection before its answer was whole",
    "protocol": "the app did not answer in HTTP/1.1",
    "too-large": "the answer was too large",
}
"""Why there is no response, in words."""


def unanswered(error: str, detail: str = "", seconds: float | None = None) -> str:
    """Why there is no response, with the limit in ``seconds`` where that is the reason.

    Of a closed connection there is no more to say, however it was noticed.
    """
    if error == "timeout" and seconds is not None:
        return f"the app did not answer within {seconds:g} s"
    unknown = f"the app gave no usable answer; what is known of the reason: {quote(error)}; see what the app printed"
    return ERRORS.get(error, unknown) + (f" ({clean(detail)})" if detail and error != "closed" else "")


_DOCUMENTS = frozenset({"equals", "includes", "json_schema"})
"""Fields of ``expect`` about the body as a whole, as JSON."""


def start(spec: HttpSpec, variables: Mapping[str, Json], run: str, case: int) -> dict[str, Json]:
    """The variables that a case begins with."""
    known: dict[str, Json] = {**variables, "run.uuid": run}
    if spec.cases:
        known |= {f"case.{name}": value for name, value in spec.cases[case].items()}
    return known


class Reading:
    """A response with its body read as text and as JSON, at most once."""

    def __init__(self, received: Received) -> None:
        """Nothing is read yet."""
        self.received: Received = received

    @cached_property
    def text(self) -> str:
        """The body, with U+FFFD for what is not UTF-8."""
        return self.received.body.data.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Json | JsonProblem:
        """The body as JSON, or why it is none."""
        try:
            return jsontext.parse(self.received.body.data)
        except JsonProblem as problem:
            return problem

    def header(self, name: str) -> Value:
        """A header's value; several of one name are joined by a comma."""
        values = [value for key, value in self.received.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else MISSING

    def cookie(self, name: str) -> Value:
        """The value of a cookie that the response sets; the last one of that name."""
        values = [cookie.value for cookie in cookies(self.received.headers) if cookie.name == name]
        return values[-1] if values else MISSING

    def path(self, text: str) -> Value:
        """What a JSONPath leads to: a value or MISSING for a path to one place, else a list.

        Raises:
            JsonProblem: when the body is not JSON.
            TooManyNodes: when the body makes the path visit too much.
        """
        return self.look(text).value

    def look(self, text: str) -> Found:
        """What a JSONPath leads to.

        Raises:
            JsonProblem: when the body is not JSON.
            TooManyNodes: when the body makes the path visit too much.
        """
        if isinstance(self.json, JsonProblem):
            raise self.json
        return compile_path(text).look(self.json)

    def source(self, source: str) -> Value:
        """What a source of ``save`` gives; MISSING when it gives nothing."""
        if source == "status":
            return self.received.status
        if source == "body":
            return self.text
        if source.startswith("header:"):
            return self.header(source.removeprefix("header:"))
        if source.startswith("cookie:"):
            return self.cookie(source.removeprefix("cookie:"))
        try:
            found = self.path(source)
        except (JsonProblem, TooManyNodes):
            return MISSING
        return MISSING if found == [] and not compile_path(source).singular else found


def saves(step: Step, reading: Reading) -> tuple[dict[str, Json], list[Mismatch]]:
    """The values that a step saves, and a mismatch for each that it could not."""
    values: dict[str, Json] = {}
    findings: list[Mismatch] = []
    for name, source in step.save.items():
        value = reading.source(source)
        if value is MISSING:
            findings.append(Mismatch(f"a value to save as ${{{name}}}", show(MISSING), source))
        else:
            values[name] = value  # type: ignore[assignment]
    return values, findings


def repeating(step: Step, variables: Mapping[str, Json], number: int) -> Mapping[str, Json]:
    """The variables of one request of a step that sends several; ``number`` counts from 1."""
    return {**variables, "repeat.index": number} if step.repeat > 1 else variables


def examine(
    step: Step, reading: Reading, variables: Mapping[str, Json], files: Mapping[str, bytes]
) -> tuple[dict[str, Json], list[Mismatch]]:
    """The values that a step saves, and everything that is wrong with its response alone."""
    error = reading.received.error
    if error is not None:
        return {}, [Mismatch("", unanswered(error, reading.received.detail, step.timeout))]
    if isinstance(step, HurlStep):
        return examined(step.script, step.file, reading, variables, files)
    values, unsaved = saves(step, reading)
    return values, [*_expectations(step.expect, reading, variables, files), *unsaved]


def counted(wanted: Mapping[str, Match], statuses: Sequence[int], variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    """What is wrong with how many responses to a request that was sent several times have which status."""
    for name, match in wanted.items():
        have = sum(name in {str(status), f"{status // 100}xx"} for status in statuses)
        yield from matched(f"responses with {name}", match, have, variables)
    silent = statuses.count(0)
    if silent:
        yield Mismatch("a response to every request", f"no response to {silent} of {len(statuses)}")


def slower(
    wanted: TimeRatio, seconds: float, times: Mapping[str, float], variables: Mapping[str, Json]
) -> Iterator[Mismatch]:
    """What is wrong with the time of a response, against that of an earlier step."""
    base, name = times.get(wanted.step), clean(wanted.step)
    place = f'time, divided by that of step "{name}"'
    if base is None:
        yield Mismatch("a number", f'none, because step "{name}" got no response', place)
        return
    ratio = round(max(seconds, wanted.floor) / max(base, wanted.floor), 2)
    yield from matched(place, wanted.ratio, ratio, variables)


def _cookie(name: str, wanted: CookieExpect, reading: Reading, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    found = next((one for one in reversed(list(cookies(reading.received.headers))) if one.name == name), None)
    place = f"cookie {name}"
    if found is None or not wanted.exists:
        if wanted.exists or found is not None:
            words = ("a cookie", show(MISSING)) if found is None else ("no cookie", show(found.value))
            yield Mismatch(*words, place)
        return
    age = found.attribute("max-age")
    site = found.attribute("samesite")
    facts: Mapping[str, Value] = {
        "value": found.value,
        "path": _given(found.attribute("path")),
        "domain": _given(found.attribute("domain")),
        "expires": _given(found.attribute("expires")),
        "max_age": MISSING if age is None else int(age) if re.fullmatch(r"-?[0-9]{1,18}", age) else age,
        "same_site": MISSING if site is None else site.lower(),
    }
    for fact, value in facts.items():
        unit = " in seconds" if fact == "max_age" else ""
        yield from matched(f"{place}: {fact}{unit}", getattr(wanted, fact), value, variables)
    for fact, attribute in (("secure", "secure"), ("http_only", "httponly")):
        asked = getattr(wanted, fact)
        if asked is not None and asked != (found.attribute(attribute) is not None):
            yield Mismatch(show(asked), show(not asked), f"{place}: {fact}")


def _given(value: str | None) -> Value:
    return MISSING if value is None else value


def _expectations(
    expect: Expect, reading: Reading, variables: Mapping[str, Json], files: Mapping[str, bytes]
) -> Iterator[Mismatch]:
    yield from _status(expect, reading, variables)
    for name, match in expect.headers.items():
        yield from matched(f"header {name}", match, reading.header(name), variables)
    for name, wanted in expect.cookies.items():
        yield from _cookie(name, wanted, reading, variables)
    if expect.paths or not _DOCUMENTS.isdisjoint(expect.model_fields_set):
        yield from _body(expect, reading, variables, files)
    yield from matched("body as text", expect.text, reading.text, variables)
    yield from matched("time in ms", expect.time, round(reading.received.seconds * 1000, 1), variables)


def _status(expect: Expect, reading: Reading, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    if expect.status is None:
        return
    status = reading.received.status
    wanted: list[str] = []
    for item in expect.status:
        try:
            value = fill(item, variables)
        except UnknownNameError as error:
            yield unset(error, "status")
            return
        wanted.append(clean(str(value)))
        if value == status or value == f"{status // 100}xx" or value == str(status):
            return
    names = tuple(name for _, name in uses(list(expect.status)))
    yield Mismatch(" or ".join(wanted), clean(f"{status} {reading.received.reason}".rstrip()), "status", filled=names)


def matched(place: str, match: Match, value: Value, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    """What is wrong with one value, which stands at a place."""
    try:
        filled = match.fill(variables)
    except UnknownNameError as error:
        yield unset(error, place)
        return
    for mismatch in filled.check(value):
        yield mismatch.below(place)


def _body(
    expect: Expect, reading: Reading, variables: Mapping[str, Json], files: Mapping[str, bytes]
) -> Iterator[Mismatch]:
    body = reading.json
    if isinstance(body, JsonProblem):
        shown = f"not read as JSON ({clean(str(body))}): {show(reading.text)}" if reading.text else "empty"
        yield Mismatch("JSON", shown, "body")
        return
    for path, match in expect.paths.items():
        yield from _path(path, match, reading, variables)
    for field, partially in (("equals", False), ("includes", True)):
        if field in expect.model_fields_set:
            yield from _document(getattr(expect, field), body, variables, partially=partially)
    if "json_schema" in expect.model_fields_set:
        yield from _schema(expect.json_schema, body, files)


def _path(path: str, match: Match, reading: Reading, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    try:
        found = reading.look(path)
    except TooManyNodes as reason:
        yield Mismatch("a body that the path can be applied to", str(reason), path)
    else:
        yield from located(path, match, found, variables)


def located(path: str, match: Match, found: Found, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    """What is wrong with what a path leads to."""
    try:
        filled = match.fill(variables)
    except UnknownNameError as error:
        yield unset(error, path)
        return
    yield from map(found.below, filled.check(found.value))


def _document(wanted: Json, body: Json, variables: Mapping[str, Json], *, partially: bool) -> Iterator[Mismatch]:
    try:
        expected = fill(wanted, variables)
    except UnknownNameError as error:
        yield unset(error, "$")
        return
    names = [("$" + "".join(_step(key) for key in loc), name) for loc, name in uses(wanted)]
    for mismatch in first(islice(differences(expected, body, partially=partially, place="$"), MAX_COUNTED)):
        used = (name for place, name in names if _within(place, mismatch.place) or _within(mismatch.place, place))
        yield replace(mismatch, filled=tuple(dict.fromkeys(used))) if mismatch.place else mismatch


def _step(key: str | int) -> str:
    return f"[{key}]" if isinstance(key, int) else member(key)


def _within(outer: str, inner: str) -> bool:
    """Whether a place is another one, or below it."""
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _schema(schema: Json, body: Json, files: Mapping[str, bytes]) -> Iterator[Mismatch]:
    if isinstance(schema, str) and schema not in files:
        yield Mismatch("", f"{schema}: the challenge has no such file; correct the challenge", ours=True)
        return
    try:
        document = jsontext.parse(files[schema]) if isinstance(schema, str) else schema
        mismatches = bodyschema.mismatches(document, body)
    except (JsonProblem, bodyschema.SchemaProblem) as error:
        place = schema if isinstance(schema, str) else "`expect.schema`"
        what = f"{place} is no JSON Schema that can be used: {clean(str(error))}; correct the challenge"
        yield Mismatch("", what, ours=True)
        return
    for mismatch in mismatches:
        yield mismatch.below("$")
