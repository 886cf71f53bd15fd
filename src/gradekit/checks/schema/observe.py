"""Reads the catalogue of a data set's database and runs probes in it."""

from __future__ import annotations

import json
from typing import Final, Literal

from gradekit.checks import statements
from gradekit.checks.base import Bench, Database
from gradekit.checks.catalogue import CATALOGUES, DEFERRED
from gradekit.checks.schema.evidence import (
    MAX_ROWS,
    ColumnFact,
    ForeignKeyFact,
    IndexFact,
    ProbeFact,
    SchemaEvidence,
    TableFact,
)
from gradekit.checks.schema.model import Probe, SchemaSpec
from gradekit.checks.sqlstates import is_no_sql
from gradekit.checks.tally import cut
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.messages import SqlResult

TIMEOUT: Final = 10.0
"""Seconds for a statement."""

_ENGINE_FAULTS: Final = ("08", "53", "55", "57", "58", "F0", "XX")


def observe(spec: SchemaSpec, bench: Bench) -> SchemaEvidence:
    """Read the catalogue and run each probe in a transaction that is rolled back.

    Raises:
        InfrastructureError: when the catalogue cannot be read or the engine fails.
        Blocked: the same, where the candidate's files made the tables.
    """
    engine = bench.engine(spec.dataset)
    catalogue = CATALOGUES[engine]
    database = bench.database(spec.dataset)
    results = database.query(catalogue, role="owner", timeout=TIMEOUT, max_rows=MAX_ROWS)
    if len(results) != len(catalogue) or results[-1].error is not None:
        what = results[-1].error if results else None
        raise database.fault(f"data set {spec.dataset}", f"the catalogue cannot be read: {what}")
    probes = tuple(_probe(probe, database, engine) for probe in spec.probes)
    if any(result.truncated for result in results):
        return SchemaEvidence(too_large=True, probes=probes)
    return SchemaEvidence(tables=_tables(*results[-3:]), probes=probes)


def _probe(probe: Probe, database: Database, engine: str) -> ProbeFact:
    before = statements.split(probe.before or "", engine)
    script = ("begin", *before, *statements.split(probe.execute, engine), *DEFERRED[engine], "rollback")
    results = database.query(script, role="owner", timeout=TIMEOUT)
    last = results[-1] if results else SqlResult(error="no result")
    if last.error is None and len(results) == len(script):
        return ProbeFact(name=probe.name)
    if last.error is None or len(results) <= 1 or (last.sqlstate or "XX").startswith(_ENGINE_FAULTS):
        raise database.fault(f'probe "{probe.name}"', f"it did not run: {last.error} ({last.sqlstate})")
    if is_no_sql(script[len(results) - 1], last.sqlstate):
        what = f"it is no SQL: {last.error}"
        raise InfrastructureError(Problem(f'probe "{probe.name}"', what, hint="correct the challenge"))
    at: Literal["before", "execute"] = "before" if len(results) <= len(before) + 1 else "execute"
    if at == "before" and not database.by_candidate:
        raise database.fault(f'probe "{probe.name}"', f"what comes before it failed: {last.error} ({last.sqlstate})")
    return ProbeFact(name=probe.name, at=at, error=cut(last.error), sqlstate=last.sqlstate)


def _tables(columns: SqlResult, constraints: SqlResult, indexes: SqlResult) -> tuple[TableFact, ...]:
    found: dict[str, TableFact] = {}

    def add(name: str, field: str, *facts: object) -> None:
        table = found.setdefault(name, TableFact(name=name))
        found[name] = table.model_copy(update={field: (*getattr(table, field), *facts)})

    for schema, table, column, kind, not_null in columns.rows:
        facts = [] if column is None else [ColumnFact(name=column, type=kind or "", nullable=not_null != "t")]
        add(_qualified(schema, table), "columns", *facts)
    for schema, table, _, kind, names, other_schema, other, references, definition in constraints.rows:
        name = _qualified(schema, table)
        match kind:
            case "p":
                add(name, "primary_key", *_list(names))
            case "u":
                add(name, "unique", _list(names))
            case "f":
                target = _qualified(other_schema, other)
                add(
                    name,
                    "foreign_keys",
                    ForeignKeyFact(columns=_list(names), table=target, references=_list(references)),
                )
            case _:
                add(name, "checks", definition or "")
    for schema, table, index, unique, partial, names in indexes.rows:
        fact = IndexFact(name=index or "", columns=_list(names), unique=unique == "t", partial=partial == "t")
        add(_qualified(schema, table), "indexes", fact)
    return tuple(found.values())


def _qualified(schema: str | None, table: str | None) -> str:
    return f"{table}" if schema == "public" else f"{schema}.{table}"


def _list(text: str | None) -> tuple[str, ...]:
    return tuple(map(str, json.loads(text or "[]")))
