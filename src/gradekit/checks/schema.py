"""The kind ``schema``: tables, keys and indexes that a data set's load made, and probes of their behaviour."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from gradekit.checks import statements
from gradekit.checks.base import Bench, Complaint, Context, Database, Kind, Scope
from gradekit.checks.complaints import unknown_dataset
from gradekit.checks.tally import cut, errored, failed, passed, tally
from gradekit.model import Model, tuple_of
from gradekit.results import CaseResult, Exhibit, Judgement, Tier
from gradekit.sandbox.protocol import SqlResult

TIMEOUT: Final = 10.0
"""Seconds for a statement."""
MAX_ROWS: Final = 20_000
"""Columns, constraints or indexes of a database."""

Columns = Annotated[tuple[str, ...], BeforeValidator(tuple_of), Field(min_length=1)]
Refusal = Literal["not_null", "unique", "foreign_key", "check", "any"]

_Assertion = tuple[str, str, str | None]
"""Title, id and, when it does not hold, why."""

_SQLSTATES: Final[Mapping[str, str]] = {
    "not_null": "23502",
    "foreign_key": "23503",
    "unique": "23505",
    "check": "23514",
}
_ENGINE_FAULTS: Final = ("08", "53", "55", "57", "58", "F0", "XX")
_ALIASES: Final[Mapping[str, str]] = {
    "int": "integer",
    "int4": "integer",
    "serial": "integer",
    "int8": "bigint",
    "bigserial": "bigint",
    "int2": "smallint",
    "smallserial": "smallint",
    "decimal": "numeric",
    "float8": "double precision",
    "float": "double precision",
    "float4": "real",
    "bool": "boolean",
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
}

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


def _types(value: object) -> object:
    """One type stands for a list of one."""
    return (value,) if isinstance(value, str) else tuple_of(value)


Types = Annotated[
    Columns,
    BeforeValidator(_types),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
"""A type, or a list of those that will do."""


class ColumnSpec(Model):
    """What a column must be; an empty map asks only that it exists."""

    type: Annotated[Columns, BeforeValidator(_types, json_schema_input_type=str | list[str])] | None = Field(
        None,
        description="A PostgreSQL type such as integer or numeric(12,2), or a list of those that will do; "
        "without (12,2) any precision will.",
    )
    nullable: bool | None = Field(None, description="Whether it may hold NULL.")


class ForeignKey(Model):
    """A reference to another table."""

    columns: Columns
    references: str = Field(pattern=r"^[^()\s]+\s*\([^()]+\)$", description="table(column, ...)")

    def target(self) -> tuple[str, tuple[str, ...]]:
        """Table and columns."""
        table, _, columns = self.references.partition("(")
        return table.strip(), tuple(column.strip() for column in columns.rstrip(")").split(","))


class TableSpec(Model):
    """What a table must have."""

    columns: Mapping[str, ColumnSpec] = Field(default_factory=dict, description="Columns by name.")
    primary_key: Columns | None = Field(None, description="Columns, in any order.")
    unique: Annotated[tuple[Columns, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Sets of columns; a primary key, a constraint or a unique index over just them will do."
    )
    foreign_keys: Annotated[tuple[ForeignKey, ...], BeforeValidator(tuple_of)] = Field((), description="References.")
    indexes: Annotated[tuple[Columns, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Columns that an index must start with, in order."
    )
    absent: bool = Field(default=False, description="The table must not exist.")


class Probe(Model):
    """A statement that must be refused, or accepted; rolled back afterwards."""

    name: str = Field(min_length=1, description="What it shows, such as: quantity must be positive.")
    before: str | None = Field(None, description="Statements that prepare the ground.")
    execute: str = Field(min_length=1, description="The statement.")
    fails_with: Refusal | None = Field(None, description="The constraint that must refuse it.")
    succeeds: Literal[True] | None = Field(None, description="It must be accepted.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.fails_with is None) == (self.succeeds is None):
            raise ValueError("give exactly one of fails_with and succeeds: true")
        return self


class SchemaSpec(Model):
    """Facts of the database that a data set's load made."""

    dataset: str = Field(description="The data set.")
    tables: Mapping[str, TableSpec] = Field(
        default_factory=dict, description="Tables by name; schema.table outside of public."
    )
    probes: Annotated[tuple[Probe, ...], BeforeValidator(tuple_of)] = Field((), description="What must be refused.")
    scoring: Literal["per_assertion", "all_or_nothing"] = Field(
        "per_assertion", description="A share for each assertion, or everything for all."
    )


Strings = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]


class ColumnFact(Model):
    """A column of the database."""

    name: str
    type: str
    """As PostgreSQL formats it, such as ``numeric(12,2)``."""
    nullable: bool


class ForeignKeyFact(Model):
    """A foreign key of the database."""

    columns: Strings
    table: str
    references: Strings


