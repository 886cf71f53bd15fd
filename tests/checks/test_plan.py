"""The kind ``plan``: what runs on each engine, what its documents say, and whose fault it is when nothing can."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.plan import KIND
from gradekit.checks.plan.evidence import MAX_DOCUMENT, PlanEvidence
from gradekit.checks.plan.model import PlanSpec
from gradekit.checks.plan.reading import Unreadable, explained, read
from gradekit.errors import Blocked, InfrastructureError
from gradekit.sandbox.messages import SqlColumn, SqlResult
from gradekit.sandbox.plans import FileEntry
from tests.checks.bench import FakeBench

FILES = {"ref.sql": b"select 1;", "ref-index.sql": b"create index r on t (a)", "two.sql": b"select 1; select 2"}
GOLDEN = Path(__file__).parent / "judge" / "plan"


def spec_of(**changes: object) -> PlanSpec:
    fields = {"file": "q.sql", "dataset": "big", "reference": "ref.sql", "expect": {"work_ratio": 2}}
    return PlanSpec.model_validate({**fields, **changes})


def bench_of(
    answers: Mapping[str, SqlResult] | Callable[[str], SqlResult] | None = None,
    engine: str = "sqlite",
    query: bytes = b"select a from t",
    **files: bytes,
) -> FakeBench:
    submission = {"q.sql": query, **{name.replace("_", "."): data for name, data in files.items()}}
    found = answers if callable(answers) else lambda statement: (answers or {}).get(statement, SqlResult())
    return FakeBench(
        context=Context(check="fast", files=FILES),
        submission={path: FileEntry(path, data) for path, data in submission.items()},
        answer=found,
        speaks=engine,
    )


def cell(text: str) -> SqlResult:
    return SqlResult(columns=(SqlColumn("x", "text"),), rows=((text,),))


# --- observe -------------------------------------------------------------------------------------------------------


def test_both_are_measured_in_copies_of_their_own_with_their_own_indexes() -> None:
    bench = bench_of({"select gradekit_steps()": cell("700")}, i_sql=b"create unique index i on t (a); analyze")
    evidence = KIND.observe(spec_of(apply=["i.sql", "none.sql"], reference_apply=["ref-index.sql"]), bench)
    assert [(query.statements[0], query.role, query.read_only) for query in bench.queries] == [
        ("create index r on t (a)", "owner", False),
        ("analyze", "owner", False),
        ("select 1", "reader", True),
        ("create unique index i on t (a)", "owner", False),
        ("analyze", "owner", False),
        ("analyze", "owner", False),
        ("select a from t", "reader", True),
    ]
    assert evidence.candidate is not None
    assert (evidence.indexes, evidence.candidate.documents) == (1, ("700", "[]", "[]", "[]"))
    assert evidence.made == ("create unique index i on t (a)",)


@pytest.mark.parametrize(
    ("engine", "analysed", "query"),
    [
        ("postgres", ("vacuum analyze",), "explain (analyze, buffers, timing off, format json) select a from t"),
        ("mariadb", ("analyze table `t``1`",), "explain format=json select a from t"),
        ("sqlite", ("analyze",), "explain query plan select a from t"),
    ],
)
def test_each_engine_is_asked_in_its_own_way(engine: str, analysed: tuple[str, ...], query: str) -> None:
    tables = "select table_name from information_schema.tables where table_schema = database()"
    bench = bench_of({tables: cell("t`1")}, engine)
    evidence = KIND.observe(spec_of(), bench)
    assert evidence.candidate is not None
    assert evidence.candidate.error is None
    assert any(asked.statements == analysed for asked in bench.queries)
    assert query in bench.queries[-1].statements


@pytest.mark.parametrize(
    ("query", "files", "flaw"),
    [
        (b"", {}, "q.sql holds no SQL statement"),
        (b"select 1; select 2", {}, "q.sql holds 2 statements, 1 expected"),
        (b"delete from t", {}, "q.sql is no query: it starts with DELETE"),
        (b"1", {}, "q.sql is no query: it starts with no word"),
        (b"\xff", {}, "q.sql is not UTF-8 text"),
        (b"select '\0'", {}, "q.sql is not UTF-8 text"),
        (b"-" * 300_000, {}, "q.sql is larger than 256 KiB"),
        (b"select 1", {"i_sql": b"\xff"}, "i.sql is not UTF-8 text"),
        (b"select 1", {"i_sql": b"create table x as select 1"}, "statement 1 of i.sql (CREATE TABLE) is not allowed"),
        (b"select 1", {"i_sql": b"analyze; ; drop index i"}, "statement 2 of i.sql (DROP INDEX) is not allowed"),
        (b"select 1", {"i_sql": b"/* create index */ select 1"}, "statement 1 of i.sql (SELECT) is not allowed"),
        (b"select 1", {"i_sql": b"analyze;" * 51}, "i.sql holds more than 50 statements"),
    ],
)
def test_what_is_not_run(query: bytes, files: dict[str, Any], flaw: str) -> None:
    bench = bench_of(query=query, **files)
    evidence = KIND.observe(spec_of(apply=["i.sql"]), bench)
    assert flaw in str(evidence.flaw)
    assert not bench.queries


def test_a_file_that_is_not_there() -> None:
    bench = bench_of()
    assert KIND.observe(spec_of(file="other.sql"), bench).flaw == "the submission has no file other.sql"


def test_analyze_of_mariadb_is_of_tables_only() -> None:
    bench = bench_of(engine="mariadb", i_sql=b"analyze table t; analyze format=json select sleep(9)")
    evidence = KIND.observe(spec_of(apply=["i.sql"]), bench)
    assert evidence.flaw == "statement 2 of i.sql (ANALYZE FORMAT) is not allowed here; only create_index, analyze"


def test_what_the_candidate_breaks_is_a_fact() -> None:
    broken = SqlResult(error="syntax", sqlstate="42601")
    query = KIND.observe(spec_of(), bench_of({"select a from t": broken})).candidate
    index = KIND.observe(
        spec_of(apply=["i.sql"]), bench_of({"create index i": broken}, i_sql=b"create index i")
    ).candidate
    assert query is not None
    assert index is not None
    assert (query.error, query.sqlstate, query.place) == ("syntax", "42601", "q.sql")
    assert (index.error, index.place) == ("syntax", "i.sql")


def test_statistics_after_an_index_of_the_candidate_are_theirs() -> None:
    calls = iter([SqlResult(), SqlResult(error="late", sqlstate="57014")])

    def answer(statement: str) -> SqlResult:
        return next(calls) if statement == "analyze" else SqlResult()

    evidence = KIND.observe(spec_of(apply=["i.sql"]), bench_of(answer, i_sql=b"create index i on t (a)"))
    assert evidence.candidate is not None
    assert (evidence.candidate.error, evidence.candidate.place) == ("late", "i.sql")


@pytest.mark.parametrize("engine", ["mariadb", "sqlite"])
def test_statistics_that_we_cannot_make_are_our_fault(engine: str) -> None:
    bench = bench_of(lambda _: SqlResult(error="disk full", sqlstate="53100"), engine)
    with pytest.raises(InfrastructureError, match="it cannot be analysed: disk full"):
        KIND.observe(spec_of(), bench)


def test_a_reference_that_the_engine_stops_is_no_zero() -> None:
    bench = bench_of({"select 1": SqlResult(error="stopped", sqlstate="57014")})
    with pytest.raises(InfrastructureError, match="the reference failed: stopped"):
        KIND.observe(spec_of(), bench)
    bench.by_candidate = True
    with pytest.raises(Blocked):
        KIND.observe(spec_of(), bench)


def test_a_reference_that_is_no_sql_is_our_fault_whoever_made_the_tables() -> None:
    bench = bench_of({"selct 1 from": SqlResult(error="syntax", sqlstate="42601")})
    files = {**bench.context.files, "hidden/no.sql": b"selct 1 from"}
    bench.context = replace(bench.context, files=files)
    bench.by_candidate = True
    with pytest.raises(InfrastructureError, match="the reference is no SQL: syntax"):
        KIND.observe(spec_of(reference="hidden/no.sql"), bench)


def test_a_reference_that_the_schema_does_not_fit_is_a_fact() -> None:
    bench = bench_of({"select 1": SqlResult(error="no table", sqlstate="42P01")})
    with pytest.raises(InfrastructureError, match="the reference failed: no table"):
        KIND.observe(spec_of(), bench)
    bench.by_candidate = True
    evidence = KIND.observe(spec_of(), bench)
    assert evidence.candidate is None
    assert evidence.reference is not None
    assert evidence.reference.error == "no table"


@pytest.mark.parametrize(("file", "what"), [("none.sql", "no such file"), ("two.sql", "2 statements")])
def test_a_challenge_without_its_reference(file: str, what: str) -> None:
    with pytest.raises(InfrastructureError, match=what):
        KIND.observe(spec_of(reference=file), bench_of())


def test_rows_and_plans_are_bounded() -> None:
    many = KIND.observe(spec_of(), bench_of({"select a from t": SqlResult(truncated=True)})).candidate
    large = KIND.observe(spec_of(), bench_of({"explain select a from t": cell("x" * (MAX_DOCUMENT + 1))})).candidate
    cut = KIND.observe(spec_of(), bench_of({"explain select a from t": SqlResult(truncated=True)})).candidate
    assert many is not None
    assert large is not None
    assert cut is not None
    assert cut.error == large.error
    assert (many.error, large.error) == ("it gives more rows than can be read", "its plan is too large to be read")


def test_a_bench_that_loses_results_is_our_fault() -> None:
    class Losing(FakeBench):
        def database(self, dataset: str) -> Any:  # noqa: ANN401 - a fake
            found = super().database(dataset)
            query = found.query
            found.query = lambda statements, **fields: query(statements, **fields)[:1]  # type: ignore[method-assign]
            return found

    bench = Losing(context=Context(check="fast", files=FILES), speaks="sqlite")
    bench.submission = {"q.sql": FileEntry("q.sql", b"select 2")}
    with pytest.raises(InfrastructureError, match="1 results for 5 statements"):
        KIND.observe(spec_of(), bench)


def test_the_limit_grows_with_what_the_reference_took() -> None:
    def slow(statement: str) -> SqlResult:
        bench.clock += 4.0 if statement == "select 1" else 0.0
        return SqlResult()

    bench = bench_of(slow)
    KIND.observe(spec_of(timeout="2s"), bench)
    assert bench.queries[-1].timeout > 50


# --- reading -------------------------------------------------------------------------------------------------------


def node(kind: str, *plans: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    names = {name.replace("_", " ").title(): value for name, value in fields.items()}
    counts = {"Actual Rows": 1, "Actual Loops": 1, "Shared Hit Blocks": 3, "Shared Read Blocks": 4}
    return {"Node Type": kind, **counts, **names, "Plans": list(plans)}


def test_every_node_of_postgres_counts() -> None:
    bitmap = node("Bitmap Index Scan", index_cond="(a = 1)", index_name="i")
    tree = node(
        "Nested Loop",
        node("Seq Scan", relation_name="never", actual_loops=0),
        node("Gather", node("Seq Scan", relation_name="s", actual_rows=10, actual_loops=3)),
        node("Index Only Scan", relation_name="whole"),
        node("Index Scan", relation_name="found", index_cond="(a = 1)"),
        node("Bitmap Heap Scan", node("BitmapOr", bitmap, bitmap), relation_name="b"),
    )
    tree["Rows Removed by Join Filter"] = 50
    plan = read("postgres", (json.dumps([{"Plan": tree}]),))
    assert plan.work == {"blocks": 7, "rows": 51 + 1 + 30 + 1 + 1 + 1 + 1 + 1 + 1}
    assert plan.scanned == {"s", "whole"}
    assert plan.indexed == {"found", "b"}


def test_names_that_a_query_gives_tables_are_undone_for_mariadb() -> None:
    note = "select `x`.`a` AS `a`,'`copy`.`lie` `x`' AS `t` from `copy`.`or``ders` `x` join `copy`.`plain` where 1"
    tables = [{"table_name": "x", "access_type": "ALL"}, {"table_name": "plain", "access_type": "ref"}]
    plan = json.dumps({"query_block": {"nested_loop": [{"table": table} for table in tables]}})
    status = [json.dumps([["Handler_read_key", str(count)]]) for count in (5, 8, 111)]
    found = read("mariadb", (*status, plan, json.dumps([["Note", "1003", note]])))
    assert found.work == {"rows": 100}
    assert (found.scanned, found.indexed) == ({"or`ders"}, {"plain"})


def test_cursors_of_sqlite() -> None:
    roots = [["t", "t", "2"], ["i", "t", "3"], ["c", "c", "4"], ["unused", "unused", "5"], ["s", "s", "6"]]
    program = [
        ["0", "OpenRead", "0", "2", "0"],
        ["1", "OpenRead", "1", "3", "0"],
        ["2", "OpenRead", "2", "4", "0"],
        ["3", "OpenRead", "3", "5", "0"],
        ["4", "OpenRead", "5", "2", "1"],
        ["5", "OpenRead", "6", "6", "0"],
        ["6", "SeekGE", "1", "9", "0"],
        ["7", "Next", "1", "9", "0"],
        ["8", "Count", "2", "1", "0"],
        ["9", "Last", "6", "1", "0"],
        ["10", "Prev", "6", "1", "0"],
        ["11", "Rewind", "3", "1", "0"],
    ]
    plan = read("sqlite", ("900", json.dumps(program), json.dumps(roots), "[]"))
    assert (plan.work, plan.scanned, plan.indexed) == ({"steps": 900}, {"c", "s"}, {"t"})


@pytest.mark.parametrize("engine", ["postgres", "mariadb", "sqlite"])
@pytest.mark.parametrize("documents", [(), ("[", "", "", "[" * 100_000), ("7",) * 5, ("{}",), ("1", "{}", "[[]]", "7")])
def test_documents_of_nobody(engine: str, documents: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable):
        read(engine, documents)
    assert isinstance(explained(engine, documents), str)


# --- show, lint, model ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["postgres", "mariadb", "sqlite"])
def test_plans_are_shown_with_times(engine: str) -> None:
    evidence = PlanEvidence.model_validate_json((GOLDEN / f"{engine}-index" / "evidence.json").read_bytes())
    source, plan, reference = KIND.show(spec_of(), evidence)
    assert (source.title, plan.title, reference.title) == ("q.sql", "plan", "plan of the reference")
    assert "s, which is not graded" in plan.text
    assert "orders_by_day" in plan.text


def test_errors_are_shown() -> None:
    shown = KIND.show(
        spec_of(),
        PlanEvidence.model_validate(
            {"candidate": {"error": "no"}, "reference": {"documents": ["x"]}, "engine": "sqlite"}
        ),
    )
    assert not KIND.show(spec_of(), PlanEvidence())
    assert [exhibit.text.split("\n")[0] for exhibit in shown] == [
        "no (no SQLSTATE)",
        "the database's plan of the query cannot be read: it is not in the form of this engine",
    ]


def test_lint() -> None:
    wrong = spec_of(
        dataset="huge",
        reference="empty.sql",
        reference_apply=["bytes.sql"],
        expect={"new_indexes": 1},
        bands=[{"work_ratio": 3, "share": 1}, {"work_ratio": 2, "share": 0.5}],
        scoring="per_assertion",
    )
    scope = Scope(files={"empty.sql": b"-- nothing", "bytes.sql": b"\xff"}, variables={}, datasets=("big",))
    found = [(complaint.loc, complaint.what) for complaint in KIND.lint(wrong, scope)]
    assert found == [
        (("dataset",), 'no data set "huge"'),
        (("reference",), '"empty.sql" holds no SQL statement'),
        (("reference_apply", 0), '"bytes.sql" is not UTF-8 text (byte 0)'),
        (("expect", "new_indexes"), "without files to apply there are no new indexes"),
        (("bands",), "the limits do not rise"),
    ]
    right: tuple[Complaint, ...] = tuple(KIND.lint(spec_of(), Scope(files=FILES, variables={}, datasets=("big",))))
    assert right == ()
    assert KIND.tier(spec_of()).value == "black-box"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"expect": {}}, "nothing is expected"),
        ({"bands": [{"work_ratio": 2, "share": 1}], "scoring": "per_assertion"}, "give one of bands and"),
        ({"expect": {}, "bands": [{"work_ratio": 2, "share": 1}]}, "bands give shares"),
    ],
)
def test_models(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        spec_of(**changes)
