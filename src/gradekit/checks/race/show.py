"""The rounds as text: a curl line, how many responses had which status, one of each, and what the database had."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.http.show import answered_text, counts, curl, response
from gradekit.checks.race.evidence import RaceEvidence, Round
from gradekit.checks.race.model import RaceSpec
from gradekit.results import Exhibit
from gradekit.texts import clean


def show(spec: RaceSpec, evidence: RaceEvidence) -> tuple[Exhibit, ...]:
    """How statements were slowed down, and one exhibit for each round."""
    return tuple(_exhibits(spec, evidence))


def _exhibits(spec: RaceSpec, evidence: RaceEvidence) -> Iterator[Exhibit]:
    slowed = evidence.stretch
    if slowed is not None:
        tables = clean(", ".join(slowed.tables) or "no table", 1000)
        text = f"Each statement of the app that writes into {tables} waited {slowed.delay:g} s before it began."
        yield Exhibit(title="Slowed down", text=text)
    for number, one in enumerate(evidence.rounds, 1):
        yield Exhibit(title=f"round {number}", text="\n\n".join(_told(spec, one)))


def _told(spec: RaceSpec, one: Round) -> Iterator[str]:
    for statement, answered in zip(spec.before, one.before, strict=False):
        if answered.error is not None:
            yield answered_text(statement, answered)
    if one.sent is None:
        yield f"nothing was sent: {clean(one.unsent)}"
        return
    summary = f"# sent {len(one.statuses)} times, at once, in {one.seconds:.1f} s: {counts(one.statuses)}"
    yield f"{curl(one.sent)}\n{summary}"
    for received in one.received:
        yield "\n".join(response(received))
    for question, answered in zip(spec.after, one.after, strict=False):
        yield answered_text(question, answered)