class IndexFact(Model):
    """An index of the database; an expression stands among its columns as text."""

    name: str
    columns: Strings
    unique: bool
    partial: bool


class TableFact(Model):
    """A table of the database."""

    name: str
    columns: Annotated[tuple[ColumnFact, ...], BeforeValidator(tuple_of)] = ()
    primary_key: Strings = ()
    unique: Annotated[tuple[Strings, ...], BeforeValidator(tuple_of)] = ()
    """Unique constraints."""
    foreign_keys: Annotated[tuple[ForeignKeyFact, ...], BeforeValidator(tuple_of)] = ()
    indexes: Annotated[tuple[IndexFact, ...], BeforeValidator(tuple_of)] = ()
    checks: Strings = ()
    """Check constraints as text; for the reviewer."""


class ProbeFact(Model):
    """How a probe ended: ``at`` says which part failed, if any."""

    name: str
    at: Literal["before", "execute"] | None = None
    error: str | None = None
    sqlstate: str | None = None


class SchemaEvidence(Model):
    """The facts; ``too_large``: there are more tables, columns or keys than anyone would make in earnest."""

    tables: Annotated[tuple[TableFact, ...], BeforeValidator(tuple_of)] = ()
    too_large: bool = False
    probes: Annotated[tuple[ProbeFact, ...], BeforeValidator(tuple_of)] = ()


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


def judge(spec: SchemaSpec, evidence: SchemaEvidence, context: Context) -> Judgement:
    """Compare the facts with the spec, an assertion at a time; ``context`` is not needed."""
    del context
    facts = {table.name: table for table in evidence.tables}
    cases: list[CaseResult] = []
    for name, table in spec.tables.items():
        cases += _table(name, table, facts.get(name), too_large=evidence.too_large)
    probes = {probe.name: probe for probe in evidence.probes}
    for number, probe in enumerate(spec.probes, start=1):
        fact = probes.get(probe.name)
        if fact is None:
            return errored(f'the evidence has nothing about the probe "{probe.name}"; grade the submission again')
        message = _probe_message(probe, fact)
        title = f"probe: {probe.name}"
        cases.append(passed(title, f"probe-{number}") if message is None else failed(title, f"probe-{number}", message))
    return tally(cases, noun="assertions", all_or_nothing=spec.scoring == "all_or_nothing")


def show(spec: SchemaSpec, evidence: SchemaEvidence) -> tuple[Exhibit, ...]:
    """The tables that the spec names, or all, and what the probes led to."""
    exhibits = [
        Exhibit(title=f"table {table.name}", text=_described(table))
        for table in evidence.tables
        if not spec.tables or table.name in spec.tables
    ]
    for fact in evidence.probes:
        text = "accepted" if fact.at is None else f"{fact.at}: {fact.error} ({fact.sqlstate})"
        exhibits.append(Exhibit(title=f"probe: {fact.name}", text=text))
    return tuple(exhibits)


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
    for index, probe in enumerate(spec.probes):
        if probe.name in names[:index]:
            yield Complaint(("probes", index, "name"), f'a second probe has the name "{probe.name}"')
        if len(statements.split(probe.execute)) != 1:
            hint = "put what comes first into `before:`"
            yield Complaint(("probes", index, "execute"), "not exactly one statement", hint=hint)


def paths(spec: SchemaSpec) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """It needs no files."""
    del spec
    return iter(())


def uses_app(spec: SchemaSpec) -> bool:
    """Data sets need no app."""
    del spec
    return False


KIND = Kind(
    name="schema",
    spec=SchemaSpec,
    evidence=SchemaEvidence,
    tier=Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    uses_app=uses_app,
)


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


def _table(name: str, spec: TableSpec, fact: TableFact | None, *, too_large: bool) -> Iterator[CaseResult]:
    """The cases of a table; its mere existence is one only when nothing else is asked."""
    if spec.absent:
        asked: Iterable[_Assertion] = [("absent", name, None if fact is None else "the table exists; it must not")]
    else:
        asked = list(_assertions(name, spec, fact or TableFact(name=name))) or [("exists", name, None)]
    for title, case, message in asked:
        what = message
        if too_large:
            what = f"the database has more than {MAX_ROWS} columns, keys or indexes"
        elif fact is None and not spec.absent:
            what = f"there is no table {name}"
        yield passed(f"{name}: {title}", case) if what is None else failed(f"{name}: {title}", case, what)


def _assertions(name: str, spec: TableSpec, table: TableFact) -> Iterator[_Assertion]:
    for column, wanted in spec.columns.items():
        yield f"column {column}", f"{name}.{column}", _column(column, wanted, table)
    if spec.primary_key is not None:
        yield f"primary key {_brace(spec.primary_key)}", f"{name}:primary-key", _key(spec.primary_key, table)
    for number, columns in enumerate(spec.unique, start=1):
        yield f"unique {_brace(columns)}", f"{name}:unique-{number}", _unique(columns, table)
    for number, key in enumerate(spec.foreign_keys, start=1):
        title = f"foreign key {_brace(key.columns)} to {key.references}"
        yield title, f"{name}:foreign-key-{number}", _foreign_key(key, table)
    for number, columns in enumerate(spec.indexes, start=1):
        yield f"index {_brace(columns)}", f"{name}:index-{number}", _index(columns, table)


