"""The probe's SQL operation, in a pod with a real PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gradekit.sandbox import images
from gradekit.sandbox.docker import connect
from gradekit.sandbox.messages import SqlRequest, SqlResult
from gradekit.sandbox.plans import SERVICE_UID, ContainerPlan, Mount, SandboxPlan, Tmpfs, VolumePlan

pytestmark = pytest.mark.docker
Run = Callable[..., Sequence[SqlResult]]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Run statements as an ordinary role in a database of its own."""
    engine = connect()
    built = images.ensure(["probe", "postgres"], folder=Path(__file__).parents[2] / "runners", engine=engine)
    plan = SandboxPlan("probe-sql", built["probe"].id, (VolumePlan("db", 1 << 20, uid=SERVICE_UID),))
    with engine.open(plan) as sandbox:
        server = sandbox.start(
            ContainerPlan(
                image=built["postgres"].id,
                argv=("/opt/gradekit/bin/serve",),
                uid=SERVICE_UID,
                mounts=(Mount("db", "/run/postgresql", writable=True),),
                tmpfs=(Tmpfs("/data", 512 << 20),),
            )
        )
        assert sandbox.listening(5432, timeout=10.0), server.tail()
        setup = sandbox.sql(
            SqlRequest("db", "postgres", ["create role app login password 'pw'", "create database app owner app"])
        )
        assert [result.error for result in setup] == [None, None]

        def execute(*statements: str, **fields: Any) -> Sequence[SqlResult]:  # noqa: ANN401 - of SqlRequest
            return sandbox.sql(SqlRequest("db", "app", statements, **{"user": "app", "password": "pw", **fields}))

        yield execute
    engine.close()


def test_values_are_the_engines_own_text(run: Run) -> None:
    (result,) = run(
        "select 1::int2 as a, 1.50::numeric(5,2) as b, 0.1::float8 + 0.2 as c, null::text as d, '' as e,"
        " true as f,"
        " '2024-01-01 10:00+02'::timestamptz as g, '{1,NULL}'::int[] as h, '\\x00ff'::bytea as i,"
        " interval '90 min' as j"
    )
    assert [(column.name, column.type) for column in result.columns] == [
        ("a", "int2"),
        ("b", "numeric"),
        ("c", "float8"),
        ("d", "text"),
        ("e", "text"),
        ("f", "bool"),
        ("g", "timestamptz"),
        ("h", "_int4"),
        ("i", "bytea"),
        ("j", "interval"),
    ]
    assert list(result.rows[0]) == [
        "1",
        "1.50",
        "0.30000000000000004",
        None,
        "",
        "t",
        "2024-01-01 08:00:00+00",
        "{1,NULL}",
        "\\x00ff",
        "01:30:00",
    ]


def test_types_of_the_database_have_names(run: Run) -> None:
    results = run(
        "create type mood as enum ('ok'); create domain small as int", "select 'ok'::mood, array['ok'::mood], 1::small"
    )
    assert [column.type for column in results[-1].columns] == ["mood", "_mood", "int4"]


def test_affected_rows(run: Run) -> None:
    results = run(
        "create temp table t (a int)",
        "insert into t select generate_series(1, 5)",
        "update t set a = a where a > 2",
        "delete from t where a = 1 returning a",
        "select * from t",
    )
    assert [result.affected for result in results] == [None, 5, 3, 1, None]
    assert len(results[-1].rows) == 4


def test_files_of_many_statements(run: Run) -> None:
    results = run("create table many (a int);\ninsert into many values (1), (2);\nselect a from many order by a;")
    assert [list(row) for row in results[0].rows] == [["1"], ["2"]]
    (failed,) = run("select 1;\n\nselect * from nowhere;\nselect 2")
    assert (failed.sqlstate, failed.error, failed.rows) == ("42P01", 'relation "nowhere" does not exist at line 3', ())


def test_statements_stop_at_the_first_error(run: Run) -> None:
    results = run("select 1", "selec 2", "select 3")
    assert [(len(result.rows), result.sqlstate) for result in results] == [(1, None), (0, "42601")]


def test_statements_can_go_on_after_an_error(run: Run) -> None:
    script = ("create temp table kept (a int)", "selec 2", "select pg_sleep(5)", "select a from kept")
    results = run(*script, timeout=0.5, keep_going=True)
    assert [result.sqlstate for result in results] == [None, "42601", "57014", None]
    (lost,) = run("select pg_terminate_backend(pg_backend_pid())", "select 1", keep_going=True)
    assert lost.error is not None


