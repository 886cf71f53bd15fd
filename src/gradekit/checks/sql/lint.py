"""What is wrong with a check of the kind ``sql`` before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks import statements
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.compare.model import Compare
from gradekit.checks.complaints import not_text, unknown_dataset
from gradekit.checks.sql.expected import csv_rows
from gradekit.checks.sql.model import SqlSpec, references
from gradekit.model import Loc


def lint(spec: SqlSpec, scope: Scope) -> Iterator[Complaint]:
    """Unknown data sets, references without a statement, and options that contradict each other."""
    if not spec.names():
        yield Complaint(("datasets",), "no data set", hint="give `dataset: NAME`, or `datasets:` with a list of names")
    elif spec.datasets is None:
        for name in spec.names():
            yield from unknown_dataset(("dataset",), name, scope)
    else:
        for index, name in enumerate(spec.datasets):
            yield from unknown_dataset(("datasets", index), name, scope)
            if name in spec.datasets[:index]:
                yield Complaint(("datasets", index), f'"{name}" is listed twice', hint="remove one")
    engine = scope.engines.get(next(iter(spec.names()), ""), statements.POSTGRES)
    for loc, path in references(spec):
        flaws = tuple(not_text(loc, path, scope))
        yield from flaws
        text = "" if flaws else scope.files.get(path, b"").decode("utf-8-sig")
        if path in scope.files and not flaws and not statements.split(text, engine):
            yield Complaint(loc, f'"{path}" holds no SQL statement')
    if spec.expect.csv is not None and spec.expect.csv in scope.files:
        lines = csv_rows(scope.files[spec.expect.csv])
        if not lines or any(len(line) != len(lines[0]) for line in lines):
            yield Complaint(("expect", "csv"), f'"{spec.expect.csv}" has no header, or rows of another length')
    yield from _contradictions(spec, engine)


def paths(spec: SqlSpec) -> Iterator[tuple[Loc, str]]:
    """The files of the challenge that it needs."""
    yield from references(spec)
    if spec.expect.csv is not None:
        yield ("expect", "csv"), spec.expect.csv


def _contradictions(spec: SqlSpec, engine: str) -> Iterator[Complaint]:
    state, rows = spec.expect.state, spec.expect.rows
    changes = "a state is" if state is not None else "changed rows are" if spec.expect.rows_affected is not None else ""
    if changes and set(spec.allow) == {"select"}:
        hint = "give `allow:`, such as [insert, update]"
        yield Complaint(("allow",), f"{changes} expected, but only select is allowed", hint=hint)
    if state is not None and len(statements.split(state.query, engine)) != 1:
        yield Complaint(("expect", "state", "query"), "not exactly one statement")
    for index, row in enumerate(rows or ()):
        if rows and len(row) != len(rows[0]):
            what = f"{len(row)} values, but the first row has {len(rows[0])}"
            yield Complaint(("expect", "rows", index), what)
    for index, name in enumerate(spec.forbid):
        if name in spec.require:
            yield Complaint(("forbid", index), f"{name} is required, too", hint="remove one of both")
    if not any(paths(spec)):
        yield from _nameless(spec.compare)


def _nameless(options: Compare) -> Iterator[Complaint]:
    """Options that need a reference's columns."""
    hint = "use `expect: {reference: FILE}`, or remove it"
    if options.columns != "positions":
        yield Complaint(("compare", "columns"), "rows written in the spec have no column names", hint=hint)
    if options.types == "strict":
        yield Complaint(("compare", "types"), "rows written in the spec have no type names", hint=hint)
    if not isinstance(options.order, str):
        yield Complaint(("compare", "order", "by"), "rows written in the spec have no column names", hint=hint)
