"""What is wrong with a check of the kind ``schema`` before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks import statements
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.complaints import unknown_dataset
from gradekit.checks.schema.model import SchemaSpec


def lint(spec: SchemaSpec, scope: Scope) -> Iterator[Complaint]:
    """An unknown data set, nothing to check, contradictions and probes that are not one statement."""
    yield from unknown_dataset(("dataset",), spec.dataset, scope)
    if not spec.tables and not spec.probes:
        yield Complaint((), "nothing is checked", "tables or probes")
    for name, table in spec.tables.items():
        if table.absent and len(table.model_fields_set) > 1:
            what = "the table must be absent, so nothing else can be asked of it"
            yield Complaint(("tables", name, "absent"), what)
        for index, key in enumerate(table.foreign_keys):
            columns = key.target()[1]
            if len(columns) != len(key.columns):
                what = f"{len(key.columns)} columns refer to {len(columns)}"
                yield Complaint(("tables", name, "foreign_keys", index, "references"), what)
    names = [probe.name for probe in spec.probes]
    engine = scope.engines.get(spec.dataset, statements.POSTGRES)
    for index, probe in enumerate(spec.probes):
        if probe.name in names[:index]:
            yield Complaint(("probes", index, "name"), f'a second probe has the name "{probe.name}"')
        if len(statements.split(probe.execute, engine)) != 1:
            hint = "put what comes first into `before:`"
            yield Complaint(("probes", index, "execute"), "not exactly one statement", hint=hint)
