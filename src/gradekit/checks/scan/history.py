"""Scans what stood in the files of earlier commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from gradekit.checks.base import Bench
from gradekit.checks.scan.evidence import MAX_FINDINGS, PAST, Finding, HistoryEvidence
from gradekit.checks.scan.model import ScanSpec, is_named
from gradekit.checks.scan.sarif import MAX_OUTPUT, MAX_TEXT, broken, read
from gradekit.history import Line, Lines, with_ancestors
from gradekit.sandbox.plans import Ending, FileEntry
from gradekit.texts import clean

_CHUNK_LINES: Final = 2_000
"""Lines of the history that are in one file for the tool."""
_CHUNK: Final = 1 << 20
"""Bytes of them; of more than twice as many the tool would not look at the rest."""
_UNREADABLE: Final = "unreadable"


def scan_history(spec: ScanSpec, bench: Bench, known: Collection[str]) -> HistoryEvidence:
    """What the tool finds in the lines of earlier commits and is not ``known`` from graded files or the starter.

    Raises:
        InfrastructureError: the tool failed, or what it printed is no SARIF.
    """
    history = bench.history
    if history is None:
        return HistoryEvidence(none=True)
    lines = history.lines or Lines(problem="it was not asked for when the repository was fetched")
    if lines.problem:
        return HistoryEvidence(problem=lines.problem)
    starters = with_ancestors(spec.starter_commits, lines.parents)
    theirs = {commit: parents for commit, parents in lines.parents.items() if commit not in starters}
    looked = [line for line in lines.found if line.commit in theirs and not is_named(line.path, spec.ignore)]
    facts = HistoryEvidence(
        commits=len(theirs),
        lines=len(looked),
        older=not lines.parents or any(one not in lines.parents for parents in theirs.values() for one in parents),
        large=lines.large,
        largest=lines.largest,
        unread=lines.unread,
        late=lines.late,
    )
    if not looked:
        return facts
    chunks = _chunks(looked)
    files = {name: "\n".join(line.text for line in chunk).encode() for name, chunk in chunks.items()}
    entries = [FileEntry(path=path, data=data) for path, data in files.items()]
    result = bench.scan(spec.scanner, spec.line, files=entries, timeout=spec.timeout, max_output=MAX_OUTPUT)
    if result.ending is not Ending.EXITED:
        return facts.model_copy(update={"ending": result.ending})
    found: dict[str, Finding] = {}
    refused = 0
    ages = {commit: age for age, commit in enumerate(lines.parents)}

    def place(finding: Finding) -> tuple[int, str, int]:
        """The oldest commit is first: it says since when a secret is known."""
        return -ages[finding.commit], finding.path, finding.line

    for one in read(spec, result, files)[1]:
        chunk = chunks.get(one.finding.path, ())
        if not 0 < one.finding.line <= len(chunk):
            raise broken(spec, f"it names a line that is not there, {one.finding.place}")
        if one.finding.rule == _UNREADABLE:
            refused += len(chunk)
            continue
        line = chunk[one.finding.line - 1]
        if one.same in known:
            continue
        finding = Finding(
            rule=PAST + one.finding.rule,
            level=one.finding.level,
            message=one.finding.message,
            path=clean(line.path, MAX_TEXT),
            line=line.number,
            commit=line.commit,
        )
        found[one.same] = min(finding, found.get(one.same, finding), key=place)
    told = sorted(found.values(), key=place)
    return facts.model_copy(
        update={"findings": tuple(told[:MAX_FINDINGS]), "more": len(told[MAX_FINDINGS:]), "refused": refused}
    )


def _chunks(lines: Sequence[Line]) -> Mapping[str, Sequence[Line]]:
    """Lines in files of sizes that every tool takes, by names that say nothing."""
    chunks: list[list[Line]] = []
    room = 0
    for line in lines:
        room -= len(line.text.encode()) + 1
        if room < 0 or len(chunks[-1]) == _CHUNK_LINES:
            chunks.append([])
            room = _CHUNK - len(line.text.encode()) - 1
        chunks[-1].append(line)
    return {f"lines-{number}": chunk for number, chunk in enumerate(chunks)}
