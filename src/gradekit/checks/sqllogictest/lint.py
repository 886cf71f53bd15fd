"""What is wrong with a check of the kind ``sqllogictest``, or with its files, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.base import Complaint, Scope
from gradekit.checks.complaints import unknown_dataset
from gradekit.checks.sqllogictest.model import MAX_RECORDS, SqlLogicTestSpec
from gradekit.checks.sqllogictest.records import Record, read, slips
from gradekit.checks.sqllogictest.values import ordered
from gradekit.model import Loc


def lint(spec: SqlLogicTestSpec, scope: Scope) -> Iterator[Complaint]:
    """An unknown data set, or one without anything of the candidate's; flaws of the files, with their lines."""
    yield from unknown_dataset(("dataset",), spec.dataset, scope)
    if spec.dataset in scope.datasets and spec.dataset not in scope.submitted:
        what = f'the data set "{spec.dataset}" holds nothing of the submission, so every submission answers alike'
        yield Complaint(("dataset",), what, "a step {submission: ...} in its `load`", "such as {submission: views.sql}")
    engine = scope.engines.get(spec.dataset)
    count, flawed = 0, False
    for path in spec.paths(scope.files):
        script = read(scope.files[path])
        for flaw in slips(script):
            flawed = True
            yield Complaint((), flaw.what, flaw.expected, flaw.hint, f"{path}:{flaw.line}")
        records = script.on(engine) if engine is not None else ()
        count += len(records)
        for record in records if engine is not None else ():
            if record.hashed is not None and _unordered(record, engine or ""):
                what = "the rows have no order, and of the right ones only a hash is known"
                yield Complaint((), what, hint="add rowsort, or an ORDER BY", place=f"{path}:{record.line}")
    if engine is not None and not flawed and not 0 < count <= MAX_RECORDS and any(spec.paths(scope.files)):
        yield Complaint(("files",), f"{count} records run on {engine}", f"1 to {MAX_RECORDS}")


def _unordered(record: Record, engine: str) -> bool:
    """Whether the engine may give the rows of a hashed result in any order."""
    several = record.hashed is not None and record.hashed.count > len(record.types or "")
    return several and record.sort == "nosort" and not ordered(record.sql, engine)


def paths(spec: SqlLogicTestSpec) -> Iterator[tuple[Loc, str]]:
    """Its files and folders."""
    yield from ((("files", index), path) for index, path in enumerate(spec.files))
