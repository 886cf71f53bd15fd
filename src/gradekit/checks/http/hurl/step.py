"""An entry of a .hurl file as a step of the kind http."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from pydantic import Field

from gradekit.checks.base import Complaint
from gradekit.checks.http.hurl.parse import parse
from gradekit.checks.http.hurl.run import beside, content, encoded, filled, target
from gradekit.checks.http.hurl.syntax import (
    Body,
    Entry,
    FilePart,
    Flaw,
    Place,
    Predicate,
    Query,
    Text,
    Variable,
)
from gradekit.checks.http.model import Eventually, Expect, HttpSpec, Step
from gradekit.checks.jsontext import Json
from gradekit.texts import near


class HurlStep(Step):
    """A step whose request and expectations are those of an entry; its own ``expect`` is empty."""

    entry: Any = Field(default=None, exclude=True, repr=False)
    file: str = ""
    """The path of the .hurl file."""

    @property
    def script(self) -> Entry:
        """The entry."""
        found: Entry = self.entry
        return found

    @property
    def retries(self) -> int | None:
        """How often it is sent again at most."""
        return self.script.retries

    @property
    def delay(self) -> float:
        """Seconds to wait before it is sent."""
        return self.script.delay

    def concrete(self, variables: Mapping[str, Json]) -> tuple[Step, str]:
        """The request with all variables filled in, and the cookies that it has beside those of the jar.

        Raises:
            UnknownNameError: a variable has no value.
        """
        entry = self.script
        known = {**variables, **dict(entry.sets)}
        headers = {filled(name, known): filled(value, known) for name, value in entry.headers}
        cookies = [f"{filled(name, known)}={filled(value, known)}" for name, value in entry.cookies]
        cookies += [headers.pop(name) for name in list(headers) if name.lower() == "cookie"]
        fields: dict[str, Any] = {"request": f"{entry.method} /", "expect": "any"}
        if entry.form is not None:
            _default(headers, "application/x-www-form-urlencoded")
            fields["body"] = encoded(entry.form, known)
        elif entry.multipart is not None:
            fields["multipart"] = dict(_part(one, known, self.file) for one in entry.multipart)
        elif entry.body is not None:
            kinds = {"json": "application/json", "graphql": "application/json", "xml": "application/xml"}
            if entry.body.kind in kinds:
                _default(headers, kinds[entry.body.kind])
            if entry.body.kind == "file":
                fields["file"] = beside(self.file, entry.body.path)
            elif entry.body.kind == "bytes":
                fields["body"] = entry.body.data.decode("utf-8", "replace")
            else:
                fields["body"] = content(entry.body, known)
        if entry.basic is not None:
            user, password = (filled(text, known) for text in entry.basic)
            fields["auth"] = {"basic": {"user": _plain(user), "password": _plain(password)}}
        fields["headers"] = {name: _plain(value) for name, value in headers.items()}
        if "body" in fields:
            fields["body"] = _plain(fields["body"])
        step = Step.model_validate(fields)
        sent = {"request": f"{entry.method} {_plain(target(entry, known))}", "timeout": entry.timeout}
        return step.model_copy(update=sent), "; ".join(cookies)


def _plain(text: str) -> str:
    """Text as a template that is filled in with that text."""
    return text.replace("${", "$${")


def _default(headers: dict[str, str], kind: str) -> None:
    if "content-type" not in map(str.lower, headers):
        headers["Content-Type"] = kind


def _part(one: FilePart | tuple[Text, Text], variables: Mapping[str, Json], file: str) -> tuple[str, object]:
    if isinstance(one, FilePart):
        path = beside(file, one.path)
        return filled(one.name, variables), {"file": path, **({"type": one.kind} if one.kind else {})}
    return filled(one[0], variables), {"text": _plain(filled(one[1], variables))}


def expanded(spec: HttpSpec, files: Mapping[str, bytes]) -> tuple[HttpSpec, list[Complaint]]:
    """A check with the entries of its file as steps, and what is wrong with the file."""
    if spec.hurl is None or spec.hurl not in files:
        return spec, []
    script = parse(files[spec.hurl])
    steps = tuple(_step(spec.hurl, entry) for entry in script.entries)
    return spec.model_copy(update={"steps": steps}), [_complaint(spec.hurl, flaw) for flaw in script.flaws]


def _step(file: str, entry: Entry) -> HurlStep:
    path = entry.target.source or f"{{{{{entry.address.name if entry.address else ''}}}}}"
    path = path if path.startswith("/") else f"/{path}"
    name = f"{entry.method} {path} ({PurePosixPath(file).name}:{entry.line})"[:200]
    eventually = None
    if entry.retries:
        whole = entry.retries * (entry.interval + (entry.timeout or 5.0))
        eventually = Eventually(timeout=whole, interval=max(entry.interval, 0.01), unsafe=True)
    return HurlStep.model_construct(
        **Step(request=f"{entry.method} /", name=name, expect=Expect(), eventually=eventually).__dict__
        | {"request": f"{entry.method} {path}", "entry": entry, "file": file},
    )


def _complaint(file: str, flaw: Flaw) -> Complaint:
    line, column = flaw.place
    return Complaint((), flaw.what, flaw.expected, flaw.hint, f"{file}:{line}:{column}")


def paths(step: HurlStep) -> Iterator[str]:
    """The files of the challenge that an entry sends or expects."""
    entry = step.script
    bodies = (entry.body, entry.response.body if entry.response else None)
    for body in bodies:
        if body is not None and body.kind == "file":
            yield beside(step.file, body.path)
    for part in entry.multipart or ():
        if isinstance(part, FilePart):
            yield beside(step.file, part.path)


def names(step: HurlStep, known: dict[str, str]) -> Iterator[Complaint]:
    """Variables that nothing gives a value; ``known`` receives what the entry gives one."""
    entry = step.script
    known |= {name: step.title for name, _ in entry.sets}
    yield from _unknown(step, _sent(entry), known)
    response = entry.response
    if response is None:
        return
    yield from _unknown(step, [text for _, *pair in response.headers for text in pair], known)
    for capture in response.captures:
        yield from _unknown(step, _asked(capture.query, capture.line), known)
        known[capture.name] = step.title
    for one in response.asserts:
        asked = _asked(one.query, one.line)
        if one.predicate.name == "exists":
            asked = [text for text in asked if isinstance(text, Text)]
        yield from _unknown(step, [*asked, *_compared(one.predicate)], known)
    yield from _unknown(step, _of_body(response.body), known)


def _unknown(step: HurlStep, used: list[Text | Variable], known: Mapping[str, str]) -> Iterator[Complaint]:
    for one in used:
        for variable in [one] if isinstance(one, Variable) else one.variables:
            if variable.name not in known and f"case.{variable.name}" not in known:
                hint = near(variable.name, known) or "capture it in an earlier entry, or put it in vars"
                what = f"{{{{{variable.name}}}}} is not known here"
                yield Complaint((), what, "", hint, f"{step.file}:{variable.place[0]}:{variable.place[1]}")


def _sent(entry: Entry) -> list[Text | Variable]:
    pairs = [*entry.headers, *entry.query, *(entry.form or ()), *entry.cookies]
    pairs += [entry.basic] if entry.basic is not None else []
    parts = [part for part in entry.multipart or () if not isinstance(part, FilePart)]
    files = [part.name for part in entry.multipart or () if isinstance(part, FilePart)]
    return [entry.target, *(text for pair in [*pairs, *parts] for text in pair), *files, *_of_body(entry.body)]


def _of_body(body: Body | None) -> list[Text | Variable]:
    return [] if body is None else [body.text]


def _asked(query: Query, line: int) -> list[Text | Variable]:
    texts: list[Text | Variable] = [query.operand]
    if query.name == "variable" and not any(query.operand.variables):
        place: Place = (line, 1)
        texts.append(Variable(query.operand.source, place))
    return [*texts, *(one for step in query.filters for one in step.operands if isinstance(one, Text))]


def _compared(predicate: Predicate) -> list[Text | Variable]:
    return [predicate.operand] if isinstance(predicate.operand, Text | Variable) else []
