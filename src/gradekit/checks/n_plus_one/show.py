"""The statements of both sizes as text: how many, and which came most often."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.http.show import answered_text, curl, response
from gradekit.checks.n_plus_one.evidence import Count, Measured, NPlusOneEvidence
from gradekit.checks.n_plus_one.judge import fewest
from gradekit.checks.n_plus_one.model import NPlusOneSpec
from gradekit.results import Exhibit
from gradekit.texts import clean, one_line

_SHOWN = 12
"""Statements that are shown of a size."""
_TEXT = 300


def show(spec: NPlusOneSpec, evidence: NPlusOneEvidence) -> tuple[Exhibit, ...]:
    """One exhibit for each size."""
    return tuple(_exhibits(spec, evidence))


def _exhibits(spec: NPlusOneSpec, evidence: NPlusOneEvidence) -> Iterator[Exhibit]:
    found = fewest(evidence)
    columns = ([one.small for one in evidence.rounds], [one.big for one in evidence.rounds])
    least = (None, None) if found is None else (found.small, found.big)
    for size, column, best in zip(spec.sizes, columns, least, strict=True):
        if column:
            yield Exhibit(title=f"n = {size}", text="\n\n".join(_lines(spec, column, best)))


def _lines(spec: NPlusOneSpec, column: list[Measured], least: Count | None) -> Iterator[str]:
    last = column[-1]
    for statement, answered in zip(spec.before, last.before, strict=False):
        if answered.error is not None:
            yield answered_text(statement, answered)
    if last.sent is None or last.received is None:
        yield f"nothing was sent: {clean(last.unsent)}"
        return
    if least is not None:
        yield "\n".join(_counted(least, [one.count.sent for one in column if one.count is not None]))
    yield "\n".join([curl(last.sent), "", *response(last.received)])


def _counted(least: Count, rounds: list[int]) -> Iterator[str]:
    yield f"statements in each round: {', '.join(map(str, rounds))}; of the round with the fewest:"
    yield f"{least.sent} sent, {least.inside} inside the database, {least.aside} of transactions and settings"
    for one in least.texts[:_SHOWN]:
        yield f"{one.calls:>6} x {one_line(one.text, _TEXT)}"
