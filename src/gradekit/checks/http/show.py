"""A transcript as text: a curl line that repeats each request, and the response below it."""

from __future__ import annotations

import base64
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from gradekit.checks.compare.words import render
from gradekit.checks.http.evidence import Answered, Content, Exchange, HttpEvidence, Page, Received, Sent
from gradekit.checks.http.judge import case_title, step_title
from gradekit.checks.http.model import Ask, HttpSpec, Outage, Restart, Statement, Step
from gradekit.checks.http.reading import unanswered
from gradekit.checks.stores.answers import Found
from gradekit.checks.stores.show import answered as shown
from gradekit.results import Exhibit
from gradekit.texts import clean

MAX_BODY = 4096
"""Characters of a body that are shown."""
MAX_HEADERS = 50
"""Headers of a response that are shown."""
MAX_PAGES = 5
"""Pages of a walk that are shown, besides the last one."""
MAX_ROWS = 20
"""Rows of an answer that are shown."""


_SWITCHED = {
    "off": "was taken away from the app: its sessions were ended, and new ones are refused from here on",
    "on": "was given back to the app, with the data that it had",
}


def show(spec: HttpSpec, evidence: HttpEvidence) -> tuple[Exhibit, ...]:
    """One exhibit for each step and each statement that has something to show, case by case."""
    return tuple(_exhibits(spec, evidence))


def _exhibits(spec: HttpSpec, evidence: HttpEvidence) -> Iterator[Exhibit]:
    for index, run in enumerate(evidence.runs):
        known = spec.cases and index < len(spec.cases)
        lead = f"{case_title(spec.cases[index], index)}: " if spec.cases and known else ""
        for statement, answered in zip(spec.before, run.before, strict=False):
            if answered.error is not None:
                yield Exhibit(title=lead + statement.title("before"), text=answered_text(statement, answered))
        for step, exchange in zip(spec.steps, run.exchanges, strict=False):
            yield Exhibit(title=f"{lead}{step_title(step)}", text=_happened(step, exchange))
        for question, answered in zip(spec.after, run.after, strict=False):
            yield Exhibit(title=lead + question.title("after"), text=answered_text(question, answered))


def _happened(step: Step | Restart | Outage | Ask, exchange: Exchange) -> str:
    if exchange.answered is not None and isinstance(step, Ask):
        return answered_text(step, exchange.answered)
    if exchange.restarted is not None:
        done = exchange.restarted
        if done.error is not None:
            return _block("\n\n".join(filter(None, [done.error, done.detail[-MAX_BODY:]])))
        return f"the app {clean(done.ending)}, and was ready again {done.seconds:.1f} s after it had been asked to end"
    if exchange.switched is not None and isinstance(step, Outage):
        return f"{step.service} {_SWITCHED[exchange.switched]}"
    return _exchange(exchange, ", at once" if isinstance(step, Step) and step.clients is not None else "")


def _exchange(exchange: Exchange, at_once: str) -> str:
    if exchange.sent is None or exchange.received is None:
        return f"nothing happened: {_block(exchange.unsent)}"
    if exchange.pages:
        many = len(exchange.pages)
        shown = [
            f"# page {number} of {many}\n{_page(page)}" for number, page in enumerate(exchange.pages[:MAX_PAGES], 1)
        ]
        if many > MAX_PAGES:
            shown += [f"# ... and page {many}, the last one\n{_page(exchange.pages[-1])}"]
        return "\n\n".join(shown)
    lines = [curl(exchange.sent)]
    if exchange.statuses:
        lines.append(
            f"# sent {exchange.attempts} times{at_once}: {counts(exchange.statuses)}; this is one of the responses"
        )
    elif exchange.attempts > 1:
        lines.append(f"# sent {exchange.attempts} times; this is the last response")
    return "\n".join([*lines, "", *response(exchange.received)])


def _page(page: Page) -> str:
    return "\n".join([curl(page.sent), "", *response(page.received)])


def counts(statuses: Sequence[int]) -> str:
    """How many responses have which status."""
    return ", ".join(f"{count} x {status or 'none'}" for status, count in sorted(Counter(statuses).items()))


def curl(sent: Sent) -> str:
    """A shell line that repeats the request to ``http://localhost:PORT`` exactly."""
    words = ["curl", "-i"]
    # What curl would otherwise take for a pattern of URLs, or tidy up.
    words += ["--globoff"] if set(sent.target) & set("[]{}") else []
    words += ["--path-as-is"] if "/." in sent.target else []
    data = sent.body.data
    if sent.method == "HEAD" and not data:
        words.append("--head")
    elif sent.method != "GET" or data:
        words += ["-X", sent.method]
    for name, value in sent.headers:
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if data and not any(name.lower() == "content-type" for name, _ in sent.headers):
        words += ["-H", "Content-Type:"]
    head, note = "", ""
    text = sent.body.text
    if len(data) > MAX_BODY:
        note = f"  # without its body of {len(data)} bytes, which is too long to be shown"
    elif text is None or clean(text, 10 * len(text), lines=True) != text:
        # What a terminal would not show as it is.
        head = f"echo {base64.b64encode(data).decode()} | base64 -d | "
        words += ["--data-binary", "@-"]
    elif data:
        words += ["--data-raw", text]
    words.append(f"http://localhost:PORT{sent.target}")
    return head + _block(" ".join(map(shlex.quote, words))) + note


def response(received: Received) -> Iterator[str]:
    """The lines of a response."""
    if received.error is not None:
        yield f"no response: {unanswered(received.error)}"
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


def answered_text(statement: Statement, answered: Answered) -> str:
    """A statement and what was answered."""
    if statement.nosql is not None:
        return shown(statement.nosql, answered.found or Found(error=answered.error))
    result = f"error: {answered.error}" if answered.error is not None else render(answered.table, MAX_ROWS)
    return f"{_block(statement.text)}\n\n{_block(result)}"


def _block(text: str) -> str:
    """Text of several lines, which is short enough, with every unprintable character but the line break escaped."""
    return clean(text, 10 * len(text), lines=True)
