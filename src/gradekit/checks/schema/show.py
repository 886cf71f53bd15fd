"""The facts of a database as text."""

from __future__ import annotations

from collections.abc import Sequence

from gradekit.checks.schema.evidence import SchemaEvidence, TableFact
from gradekit.checks.schema.model import SchemaSpec
from gradekit.results import Exhibit


def show(spec: SchemaSpec, evidence: SchemaEvidence) -> tuple[Exhibit, ...]:
    """The tables that the spec names, or all, and what the probes led to."""
    exhibits = [
        Exhibit(title=f"table {table.name}", text=_described(table))
        for table in evidence.tables
        if not spec.tables or table.name in spec.tables
    ]
    statements = {probe.name: probe.execute.strip() for probe in spec.probes}
    for fact in evidence.probes:
        ending = "accepted" if fact.at is None else f"{fact.at}: {fact.error} ({fact.sqlstate})"
        text = "\n\n".join(filter(None, (statements.get(fact.name), ending)))
        exhibits.append(Exhibit(title=f"probe: {fact.name}", text=text))
    return tuple(exhibits)


def brace(columns: Sequence[str]) -> str:
    """Names of columns as SQL lists them."""
    return f"({', '.join(columns)})"


def _described(table: TableFact) -> str:
    lines = [f"{column.name} {column.type}{'' if column.nullable else ' not null'}" for column in table.columns]
    lines += [f"primary key {brace(table.primary_key)}"] if table.primary_key else []
    lines += [f"unique {brace(columns)}" for columns in table.unique]
    lines += [f"foreign key {brace(k.columns)} to {k.table}{brace(k.references)}" for k in table.foreign_keys]
    for index in table.indexes:
        kind = f"{'partial ' if index.partial else ''}{'unique ' if index.unique else ''}index"
        lines.append(f"{kind} {index.name}{brace(index.columns)}")
    lines += list(table.checks)
    return "\n".join(lines)
