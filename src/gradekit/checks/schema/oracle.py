"""How the facts that a database must have are tried: each of them missing, or another one."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final

from gradekit.checks.oracle import Changes, Oracle, Place, Rank, replaced
from gradekit.checks.schema.evidence import ProbeFact, SchemaEvidence, TableFact
from gradekit.checks.schema.model import ColumnSpec, SchemaSpec, TableSpec

_LISTS: Final[Mapping[str, str]] = {"unique": "unique key", "foreign_keys": "foreign key", "indexes": "index"}
_OTHER_TYPE: Final = "point"
"""A type that no challenge asks for."""
_REFUSED: Final = "23514"
"""SQLSTATE of a check constraint: https://www.postgresql.org/docs/15/errcodes-appendix.html"""


def _changed(spec: SchemaSpec, evidence: SchemaEvidence) -> Changes[SchemaEvidence]:
    for index, table in enumerate(evidence.tables):
        if table.name not in spec.tables:
            continue
        rest = (*evidence.tables[:index], *evidence.tables[index + 1 :])
        yield Place(table.name), "left out", evidence.model_copy(update={"tables": rest})
        for place, what, other in _changed_table(table, spec.tables[table.name].columns):
            yield place, what, evidence.model_copy(update={"tables": replaced(evidence.tables, index, other)})
    for index, fact in enumerate(evidence.probes):
        accepted = ProbeFact(name=fact.name)
        refused = ProbeFact(name=fact.name, at="execute", error="refused", sqlstate=_REFUSED)
        what = "refused" if fact.error is None else "accepted"
        probes = replaced(evidence.probes, index, refused if fact.error is None else accepted)
        yield Place(fact.name), what, evidence.model_copy(update={"probes": probes})


def _changed_table(table: TableFact, asked_for: Container[str]) -> Changes[TableFact]:
    """A table with one change in it; what it has beside all that is asked for is free."""
    for index, column in enumerate(table.columns):
        place = f"{table.name}.{column.name}"
        rank = Rank.VALUE if column.name in asked_for else Rank.FREE
        rest = (*table.columns[:index], *table.columns[index + 1 :])
        yield Place(place, rank), "left out", table.model_copy(update={"columns": rest})
        for aspect, what, change in (
            ("type", "another", {"type": _OTHER_TYPE}),
            ("NULL", "refused" if column.nullable else "allowed", {"nullable": not column.nullable}),
        ):
            columns = replaced(table.columns, index, column.model_copy(update=change))
            yield Place(f"{place}: {aspect}", rank), what, table.model_copy(update={"columns": columns})
    if table.primary_key:
        # Where it goes, the index that serves it goes, too.
        kept = tuple(index for index in table.indexes if index.columns != table.primary_key)
        without = table.model_copy(update={"primary_key": (), "indexes": kept})
        yield Place(f"{table.name}: primary key", Rank.FREE), "left out", without
    for name, noun in _LISTS.items():
        items = getattr(table, name)
        for index, item in enumerate(items):
            changes = {name: (*items[:index], *items[index + 1 :])}
            if name == "unique":
                changes["indexes"] = tuple(found for found in table.indexes if found.columns != item)
            place = f"{table.name}: {noun} ({', '.join(item if name == 'unique' else item.columns)})"
            yield Place(place, Rank.FREE), "left out", table.model_copy(update=changes)


ORACLE: Final = Oracle(
    _changed,
    neutral={ColumnSpec: {"type": None, "nullable": None}, TableSpec: {"primary_key": None}},
    listed={TableSpec: ("unique", "foreign_keys", "indexes"), SchemaSpec: ("probes",)},
)
