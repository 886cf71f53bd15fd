"""Servers of data sets on the real engine: what all of them promise, and what each does its own way."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from gradekit import runner as runners
from gradekit.checks.base import Context, Counted, Role
from gradekit.checks.http.observe import literal
from gradekit.checks.schema.judge import judge as judge_schema
from gradekit.checks.schema.model import SchemaSpec
from gradekit.checks.schema.observe import observe as observe_schema
from gradekit.checks.sql.judge import judge as judge_sql
from gradekit.checks.sql.model import SqlSpec
from gradekit.checks.sql.observe import observe as observe_sql
from gradekit.checks.statements import split
from gradekit.errors import Blocked, InfrastructureError
from gradekit.grade.bench import PodBench
from gradekit.grade.pod import Pod
from gradekit.grade.servers.base import Script, SqlServer
from gradekit.grade.servers.postgres import PostgresServer
from gradekit.grade.setting import Setting
from gradekit.results import Status
from gradekit.sandbox import images
from gradekit.sandbox.docker import connect
from gradekit.sandbox.messages import SqlRequest, SqlResult
from gradekit.sandbox.plans import ContainerPlan, FileEntry
from gradekit.spec.load import load_challenge
from tests.grade.conftest import RUBRIC

pytestmark = pytest.mark.docker
RUNNERS = Path(__file__).parents[2] / "runners"
ENGINES = ("postgres", "mariadb", "sqlite")
NUMBERS = itertools.count()
SPEC = """\
gradekit: 1
id: served
title: Served
runner: [python]
rubric: rubric.yaml
services: {{db: {{runner: {engine}}}}}
datasets:
  shop: {{service: db, load: [{{challenge: shop.sql}}]}}
app: {{dataset: shop, ready: {{tcp: true}}}}
checks:
  - {{id: run, criterion: api, command: {{run: "true", expect: {{exit: 0}}}}}}