def _column(name: str, wanted: ColumnSpec, table: TableFact) -> str | None:
    column = next((column for column in table.columns if column.name == name), None)
    if column is None:
        return f"no column {name}; found: {', '.join(column.name for column in table.columns) or 'none'}"
    wrong = []
    if wanted.type is not None and not any(_same_type(kind, column.type) for kind in wanted.type):
        wrong.append(f"the type is {column.type}, expected {' or '.join(wanted.type)}")
    if wanted.nullable is not None and wanted.nullable != column.nullable:
        wrong.append("it may be NULL, and must not" if column.nullable else "it is NOT NULL, and must not be")
    return "; ".join(wrong) or None


def _same_type(wanted: str, found: str) -> bool:
    """Whether a type of the spec allows a type of the database."""
    wanted_name, wanted_size = _parts(wanted)
    found_name, found_size = _parts(found)
    if wanted_name == found_name:
        return wanted_size in {"", found_size}
    unlimited = {"text", "character varying"}
    return {wanted_name, found_name} == unlimited and not wanted_size and not found_size


def _parts(text: str) -> tuple[str, str]:
    """``numeric(12, 2)`` as ``numeric`` and ``12,2``, with aliases resolved and array brackets kept."""
    size = re.search(r"\(([^)]*)\)", text)
    name = " ".join(re.sub(r"\([^)]*\)", " ", text).lower().split())
    bare = name.rstrip("[]").rstrip()
    return _ALIASES.get(bare, bare) + name[len(bare) :].replace(" ", ""), re.sub(r"\s", "", size[1]) if size else ""


def _key(columns: Sequence[str], table: TableFact) -> str | None:
    if set(columns) == set(table.primary_key):
        return None
    return f"the primary key is {_brace(table.primary_key)}" if table.primary_key else "there is no primary key"


def _unique(columns: Sequence[str], table: TableFact) -> str | None:
    found = [table.primary_key, *table.unique]
    found += [index.columns for index in table.indexes if index.unique and not index.partial]
    if any(set(columns) == set(key) for key in found):
        return None
    keys = sorted({_brace(key) for key in found if key})
    return f"{_brace(columns)} may hold the same values twice; unique are: {', '.join(keys) or 'none'}"


def _foreign_key(key: ForeignKey, table: TableFact) -> str | None:
    target, references = key.target()
    wanted = set(zip(key.columns, references, strict=False))
    for fact in table.foreign_keys:
        if fact.table == target and set(zip(fact.columns, fact.references, strict=False)) == wanted:
            return None
    found = [f"{_brace(fact.columns)} to {fact.table}{_brace(fact.references)}" for fact in table.foreign_keys]
    return f"no foreign key {_brace(key.columns)} to {key.references}; found: {', '.join(found) or 'none'}"


def _index(columns: Sequence[str], table: TableFact) -> str | None:
    usable = [index for index in table.indexes if not index.partial]
    if any(index.columns[: len(columns)] == tuple(columns) for index in usable):
        return None
    found = ", ".join(f"{index.name}{_brace(index.columns)}" for index in usable)
    return f"no index starts with {_brace(columns)}; found: {found or 'none'}"


def _probe_message(probe: Probe, fact: ProbeFact) -> str | None:
    if fact.at == "before":
        return f"the statements that prepare it do not run on your schema: {fact.error}"
    if probe.succeeds:
        return None if fact.at is None else f"it was refused: {fact.error}"
    if fact.at is None:
        return "the database accepts what it must refuse"
    refusal = probe.fails_with or "any"
    right = (fact.sqlstate or "").startswith("23") if refusal == "any" else fact.sqlstate == _SQLSTATES[refusal]
    return None if right else f"it was refused for another reason: {fact.error} ({fact.sqlstate})"


def _brace(columns: Sequence[str]) -> str:
    return f"({', '.join(columns)})"


def _described(table: TableFact) -> str:
    lines = [f"{column.name} {column.type}{'' if column.nullable else ' not null'}" for column in table.columns]
    lines += [f"primary key {_brace(table.primary_key)}"] if table.primary_key else []
    lines += [f"unique {_brace(columns)}" for columns in table.unique]
    lines += [f"foreign key {_brace(k.columns)} to {k.table}{_brace(k.references)}" for k in table.foreign_keys]
    for index in table.indexes:
        kind = f"{'partial ' if index.partial else ''}{'unique ' if index.unique else ''}index"
        lines.append(f"{kind} {index.name}{_brace(index.columns)}")
    lines += list(table.checks)
    return "\n".join(lines)
