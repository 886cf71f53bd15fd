"""The request that proved each finding, as a line that repeats it, and its answer."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.http.reading import unanswered
from gradekit.checks.http.show import curl
from gradekit.checks.security.evidence import SecurityEvidence, Taken
from gradekit.checks.security.judge import title_of, verdict
from gradekit.checks.security.model import SecuritySpec
from gradekit.checks.security.probes import PROBES
from gradekit.results import Exhibit
from gradekit.texts import clean

MAX_BODY = 2048
"""Characters of a body that are shown."""


def show(spec: SecuritySpec, evidence: SecurityEvidence) -> tuple[Exhibit, ...]:
    """One exhibit for each probe that is not clean."""
    return tuple(_exhibits(spec, evidence))


def _exhibits(spec: SecuritySpec, evidence: SecurityEvidence) -> Iterator[Exhibit]:
    targets = {target.title: target for target in spec.targets}
    for row in evidence.rows:
        target = targets.get(row.target)
        found = None if target is None else verdict(target, row)
        if target is not None and found is not None and found.state != "clean" and row.taken:
            title = title_of(target, PROBES[row.probe], row.place)
            yield Exhibit(title=title, text=_exchange(row.taken[found.at]))


def _exchange(taken: Taken) -> str:
    received = taken.received
    lines = [f"# {clean(taken.label)}", curl(taken.sent), ""]
    if received.error is not None:
        return "\n".join([*lines, f"no response: {unanswered(received.error)}"])
    lines.append(f"HTTP/1.1 {received.status} {clean(received.reason)}".rstrip())
    lines += [f"{clean(name)}: {clean(value)}" for name, value in received.headers]
    return "\n".join([*lines, "", clean(received.body.text or "", MAX_BODY, lines=True)])
