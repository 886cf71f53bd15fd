from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.schema import KIND
from gradekit.checks.schema.evidence import (
    ColumnFact,
    ForeignKeyFact,
    IndexFact,
    ProbeFact,
    SchemaEvidence,
    TableFact,
)
from gradekit.checks.schema.model import SchemaSpec
from gradekit.errors import InfrastructureError
from gradekit.results import Status
from gradekit.sandbox.messages import SqlResult
from tests.checks.bench import FakeBench, FakeDatabase

CONTEXT = Context(check="schema")
PROBE = {"name": "positive", "before": "insert a; insert b", "execute": "insert c", "fails_with": "check"}
REFUSED = SqlResult(error="violates check constraint", sqlstate="23514")


def spec_of(**changes: object) -> SchemaSpec:
    return SchemaSpec.model_validate({"dataset": "shop", "tables": {"orders": {}}, **changes})


Rows = Sequence[Sequence[str | None]]


def bench_of(
    answers: Mapping[str, SqlResult], columns: Rows = (), constraints: Rows = (), indexes: Rows = ()
) -> FakeBench:
    def answer(statement: str) -> SqlResult:
        if "join pg_catalog.pg_constraint" in statement:
            return SqlResult(rows=constraints)
        if "join pg_catalog.pg_index" in statement:
            return SqlResult(rows=indexes)
        if "pg_catalog.format_type" in statement:
            return SqlResult(rows=columns)
        return answers.get(statement, SqlResult())

    return FakeBench(answer=answer)


# --- observe -------------------------------------------------------------------------------------------


def test_the_catalogue_becomes_facts() -> None:
    bench = bench_of(
        {},
        columns=[
            ("public", "orders", "id", "integer", "t"),
            ("public", "orders", "total", "numeric(12,2)", "f"),
            ("sales", "empty", None, None, None),
        ],
        constraints=[
            ("public", "orders", "orders_check", "c", "[]", None, None, "[]", "CHECK ((total >= 0))"),
            ("public", "orders", "orders_fk", "f", '["total"]', "sales", "empty", '["id"]', "FOREIGN KEY"),
            ("public", "orders", "orders_key", "u", '["total"]', None, None, "[]", "UNIQUE"),
            ("public", "orders", "orders_pkey", "p", '["id"]', None, None, "[]", "PRIMARY KEY"),
        ],
        indexes=[("public", "orders", "orders_pkey", "t", "f", '["id"]')],
    )
    evidence = KIND.observe(spec_of(), bench)
    assert evidence.tables == (
        TableFact(
            name="orders",
            columns=(
                ColumnFact(name="id", type="integer", nullable=False),
                ColumnFact(name="total", type="numeric(12,2)", nullable=True),
            ),
            primary_key=("id",),
            unique=(("total",),),
            foreign_keys=(ForeignKeyFact(columns=("total",), table="sales.empty", references=("id",)),),
            indexes=(IndexFact(name="orders_pkey", columns=("id",), unique=True, partial=False),),
            checks=("CHECK ((total >= 0))",),
        ),
        TableFact(name="sales.empty"),
    )
    (query,) = bench.queries
    assert query.statements[0] == "set search_path to pg_catalog"
    assert query.role == "owner"


@pytest.mark.parametrize(
    ("answers", "fact"),
    [
        ({}, ProbeFact(name="positive")),
        (
            {"insert c": REFUSED},
            ProbeFact(name="positive", at="execute", error="violates check constraint", sqlstate="23514"),
        ),
        (
            {"set constraints all immediate": REFUSED},
            ProbeFact(name="positive", at="execute", error="violates check constraint", sqlstate="23514"),
        ),
        (
            {"insert b": REFUSED},
            ProbeFact(name="positive", at="before", error="violates check constraint", sqlstate="23514"),
        ),
    ],
)
def test_a_probe_runs_in_a_transaction_that_is_rolled_back(answers: dict[str, SqlResult], fact: ProbeFact) -> None:
    bench = bench_of(answers)
    bench.by_candidate = fact.at == "before"
    assert KIND.observe(spec_of(probes=[PROBE]), bench).probes == (fact,)
    assert bench.queries[1].statements == (
        "begin",
        "insert a",
        "insert b",
        "insert c",
        "set constraints all immediate",
        "rollback",
    )


def test_a_probe_that_is_no_sql_is_our_fault_whoever_made_the_tables() -> None:
    wrong = SqlResult(error='syntax error at "insrt"', sqlstate="42601")
    bench = bench_of({"insrt into t values (1)": wrong})
    bench.by_candidate = True
    probe = {"name": "positive", "execute": "insrt into t values (1)", "fails_with": "any"}
    with pytest.raises(InfrastructureError, match='probe "positive": it is no SQL: syntax error'):
        KIND.observe(spec_of(probes=[probe]), bench)


