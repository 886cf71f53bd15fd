"""Sends what the probes want and writes down the answers; decides nothing."""

from __future__ import annotations

import hashlib
import html
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, quote_plus

from gradekit.checks.base import Bench
from gradekit.checks.http.evidence import Content, Received, Sent
from gradekit.checks.http.prepare import prepare
from gradekit.checks.http.requests import Unsendable
from gradekit.checks.jsontext import Json, JsonProblem, parse
from gradekit.checks.security.aim import Aim, Shot
from gradekit.checks.security.evidence import Row, SecurityEvidence, Taken
from gradekit.checks.security.model import SecuritySpec
from gradekit.checks.security.probes import PROBES
from gradekit.checks.template import UnknownNameError
from gradekit.sandbox.messages import HttpReply, HttpRequest

KEPT = 64 << 10
"""Bytes of a body that are kept."""
KEPT_IN_ALL = 8 << 20
"""Bytes of all bodies of a check that are kept; of the rest, SHORT bytes each."""
SHORT = 512
_HEADERS = 40
_HEADER = 512


@dataclass
class _Room:
    """How much more may be kept."""

    left: int = field(default_factory=lambda: KEPT_IN_ALL)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1 << 30)))

    def take(self, size: int) -> int:
        room = min(size, KEPT) if self.left > 0 else min(size, SHORT)
        self.left -= room
        return room


def observe(spec: SecuritySpec, bench: Bench) -> SecurityEvidence:
    """Log all accounts in, then run every probe of every target.

    Raises:
        Blocked, InfrastructureError: the app cannot be had, the time is over; a fault of ours.
    """
    variables: dict[str, Json] = {**bench.context.variables, "run.uuid": str(uuid.uuid4())}
    unready = {
        name: why
        for name, account in spec.accounts.items()
        if (why := prepare(account.steps, bench, variables, timeout=spec.timeout))
    }
    room = _Room()
    return SecurityEvidence(
        rows=tuple(row for target in spec.targets for row in _rows(Aim(spec, target, variables), unready, bench, room))
    )


def _rows(aim: Aim, unready: Mapping[str, str], bench: Bench, room: _Room) -> Iterator[Row]:
    target = aim.target
    for name in target.probes:
        probe = PROBES[name]
        used = [target.account, *(target.others if probe.needs == "others" else ())]
        missing = next((account for account in used if account in unready), None)
        for place in probe.places(target):
            row = Row(target=target.title, probe=name, place=place)
            if missing is not None:
                yield row.model_copy(update={"unsent": f"account {missing}: {unready[missing]}"})
                continue
            try:
                shots = [
                    (shot, aim.build(shot, next(room.numbers)), aim.value(shot.place) if shot.place else "")
                    for shot in probe.act(aim, place)
                ]
            except (Unsendable, UnknownNameError) as reason:
                yield row.model_copy(update={"unsent": str(reason)})
                continue
            taken = tuple(_taken(shot, request, usual, bench.request(request), room) for shot, request, usual in shots)
            yield row.model_copy(update={"taken": taken})


def _taken(shot: Shot, request: HttpRequest, usual: str, reply: HttpReply, room: _Room) -> Taken:
    body = _usual(reply.body, shot.value, usual) if shot.place else reply.body
    kept = room.take(len(reply.body))
    headers = tuple((name[:_HEADER], value[:_HEADER]) for name, value in reply.headers[:_HEADERS])
    sent = replace(
        request,
        target=request.target[:KEPT],
        headers=[(name, value[:_HEADER]) for name, value in request.headers],
        body=request.body[:KEPT],
    )
    received = Received.of(replace(reply, headers=headers, body=b""))
    return Taken(
        label=shot.label,
        sent=Sent.of(sent),
        received=received.model_copy(update={"body": Content(text=reply.body[:kept].decode("utf-8", "replace"))}),
        digest=hashlib.sha256(body).hexdigest()[:16],
        shape=hashlib.sha256(_shape(reply.body).encode()).hexdigest()[:16],
    )


def _usual(body: bytes, injected: str, usual: str) -> bytes:
    """The body with the usual value wherever the app repeats the injected one, in whatever encoding."""
    for encode in (json.dumps, html.escape, quote, quote_plus, str):
        written, wanted = encode(injected), encode(usual)
        if encode is json.dumps:
            written, wanted = written[1:-1], wanted[1:-1]
        body = body.replace(written.encode(), wanted.encode())
    return body


def _shape(body: bytes) -> str:
    try:
        return _form(parse(body))
    except JsonProblem:
        return f"{body.count(10)} lines"


def _form(value: Json) -> str:
    """Names and lengths of a JSON value; the parser bounds how deep and how large it is."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{name!r}:{_form(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_form, value)) + "]"
    return "."
