"""Scans the submission, and what there was before it; decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gradekit.checks.base import Bench
from gradekit.checks.scan.evidence import MAX_FINDINGS, ScanEvidence
from gradekit.checks.scan.history import scan_history
from gradekit.checks.scan.model import ScanSpec, is_named
from gradekit.checks.scan.sarif import MAX_OUTPUT, broken, read
from gradekit.sandbox.plans import Ending, FileEntry


def observe(spec: ScanSpec, bench: Bench) -> ScanEvidence:
    """Scan the submission, and the starter where there is one.

    That the submission's files keep the tool from an end is believed only of a tool that comes to one without them.

    Raises:
        InfrastructureError: the tool failed, or what it printed is no SARIF.
    """
    result = bench.scan(spec.scanner, spec.line, timeout=spec.timeout, max_output=MAX_OUTPUT)
    stopped = result.ending is not Ending.EXITED
    known: Counter[str] = Counter()
    old: set[str] = set()
    files = _starter(spec, bench)
    if files or stopped:
        place = "the starter" if files else "an empty file"
        files = files or {"empty": b""}
        entries = [FileEntry(path=path, data=data) for path, data in files.items()]
        base = bench.scan(spec.scanner, spec.line, files=entries, timeout=spec.timeout, max_output=MAX_OUTPUT)
        if base.ending is not Ending.EXITED:
            raise broken(spec, f"its run on {place} ended by {base.ending.value}")
        there = read(spec, base, files)[1]
        known.update(one.finding.print for one in there)
        old = {one.same for one in there}
    if stopped:
        return ScanEvidence(ending=result.ending)
    tool, everything = read(spec, result, {path: entry.data for path, entry in bench.submission.items()})
    found = [one for one in everything if not is_named(one.finding.path, spec.ignore)]
    new = []
    for one in found:
        if known[one.finding.print] > 0:
            known[one.finding.print] -= 1
        else:
            new.append(one.finding)
    return ScanEvidence(
        tool=tool,
        findings=tuple(new[:MAX_FINDINGS]),
        more=len(new[MAX_FINDINGS:]),
        old=len(found) - len(new),
        history=scan_history(spec, bench, old | {one.same for one in found}) if spec.history else None,
    )


def _starter(spec: ScanSpec, bench: Bench) -> Mapping[str, bytes]:
    folder = spec.starter
    if isinstance(folder, Mapping):
        folder = folder.get(bench.language)
    if folder is None:
        return {}
    prefix = folder.rstrip("/") + "/"
    files = bench.context.files
    return {path.removeprefix(prefix): data for path, data in files.items() if path.startswith(prefix)}