def test_what_comes_before_a_probe_and_fails_on_tables_of_the_challenge_is_our_fault() -> None:
    with pytest.raises(InfrastructureError, match='probe "positive": what comes before it failed: violates'):
        KIND.observe(spec_of(probes=[PROBE]), bench_of({"insert b": REFUSED}))


@pytest.mark.parametrize(
    "answers",
    [
        {"begin": SqlResult(error="no", sqlstate="25000")},
        {"insert c": SqlResult(error="no", sqlstate="08006")},
        {"insert c": SqlResult(error="no")},
    ],
)
def test_a_probe_that_the_engine_breaks_is_our_fault(answers: dict[str, SqlResult]) -> None:
    with pytest.raises(InfrastructureError, match='probe "positive": it did not run: no'):
        KIND.observe(spec_of(probes=[PROBE]), bench_of(answers))


def test_lost_results_are_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    real = FakeDatabase.query

    def query(self: FakeDatabase, statements: Sequence[str], **options: Any) -> Sequence[SqlResult]:  # noqa: ANN401
        return [] if statements[0] == "begin" else real(self, statements, **options)

    monkeypatch.setattr(FakeDatabase, "query", query)
    with pytest.raises(InfrastructureError, match="no result"):
        KIND.observe(spec_of(probes=[PROBE]), bench_of({}))
    monkeypatch.setattr(FakeDatabase, "query", lambda *_, **__: [])
    with pytest.raises(InfrastructureError, match="the catalogue cannot be read: None"):
        KIND.observe(spec_of(), bench_of({}))


def test_an_unreadable_catalogue_is_our_fault() -> None:
    broken = SqlResult(error="gone", sqlstate="57P01")
    with pytest.raises(InfrastructureError, match="the catalogue cannot be read: gone"):
        KIND.observe(spec_of(), bench_of({"set search_path to pg_catalog": broken}))
    with pytest.raises(InfrastructureError, match="the catalogue cannot be read: gone"):
        KIND.observe(spec_of(), FakeBench(answer=lambda text: broken if "pg_index" in text else SqlResult()))


def test_a_flood_of_tables_is_evidence() -> None:
    bench = FakeBench(answer=lambda _: SqlResult(truncated=True))
    assert KIND.observe(spec_of(), bench) == SchemaEvidence(too_large=True)


# --- judge (see also the golden files) -------------------------------------------------------------------

NAMES = st.sampled_from(["orders", "a", "b", "lower(a)", ""])
LISTS = st.lists(NAMES, max_size=2).map(tuple)
TABLES = st.builds(
    TableFact,
    name=NAMES,
    columns=st.lists(
        st.builds(
            ColumnFact,
            name=NAMES,
            type=st.sampled_from(["integer", "text", "", "(", "x(", "[]"]),
            nullable=st.booleans(),
        )
    ).map(tuple),
    primary_key=LISTS,
    unique=st.lists(LISTS, max_size=2).map(tuple),
    foreign_keys=st.lists(st.builds(ForeignKeyFact, columns=LISTS, table=NAMES, references=LISTS), max_size=2).map(
        tuple
    ),
    indexes=st.lists(
        st.builds(IndexFact, name=NAMES, columns=LISTS, unique=st.booleans(), partial=st.booleans()), max_size=2
    ).map(tuple),
    checks=LISTS,
)
PROBES = st.builds(
    ProbeFact,
    name=st.sampled_from(["positive", "x"]),
    at=st.none() | st.sampled_from(["before", "execute"]),
    error=st.none() | st.text(max_size=5),
    sqlstate=st.none() | st.sampled_from(["23514", "23", ""]),
)
SPEC = spec_of(
    tables={
        "orders": {
            "columns": {"a": {"type": "int", "nullable": True}, "b": {"type": ["text", "varchar(3)"]}},
            "primary_key": ["a"],
            "unique": [["a", "b"]],
            "foreign_keys": [{"columns": ["a"], "references": "b (a)"}],
            "indexes": [["a", "b"]],
        },
        "b": {},
        "a": {"absent": True},
    },
    probes=[PROBE],
)


