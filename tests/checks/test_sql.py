from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gradekit.checks import submitted
from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.compare.model import Column, Table
from gradekit.checks.sql import KIND
from gradekit.checks.sql.evidence import DatasetRun, Ran, SqlEvidence
from gradekit.checks.sql.judge import judge
from gradekit.checks.sql.lint import lint, paths
from gradekit.checks.sql.model import SqlSpec
from gradekit.checks.sql.observe import observe
from gradekit.checks.sql.show import show
from gradekit.errors import Blocked, InfrastructureError
from gradekit.results import Status
from gradekit.sandbox.messages import SqlColumn, SqlResult
from gradekit.sandbox.plans import FileEntry
from tests.checks.bench import FakeBench, FakeDatabase, Query

CONTEXT = Context(check="q1")
REFERENCE: Mapping[str, Any] = {"file": "q.sql", "datasets": ["shop"], "expect": {"reference": "hidden/q.sql"}}
ONE = SqlResult(columns=(SqlColumn("n", "int4"),), rows=(("1",),))
BROKEN = SqlResult(error='relation "orders" does not exist', sqlstate="42P01")


def spec_of(**changes: object) -> SqlSpec:
    return SqlSpec.model_validate({**REFERENCE, **changes})


class Bench(FakeBench):
    """Counts the copies; an answer for a statement it does not know is one row."""

    def __init__(self, files: Mapping[str, bytes], hidden: Mapping[str, bytes], **answers: SqlResult) -> None:
        known = {statement.replace("_", " "): result for statement, result in answers.items()}
        super().__init__(
            context=Context(check="q1", files=hidden),
            submission={path: FileEntry(path, data) for path, data in files.items()},
            answer=lambda statement: known.get(statement, ONE),
        )
        self.copies: list[str] = []

    def database(self, dataset: str) -> FakeDatabase:
        self.copies.append(dataset)
        return super().database(dataset)


HIDDEN = {"hidden/q.sql": b"select right;"}


# --- observe -------------------------------------------------------------------------------------------


def test_a_query_runs_read_only_after_all_references_on_a_copy_of_its_own() -> None:
    bench = Bench({"q.sql": b"\xef\xbb\xbfselect mine;"}, HIDDEN)
    evidence = observe(spec_of(datasets=["shop", "edges"], timeout="2s", max_rows=7), bench)
    table = Table(columns=(Column(name="n", type="int4"),), rows=(("1",),))
    run = Ran(result=table)
    assert evidence == SqlEvidence(
        source="select mine;",
        runs=tuple(DatasetRun(dataset=name, candidate=run, reference=run) for name in ("shop", "edges")),
    )
    # A view that the candidate made could keep the reference's text, were it the same copy.
    assert bench.copies == ["shop", "edges", "shop", "edges"]
    assert bench.queries == [
        Query(name, (text,), "reader", read_only=True, timeout=2.0, max_rows=7)
        for text in ("select right", "select mine")
        for name in ("shop", "edges")
    ]


def test_rows_in_the_spec_need_no_reference() -> None:
    bench = Bench({"q.sql": b"select 1"}, {})
    evidence = observe(spec_of(expect={"rows": [[1]]}), bench)
    assert len(bench.queries) == 1
    assert evidence.runs[0].reference is None


def test_a_state_is_read_on_two_copies_as_the_owner() -> None:
    bench = Bench({"q.sql": b"update mine; update more"}, HIDDEN)
    state = {"query": "select state", "reference": "hidden/q.sql"}
    observe(spec_of(expect={"state": state}, allow=["update"], max_statements=2), bench)
    assert bench.copies == ["shop", "shop"]
    assert [(query.statements, query.role, query.read_only) for query in bench.queries] == [
        (("select right",), "owner", False),
        (("select state",), "owner", True),
        (("update mine", "update more"), "owner", False),
        (("select state",), "owner", True),
    ]


