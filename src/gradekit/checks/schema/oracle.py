"""How the facts that a database must have are tried: each of them missing, or another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from gradekit.checks.oracle import Oracle, replaced
from gradekit.checks.schema.evidence import ProbeFact, SchemaEvidence, TableFact
from gradekit.checks.schema.model import ColumnSpec, SchemaSpec, TableSpec

_LISTS: Final[Mapping[str, str]] = {"unique": "unique key", "foreign_keys": "foreign key", "indexes": "index"}
_OTHER_TYPE: Final = "point"
"""A type that no challenge asks for."""
_REFUSED: Final = "23514"
"""SQLSTATE of a check constraint: https://www.postgresql.org/docs/15/errcodes-appendix.html"""


def _changed(spec: SchemaSpec, evidence: SchemaEvidence) -> Iterator[tuple[str, SchemaEvidence]]:
    for index, table in enumerate(evidence.tables):
        if table.name not in spec.tables:
            continue
        rest = (*evidence.tables[:index], *evidence.tables[index + 1 :])
        yield f"{table.name}: left out", evidence.model_copy(update={"tables": rest})
        for what, other in _changed_table(table):
            tables = replaced(evidence.tables, index, other)
            yield f"{table.name}: {what}", evidence.model_copy(update={"tables": tables})
    for index, fact in enumerate(evidence.probes):
        accepted = ProbeFact(name=fact.name)
        refused = ProbeFact(name=fact.name, at="execute", error="refused", sqlstate=_REFUSED)
        what = f"{fact.name}: {'refused' if fact.error is None else 'accepted'}"
        probes = replaced(evidence.probes, index, refused if fact.error is None else accepted)
        yield what, evidence.model_copy(update={"probes": probes})


def _changed_table(table: TableFact) -> Iterator[tuple[str, TableFact]]:
    for index, column in enumerate(table.columns):
        rest = (*table.columns[:index], *table.columns[index + 1 :])
        yield f"{column.name} left out", table.model_copy(update={"columns": rest})
        for what, change in (
            ("another type", {"type": _OTHER_TYPE}),
            ("NULL allowed" if not column.nullable else "not NULL", {"nullable": not column.nullable}),
        ):
            columns = replaced(table.columns, index, column.model_copy(update=change))
            yield f"{column.name}: {what}", table.model_copy(update={"columns": columns})
    if table.primary_key:
        # Where it goes, the index that serves it goes, too.
        kept = tuple(index for index in table.indexes if index.columns != table.primary_key)
        yield "without primary key", table.model_copy(update={"primary_key": (), "indexes": kept})
    for name, noun in _LISTS.items():
        items = getattr(table, name)
        for index in range(len(items)):
            changes = {name: (*items[:index], *items[index + 1 :])}
            if name == "unique":
                changes["indexes"] = tuple(found for found in table.indexes if found.columns != items[index])
            yield f"without {noun} {index + 1}", table.model_copy(update=changes)


ORACLE: Final = Oracle(
    _changed,
    neutral={ColumnSpec: {"type": None, "nullable": None}, TableSpec: {"primary_key": None}},
    listed={TableSpec: ("unique", "foreign_keys", "indexes"), SchemaSpec: ("probes",)},
)
