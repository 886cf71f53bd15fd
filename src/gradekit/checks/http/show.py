"""A transcript as text: a curl line that repeats each request, and the response below it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from gradekit.checks.compare import render
from gradekit.checks.http.evidence import Answered, Content, Exchange, HttpEvidence, Received, Sent
from gradekit.checks.http.judge import case_title
from gradekit.checks.http.model import HttpSpec, Statement
from gradekit.checks.http.reading import ERRORS
from gradekit.checks.stores.answers import Found
from gradekit.checks.stores.show import answered as shown
from gradekit.results import Exhibit
from gradekit.texts import clean

MAX_BODY = 4096
"""Characters of a body that are shown."""
MAX_HEADERS = 50
"""Headers of a response that are shown."""
MAX_ROWS = 20
"""Rows of an answer that are shown."""


def show(spec: HttpSpec, evidence: HttpEvidence) -> tuple[Exhibit, ...]:
    """One exhibit for each step and each statement that has something to show, case by case."""
    return tuple(_exhibits(spec, evidence))


def _exhibits(spec: HttpSpec, evidence: HttpEvidence) -> Iterator[Exhibit]:
    for index, run in enumerate(evidence.runs):
        known = spec.cases and index < len(spec.cases)
        lead = f"{case_title(spec.cases[index], index)}: " if spec.cases and known else ""
        for statement, answered in zip(spec.before, run.before, strict=False):
            if answered.error is not None:
                yield Exhibit(title=lead + statement.title("before"), text=_answer(statement, answered))
        for step, exchange in zip(spec.steps, run.exchanges, strict=False):
            yield Exhibit(title=f"{lead}{step.title}", text=_exchange(exchange))
        for question, answered in zip(spec.after, run.after, strict=False):
            yield Exhibit(title=lead + question.title("after"), text=_answer(question, answered))


def _exchange(exchange: Exchange) -> str:
    if exchange.sent is None or exchange.received is None:
        return f"not sent: {_block(exchange.unsent)}"
    lines = [curl(exchange.sent)]
    if exchange.statuses:
        counts = ", ".join(
            f"{count} x {status or 'none'}" for status, count in sorted(Counter(exchange.statuses).items())
        )
        lines.append(f"# sent by {exchange.attempts} clients at once: {counts}; this is one of the responses")
    elif exchange.attempts > 1:
        lines.append(f"# sent {exchange.attempts} times; this is the last response")
    return "\n".join([*lines, "", *_response(exchange.received)])


def curl(sent: Sent) -> str:
    """A shell line that sends the request to ``http://localhost:PORT``."""
    words = ["curl", "-i"]
    if sent.method == "HEAD":
        words.append("--head")
    elif sent.method != "GET":
        words += ["-X", sent.method]
    for name, value in sent.headers:
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    data, note = sent.body.text, ""
    if sent.body.base64 is not None:
        note = f"  # with a body of {len(sent.body.data)} bytes that is not text"
    elif data:
        words += ["--data-raw", data[:MAX_BODY]]
        note = f"  # the body is cut; it has {len(data)} characters" if len(data) > MAX_BODY else ""
    words.append(f"http://localhost:PORT{sent.target}")
    return _block(" ".join(map(shlex.quote, words))) + note


def _response(received: Received) -> Iterator[str]:
    if received.error is not None:
        yield f"no response: {ERRORS.get(received.error, clean(received.error))}"
        if received.detail:
            yield clean(received.detail, MAX_BODY)
        return
    yield f"HTTP/1.1 {received.status} {clean(received.reason)}".rstrip()
    for name, value in received.headers[:MAX_HEADERS]:
        yield f"{clean(name)}: {clean(value, 1000)}"
    if len(received.headers) > MAX_HEADERS:
        yield f"... {len(received.headers)} headers in all"
    yield ""
    yield _content(received.body)


def _content(body: Content) -> str:
    if body.base64 is not None:
        data = body.data
        return f"{len(data)} bytes that are not text: {data[:64].hex(' ')}{' ...' if len(data) > 64 else ''}"  # noqa: PLR2004
    text = body.text or ""
    return _block(text[:MAX_BODY]) + (f"\n... {len(text)} characters in all" if len(text) > MAX_BODY else "")


def _answer(statement: Statement, answered: Answered) -> str:
    if statement.nosql is not None:
        return shown(statement.nosql, answered.found or Found(error=answered.error))
    result = f"error: {answered.error}" if answered.error is not None else render(answered.table, MAX_ROWS)
    return f"{_block(statement.text)}\n\n{_block(result)}"


def _block(text: str) -> str:
    """Text of several lines, which is short enough, with every unprintable character but the line break escaped."""
    return clean(text, 10 * len(text), lines=True)