def test_an_error_keeps_the_number_of_the_statement() -> None:
    bench = Bench({"q.sql": b"update mine; update more"}, HIDDEN, update_more=BROKEN)
    state = {"query": "select state", "reference": "hidden/q.sql"}
    spec = spec_of(expect={"state": state}, allow=["update"], max_statements=2)
    ran = observe(spec, bench).runs[0].candidate
    assert ran == Ran(error='relation "orders" does not exist', sqlstate="42P01", at=2)
    assert len(bench.queries) == 3


def test_an_error_of_the_query_for_the_state_has_number_zero() -> None:
    bench = Bench({"q.sql": b"drop table orders"}, {"hidden/q.sql": b"drop table orders"}, select_state=BROKEN)
    bench.by_candidate = True
    state = {"query": "select state", "reference": "hidden/q.sql"}
    ran = observe(spec_of(expect={"state": state}, allow=["ddl"]), bench).runs[0].candidate
    assert ran.at == 0
    assert ran.error is not None


@pytest.mark.parametrize(
    ("files", "flaw"),
    [
        ({}, "missing"),
        ({"q.sql": b"-" * (submitted.MAX_BYTES + 1)}, "too large"),
        ({"q.sql": b"select '\xff'"}, "not text"),
        ({"q.sql": b"select '\0'"}, "not text"),
    ],
)
def test_a_flaw_of_the_file_is_recorded(files: Mapping[str, bytes], flaw: str) -> None:
    bench = Bench(files, HIDDEN)
    assert observe(spec_of(), bench) == SqlEvidence.model_validate({"flaw": flaw})
    assert not bench.copies


@pytest.mark.parametrize("text", [b"", b"-- nothing", b"select 1; select 2"])
def test_a_wrong_number_of_statements_is_not_run(text: bytes) -> None:
    bench = Bench({"q.sql": text}, HIDDEN)
    assert observe(spec_of(), bench) == SqlEvidence(source=text.decode())
    assert not bench.copies


class Slow(Bench):
    """The reference times out as often as said."""

    def __init__(self, times: int) -> None:
        super().__init__({"q.sql": b"select mine"}, HIDDEN)
        self.answer = self.slowly
        self.left = times

    def slowly(self, statement: str) -> SqlResult:
        if statement == "select right" and self.left > 0:
            self.left -= 1
            return SqlResult(error="canceling statement due to statement timeout", sqlstate="57014")
        return ONE


def test_a_reference_on_a_loaded_machine_gets_a_second_and_longer_try() -> None:
    bench = Slow(1)
    evidence = observe(spec_of(timeout="2s"), bench)
    assert evidence.runs[0].reference == evidence.runs[0].candidate
    assert [query.timeout for query in bench.queries] == [2.0, 6.0, 2.0]


def test_tables_of_the_candidate_that_keep_the_reference_from_ending_are_no_fault_of_ours() -> None:
    bench = Slow(2)
    bench.by_candidate = True
    with pytest.raises(Blocked, match="the reference failed: canceling statement"):
        observe(spec_of(), bench)


@pytest.mark.parametrize("sqlstate", ["08006", "42501", "57014", "53200", None])
def test_a_reference_that_no_schema_can_break_is_our_fault(sqlstate: str | None) -> None:
    bench = Bench({"q.sql": b"select 1"}, HIDDEN, select_right=SqlResult(error="no", sqlstate=sqlstate))
    with pytest.raises(InfrastructureError, match=r"hidden/q.sql on data set shop: the reference failed: no"):
        observe(spec_of(), bench)


@pytest.mark.parametrize("sqlstate", ["42P01", "42703", "22012", "P0001"])
def test_a_reference_that_does_not_fit_the_schema_is_evidence(sqlstate: str) -> None:
    bench = Bench({"q.sql": b"select 1"}, HIDDEN, select_right=SqlResult(error="no", sqlstate=sqlstate))
    with pytest.raises(InfrastructureError, match=r"hidden/q.sql on data set shop: the reference failed: no"):
        observe(spec_of(), bench)
    bench.by_candidate = True
    assert observe(spec_of(), bench).runs[0].reference == Ran(error="no", sqlstate=sqlstate, at=1)


