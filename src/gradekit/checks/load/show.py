"""Ratios with their intervals, and the rounds that they come from."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.base import Context
from gradekit.checks.load.evidence import LoadEvidence, Slice
from gradekit.checks.load.judge import TITLES, beside_title, reference_of, rounds_title
from gradekit.checks.load.measure import Finding, findings
from gradekit.checks.load.model import LoadSpec
from gradekit.results import Exhibit


def show(spec: LoadSpec, evidence: LoadEvidence) -> tuple[Exhibit, ...]:
    """One exhibit, if there were rounds."""
    if not evidence.rounds:
        return ()
    return (Exhibit(title=rounds_title(spec), text="\n".join(_lines(spec, evidence))),)


def _lines(spec: LoadSpec, evidence: LoadEvidence) -> Iterator[str]:
    for found in findings(spec, evidence.rounds):
        if found.relative:
            yield f"{TITLES[found.measure]}: {_seen(found)} (limit {found.limit:g} times the reference's)"
        else:
            yield f"{TITLES[found.measure]}: {_seen(found)} (limit {found.limit:g}), {found.state}"
    yield ""
    for number, one in enumerate(evidence.rounds, 1):
        for name, part in (("baseline", one.baseline), ("request", one.request)):
            yield f"round {number}, {name}: {_times(part)}"


def beside(spec: LoadSpec, evidence: LoadEvidence, context: Context) -> tuple[Exhibit, ...]:
    """One exhibit, if there were rounds and a limit is relative to the reference."""
    if not evidence.rounds or not spec.limits.relative:
        return ()
    reference, strange = reference_of(evidence, context)
    whose = f"the loosest reference, for there is none in {strange}" if strange else f"{evidence.language} reference"
    lines = []
    for found in findings(spec, evidence.rounds, reference):
        if found.relative:
            known = found.reference
            theirs = "not known" if known is None else f"{known.value:.3f} ({known.low:.3f} to {known.high:.3f})"
            what = f"{TITLES[found.measure]}: {_seen(found)}; {whose} {theirs}"
            lines.append(f"{what}; limit {found.limit:g} times that, {found.state}")
    return (Exhibit(title=beside_title(spec), text="\n".join(lines)),)


def _seen(found: Finding) -> str:
    what = "share" if found.measure == "errors" else "ratio"
    return f"{what} {found.low:.3f} to {found.high:.3f}"


def _times(part: Slice) -> str:
    statuses = ", ".join(f"{count} x {status or 'none'}" for status, count in part.statuses)
    times = " ".join(f"{1000 * value:.1f}" for value in (part.p50, part.p95, part.p99))
    return f"p50 p95 p99 {times} ms; {part.answers} answers in {part.seconds:.2f} s ({statuses})"
