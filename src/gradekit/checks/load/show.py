"""Ratios with their intervals, and the rounds that they come from."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.load.evidence import LoadEvidence, Slice
from gradekit.checks.load.judge import TITLES
from gradekit.checks.load.measure import findings
from gradekit.checks.load.model import LoadSpec
from gradekit.results import Exhibit


def show(spec: LoadSpec, evidence: LoadEvidence) -> tuple[Exhibit, ...]:
    """One exhibit, if there were rounds."""
    if not evidence.rounds:
        return ()
    return (
        Exhibit(title=f"{spec.request.request} and {spec.baseline.request}", text="\n".join(_lines(spec, evidence))),
    )


def _lines(spec: LoadSpec, evidence: LoadEvidence) -> Iterator[str]:
    for found in findings(spec, evidence.rounds):
        what = "share" if found.measure == "errors" else "ratio"
        seen = f"{what} {found.low:.3f} to {found.high:.3f}"
        yield f"{TITLES[found.measure]}: {seen} (limit {found.limit:g}), {found.state}"
    yield ""
    for number, one in enumerate(evidence.rounds, 1):
        for name, part in (("baseline", one.baseline), ("request", one.request)):
            yield f"round {number}, {name}: {_times(part)}"


def _times(part: Slice) -> str:
    statuses = ", ".join(f"{count} x {status or 'none'}" for status, count in part.statuses)
    times = " ".join(f"{1000 * value:.1f}" for value in (part.p50, part.p95, part.p99))
    return f"p50 p95 p99 {times} ms; {part.answers} answers in {part.seconds:.2f} s ({statuses})"