@pytest.mark.parametrize("theirs", [False, True])
def test_a_reference_that_is_no_sql_is_our_fault_whoever_made_the_tables(*, theirs: bool) -> None:
    wrong = SqlResult(error='syntax error at "selct"', sqlstate="42601")
    bench = Bench({"q.sql": b"select 1"}, {"hidden/q.sql": b"selct a from t"}, selct_a_from_t=wrong)
    bench.by_candidate = theirs
    with pytest.raises(InfrastructureError, match=r"hidden/q\.sql on data set shop: the reference is no SQL: syntax"):
        observe(spec_of(), bench)


def test_a_reference_with_too_many_rows_is_our_fault() -> None:
    bench = Bench({"q.sql": b"select 1"}, HIDDEN, select_right=SqlResult(truncated=True))
    with pytest.raises(InfrastructureError, match="more than 100000 rows"):
        observe(spec_of(), bench)


def test_a_missing_reference_is_our_fault() -> None:
    with pytest.raises(InfrastructureError, match=r"hidden/q.sql: the challenge has no such file"):
        observe(spec_of(), Bench({"q.sql": b"select 1"}, {}))


def test_lost_results_are_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeDatabase, "query", lambda *_, **__: [])
    with pytest.raises(InfrastructureError, match="0 results for 1 statements"):
        observe(spec_of(), Bench({"q.sql": b"select 1"}, HIDDEN))


# --- judge (see also the golden files) -------------------------------------------------------------------

TEXTS = st.text("a1 ;'", max_size=5)


@st.composite
def results(draw: st.DrawFn) -> Table:
    kinds = draw(st.lists(st.sampled_from(["int4", "float8", "text", "jsonb", "bool", "timestamptz"]), max_size=3))
    cell = st.none() | st.sampled_from(["1", "1e9999", "NaN", "t", "{", "x", "2024-01-01", "9" * 5000])
    rows = draw(st.lists(st.tuples(*(cell for _ in kinds)), max_size=3))
    return Table(columns=tuple(Column(name="c", type=kind) for kind in kinds), rows=tuple(rows))


RANS = st.builds(
    Ran,
    result=st.none() | results(),
    truncated=st.booleans(),
    error=st.none() | TEXTS,
    sqlstate=st.none() | st.sampled_from(["42P01", "57014", ""]),
    at=st.integers(0, 2),
)
EVIDENCE = st.builds(
    SqlEvidence,
    source=st.none() | TEXTS | st.just("select 1"),
    flaw=st.none() | st.sampled_from(["missing", "too large", "not text"]),
    runs=st.lists(st.builds(DatasetRun, dataset=st.just("shop"), candidate=RANS, reference=st.none() | RANS)).map(
        tuple
    ),
)
SPECS = [
    spec_of(),
    spec_of(compare={"order": {"by": ["c", "d"]}, "columns": "names_any_order", "decimals": 2}),
    spec_of(compare={"types": "strict", "order": "exact"}),
    spec_of(expect={"rows": [[1, "x"], [None, True]]}),
    spec_of(expect={"value": None}),
    spec_of(allow=["update"], expect={"state": {"query": "select 1", "reference": "hidden/q.sql"}}),
]


@given(EVIDENCE, st.sampled_from(SPECS))
def test_no_evidence_breaks_the_judge(evidence: SqlEvidence, spec: SqlSpec) -> None:
    again = SqlEvidence.model_validate_json(evidence.model_dump_json())
    assert again == evidence
    judgement = judge(spec, again, CONTEXT)
    assert judgement.outcome.status in {Status.PASSED, Status.FAILED, Status.ERRORED}
    assert show(spec, evidence) is not None


def test_a_check_without_a_data_set_never_passes() -> None:
    spec = SqlSpec.model_validate({"file": "q.sql", "expect": {"value": 1}})
    assert judge(spec, SqlEvidence(source="select 1"), CONTEXT).outcome.status is Status.ERRORED


