"""Runs a suite once, and reads the records that the runner writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, ValidationError

from gradekit.checks.base import MAX_PRINTED, Bench
from gradekit.checks.suite.evidence import Record
from gradekit.checks.suite.model import SuiteSpec
from gradekit.model import Model
from gradekit.sandbox.plans import FileEntry

MAX_LINES: Final = 10_000
MAX_MESSAGE: Final = 4 << 10
"""Characters of a record's message that are kept."""
MAX_STDERR: Final = 16 << 10
"""Bytes of the end of what the candidate's code printed that are kept."""


class End(Model):
    """The last line of the runner: how many tests it ran."""

    end: int = Field(ge=0)


def run_suite(spec: SuiteSpec, bench: Bench, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Run the suite once and read the records: the fields of ``Ran``."""
    entries = tuple(FileEntry(path, data) for path, data in files.items())
    result = bench.test(entries, timeout=spec.timeout, max_output=MAX_PRINTED, split=spec.isolation == "split")
    records: list[Record] = []
    end: int | None = None
    late = garbage = 0
    lines = [line for line in result.stdout.split(b"\n") if line.strip()]
    for number, line in enumerate(lines):
        found = _record(line) if number < MAX_LINES else None
        if end is not None:
            late += 1
        elif isinstance(found, Record):
            records.append(found)
        elif isinstance(found, End):
            end = found.end
        else:
            garbage += 1
    return {
        "ending": result.ending,
        "exit_code": result.exit_code,
        "records": tuple(records),
        "end": end,
        "late": late,
        "garbage": garbage,
        "stderr": result.stderr[-MAX_STDERR:].decode("utf-8", "replace"),
        "seconds": result.seconds,
    }


def _record(line: bytes) -> Record | End | None:
    for model in (Record, End):
        try:
            found = model.model_validate_json(line)
        except ValidationError:
            continue
        if isinstance(found, Record):
            return found.model_copy(update={"message": found.message[:MAX_MESSAGE]})
        return found
    return None