@given(
    st.builds(
        SchemaEvidence,
        tables=st.lists(TABLES, max_size=3).map(tuple),
        too_large=st.booleans(),
        probes=st.lists(PROBES, max_size=2).map(tuple),
    )
)
def test_no_evidence_breaks_the_judge(evidence: SchemaEvidence) -> None:
    again = SchemaEvidence.model_validate_json(evidence.model_dump_json())
    assert again == evidence
    judgement = KIND.judge(SPEC, again, CONTEXT)
    assert judgement.outcome.status in {Status.PASSED, Status.FAILED, Status.ERRORED}
    KIND.show(SPEC, evidence)


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("int", "integer", True),
        ("INT4", "integer", True),
        ("bigint", "integer", False),
        ("int8", "bigint", True),
        ("numeric", "numeric(12,2)", True),
        ("decimal(12, 2)", "numeric(12,2)", True),
        ("numeric(10,2)", "numeric(12,2)", False),
        ("varchar", "character varying(50)", True),
        ("varchar", "text", True),
        ("text", "character varying", True),
        ("text", "character varying(50)", False),
        ("varchar(50)", "text", False),
        ("timestamptz", "timestamp(3) with time zone", True),
        ("timestamp", "timestamp with time zone", False),
        ("int[]", "integer[]", True),
        ("int", "integer[]", False),
        ("order_state", "order_state", True),
    ],
)
def test_types(wanted: str, found: str, *, same: bool) -> None:
    spec = spec_of(tables={"t": {"columns": {"c": {"type": wanted}}}})
    table = TableFact(name="t", columns=(ColumnFact(name="c", type=found, nullable=True),))
    judgement = KIND.judge(spec, SchemaEvidence(tables=(table,)), CONTEXT)
    assert (judgement.outcome.status is Status.PASSED) is same


# --- show and lint ---------------------------------------------------------------------------------------


def test_show() -> None:
    table = TableFact(
        name="orders",
        columns=(
            ColumnFact(name="id", type="integer", nullable=False),
            ColumnFact(name="n", type="text", nullable=True),
        ),
        primary_key=("id",),
        unique=(("n",),),
        foreign_keys=(ForeignKeyFact(columns=("n",), table="b", references=("x",)),),
        indexes=(
            IndexFact(name="i", columns=("n",), unique=True, partial=False),
            IndexFact(name="j", columns=("n", "id"), unique=False, partial=False),
        ),
        checks=("CHECK (x)",),
    )
    evidence = SchemaEvidence(
        tables=(table, TableFact(name="other")),
        probes=(ProbeFact(name="p"), ProbeFact(name="q", at="before", error="no", sqlstate="42P01")),
    )
    assert [(exhibit.title, exhibit.text) for exhibit in KIND.show(spec_of(), evidence)] == [
        (
            "table orders",
            (
                "id integer not null\nn text\nprimary key (id)\nunique (n)\nforeign key (n) to b(x)\n"
                "unique index i(n)\nindex j(n, id)\nCHECK (x)"
            ),
        ),
        ("probe: p", "accepted"),
        ("probe: q", "before: no (42P01)"),
    ]
    assert len(KIND.show(spec_of(tables={}), evidence)) == 4
    asked = spec_of(probes=[{"name": "p", "execute": "delete from orders\n", "succeeds": True}])
    assert KIND.show(asked, evidence)[1].text == "delete from orders\n\naccepted"


def complaints(**changes: object) -> list[Complaint]:
    return list(KIND.lint(spec_of(**changes), Scope(files={}, variables={}, datasets=("shop",))))


@pytest.mark.parametrize(
    ("changes", "loc", "what"),
    [
        ({"dataset": "shp"}, ("dataset",), 'no data set "shp"'),
        ({"tables": {}}, (), "nothing is checked"),
        ({"tables": {"t": {"absent": True, "columns": {"a": {}}}}}, ("tables", "t", "absent"), "must be absent"),
        (
            {"tables": {"t": {"foreign_keys": [{"columns": ["a", "b"], "references": "u(c)"}]}}},
            ("tables", "t", "foreign_keys", 0, "references"),
            "2 columns refer to 1",
        ),
        ({"probes": [PROBE, PROBE]}, ("probes", 1, "name"), "a second probe"),
        ({"probes": [{**PROBE, "execute": "a; b"}]}, ("probes", 0, "execute"), "not exactly one statement"),
    ],
)
def test_complaints(changes: dict[str, Any], loc: tuple[str | int, ...], what: str) -> None:
    found = complaints(**changes)
    assert [complaint.loc for complaint in found] == [loc]
    assert what in found[0].what


def test_nothing_to_complain_about() -> None:
    assert complaints(probes=[PROBE]) == []
    fine = {"t": {"absent": True}, "u": {"foreign_keys": [{"columns": ["a", "b"], "references": "t (c, d)"}]}}
    assert complaints(tables=fine) == []
    assert list(KIND.paths(spec_of())) == []
    assert not KIND.uses_app(spec_of())


@pytest.mark.parametrize("ending", [{}, {"fails_with": "any", "succeeds": True}])
def test_a_probe_has_exactly_one_ending(ending: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="give exactly one of"):
        spec_of(probes=[{"name": "p", "execute": "x", **ending}])