# --- show ----------------------------------------------------------------------------------------------


def test_show() -> None:
    table = Table(columns=(Column(name="n", type="int4"),), rows=(("1",),))
    evidence = SqlEvidence(
        source="select 1",
        runs=(DatasetRun(dataset="shop", candidate=Ran(error="no such", at=1), reference=Ran(result=table)),),
    )
    assert [(exhibit.title, exhibit.text) for exhibit in show(spec_of(), evidence)] == [
        ("q.sql", "select 1"),
        ("data set shop: result", "no such (no SQLSTATE)"),
        ("data set shop: result of the reference", "(n int4)\n(1)"),
    ]
    assert show(spec_of(), SqlEvidence(flaw="missing")) == ()


# --- lint ----------------------------------------------------------------------------------------------

SCOPE = Scope(
    files={
        "hidden/q.sql": b"select 1",
        "hidden/empty.sql": b"-- no",
        "hidden/bad.sql": b"\xff",
        "short.csv": b"a,b\n1\n",
        "none.csv": b"",
        "good.csv": b"a\n1\n",
    },
    variables={},
    datasets=("shop", "edges"),
)


def complaints(**changes: object) -> list[Complaint]:
    return list(lint(spec_of(**changes), SCOPE))


def test_nothing_to_complain_about() -> None:
    assert complaints() == []
    assert complaints(datasets=None, dataset="edges") == []
    state = {"query": "select 1", "reference": "hidden/q.sql"}
    assert complaints(allow=["insert"], expect={"state": state}) == []
    assert complaints(expect={"rows": [[1, 2], [3, 4]]}) == []
    assert complaints(expect={"csv": "good.csv"}, compare={"columns": "names"}) == []


@pytest.mark.parametrize(
    ("changes", "loc", "what"),
    [
        ({"datasets": None}, ("datasets",), "no data set"),
        ({"datasets": ["shop", "edge"]}, ("datasets", 1), 'no data set "edge"'),
        ({"datasets": None, "dataset": "x"}, ("dataset",), 'no data set "x"'),
        ({"datasets": ["shop", "shop"]}, ("datasets", 1), "listed twice"),
        ({"expect": {"reference": "hidden/empty.sql"}}, ("expect", "reference"), "holds no SQL statement"),
        ({"expect": {"reference": "hidden/bad.sql"}}, ("expect", "reference"), "not UTF-8 text (byte 0)"),
        ({"expect": {"rows": [[1], [1, 2]]}}, ("expect", "rows", 1), "2 values, but the first row has 1"),
        ({"expect": {"value": 1}, "compare": {"columns": "names"}}, ("compare", "columns"), "no column names"),
        ({"expect": {"value": 1}, "compare": {"types": "strict"}}, ("compare", "types"), "no type names"),
        ({"expect": {"value": 1}, "compare": {"order": {"by": ["a"]}}}, ("compare", "order", "by"), "no column names"),
        ({"require": ["join"], "forbid": ["cte", "join"]}, ("forbid", 1), "join is required, too"),
        ({"expect": {"rows_affected": 1}}, ("allow",), "changed rows are expected, but only select is allowed"),
        ({"expect": {"csv": "short.csv"}}, ("expect", "csv"), "has no header, or rows of another length"),
        ({"expect": {"csv": "none.csv"}}, ("expect", "csv"), "has no header, or rows of another length"),
        (
            {"expect": {"state": {"query": "select 1", "reference": "hidden/q.sql"}}},
            ("allow",),
            "only select is allowed",
        ),
        (
            {"allow": ["ddl"], "expect": {"state": {"query": "a; b", "reference": "hidden/q.sql"}}},
            ("expect", "state", "query"),
            "not exactly one statement",
        ),
    ],
)
def test_complaints(changes: dict[str, Any], loc: tuple[str | int, ...], what: str) -> None:
    found = complaints(**changes)
    assert [complaint.loc for complaint in found] == [loc]
    assert what in found[0].what


