"""Calls as text: what was called, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.call.evidence import CallEvidence, Exchange
from gradekit.checks.call.judge import raised
from gradekit.checks.call.model import CallSpec
from gradekit.checks.call.wire import read
from gradekit.checks.jsontext import render
from gradekit.results import Exhibit
from gradekit.texts import clean

MAX_SHOWN = 4096
"""Characters of a request or a value."""
MAX_EXHIBITS = 500
"""Cases that are shown."""


def show(_spec: CallSpec, evidence: CallEvidence) -> tuple[Exhibit, ...]:
    """One exhibit for each case, and what the code printed."""
    found = [
        Exhibit(title=fact.name, text="\n".join(line for exchange in fact.exchanges for line in _lines(exchange)))
        for fact in evidence.cases[:MAX_EXHIBITS]
    ]
    if evidence.printed:
        found.append(Exhibit(title="Printed by the candidate's code", text=evidence.printed))
    return tuple(found)


def _lines(exchange: Exchange) -> Iterator[str]:
    yield f"> {clean(exchange.request, MAX_SHOWN)}"
    reply = read(exchange)
    seconds = f"({exchange.seconds:.3f} s)"
    if reply.kind == "value":
        yield f"< {clean(render(reply.value, MAX_SHOWN), MAX_SHOWN)} {seconds}"
    elif reply.kind == "error":
        yield f"< {raised(reply)} {seconds}"
    else:
        yield f"< {reply.kind}: {clean(reply.text, MAX_SHOWN)} {seconds}"
        if exchange.line:
            yield f"  {clean(exchange.line, MAX_SHOWN)}"