@pytest.mark.parametrize("statement", ["", " ", "-- nothing\n", ";"])
def test_nothing_to_do(run: Run, statement: str) -> None:
    assert run(statement) == (SqlResult(),)


def test_read_only(run: Run) -> None:
    assert run("create table no (a int)", read_only=True)[0].sqlstate == "25006"


def test_settings_of_the_database_do_not_change_texts(run: Run) -> None:
    run("alter database app set timezone = 'Asia/Tokyo'", "alter database app set datestyle = 'German'")
    assert run("select '2024-01-02 00:00+00'::timestamptz")[0].rows[0][0] == "2024-01-02 00:00:00+00"
    run("alter database app reset all")


@pytest.mark.parametrize(
    ("statement", "limits", "rows"),
    [
        ("select g from generate_series(1, 3000000) g", {"max_rows": 10}, 10),
        ("select g from generate_series(1, 10) g", {"max_rows": 10}, 10),
        ("select repeat('x', 1000) from generate_series(1, 1000000) g", {"max_bytes": 10_000}, 9),
    ],
)
def test_caps(run: Run, statement: str, limits: dict[str, int], rows: int) -> None:
    result, after = run(statement, "select 'still here'", timeout=10.0, **limits)
    assert (result.error, len(result.rows), result.truncated) == (None, rows, "(1, 10)" not in statement)
    assert after.rows[0][0] == "still here"


def test_one_huge_value_is_an_error_of_its_statement(run: Run) -> None:
    (result,) = run("select repeat('x', 400000000)", timeout=20.0, max_bytes=1 << 20)
    assert (result.rows, result.sqlstate) == ((), "53200")
    assert run("select 1")[0].error is None


def test_statement_timeout(run: Run) -> None:
    assert run("select pg_sleep(30)", timeout=0.3)[0].sqlstate == "57014"


def test_timeout_that_the_statement_switched_off(run: Run) -> None:
    result = run("set statement_timeout = 0; select pg_sleep(30)", timeout=0.3)[0]
    assert result.sqlstate == "57014"
    assert "within 2.3 s" in (result.error or "")


@pytest.mark.parametrize("statement", ["copy pg_class to stdout", "create temp table c (a int); copy c from stdin"])
def test_copy_over_the_connection(run: Run, statement: str) -> None:
    assert run(statement)[0].sqlstate == "0A000"


@pytest.mark.parametrize("fields", [{"password": "wrong"}, {"user": "nobody"}])
def test_failed_connections(run: Run, fields: dict[str, str]) -> None:
    (result,) = run("select 1", "select 2", **fields)
    assert result.sqlstate == "08006"
    assert result.error


def test_lost_connection(run: Run) -> None:
    (result,) = run("select pg_terminate_backend(pg_backend_pid())", "select 1")
    assert result.sqlstate in {"08006", "57P01"}


def test_notices_without_end_end_with_the_time_of_the_statement(run: Run) -> None:
    begun = time.monotonic()
    flood = "loop begin loop raise notice 'x'; end loop; exception when query_canceled then null; end; end loop"
    (result,) = run(f"do $$ begin {flood}; end $$", timeout=0.5)
    assert result.sqlstate == "57014"
    assert time.monotonic() - begun < 5
    run("select pg_terminate_backend(pid) from pg_stat_activity where query like 'do %' and pid <> pg_backend_pid()")


def test_statements_share_a_limit(run: Run) -> None:
    begun = time.monotonic()
    results = run(*["select pg_sleep(0.9)"] * 20, timeout=1.0, total=1.0)
    assert results[-1].sqlstate == "57014"
    assert time.monotonic() - begun < 5


def test_a_complaint_is_cut(run: Run) -> None:
    (result,) = run("do $$ begin raise exception '%', repeat('x', 20000000); end $$", timeout=5.0)
    assert result.sqlstate == "P0001"
    assert result.error is not None
    assert len(result.error) <= 8 * 1024


def test_notices_do_not_pile_up(run: Run) -> None:
    assert run("do $$ begin for i in 1..20000 loop raise notice 'x'; end loop; end $$")[0].error is None