def test_text_is_cut_by_the_rules_of_its_engine() -> None:
    scope = Scope(files={"hidden/q.sql": b"# nothing but a comment"}, variables={}, datasets=("shop",))
    assert not list(lint(spec_of(), scope))
    scope = replace(scope, engines={"shop": "mariadb"})
    assert [complaint.what for complaint in lint(spec_of(), scope)] == ['"hidden/q.sql" holds no SQL statement']
    state = {"query": "select 1 # ; select 2", "reference": "hidden/q.sql"}
    scope = replace(scope, files={"hidden/q.sql": b"delete from t"})
    assert not list(lint(spec_of(allow=["delete"], expect={"state": state}), scope))


BLOCKS = (
    b"-- name: one\nselect mine\n--name:  two \r\nselect other;\n-- name: twice\nselect 1\n-- name: twice\nselect 2"
)


@pytest.mark.parametrize(("block", "source"), [("one", "\nselect mine\n"), ("two", "\nselect other;\n")])
def test_a_block_of_a_file(block: str, source: str) -> None:
    bench = Bench({"q.sql": BLOCKS}, HIDDEN)
    evidence = observe(spec_of(block=block), bench)
    assert (evidence.source, evidence.flaw) == (source, None)
    assert bench.queries[-1].statements == (source.strip().rstrip(";"),)


@pytest.mark.parametrize("block", ["three", "twice"])
def test_no_such_block(block: str) -> None:
    bench = Bench({"q.sql": BLOCKS}, HIDDEN)
    assert observe(spec_of(block=block), bench).flaw == "no block"
    assert not bench.queries


def test_changed_rows_are_counted() -> None:
    bench = Bench({"q.sql": b"update t"}, {}, update_t=SqlResult(affected=3))
    evidence = observe(spec_of(allow=["update"], expect={"rows_affected": 3}), bench)
    assert evidence.runs[0].candidate.affected == 3
    assert bench.queries[0].role == "owner"


def test_a_near_miss_is_offered() -> None:
    assert complaints(datasets=["edge"])[0].hint == 'did you mean "edges"?'
    assert list(lint(spec_of(), Scope(files={}, variables={})))[0].expected.endswith("which is empty")  # noqa: RUF015


@pytest.mark.parametrize("expect", [{}, {"value": 1, "rows": [[1]]}])
def test_exactly_one_expectation(expect: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="give exactly one of"):
        spec_of(expect=expect)


def test_paths_and_app() -> None:
    assert list(paths(spec_of())) == [(("expect", "reference"), "hidden/q.sql")]
    assert list(paths(spec_of(expect={"csv": "rows.csv"}))) == [(("expect", "csv"), "rows.csv")]
    assert not KIND.uses_app(spec_of())


# --- engines -------------------------------------------------------------------------------------------


def test_a_text_is_cut_by_the_rules_of_its_engine_also_when_it_is_judged() -> None:
    source = b"# it is mine; really\nselect mine -- ; or yours\n; # the end"
    bench = Bench({"q.sql": source}, {"hidden/q.sql": b"select `right;`"})
    bench.speaks = "mariadb"
    evidence = observe(spec_of(), bench)
    assert evidence.engine == "mariadb"
    assert {query.statements for query in bench.queries} == {
        ("select `right;`",),
        ("# it is mine; really\nselect mine -- ; or yours",),
    }
    assert judge(spec_of(), evidence, CONTEXT).outcome.status is Status.PASSED
    as_postgres = evidence.model_copy(update={"engine": "postgres"})
    assert judge(spec_of(), as_postgres, CONTEXT).outcome.status is Status.FAILED


def test_data_sets_on_different_engines_are_a_fault_of_the_challenge() -> None:
    bench = Bench({"q.sql": b"select 1"}, HIDDEN)
    bench.engine = {"shop": "sqlite", "edges": "mariadb"}.__getitem__  # type: ignore[method-assign,assignment]
    with pytest.raises(InfrastructureError, match="check q1: its data sets are on different engines: mariadb, sqlite"):
        observe(spec_of(datasets=["shop", "edges"]), bench)