"""
SHOP = """\
create table customers (id integer primary key, name varchar(40) not null unique);
create table orders (
  id integer primary key,
  customer_id integer not null references customers (id),
  total numeric(8, 2) not null check (total >= 0)
);
create index orders_by_customer on orders (customer_id, total);
create view big as select id from orders where total > 10;
insert into customers values (1, 'Ana; said "no"'), (2, 'Bo -- so');
insert into orders values (1, 1, 9.50), (2, 1, 20), (3, 2, 0);
"""


@pytest.fixture(scope="module", params=ENGINES)
def pod(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    folder = tmp_path_factory.mktemp("challenge")
    (folder / "challenge.yaml").write_text(SPEC.format(engine=request.param))
    (folder / "rubric.yaml").write_text(RUBRIC)
    (folder / "shop.sql").write_text(SHOP)
    engine = connect()
    built = images.ensure(["probe", request.param], folder=RUNNERS, engine=engine)
    using = Setting(engine, built, {name: runners.find(RUNNERS, name) for name in ("python", request.param)})
    pod = Pod(load_challenge(folder, rubrics=[]), using, "servers")
    pod.open()
    yield pod
    pod.close()
    engine.close()


@pytest.fixture
def server(pod: Pod) -> Iterator[SqlServer]:
    server = pod.servers["db"]
    assert isinstance(server, SqlServer)
    yield server
    server.touched = False


@pytest.fixture
def bench(pod: Pod) -> Iterator[PodBench]:
    bench = PodBench(pod.challenge, {}, pod.sandbox, "none", pod.servers, time.monotonic() + 120)
    bench.begin(Context("c", files={"right.sql": b"select name from customers;"}), 60.0, app=False, fresh=False)
    yield bench
    bench.end()
    for template in bench._datasets._templates.values():
        if isinstance(template, str):
            pod.servers["db"].drop(template)


def loaded(server: SqlServer, *scripts: str) -> str:
    name = f"template_of_test_{next(NUMBERS)}"
    server.create(name)
    for number, text in enumerate(scripts):
        assert server.load(name, Script(f"{number}.sql", text), 20.0) is None
    server.seal(name)
    return name


def ask(server: SqlServer, database: str, *statements: str, reads: bool = True, timeout: float = 5.0) -> SqlResult:
    """The result of the last statement that ran."""
    role: Role = "reader" if reads else "owner"
    return server.query(database, statements, role=role, timeout=timeout, read_only=reads)[-1]


def rows(result: SqlResult) -> Sequence[Sequence[str | None]]:
    assert result.error is None, result.error
    return [list(row) for row in result.rows]


def test_copies_are_equal_and_know_nothing_of_each_other(server: SqlServer) -> None:
    template = loaded(server, SHOP)
    first, second = server.copy(template), server.copy(template)
    assert ask(server, first, "delete from orders", reads=False).error is None
    assert rows(ask(server, first, "select count(*) from orders")) == [["0"]]
    ((count, total),) = rows(ask(server, second, "select count(*), sum(total) from orders"))
    assert (count, Decimal(total or "")) == ("3", Decimal("29.5"))
    assert rows(ask(server, second, "select id from big")) == [["2"]]
    assert ask(server, second, f"select count(*) from {first}.orders").error is not None  # noqa: S608
    server.drop(first)
    server.drop(second)


def test_copies_hold_the_same_random_numbers_and_times(server: SqlServer) -> None:
    rand = "rand()" if server.engine == "mariadb" else "random()"
    made = f"create table t (a double precision, b timestamp null); insert into t select {rand}, current_timestamp;"
    template = loaded(server, made)
    copies = [server.copy(template) for _ in range(2)]
    values = [rows(ask(server, copy, "select * from t")) for copy in copies]
    assert values[0] == values[1]
    for copy in copies:
        server.drop(copy)


def test_who_reads_cannot_write(server: SqlServer) -> None:
    copy = server.copy(loaded(server, SHOP))
    for statement in ("insert into customers values (9, 'x')", "create table x (a int)", "drop table orders"):
        assert ask(server, copy, statement).sqlstate in {"25006", "42501"}, statement
    assert rows(ask(server, copy, "select count(*) from customers")) == [["2"]]
    server.drop(copy)


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("insert into customers values (3, null)", "23502"),
        ("insert into orders values (9, 77, 1)", "23503"),
        ("delete from customers where id = 1", "23503"),
        ("insert into customers values (3, 'Bo -- so')", "23505"),
        ("insert into customers values (1, 'x')", "23505"),
        ("insert into orders values (9, 1, -1)", "23514"),
    ],
)
def test_constraints_have_the_same_codes_everywhere(server: SqlServer, statement: str, sqlstate: str) -> None:
    copy = server.copy(loaded(server, SHOP))
    assert ask(server, copy, statement, reads=False).sqlstate == sqlstate
    server.drop(copy)


def test_statements_have_a_time_limit(server: SqlServer) -> None:
    copy = server.copy(loaded(server))
    many = "(with recursive r(n) as (select 1 union all select n + 1 from r where n < 900) select n from r)"
    slow = f"select count(*) from {many} a, {many} b, {many} c, {many} d where a.n + b.n + c.n < d.n"  # noqa: S608
    begun = time.monotonic()
    assert ask(server, copy, slow, timeout=0.5).sqlstate == "57014"
    assert time.monotonic() - begun < 6
    server.drop(copy)


def test_results_have_caps(server: SqlServer) -> None:
    copy = server.copy(loaded(server))
    many = "with recursive r(n) as (select 1 union all select n + 1 from r where n < 900) select n from r"
    first, after = server.query(copy, [many, "select 'still here'"], role="reader", timeout=5.0, max_rows=10)
    assert (first.error, len(first.rows), first.truncated) == (None, 10, True)
    assert rows(after) == [["still here"]]
    server.drop(copy)


@pytest.mark.parametrize("value", ["\\", "\\' or 1=1 -- ", "it's", '"', "$$;", "/* x", "a\\nb", "`"])
def test_a_saved_value_is_one_text_of_the_engine(server: SqlServer, value: str) -> None:
    copy = server.copy(loaded(server))
    text = f"select {literal(value, server.engine)} as a where 1 = 1"
    assert split(text, server.engine) == (text,)
    assert rows(ask(server, copy, text)) == [[value]]
    server.drop(copy)


def test_a_script_that_does_not_load_says_why(server: SqlServer) -> None:
    server.create("template_x")
    failure = server.load("template_x", Script("1.sql", "create table a (x int);\nselect * from nowhere;\n"), 5.0)
    assert failure is not None
    assert "nowhere" in failure.error
    assert not failure.by_server
    server.drop("template_x")


def test_who_touches_the_server_answers_for_what_it_refuses(server: SqlServer) -> None:
    with pytest.raises(InfrastructureError, match="service db: the server refused a statement of ours"):
        server.create("not a name")
    server.touched = True
    with pytest.raises(Blocked, match="the database server no longer works as it did"):
        server.create("not a name")


def test_the_app_knows_its_database_and_no_other(server: SqlServer) -> None:
    template = loaded(server, SHOP)
    copy = server.copy(template, for_app=True)
    facts = server.facts(copy)
    assert facts.keys() == {"url", "host", "port", "user", "password", "database"}
    assert copy in facts["url"]
    assert rows(ask(server, copy, "select count(*) from customers", reads=False)) == [["2"]]
    server.drop(copy)


def test_statements_of_the_app_are_counted_and_no_others(server: SqlServer) -> None:
    copy = server.copy(loaded(server, SHOP), for_app=True)
    assert server.count_anew(copy) is (server.engine != "sqlite")
    ask(server, copy, "select count(*) from orders", reads=False)
    assert replace(server.counted(copy), texts=()) == Counted()
    if isinstance(server, PostgresServer):
        # What an app sets for its role ends with its copy.
        mine = SqlRequest(server.service, copy, ["select 1 from orders"], "app", server.passwords["app"])
        assert [result.error for result in server.sandbox.sql(mine)] == [None]
        assert server.counted(copy).sent == 1
    server.drop(copy)


def test_a_query_of_the_candidates_is_compared_with_the_references(bench: PodBench) -> None:
    spec = SqlSpec.model_validate({"file": "q.sql", "dataset": "shop", "expect": {"reference": "right.sql"}})
    for query, status in (("select name from customers order by id desc", Status.PASSED), ("select 1", Status.FAILED)):
        bench.submission = {"q.sql": FileEntry("q.sql", query.encode())}
        assert judge_sql(spec, observe_sql(spec, bench), bench.context).outcome.status is status


def test_statements_of_the_candidates_leave_a_state(bench: PodBench) -> None:
    state = {"query": "select total from orders", "reference": "update.sql"}
    spec = SqlSpec.model_validate(
        {"file": "u.sql", "dataset": "shop", "allow": ["update"], "expect": {"state": state}, "max_statements": 2}
    )
    right = b"update orders set total = total + 1 where id = 3; update orders set total = total * 2 where total < 5"
    bench.context = Context("c", files={"update.sql": b"update orders set total = 2 where id = 3"})
    bench.submission = {"u.sql": FileEntry("u.sql", right)}
    assert judge_sql(spec, observe_sql(spec, bench), bench.context).outcome.status is Status.PASSED


def test_a_schema_is_read_from_the_catalogue(bench: PodBench) -> None:
    spec = SchemaSpec.model_validate(
        {
            "dataset": "shop",
            "tables": {
                "customers": {
                    "columns": {"id": {"type": "integer"}, "name": {"type": "varchar(40)", "nullable": False}},
                    "primary_key": ["id"],
                    "unique": [["name"]],
                },
                "orders": {
                    "columns": {"total": {"type": "numeric(8,2)", "nullable": False}},
                    "foreign_keys": [{"columns": ["customer_id"], "references": "customers(id)"}],
                    "indexes": [["customer_id", "total"]],
                },
                "nothing": {"absent": True},
                "big": {"absent": True},
            },
            "probes": [
                {"name": "no debts", "execute": "insert into orders values (4, 1, -1)", "fails_with": "check"},
                {"name": "whose", "execute": "insert into orders values (4, 7, 1)", "fails_with": "foreign_key"},
                {"name": "twice", "execute": "insert into customers values (2, 'x')", "fails_with": "unique"},
                {"name": "nobody", "execute": "insert into customers values (3, null)", "fails_with": "not_null"},
                {
                    "name": "fine",
                    "before": "insert into customers values (3, 'Cy')",
                    "execute": "insert into orders values (4, 3, 1)",
                    "succeeds": True,
                },
            ],
        }
    )
    judgement = judge_schema(spec, observe_schema(spec, bench), bench.context)
    assert [
        (case.title, case.outcome.message) for case in judgement.cases if case.outcome.status is not Status.PASSED
    ] == []


WRITES = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("pragma journal_mode = wal")
connection.execute("insert into customers values (7, 'App')")
print(os.getuid(), os.listdir(os.path.dirname(sys.argv[1])))
print(connection.execute("select count(*) from orders").fetchone(), flush=True)
os._exit(0)  # leaves the log unmerged
"""


