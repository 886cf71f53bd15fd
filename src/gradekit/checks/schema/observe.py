"""Reads the catalogue of a data set's database and runs probes in it."""

from __future__ import annotations

import json
from typing import Final, Literal

from gradekit.checks import statements
from gradekit.checks.base import Bench, Database
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
from gradekit.checks.tally import cut
from gradekit.sandbox.protocol import SqlResult

TIMEOUT: Final = 10.0
"""Seconds for a statement."""

_ENGINE_FAULTS: Final = ("08", "53", "55", "57", "58", "F0", "XX")
_NAMES: Final = """
    pg_catalog.array_to_json(array(
        select case part.number when 0 then pg_catalog.pg_get_indexdef({index}, part.place::int, true)
            else a.attname end
        from pg_catalog.unnest({numbers}) with ordinality as part(number, place)
        left join pg_catalog.pg_attribute a on a.attrelid = {table} and a.attnum = part.number
        where part.place <= {count}
        order by part.place))"""
_USER_TABLES: Final = """
    pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
        and c.relkind in ('r', 'p')"""
_CATALOGUE: Final = (
    # Names must mean the catalogue's own, whatever search path the candidate left on the database.
    "set search_path to pg_catalog",
    f"""select n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull
    from {_USER_TABLES}
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    order by 1, 2, a.attnum""",  # noqa: S608 - constants of this module
    f"""select n.nspname, c.relname, k.conname, k.contype,
        {_NAMES.format(index="0", numbers="k.conkey", table="k.conrelid", count="32")},
        f.nspname, r.relname, {_NAMES.format(index="0", numbers="k.confkey", table="k.confrelid", count="32")},
        pg_catalog.pg_get_constraintdef(k.oid)
    from {_USER_TABLES}
    join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype in ('p', 'u', 'f', 'c')
    left join pg_catalog.pg_class r on r.oid = k.confrelid
    left join pg_catalog.pg_namespace f on f.oid = r.relnamespace
    order by 1, 2, 3""",  # noqa: S608 - as above
    f"""select n.nspname, c.relname, i.relname, x.indisunique, x.indpred is not null,
        {_NAMES.format(index="x.indexrelid", numbers="x.indkey::int2[]", table="x.indrelid", count="x.indnkeyatts")}
    from {_USER_TABLES}
    join pg_catalog.pg_index x on x.indrelid = c.oid and x.indisvalid
    join pg_catalog.pg_class i on i.oid = x.indexrelid
    order by 1, 2, 3""",  # noqa: S608 - as above
)


def observe(spec: SchemaSpec, bench: Bench) -> SchemaEvidence:
    """Read the catalogue and run each probe in a transaction that is rolled back.

    Raises:
        InfrastructureError: when the catalogue cannot be read or the engine fails.
        Blocked: the same, where the candidate's files made the tables.
    """
    database = bench.database(spec.dataset)
    results = database.query(_CATALOGUE, role="owner", timeout=TIMEOUT, max_rows=MAX_ROWS)
    if len(results) != len(_CATALOGUE) or results[-1].error is not None:
        what = results[-1].error if results else None
        raise database.fault(f"data set {spec.dataset}", f"the catalogue cannot be read: {what}")
    probes = tuple(_probe(probe, database) for probe in spec.probes)
    if any(result.truncated for result in results):
        return SchemaEvidence(too_large=True, probes=probes)
    return SchemaEvidence(tables=_tables(*results[1:]), probes=probes)


def _probe(probe: Probe, database: Database) -> ProbeFact:
    before = statements.split(probe.before or "")
    # Deferred constraints speak up at the end of the transaction, which never comes.
    script = ("begin", *before, *statements.split(probe.execute), "set constraints all immediate", "rollback")
    results = database.query(script, role="owner", timeout=TIMEOUT)
    last = results[-1] if results else SqlResult(error="no result")
    if last.error is None and len(results) == len(script):
        return ProbeFact(name=probe.name)
    if last.error is None or len(results) <= 1 or (last.sqlstate or "XX").startswith(_ENGINE_FAULTS):
        raise database.fault(f'probe "{probe.name}"', f"it did not run: {last.error} ({last.sqlstate})")
    at: Literal["before", "execute"] = "before" if len(results) <= len(before) + 1 else "execute"
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
