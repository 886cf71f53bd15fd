"""Compares the facts of a database with what a check asks, an assertion at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gradekit.checks.base import Context
from gradekit.checks.schema.evidence import MAX_ROWS, ProbeFact, SchemaEvidence, TableFact
from gradekit.checks.schema.model import ColumnSpec, ForeignKey, Probe, SchemaSpec, TableSpec
from gradekit.checks.schema.show import brace
from gradekit.checks.sqlstates import where_to_look
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.results import CaseResult, Judgement
from gradekit.texts import quote

_Assertion = tuple[str, str, str | None]
"""Title, id and, when it does not hold, why."""

_SQLSTATES: Final[Mapping[str, str]] = {
    "not_null": "23502",
    "foreign_key": "23503",
    "unique": "23505",
    "check": "23514",
}
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


def _table(name: str, spec: TableSpec, fact: TableFact | None, *, too_large: bool) -> Iterator[CaseResult]:
    """The cases of a table; its mere existence is one only when nothing else is asked."""
    if spec.absent:
        asked: Iterable[_Assertion] = [("absent", name, None if fact is None else "the table exists; it must not")]
    else:
        asked = list(_assertions(name, spec, fact or TableFact(name=name))) or [("exists", name, None)]
    for title, case, message in asked:
        what = message
        if too_large:
            what = f"the database has more than {MAX_ROWS:,} columns, keys or indexes, which is gradekit's limit, "
            what += "so its tables were not looked at"
        elif fact is None and not spec.absent:
            what = f"there is no table {name}"
        yield passed(f"{name}: {title}", case) if what is None else failed(f"{name}: {title}", case, what)


def _assertions(name: str, spec: TableSpec, table: TableFact) -> Iterator[_Assertion]:
    for column, wanted in spec.columns.items():
        yield f"column {column}", f"{name}.{column}", _column(column, wanted, table)
    if spec.primary_key is not None:
        yield f"primary key {brace(spec.primary_key)}", f"{name}:primary-key", _key(spec.primary_key, table)
    for number, columns in enumerate(spec.unique, start=1):
        yield f"unique {brace(columns)}", f"{name}:unique-{number}", _unique(columns, table)
    for number, key in enumerate(spec.foreign_keys, start=1):
        title = f"foreign key {brace(key.columns)} to {key.references}"
        yield title, f"{name}:foreign-key-{number}", _foreign_key(key, table)
    for number, columns in enumerate(spec.indexes, start=1):
        yield f"index {brace(columns)}", f"{name}:index-{number}", _index(columns, table)


def _column(name: str, wanted: ColumnSpec, table: TableFact) -> str | None:
    column = next((column for column in table.columns if column.name == name), None)
    if column is None:
        return f"no column {name}; found: {', '.join(column.name for column in table.columns) or 'none'}"
    wrong = []
    if wanted.type is not None and not any(_same_type(kind, column.type) for kind in wanted.type):
        wrong.append(f"the type is {column.type}, expected {' or '.join(wanted.type)}")
    if wanted.nullable is not None and wanted.nullable != column.nullable:
        wrong.append("it may be NULL, and must not be" if column.nullable else "it is NOT NULL, and must not be")
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
    return f"the primary key is {brace(table.primary_key)}" if table.primary_key else "there is no primary key"


def _unique(columns: Sequence[str], table: TableFact) -> str | None:
    found = [table.primary_key, *table.unique]
    found += [index.columns for index in table.indexes if index.unique and not index.partial]
    if any(set(columns) == set(key) for key in found):
        return None
    keys = sorted({brace(key) for key in found if key})
    return f"{brace(columns)} may hold the same values twice; unique are: {', '.join(keys) or 'none'}"


def _foreign_key(key: ForeignKey, table: TableFact) -> str | None:
    target, references = key.target()
    wanted = set(zip(key.columns, references, strict=False))
    for fact in table.foreign_keys:
        if fact.table == target and set(zip(fact.columns, fact.references, strict=False)) == wanted:
            return None
    found = [f"{brace(fact.columns)} to {fact.table}{brace(fact.references)}" for fact in table.foreign_keys]
    return f"no foreign key {brace(key.columns)} to {key.references}; found: {', '.join(found) or 'none'}"


def _index(columns: Sequence[str], table: TableFact) -> str | None:
    usable = [index for index in table.indexes if not index.partial]
    if any(index.columns[: len(columns)] == tuple(columns) for index in usable):
        return None
    found = ", ".join(f"index {quote(index.name)} on {brace(index.columns)}" for index in usable)
    return f"no index starts with {brace(columns)}; found: {found or 'none'}"


def _probe_message(probe: Probe, fact: ProbeFact) -> str | None:
    if fact.at == "before":
        return (
            f"the challenge's statements that prepare it do not run on the submission's schema; the database said: "
            f"{fact.error}; {where_to_look(fact.sqlstate)}"
        )
    if probe.succeeds:
        return None if fact.at is None else f"the database refuses this, and must accept it; it said: {fact.error}"
    if fact.at is None:
        return "the database accepts this, and must refuse it"
    refusal = probe.fails_with or "any"
    right = (fact.sqlstate or "").startswith("23") if refusal == "any" else fact.sqlstate == _SQLSTATES[refusal]
    if right:
        return None
    wanted = "a constraint" if refusal == "any" else f"a {refusal.replace('_', ' ')} constraint"
    said = f"it is refused, but not by {wanted}; the database said: {fact.error} ({fact.sqlstate or 'no SQLSTATE'})"
    return f"{said}; the statement is the challenge's: {where_to_look(fact.sqlstate)}"
