"""Files of sqllogictest: how they are read, run, compared and refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.compare.model import Column, Table
from gradekit.checks.sqllogictest import KIND
from gradekit.checks.sqllogictest.evidence import FileRun, Ran, SqlLogicTestEvidence
from gradekit.checks.sqllogictest.model import MAX_RECORDS, SqlLogicTestSpec
from gradekit.checks.sqllogictest.records import MAX_FILE, MAX_FLAWS, REFUSED, Record, read, slips
from gradekit.checks.sqllogictest.values import Cell, cells, digest, gap, ordered
from gradekit.errors import Blocked, InfrastructureError
from gradekit.results import Status
from gradekit.sandbox.messages import SqlColumn, SqlResult
from tests.checks.bench import FakeBench

PATH = "hidden/a.slt"


def spec_of(**changes: object) -> SqlLogicTestSpec:
    return SqlLogicTestSpec.model_validate({"dataset": "shop", "files": [PATH], **changes})


def one(text: str) -> Record:
    script = read(text.encode())
    assert not script.flaws, script.flaws
    (record,) = script.records
    return record


# --- the reader -----------------------------------------------------------------------------------------------


def test_a_file_is_read_record_by_record() -> None:
    script = read(
        b"\xef\xbb\xbf# made by hand\r\n\r\nhash-threshold 8\r\n\r\n"
        b"statement ok\r\ncreate table t (\r\n  a int)\r\n\r\n"
        b"query IT rowsort names\nselect a, b\nfrom t\n----\n1\nx\n\nstatement count 3\nupdate t set a = 1\n"
    )
    assert script.flaws == ()
    first, second, third = script.records
    assert (first.line, first.sql, first.types) == (5, "create table t (\n  a int)", None)
    assert (second.types, second.sort, second.label, second.expected) == ("IT", "rowsort", "names", ("1", "x"))
    assert (third.affected, third.line) == (3, 16)


@pytest.mark.parametrize(
    ("text", "says", "holds"),
    [
        ("statement error\nx\n", "anything", True),
        ("statement error (?i)DUPLICATE .*key\nx\n", "duplicate primary key", True),
        ("statement error no\nx\n", "yes", False),
        ("query error no such\nx\n", "there is no such table", True),
        ("statement error\nx\n----\nno such\n", "there is no such table", True),
        ("statement error\nx\n----\nno such\n", "no", False),
    ],
)
def test_a_refusal_can_be_told_from_another(text: str, says: str, *, holds: bool) -> None:
    record = one(text)
    assert record.fails
    run = Ran(line=1, sql="x", error=says, sqlstate="42P01")
    assert (judged(text, run).outcome.status is Status.PASSED) is holds


@pytest.mark.parametrize(
    ("engine", "found"), [("postgres", ["a"]), ("mariadb", ["a", "b", "d"]), ("sqlite", ["a", "c", "d"])]
)
def test_records_are_for_engines(engine: str, found: list[str]) -> None:
    text = (
        b"skipif mssql # no\nskipif oracle\nstatement ok\na\n\nonlyif MySQL\nstatement ok\nb\n\n"
        b"onlyif sqlite\nstatement ok\nc\n\nskipif postgresql\nstatement ok\nd\n\nhalt\n\nstatement ok\ne\n"
    )
    assert [record.sql for record in read(text).on(engine)] == found


def test_a_file_can_end_early_for_an_engine() -> None:
    script = read(b"onlyif postgresql # all of it\nhalt\n\nstatement ok\na\n")
    assert script.on("postgres") == ()
    assert [record.sql for record in script.on("sqlite")] == ["a"]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("querry I\nselect 1\n", 1, 'no directive "querry"'),
        ("\nloop i 0 5\n\nendloop\n", 2, '"loop" is no directive of SQLite'),
        ("onlyif\nstatement ok\nx\n", 1, '"onlyif" names no engine'),
        ("hash-threshold many\n", 1, '"hash-threshold" has no number'),
        ("statement maybe\nx\n", 1, 'no statement "maybe"'),
        ("statement count x\nx\n", 1, 'no statement "count x"'),
        ("statement ok connection1\nx\n", 1, 'no statement "ok connection1"'),
        ("statement ok\nx\n----\n1\n", 1, "results stand below a statement"),
        ("statement ok\n\n", 1, "no SQL stands below it"),
        ("statement error (?=x)\nx\n", 1, "the pattern cannot be read"),
        ("query\nselect 1\n----\n1\n", 1, "no types of columns"),
        ("query IX\nselect 1\n----\n1\n", 1, 'no type "X"'),
        ("query I partialsort\nselect 1\n----\n1\n", 1, 'no sort mode "partialsort"'),
        ("query I rowsort a b\nselect 1\n----\n1\n", 1, '"b" stands after the label'),
        ("query I\nselect 1\n", 1, "no ---- stands below the query"),
        ("statement error\nx\n----\n<REGEX>:Parser.*\n", 4, '"<REGEX>:" is no result of SQLite'),
        ("\nquery I\nselect 1\n----\n1\n<!REGEX>:2\n", 6, '"<!REGEX>:" is no result of SQLite'),
        ("statement error pgcode 42P01 relation\nx\n", 1, '"pgcode" is a word of CockroachDB'),
        ("# nothing\n", 1, "holds no record"),
        ("halt\n", 1, "holds no record"),
    ],
)
def test_what_is_not_known_is_a_flaw_with_its_line(text: str, line: int, what: str) -> None:
    found = list(slips(read(text.encode())))
    assert [flaw.line for flaw in found][:1] == [line]
    assert what in found[0].what


def test_flaws_are_bounded_and_reading_goes_on() -> None:
    assert [flaw.line for flaw in read(b"loop i 0 1\n\nquery X\nselect 1\n----\n1\n\nsleep 1\n").flaws] == [1, 3, 8]
    assert len(read(b"sleep 1\n\n" * 100).flaws) == MAX_FLAWS
    assert "is larger than 1 MiB" in read(b"#" * (MAX_FILE + 1)).flaws[0].what
    (flaw,) = read(b"# a\n\xff\n").flaws
    assert (flaw.line, flaw.what) == (2, "byte 4 is not UTF-8")
    assert all(REFUSED.values())


@given(st.text(alphabet="query statmnok IT#-\n1", max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    script = read(text.encode())
    for engine in ("postgres", "mariadb", "sqlite"):
        script.on(engine)


# --- values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letter", "kind", "text", "form"),
    [
        ("I", "int4", "7", "7"),
        ("I", "numeric", "3.70", "3"),
        ("I", "float8", "-1e2", "-100"),
        ("I", "bool", "t", "1"),
        ("I", "text", "seven", "seven"),
        ("R", "numeric", "1.5", "1.500"),
        ("R", "float8", "-0.0001", "0.000"),
        ("R", "int4", "20", "20.000"),
        ("R", "numeric", "1" + "0" * 350, "1" + "0" * 350),
        ("R", "numeric", "1e999", "1e999"),
        ("R", "float8", "NaN", "NaN"),
        ("R", "text", "1_000", "1_000"),
        ("T", "text", "", "(empty)"),
        ("T", "text", "a\tb\x7fé", "a@b@@@"),
        ("T", "int4", "7", "7"),
        ("I", "int4", None, "NULL"),
    ],
)
def test_the_form_is_that_of_sqlites_program(letter: str, kind: str, text: str | None, form: str) -> None:
    assert Cell(text, kind, letter).form == form


@pytest.mark.parametrize(
    ("letter", "kind", "text", "written", "like"),
    [
        ("R", "numeric", "1.5", "1.500", True),
        ("R", "numeric", "1.5", "1.5", True),
        ("R", "float8", "0.30000000000000004", "0.3", True),
        ("R", "numeric", "1.5", "1.6", False),
        ("R", "numeric", "1.5", "one", False),
        ("I", "int4", "7", "8", False),
        ("T", "text", "é", "é", True),
        ("T", "text", "é", "@@", True),
        ("T", "text", "1.50", "1.5", False),
        ("T", "bool", "t", "true", True),
        ("B", "bool", "f", "FALSE", True),
        ("B", "bool", "f", "true", False),
        ("?", "numeric", "1.50", "1.5", True),
        ("T", "text", None, "NULL", True),
        ("T", "text", None, "null", False),
        ("R", "numeric", "1" + "0" * 500, "1" + "0" * 500, True),
        ("R", "numeric", "1" + "0" * 500, "1", False),
    ],
)
def test_a_value_is_what_a_file_means(letter: str, kind: str, text: str | None, written: str, *, like: bool) -> None:
    assert Cell(text, kind, letter).is_like(written) is like


def table(kinds: str, *rows: tuple[str | None, ...]) -> Table:
    names = {"I": "int4", "T": "text", "R": "numeric"}
    return Table(columns=tuple(Column(name=kind, type=names[kind]) for kind in kinds), rows=rows)


TWO = table("IT", ("2", "b c"), ("1", "a"))


@pytest.mark.parametrize(
    ("head", "sql", "lines", "right"),
    [
        ("IT", "select", ["1", "a", "2", "b c"], True),  # without ORDER BY there is no order
        ("IT", "select order by 1", ["1", "a", "2", "b c"], False),
        ("IT", "select order by 1", ["2", "b c", "1", "a"], True),
        ("IT", "select order by 1", ["2\tb c", "1\ta"], True),
        ("IT", "select order by 1", ["2 b  c", "1 a"], True),
        ("IT", "select order by 1", ["1 a", "2 b c"], False),
        ("IT rowsort", "select", ["2 b c", "1 a"], True),
        ("IT rowsort", "select", ["2", "b c", "1", "a"], True),
        ("IT valuesort", "select", ["1", "2", "a", "b c"], True),
        ("IT valuesort", "select", ["1", "2", "a", "c"], False),
        ("IT", "select", ["1", "a"], False),
        ("IT", "select", [], False),
        ("IT", "select", ["1 a", "2 b c", "3 d"], False),
        ("I", "select", ["1", "2"], False),
    ],
)
def test_results_are_compared_as_the_record_asks(head: str, sql: str, lines: list[str], *, right: bool) -> None:
    record = one(f"query {head}\n{sql}\n----\n" + "".join(f"{line}\n" for line in lines))
    assert (gap(record, TWO, "postgres") is None) is right


def test_rows_of_words_are_rows() -> None:
    record = one("query II\nselect order by 1\n----\n1 2\n3 4\n")
    assert gap(record, table("II", ("1", "2"), ("3", "4")), "postgres") is None
    assert gap(record, table("II", ("1", "2"), ("3", "5")), "postgres") is not None
    assert gap(one("query II\nselect\n----\n"), table("II"), "postgres") is None


def test_a_difference_begins_where_the_rows_differ() -> None:
    record = one("query I\nselect 1 order by 1\n----\n1\n2\n3\n")
    found = gap(record, table("I", ("1",), ("4",)), "postgres")
    assert found is not None
    assert found.expected == "3 rows\nrow 2: 2\nrow 3: 3"
    assert found.actual == "2 rows\nrow 2: 4"


def test_of_a_hash_only_the_count_is_told() -> None:
    right = hashlib.md5(b"1\na\n2\nb c\n").hexdigest()  # noqa: S324 - the format's own
    record = one(f"query IT rowsort\nselect\n----\n4 values hashing to {right}\n")
    assert gap(record, TWO, "postgres") is None
    found = gap(record, table("IT", ("1", "a"), ("2", "b")), "postgres")
    assert found is not None
    assert (found.expected, found.actual) == (
        "",
        "the 4 values are not the right ones, of which the challenge has only a hash, so that they cannot be shown",
    )
    fewer = gap(record, table("IT", ("1", "a")), "postgres")
    assert fewer is not None
    assert (fewer.expected, fewer.actual) == ("4 values", "2 values")
    values = one("query IT valuesort\nselect\n----\n1\n")
    assert digest(cells(values, TWO), values.sort) == hashlib.md5(b"1\n2\na\nb c\n").hexdigest()  # noqa: S324


@pytest.mark.parametrize(
    ("sql", "is_ordered"),
    [
        ("select a from t order by a", True),
        ("select a from t ORDER  BY a", True),
        ("select a from (select a from t order by a) x", False),
        ("select 'order by' from t", False),
        ("select rank() over (order by a) from t", False),
    ],
)
def test_order(sql: str, *, is_ordered: bool) -> None:
    assert ordered(sql, "postgres") is is_ordered


# --- observe --------------------------------------------------------------------------------------------------

FILE = "statement ok\ncreate table t (a int)\n\nstatement error\nbad\n\nquery I\nselect a from t\n----\n1\n"


def bench_of(answers: Mapping[str, SqlResult], text: str = FILE) -> FakeBench:
    context = Context(check="records", files={PATH: text.encode()})
    return FakeBench(context=context, answer=lambda sql: answers.get(sql, SqlResult()))


ANSWERS = {
    "bad": SqlResult(error="no\x1b", sqlstate="42601"),
    "select a from t": SqlResult(columns=[SqlColumn("a", "int4")], rows=[("1",)]),
}


def test_a_file_is_one_session_and_errors_do_not_end_it() -> None:
    bench = bench_of(ANSWERS)
    evidence = KIND.observe(spec_of(), bench)
    (query,) = bench.queries
    assert query.statements == ("create table t (a int)", "bad", "select a from t")
    assert (query.role, query.read_only, query.dataset) == ("owner", False, "shop")
    (run,) = evidence.files
    assert [(ran.line, ran.error, ran.result is not None) for ran in run.records] == [
        (1, None, False),
        (4, "no\\x1b", False),
        (7, None, True),
    ]
    assert KIND.judge(spec_of(), evidence, bench.context).outcome.status is Status.PASSED


def test_a_record_has_as_much_time_as_its_check_says() -> None:
    bench = bench_of(ANSWERS)
    KIND.observe(spec_of(timeout="3s"), bench)
    assert [query.timeout for query in bench.queries] == [3.0]


def test_a_result_has_as_many_rows_as_its_check_says() -> None:
    bench = bench_of(ANSWERS)
    KIND.observe(spec_of(max_rows=7), bench)
    assert [query.max_rows for query in bench.queries] == [7]


@pytest.mark.parametrize("count", [1, 100, 500])
def test_results_of_all_records_share_their_bytes(count: int) -> None:
    bench = bench_of({}, "statement ok\nx\n\n" * count)
    KIND.observe(spec_of(), bench)
    (query,) = bench.queries
    assert 15 << 20 < query.max_bytes * count <= 16 << 20


def test_folders_stand_for_their_files() -> None:
    files = {"hidden/slt/b.slt": b"", "hidden/slt/a.slt": b"", "hidden/slt.txt": b"", PATH: b""}
    assert spec_of(files=["hidden/slt", PATH, "hidden/slt/a.slt"]).paths(files) == (
        "hidden/slt/a.slt",
        "hidden/slt/b.slt",
        PATH,
    )


@pytest.mark.parametrize("sqlstate", ["08006", "53100", "57P01", "XX000", None])
def test_an_engine_that_fails_is_no_answer(sqlstate: str | None) -> None:
    bench = bench_of({**ANSWERS, "bad": SqlResult(error="gone", sqlstate=sqlstate)})
    with pytest.raises(InfrastructureError, match=f"{PATH}:4: it could not be run: gone"):
        KIND.observe(spec_of(), bench)
    bench.by_candidate = True
    with pytest.raises(Blocked, match=f"{PATH}:4: it could not be run: gone"):
        KIND.observe(spec_of(), bench)


def test_a_statement_that_is_no_sql_is_our_fault_whoever_made_the_tables() -> None:
    wrong = SqlResult(error="syntax", sqlstate="42601")
    bench = bench_of({"selct a from t": wrong}, "statement ok\nselct a from t\n")
    bench.by_candidate = True
    judgement = KIND.judge(spec_of(), KIND.observe(spec_of(), bench), bench.context)
    assert judgement.outcome.status is Status.ERRORED
    assert "correct the challenge" in (judgement.outcome.message or "")


def test_a_row_that_is_too_large_is_the_querys_doing() -> None:
    bench = bench_of({**ANSWERS, "select a from t": SqlResult(error="large", sqlstate="53200", truncated=True)})
    evidence = KIND.observe(spec_of(), bench)
    judgement = KIND.judge(spec_of(), evidence, bench.context)
    assert "the result is too large" in (judgement.cases[0].outcome.message or "")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("loop i 0 1\n", "is no directive"),
        ("onlyif oracle\nstatement ok\nx\n", "0 records of its files run on postgres"),
        ("statement ok\nx\n\n" * (MAX_RECORDS + 1), f"{MAX_RECORDS + 1} records"),
    ],
)
def test_what_lint_would_have_said_is_our_fault(text: str, what: str) -> None:
    with pytest.raises(InfrastructureError, match=what):
        KIND.observe(spec_of(), bench_of({}, text))


def test_lost_results_are_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.checks.bench.FakeDatabase.query", lambda *_, **__: [SqlResult()])
    with pytest.raises(InfrastructureError, match="1 results for 3 statements"):
        KIND.observe(spec_of(), bench_of({}))


# --- judge (see also the golden files) --------------------------------------------------------------------------


def judged(text: str, *runs: Ran, **changes: object) -> Any:  # noqa: ANN401 - a judgement
    context = Context(check="records", files={PATH: text.encode()})
    evidence = SqlLogicTestEvidence(files=(FileRun(path=PATH, records=runs),))
    return KIND.judge(spec_of(**changes), evidence, context)


@pytest.mark.parametrize(("affected", "right"), [(3, True), (2, False), (None, False)])
def test_rows_changed(affected: int | None, *, right: bool) -> None:
    judgement = judged("statement count 3\nx\n", Ran(line=1, sql="x", affected=affected))
    assert (judgement.outcome.status is Status.PASSED) is right


def test_a_file_without_records_for_the_engine_is_no_case() -> None:
    text = "onlyif sqlite\nstatement ok\nx\n"
    assert judged(text).outcome.status is Status.ERRORED
    assert judged(text, scoring="per_record").outcome.status is Status.ERRORED


def test_evidence_of_other_records_is_not_judged() -> None:
    judgement = judged("statement ok\nx\n", Ran(line=1, sql="y"))
    assert judgement.outcome.status is Status.ERRORED
    assert judged("statement ok\nx\n").outcome.status is Status.ERRORED


def test_the_same_label_is_the_same_result() -> None:
    text = "query I nosort same\nselect 1\n----\n1\n\nquery I nosort same\nselect 2\n----\n{}\n"
    one_row, other = table("I", ("1",)), table("I", ("2",))
    right = judged(
        text.format(1), Ran(line=1, sql="select 1", result=one_row), Ran(line=6, sql="select 2", result=one_row)
    )
    assert right.outcome.status is Status.PASSED
    wrong = judged(
        text.format(2), Ran(line=1, sql="select 1", result=one_row), Ran(line=6, sql="select 2", result=other)
    )
    assert "another one than that of line 1" in wrong.outcome.message


def test_the_same_label_is_the_same_result_in_any_order_where_there_is_none() -> None:
    text = "query I nosort same\nselect a{0}\n----\n1\n2\n\nquery I nosort same\nselect b{0}\n----\n1\n2\n"
    here, there = table("I", ("1",), ("2",)), table("I", ("2",), ("1",))

    def status(order: str) -> Status:
        first = Ran(line=1, sql=f"select a{order}", result=here)
        second = Ran(line=7, sql=f"select b{order}", result=there)
        found: Status = judged(text.format(order), first, second).outcome.status
        return found

    assert status("") is Status.PASSED
    assert status(" order by 1") is Status.FAILED


def test_many_wrong_records_are_counted() -> None:
    text = "statement ok\nx\n\n" * 30
    runs = [Ran(line=3 * number + 1, sql="x", error="no", sqlstate="42601") for number in range(30)]
    (case,) = judged(text, *runs).cases
    assert case.outcome.message.startswith(
        "line 1 (x): the challenge's statement failed: no; line 4 (x): the challenge's statement failed: no; "
    )
    assert case.outcome.message.endswith("; 30 differences; the first 20 are shown")
    shares = judged(text, *runs[:-1], Ran(line=88, sql="x"), scoring="per_record")
    assert shares.outcome.ratio == pytest.approx(1 / 30)


RESULTS = st.builds(
    Table,
    columns=st.tuples(*[st.builds(Column, name=st.just("a"), type=st.sampled_from(["int4", "bool", ""]))] * 2),
    rows=st.lists(st.tuples(*[st.none() | st.text(max_size=3)] * 2), max_size=3).map(tuple),
)
RUNS = st.builds(
    Ran,
    line=st.just(1),
    sql=st.just("x"),
    result=st.none() | RESULTS,
    truncated=st.booleans(),
    affected=st.none() | st.integers(0, 3),
    error=st.none() | st.text(max_size=5),
    sqlstate=st.none() | st.sampled_from(["57014", "42601"]),
)


@given(
    RUNS,
    st.sampled_from(
        [
            "statement ok\nx\n",
            "statement error\nx\n",
            "statement count 2\nx\n",
            "query IT rowsort a\nx\n----\n1\n2\n",
            "query I valuesort\nx\n----\n",
            f"query T\nx\n----\n1 values hashing to {'0' * 32}\n",
        ]
    ),
)
def test_no_evidence_breaks_the_judge(run: Ran, text: str) -> None:
    evidence = SqlLogicTestEvidence(files=(FileRun(path=PATH, records=(run,)),))
    again = SqlLogicTestEvidence.model_validate_json(evidence.model_dump_json())
    assert again == evidence
    uncounted = "count" in text and run.error is None and run.affected is None
    assert judged(text, run).outcome.status in {Status.PASSED, Status.FAILED} | (
        {Status.ERRORED} if uncounted else set()
    )
    KIND.show(spec_of(), evidence)


# --- show and lint --------------------------------------------------------------------------------------------


def test_show() -> None:
    runs = (
        Ran(line=1, sql="select a\nfrom t", result=table("I", ("1",))),
        Ran(line=5, sql="x", error="no", sqlstate="42601"),
        Ran(line=8, sql="update t", affected=3),
        *(Ran(line=9, sql="y") for _ in range(98)),
    )
    (exhibit,) = KIND.show(spec_of(), SqlLogicTestEvidence(files=(FileRun(path=PATH, records=runs),)))
    assert exhibit.title == PATH
    assert exhibit.text.startswith("line 1: select a\nfrom t\n(I int4)\n(1)\n\n")
    assert "line 5: x\nno (42601)\n\nline 8: update t\nrows changed: 3\n\nline 9: y\ndone" in exhibit.text
    assert exhibit.text.endswith("... and 1 more")


def complaints(text: str, **changes: object) -> list[Complaint]:
    scope = Scope(
        files={PATH: text.encode()},
        variables={},
        datasets=("shop", "ours"),
        engines={"shop": "postgres"},
        submitted=("shop",),
    )
    return list(KIND.lint(spec_of(**changes), scope))


def test_nothing_to_complain_about() -> None:
    assert complaints(FILE) == []
    assert list(KIND.paths(spec_of())) == [(("files", 0), PATH)]


HASHED = f"query I{{}}\nselect a from t\n----\n9 values hashing to {'0' * 32}\n"


@pytest.mark.parametrize(
    ("text", "changes", "place", "what"),
    [
        (FILE, {"dataset": "shp"}, "", 'no data set "shp"'),
        (FILE, {"dataset": "ours"}, "", "holds nothing of the submission"),
        ("# a\nloop i 0 1\n", {}, f"{PATH}:2", "is no directive of SQLite"),
        ("onlyif sqlite\nstatement ok\nx\n", {}, "", "0 records run on postgres"),
        (HASHED.format(""), {}, f"{PATH}:1", "only a hash is known"),
    ],
)
def test_complaints(text: str, changes: dict[str, object], place: str, what: str) -> None:
    (found,) = complaints(text, **changes)
    assert what in found.what
    assert found.place == place


def test_a_hash_of_ordered_rows_is_fine() -> None:
    assert complaints(HASHED.format(" rowsort")) == []
    assert complaints(HASHED.format("").replace("from t", "from t order by a")) == []
    assert complaints(HASHED.format("").replace("9 values", "1 values")) == []


# --- changed answers (see also tests/test_oracle.py) ------------------------------------------------------------


def test_a_check_is_tried_by_its_records_alone() -> None:
    assert KIND.oracle is not None
    text = "query I\nselect 1\n----\n1\n\nquery I\nselect 1\n----\n1\n"
    runs = [Ran(line=line, sql="select 1", result=table("I", ("1",))) for line in (1, 6)]
    evidence = SqlLogicTestEvidence(files=(FileRun(path=PATH, records=tuple(runs)),))
    assert list(KIND.oracle.weaker(spec_of())) == []
    parts = list(KIND.oracle.parts(spec_of(), evidence, {PATH: text.encode()}))
    assert [part.name for part in parts] == [f"{PATH}: select 1", f"{PATH}: select 1 (2)"]
    assert [[place for place, _ in KIND.oracle.weaker(part.spec)] for part in parts] == [
        [f"{PATH}:1: result"],
        [f"{PATH}:6: result"],
    ]
