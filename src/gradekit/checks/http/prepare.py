"""Steps that another kind takes before it begins, such as a login."""

from __future__ import annotations

from collections.abc import Sequence

from gradekit.checks.base import Bench
from gradekit.checks.http.evidence import Received
from gradekit.checks.http.model import HttpSpec, Step
from gradekit.checks.http.reading import Reading, examine
from gradekit.checks.http.requests import Unsendable, build
from gradekit.checks.jsontext import Json
from gradekit.checks.template import nowhere
from gradekit.texts import clean


def prepare(
    steps: Sequence[Step],
    bench: Bench,
    variables: dict[str, Json],
    *,
    timeout: float = 5.0,
) -> str:
    """Take the steps in order, once each; why one of them failed, or nothing. ``variables`` receive what they save."""
    for step in steps:
        try:
            request = build(HttpSpec(timeout=timeout, steps=(step,)), step, variables, bench.context.files)
        except Unsendable as reason:
            return f'"{step.title}": {reason}'
        values, wrong = examine(step, Reading(Received.of(bench.request(request))), variables, bench.context.files)
        variables |= values
        if wrong:
            found = wrong[0]
            if found.names:
                return f'"{step.title}": {found.actual}'
            seen = f"{found.actual} instead of {found.expected}" if found.expected else found.actual
            return f'"{step.title}": {f"{found.place}: " if found.place else ""}{clean(seen)}'
    return ""


def authors_fault(steps: Sequence[Step], unready: str) -> str | None:
    """Whether ``unready`` came of a name that neither the challenge nor a step before gives a value, in words.

    A step that does not save what it should has failed, and is told instead.
    """
    for title in ("", *(f'"{step.title}": ' for step in steps)):
        found = nowhere(unready.removeprefix(title))
        if found is not None:
            return found
    return None
