"""The probe's SQL operation, in a pod with a real MariaDB."""

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
    """Run statements as an ordinary account in a database of its own."""
    engine = connect()
    built = images.ensure(["probe", "mariadb"], folder=Path(__file__).parents[2] / "runners", engine=engine)
    plan = SandboxPlan("probe-mariadb", built["probe"].id, (VolumePlan("db", 1 << 20, uid=SERVICE_UID),))
    with engine.open(plan) as sandbox:
        server = sandbox.start(
            ContainerPlan(
                image=built["mariadb"].id,
                argv=("/opt/gradekit/bin/serve",),
                uid=SERVICE_UID,
                mounts=(Mount("db", "/run/mysqld", writable=True),),
                tmpfs=(Tmpfs("/data", 512 << 20),),
            )
        )
        assert sandbox.listening(3306, timeout=20.0), server.tail()
        rights = ["create user app@localhost identified by 'pw'", "grant all on app.* to app@localhost"]
        setup = sandbox.sql(SqlRequest("db", "", ["create database app", *rights], engine="mariadb"))
        assert [result.error for result in setup] == [None, None, None]

        def execute(*statements: str, **fields: Any) -> Sequence[SqlResult]:  # noqa: ANN401 - of SqlRequest
            account = {"user": "app", "password": "pw", "engine": "mariadb"}
            return sandbox.sql(SqlRequest("db", "app", statements, **{**account, **fields}))

        yield execute
    engine.close()


def test_values_are_the_engines_own_text(run: Run) -> None:
    (result,) = run(
        "select 1 as a, cast(1.50 as decimal(5,2)) as b, 0.1e0 + 0.2e0 as c, null as d, '' as e, true as f,"
        " timestamp '2024-01-01 10:00:00' as g, x'00ff' as h, date '2024-02-29' as i, 'ä' as j, b'101' as k"
    )
    assert [(column.name, column.type) for column in result.columns] == [
        ("a", "int"),
        ("b", "decimal"),
        ("c", "double"),
        ("d", "null"),
        ("e", "varchar"),
        ("f", "int"),
        ("g", "datetime"),
        ("h", "varbinary"),
        ("i", "date"),
        ("j", "varchar"),
        ("k", "varbinary"),
    ]
    assert list(result.rows[0]) == [
        "1",
        "1.50",
        "0.30000000000000004",
        None,
        "",
        "1",
        "2024-01-01 10:00:00",
        "\\x00ff",
        "2024-02-29",
        "ä",
        "\\x05",
    ]


def test_affected_rows(run: Run) -> None:
    results = run(
        "create temporary table t (a int)",
        "insert into t select seq from seq_1_to_5",
        "update t set a = a where a > 2",
        "delete from t where a = 99",
        "select * from t",
    )
    assert [result.affected for result in results] == [None, 5, 3, 0, None]
    assert len(results[-1].rows) == 5


def test_files_of_many_statements(run: Run) -> None:
    results = run("create table many (a int);\ninsert into many values (1), (2);\nselect a from many order by a;")
    assert [list(row) for row in results[0].rows] == [["1"], ["2"]]
    (failed,) = run("select 1;\n\nselect * from nowhere;\nselect 2")
    assert (failed.sqlstate, failed.error, failed.rows) == ("42S02", "Table 'app.nowhere' doesn't exist", ())


def test_a_routine_is_one_statement_of_the_server(run: Run) -> None:
    body = "begin declare n int default 2; select 1; set @n = n; end"
    results = run(f"create procedure p() {body}; call p(); select @n;", "select 'after'")
    assert [list(row) for result in results for row in result.rows] == [["2"], ["after"]]


@pytest.mark.parametrize(("statement", "code"), [("selec 2", "42601"), ("select nothing", "42S22")])
def test_statements_stop_at_the_first_error(run: Run, statement: str, code: str) -> None:
    results = run("select 1", statement, "select 3")
    assert [(len(result.rows), result.sqlstate) for result in results] == [(1, None), (0, code)]


def test_read_only(run: Run) -> None:
    assert run("create table no (a int)", read_only=True)[0].sqlstate == "25006"


@pytest.mark.parametrize(
    ("statement", "limits", "rows"),
    [
        ("select seq from seq_1_to_9000000", {"max_rows": 10}, 10),
        ("select seq from seq_1_to_10", {"max_rows": 10}, 10),
        ("select repeat('x', 1000) from seq_1_to_1000000", {"max_bytes": 10_000}, 9),
    ],
)
def test_caps(run: Run, statement: str, limits: dict[str, int], rows: int) -> None:
    result, after = run(statement, "select 'still here'", timeout=10.0, **limits)
    assert (result.error, len(result.rows), result.truncated) == (None, rows, "_to_10" not in statement[-7:])
    assert after.rows[0][0] == "still here"


def test_one_huge_value_is_more_than_is_taken(run: Run) -> None:
    (result,) = run("select repeat('x', 15000000)", timeout=20.0, max_bytes=1 << 20)
    assert (result.rows, result.truncated) == ((), True)
    assert run("select 1")[0].error is None


def test_statement_timeout(run: Run) -> None:
    assert run("select sleep(30)", timeout=0.3)[0].sqlstate == "57014"


def test_timeout_that_the_statement_switched_off(run: Run) -> None:
    result = run("set statement max_statement_time = 0 for select benchmark(1000000000000, md5('x'))", timeout=0.3)[0]
    assert result.sqlstate == "57014"
    assert "within 2.3 s" in (result.error or "")
    time.sleep(0.5)
    (busy,) = run("select count(*) from information_schema.processlist where info like '%benchmark%'")
    assert busy.rows[0][0] == "1"  # this very question


def test_no_file_of_the_probe_is_handed_over(run: Run) -> None:
    (result,) = run("create table f (a text); load data local infile '/etc/passwd' into table f")
    assert result.error is not None
    assert run("select count(*) from f")[0].rows == (("0",),)


@pytest.mark.parametrize("fields", [{"password": "wrong"}, {"user": "nobody"}])
def test_failed_connections(run: Run, fields: dict[str, str]) -> None:
    (result,) = run("select 1", "select 2", **fields)
    assert result.sqlstate == "08006"
    assert "Access denied" in (result.error or "")


def test_lost_connection(run: Run) -> None:
    (result,) = run("kill connection_id()", "select 1")
    assert result.sqlstate in {"08006", "57P01", "57014"}


def test_statements_share_a_limit(run: Run) -> None:
    begun = time.monotonic()
    results = run(*["select sleep(0.9)"] * 20, timeout=1.0, total=1.0)
    assert results[-1].sqlstate == "57014"
    assert time.monotonic() - begun < 5