def in_app(pod: Pod, *argv: str) -> str:
    """What a program prints that has what the app has of the service."""
    image = pod.setting.images["sqlite"].id
    plan = ContainerPlan(image, argv, mounts=tuple(pod.shares.values()))
    result = pod.sandbox.run(plan, timeout=20.0)
    return (result.stdout + result.stderr).decode()


@pytest.mark.parametrize("pod", ["sqlite"], indirect=True)
def test_an_app_and_its_checks_share_a_file_of_sqlite(pod: Pod, server: SqlServer) -> None:
    copy = server.copy(loaded(server, SHOP), for_app=True)
    file = server.facts(copy)["database"]
    assert server.facts(copy)["url"] == f"sqlite:///{file}"
    assert "10001" in (said := in_app(pod, "python3", "-c", WRITES, file)), said
    assert "db.sqlite3-wal" in said
    assert rows(ask(server, copy, "select name from customers where id = 7", reads=False)) == [["App"]]
    assert ask(server, copy, "delete from orders", reads=False).error is None
    said = in_app(pod, "python3", "-c", WRITES.replace("(7,", "(8,").replace("App", "Bpp"), file)
    assert "(0,)" in said, said
    server.drop(copy)
    assert in_app(pod, "ls", "/files") == ""


@pytest.mark.parametrize("pod", ["sqlite"], indirect=True)
def test_an_app_cannot_send_its_checks_elsewhere(pod: Pod, server: SqlServer) -> None:
    template = loaded(server, SHOP)
    copy = server.copy(template, for_app=True)
    file = server.facts(copy)["database"]
    for make in (f"ln -s /data/{template}.db {file}", f"mkfifo {file}", f"head -c 9000 /dev/urandom > {file}"):
        in_app(pod, "sh", "-c", f"rm -f {file}*; {make}")
        assert ask(server, copy, "select 1 from customers", reads=False).sqlstate in {"08006", "XX001"}, make
    assert "denied" in in_app(pod, "sh", "-c", "touch /files/x")
    server.drop(copy)


def as_app(facts: Mapping[str, str], statements: str, **changed: str) -> Sequence[str]:
    """The argv of MariaDB's own client, with what an app knows."""
    known = {**facts, **changed}
    login = [f"--{name}={known[name]}" for name in ("host", "port", "user", "password")]
    return ("mariadb", "--no-defaults", "--protocol=tcp", *login, "-Ne", statements, known["database"])


@pytest.mark.parametrize("pod", ["mariadb"], indirect=True)
def test_an_app_comes_in_over_the_network_to_its_own_database_only(pod: Pod, server: SqlServer) -> None:
    template = loaded(server, SHOP)
    checked, copy = server.copy(template), server.copy(template, for_app=True)
    facts = server.facts(copy)

    def run(statements: str, **changed: str) -> str:
        plan = ContainerPlan(pod.setting.images["mariadb"].id, as_app(facts, statements, **changed))
        result = pod.sandbox.run(plan, timeout=20.0)
        return (result.stdout + result.stderr).decode()

    assert run("insert into customers values (7, 'App'); select count(*) from customers").split() == ["3"]
    assert rows(ask(server, copy, "select name from customers where id = 7", reads=False)) == [["App"]]
    for user, password in (
        (f"loader_{checked}", ""),
        ("gradekit", ""),
        ("root", ""),
        (f"loader_{copy}", facts["password"]),
    ):
        assert "ERROR 1045" in run("select 1", user=user, password=password), user
    assert "denied" in run(f"select * from {checked}.customers")  # noqa: S608
    assert "denied" in run("select * from mysql.global_priv")
    assert "denied" in run("select 'x' into outfile '/data/x'")
    assert "denied" in run("set global max_connections = 1")
    server.drop(copy)
    assert "ERROR" in run("select 1")
    server.drop(checked)


@pytest.mark.parametrize("pod", ["mariadb"], indirect=True)
def test_a_copy_is_dropped_although_its_app_holds_locks(pod: Pod, server: SqlServer) -> None:
    copy = server.copy(loaded(server, SHOP), for_app=True)
    locks = (
        "set autocommit = 0; lock tables orders write, customers write; update orders set total = 1; select sleep(60)"
    )
    plan = ContainerPlan(pod.setting.images["mariadb"].id, as_app(server.facts(copy), locks))
    app = pod.sandbox.start(plan)
    busy = "select count(*) from orders"
    end = time.monotonic() + 10
    while ask(server, copy, busy, reads=False, timeout=0.2).sqlstate != "57014" and time.monotonic() < end:
        time.sleep(0.1)
    begun = time.monotonic()
    server.drop(copy)
    assert time.monotonic() - begun < 10
    app.stop()
