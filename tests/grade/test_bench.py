from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradekit import runner as runners
from gradekit.checks.base import Context, Counted
from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade.allowance import Allowance
from gradekit.grade.bench import PodBench
from gradekit.grade.servers.base import LoadFailure, Script
from gradekit.grade.servers.postgres import PostgresServer
from gradekit.record import Printed
from gradekit.runner import Runner
from gradekit.sandbox.messages import CallReply, CallRequest, HttpReply, HttpRequest, LoadRequest, SqlRequest, SqlResult
from gradekit.sandbox.plans import CANDIDATE_UID, TESTER_UID, ContainerPlan, Ending, ExecResult, FileEntry, Mount
from gradekit.spec.challenge import Challenge
from tests.fakes import FakeRunning, FakeSandbox, cut, exited, reply, rows

OK = SqlResult()
BROKEN = SqlResult(error='relation "orders" does not exist', sqlstate="42P01")


class World:
    """A bench on a fake pod; ``fails`` are parts of statements that the server refuses."""

    def __init__(self, challenge: Challenge, files: Mapping[str, FileEntry]) -> None:
        self.fails: list[str] = []
        self.sqlstate = BROKEN.sqlstate
        self.pause = 0.0
        self.given = b""
        self.sandbox = FakeSandbox(sql=self.sql, http=self.http, run=self.run, start=FakeRunning, listening=True)
        self.health = reply(200)
        server = PostgresServer(self.sandbox, "db")
        server.prepare()
        self.server = server
        self.bench = PodBench(challenge, files, self.sandbox, "image", {"db": server}, time.monotonic() + 60)

    def anew(self, **changes: Any) -> None:  # noqa: ANN401 - whatever the bench is made of
        """Another bench, with something else in it."""
        self.bench = replace(self.bench, run_deadline=time.monotonic() + 60, **changes)

    def sql(self, request: SqlRequest) -> Sequence[SqlResult]:
        results: list[SqlResult] = []
        if request.user == "loader":
            time.sleep(self.pause)
        broken = replace(BROKEN, sqlstate=self.sqlstate)
        for statement in request.statements:
            results.append(broken if any(part in statement for part in self.fails) else OK)
            if results[-1].error:
                break
        return results

    def http(self, _request: HttpRequest) -> HttpReply:
        return self.health

    def run(self, _plan: ContainerPlan, stdin: bytes) -> ExecResult:
        self.given = stdin
        return exited()

    def begin(self, *, app: bool = False, fresh: bool = False, timeout: float = 5.0) -> None:
        self.bench.begin(Context("c"), timeout, app=app, fresh=fresh)

    def statements(self, user: str | None) -> list[str]:
        return [
            statement
            for request in self.sandbox.asked("sql")
            if request.user == user
            for statement in request.statements
        ]


@pytest.fixture
def world(challenge: Challenge, files: Mapping[str, FileEntry]) -> World:
    return World(challenge, files)


def test_a_data_set_is_loaded_once_in_order_and_copied_for_each_use(world: World) -> None:
    world.begin()
    first = world.bench.database("shop")
    second = world.bench.database("shop")
    assert first.name != second.name
    assert world.statements("loader") == ["create table a()", "create table b()", "insert into orders values (1)"]
    world.bench.end()
    dropped = [text for text in world.statements(None) if text.startswith("DROP")]
    assert dropped == [f"DROP DATABASE IF EXISTS {copy.name} WITH (FORCE)" for copy in (first, second)]


def test_the_app_cannot_connect_to_data_sets_of_checks(world: World) -> None:
    world.begin(app=True)
    checked = world.bench.database("ours")
    app = world.bench.app_database()
    granted = [text for text in world.statements(None) if text.startswith("GRANT CONNECT")]
    assert f"GRANT CONNECT ON DATABASE {app.name} TO app" in granted
    assert f"GRANT CONNECT ON DATABASE {checked.name} TO app" not in granted
    assert [text for text in granted if text.endswith(" TO app")] == [f"GRANT CONNECT ON DATABASE {app.name} TO app"]


def test_each_copy_gives_roles_their_settings_and_passwords_back(world: World) -> None:
    world.begin()
    world.bench.database("ours")
    before = len(world.statements(None))
    world.bench.database("ours")
    later = world.statements(None)[before:]
    assert "ALTER ROLE loader RESET ALL" in later
    assert later.index("ALTER ROLE loader RESET ALL") < later.index("ALTER ROLE loader SET role = 'app'")
    assert any(text.startswith("ALTER ROLE reader PASSWORD") for text in later)


def test_the_administrator_uses_nothing_that_a_candidate_may_have_put_into_a_database(world: World) -> None:
    world.begin(app=True)
    world.bench.database("shop")
    world.bench.end()
    asked = [request for request in world.sandbox.asked("sql") if request.user is None]
    assert any("GRANT SELECT" in statement for request in asked for statement in request.statements)
    assert {request.statements[0] for request in asked} == {"SET search_path = pg_catalog, pg_temp"}


def test_a_migration_that_does_not_load_blocks_every_use_without_a_second_try(world: World) -> None:
    world.fails = ["create table b"]
    world.begin()
    for _ in range(2):
        with pytest.raises(Blocked, match=r"migrations/2\.sql does not load: relation .* \(42P01\)"):
            world.bench.database("shop")
    assert world.statements("loader").count("create table b()") == 1


def test_our_script_on_tables_of_the_candidate_is_their_fault_and_on_ours_it_is_ours(world: World) -> None:
    world.fails = ["insert into orders"]
    world.begin()
    with pytest.raises(Blocked, match="our data do not fit the tables that your migrations make"):
        world.bench.database("shop")
    with pytest.raises(InfrastructureError, match=r"datasets\.ours: seed\.sql does not load"):
        world.bench.database("ours")


def test_a_missing_or_unreadable_migration_blocks(challenge: Challenge) -> None:
    none = World(challenge, {"app.py": FileEntry("app.py", b"")})
    none.begin()
    with pytest.raises(Blocked, match="no file of the submission matches"):
        none.bench.database("shop")
    latin = World(challenge, {"migrations/1.sql": FileEntry("migrations/1.sql", b"\xff")})
    latin.begin()
    with pytest.raises(Blocked, match="is not UTF-8"):
        latin.bench.database("shop")


def test_a_server_that_breaks_is_ours_before_the_candidate_came_and_theirs_later(world: World) -> None:
    world.fails = ["CREATE DATABASE"]
    world.begin()
    with pytest.raises(InfrastructureError, match="the server refused a statement of ours"):
        world.bench.database("ours")
    world.server.touched = True
    with pytest.raises(Blocked, match="no longer works as it did"):
        world.bench.database("ours")


def test_a_copy_that_cannot_be_dropped_does_not_undo_what_was_observed(world: World) -> None:
    world.begin()
    world.bench.database("shop")
    world.fails = ["DROP"]
    world.bench.end()


def test_copies_know_whose_tables_they_hold(world: World) -> None:
    world.begin()
    assert isinstance(world.bench.database("shop").fault("q.sql", "slow"), Blocked)
    assert isinstance(world.bench.database("ours").fault("q.sql", "slow"), InfrastructureError)


def test_a_server_that_code_of_the_candidate_could_reach_is_no_excuse(world: World) -> None:
    world.begin()
    ours = world.bench.database("ours")
    assert isinstance(ours.fault("q.sql", "no memory", server=True), InfrastructureError)
    world.bench.command(("true",), stdin=b"", timeout=1.0, env={})
    assert isinstance(ours.fault("q.sql", "no memory", server=True), Blocked)
    assert isinstance(ours.fault("q.sql", "too many rows"), InfrastructureError)


def test_a_query_of_the_candidate_touches_the_server_and_a_reference_does_not(world: World) -> None:
    world.begin()
    ours = world.bench.database("ours")
    ours.query(["select 1"], role="reader", timeout=1.0)
    assert not world.server.touched
    ours.query(["select 1"], role="reader", timeout=1.0, theirs=True)
    assert world.server.touched


def test_a_script_of_ours_that_is_wrong_stays_our_fault_on_a_server_that_was_touched(world: World) -> None:
    world.begin()
    world.server.touched = True
    world.fails = ["insert into orders"]
    with pytest.raises(InfrastructureError, match=r"seed\.sql does not load"):
        world.bench.database("ours")
    world.sqlstate = "53300"
    with pytest.raises(Blocked, match="no longer works"):
        world.bench.database("ours")


def test_the_app_cannot_be_blamed_for_a_copy_that_fails_before_it_runs(world: World) -> None:
    spec = world.bench.challenge.spec
    assert spec.app is not None
    ours = spec.model_copy(update={"app": spec.app.model_copy(update={"dataset": ("ours",)})})
    world.anew(challenge=replace(world.bench.challenge, spec=ours))
    world.fails = ["CREATE DATABASE copy"]
    with pytest.raises(InfrastructureError, match="the server refused a statement of ours"):
        world.begin(app=True)


def test_statements_share_the_time_of_their_check(world: World) -> None:
    world.begin(timeout=3.0)
    world.bench.database("ours").query(["select 1"] * 100, role="owner", timeout=1.0, theirs=True)
    sent = world.sandbox.asked("sql")[-1]
    assert sent.timeout == 1.0
    assert sent.total is not None
    assert sent.total <= 3.0


def test_all_files_of_the_candidate_for_a_data_set_share_one_limit(world: World) -> None:
    world.bench.allowance.run_deadline = time.monotonic() + 0.5
    world.begin()
    world.pause = 0.6
    with pytest.raises(Blocked, match=r"migrations/2\.sql was not loaded: your files for data set shop took too long"):
        world.bench.database("shop")
    loads = [request for request in world.sandbox.asked("sql") if request.user == "loader"]
    assert [request.timeout <= 0.5 for request in loads] == [True]
    assert world.statements(None)[-1] == "DROP DATABASE IF EXISTS template_0 WITH (FORCE)"


def test_waiting_for_the_app_ends_with_the_run(world: World) -> None:
    world.health = reply(503)
    world.bench.allowance.run_deadline = time.monotonic() + 0.2
    begun = time.monotonic()
    with pytest.raises(Blocked, match="had not answered"):
        world.begin(app=True)
    assert time.monotonic() - begun < 0.8


def test_an_app_that_does_not_start_keeps_its_reason_when_the_server_is_gone_too(world: World) -> None:
    world.health = reply(503)
    world.fails = ["DROP"]
    for _ in range(2):
        with pytest.raises(Blocked, match="had not answered GET /health"):
            world.begin(app=True)


def test_the_app_starts_once_with_its_environment(world: World) -> None:
    world.begin(app=True)
    world.begin(app=True)
    (plan,) = world.sandbox.asked("start")
    database = world.bench.app_database().name
    password = world.server.passwords["app"]
    assert plan.env == {
        "DATABASE_URL": f"postgresql://app:{password}@127.0.0.1:5432/{database}",
        "NAME": f"x-{database}",
        "PORT": "8080",
    }
    assert not any(mount.writable for mount in plan.mounts)
    assert plan.argv == ("/opt/gradekit/bin/serve",)


def test_the_app_has_the_files_that_it_shares_with_its_service(world: World) -> None:
    share = Mount("db.files", "/files", writable=True)
    world.anew(shares={"db": share, "other": Mount("other.files", "/other", writable=True)})
    world.begin(app=True)
    (plan,) = world.sandbox.asked("start")
    assert [mount for mount in plan.mounts if mount.writable] == [share]


def test_fresh_restarts_the_app_on_a_new_copy(world: World) -> None:
    world.begin(app=True)
    first = world.bench.app_database().name
    world.begin(app=True, fresh=True)
    assert world.bench.app_database().name != first
    assert len(world.sandbox.asked("start")) == 2


def test_an_app_that_crashed_is_started_again_for_the_next_check(world: World) -> None:
    world.begin(app=True)
    world.sandbox.running[0].stop()
    world.begin(app=True)
    assert len(world.sandbox.asked("start")) == 2


def test_an_app_that_never_answers_well_blocks_at_once_the_next_time(world: World) -> None:
    world.health = reply(503)
    with pytest.raises(Blocked, match=r"had not answered GET /health after 1 s; the last answer had status 503"):
        world.begin(app=True)
    begun = time.monotonic()
    with pytest.raises(Blocked, match="503"):
        world.begin(app=True)
    assert time.monotonic() - begun < 0.5
    assert not any(running.alive() for running in world.sandbox.running)


def test_requests_go_to_the_apps_port_and_end_with_the_check(world: World) -> None:
    world.begin(app=True, timeout=0.2)
    world.bench.request(HttpRequest(0, "GET", "/x", timeout=9.0))
    sent = world.sandbox.asked("http")[-1]
    assert sent.port == 8080
    assert sent.timeout <= 0.2
    time.sleep(0.21)
    with pytest.raises(Blocked, match=r"the check ran past its limit of 0\.2 s"):
        world.bench.sleep(0.01)


def test_a_run_without_time_left_blocks(challenge: Challenge, files: Mapping[str, FileEntry]) -> None:
    world = World(challenge, files)
    world.bench.allowance.run_deadline = time.monotonic() - 1
    with pytest.raises(Blocked, match="the run's time limit was used up"):
        world.begin()


def test_hidden_files_reach_a_container_only_when_their_check_runs(world: World) -> None:
    world.begin()
    assert world.sandbox.files == {}
    world.bench.test((FileEntry("test_x.py", b"pass"),), timeout=1.0, max_output=10)
    assert list(world.sandbox.files) == ["files-c"]
    (plan,) = world.sandbox.asked("run")
    assert [(mount.volume, mount.path, mount.writable) for mount in plan.mounts] == [
        ("work", "/work", False),
        ("files-c", "/hidden", False),
    ]
    assert plan.alone
    assert not world.server.touched


def compiled(world: World, **results: ExecResult) -> list[ContainerPlan]:
    """Let the runner build; what runs later exits with 0. The plan of the build."""
    world.anew(runner=PYTHON.model_copy(update={"verbs": ("build", "serve", "test", "call")}))
    world.sandbox._run = lambda plan, _stdin: results.get(plan.name, exited())
    world.bench.build()
    (plan,) = world.sandbox.asked("run")
    return [plan]


def test_a_build_has_no_network_and_may_write_only_where_the_rest_reads(world: World) -> None:
    (plan,) = compiled(world)
    assert (plan.argv, plan.uid, plan.alone) == (("/opt/gradekit/bin/build",), CANDIDATE_UID, True)
    assert plan.mounts == (Mount("work", "/work"), Mount("build", "/build", writable=True))
    assert not world.server.touched
    world.begin(app=True)
    world.bench.command(("true",), stdin=b"", timeout=1.0, env={})
    world.bench.test((), timeout=1.0, max_output=10)
    world.bench.plain_image = "plain"
    world.bench.test((), timeout=1.0, max_output=10, split=True)
    app, worker = world.sandbox.asked("start")
    _, command, suite, tester = world.sandbox.asked("run")
    for later in (app, worker, command, suite):
        assert tuple(later.mounts[:2]) == (Mount("work", "/work"), Mount("build", "/build")), later.name
    assert "build" not in {mount.volume for mount in tester.mounts}


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (exited(1, stderr=b"Main.java:3:\n  ';' expected\n"), "Main.java:3: ';' expected"),
        (exited(2), "exit code 2"),
        (cut(Ending.TIMEOUT), "it took longer than 60 s"),
        (cut(Ending.OOM), "it ran out of memory"),
        (cut(Ending.OUTPUT), "it printed too much"),
    ],
)
def test_what_does_not_build_does_not_run_and_its_sql_is_judged_all_the_same(
    world: World, result: ExecResult, why: str
) -> None:
    compiled(world, build=result)
    with pytest.raises(Blocked, match=f"the submission does not build: {re.escape(why)}$"):
        world.begin(app=True)
    world.begin()
    world.bench.database("shop").query(["select 1"], role="reader", timeout=1.0)
    attempts: list[Callable[[], ExecResult]] = [
        lambda: world.bench.command(("true",), stdin=b"", timeout=1.0, env={}),
        lambda: world.bench.test((), timeout=1.0, max_output=10),
        lambda: world.bench.test((), timeout=1.0, max_output=10, split=True),
    ]
    for attempt in attempts:
        with pytest.raises(Blocked, match="does not build") as caught:
            attempt()
        assert caught.value.detail == result.stderr.decode()
    assert [plan.name for plan in world.sandbox.asked("run")] == ["build"]
    assert world.sandbox.asked("start") == []
    assert "fill" not in {name for name, _ in world.sandbox.calls}


PYTHON = runners.find(Path(__file__).parents[2] / "runners", "python")


def test_a_split_suite_runs_apart_from_the_submission(world: World) -> None:
    world.anew(runner=PYTHON, plain_image="plain")
    world.begin()
    result = world.bench.test((FileEntry("test_x.py", b"pass"),), timeout=4.0, max_output=10, split=True)
    (worker,) = world.sandbox.asked("start")
    (tests,) = world.sandbox.asked("run")
    assert (worker.image, worker.uid, worker.argv) == ("image", CANDIDATE_UID, ("/opt/gradekit/bin/call",))
    assert (tests.image, tests.uid, tests.argv) == ("plain", TESTER_UID, ("/opt/gradekit/bin/test", "split", "4"))
    assert worker.mounts == (Mount("work", "/work"), Mount("call-c", "/call", writable=True))
    assert tests.mounts == (Mount("files-c", "/hidden"), Mount("call-c", "/call"))
    assert worker.alone
    assert tests.alone
    assert world.sandbox.running[-1].stopped
    assert not world.server.touched
    assert result.stderr == b""


def test_what_the_submission_printed_follows_what_the_suite_printed(world: World) -> None:
    world.anew(runner=PYTHON)
    world.sandbox._start = lambda plan: FakeRunning(plan, said="said \ud800")
    world.sandbox._run = lambda _plan, _stdin: exited(stderr=b"1 failed")
    world.begin()
    result = world.bench.test((), timeout=60.0, max_output=10, split=True)
    assert world.sandbox.asked("run")[0].argv[-1] == "10"
    assert result.stderr == b"1 failed\n--- printed by the candidate's code ---\nsaid ?"


def test_the_submission_is_stopped_when_the_suite_cannot_run(world: World) -> None:
    def gone(_plan: ContainerPlan, _stdin: bytes) -> ExecResult:
        raise InfrastructureError(Problem("engine", "is gone"))

    world.anew(runner=PYTHON)
    world.sandbox._run = gone
    world.begin()
    with pytest.raises(InfrastructureError, match="is gone"):
        world.bench.test((), timeout=1.0, max_output=10, split=True)
    assert world.sandbox.running[-1].stopped


def test_a_container_that_never_answered_a_split_suite_is_our_fault(world: World) -> None:
    world.anew(runner=PYTHON)
    world.sandbox._run = lambda _plan, _stdin: exited(3)
    world.sandbox._start = lambda plan: FakeRunning(plan, dead="exited with 1", said="no such file")
    world.begin()
    with pytest.raises(InfrastructureError, match=r"runner python: .*did not answer \(exited with 1\)"):
        world.bench.test((), timeout=1.0, max_output=10, split=True)
    again = world.bench.test((), timeout=1.0, max_output=10, split=True)
    assert again.exit_code == 3, "code of the candidate ran in this pod before: no new try for that"


@pytest.mark.parametrize("runner", [None, PYTHON.model_copy(update={"verbs": ("test",)})])
def test_a_split_suite_needs_a_runner_that_serves_calls(world: World, runner: Runner | None) -> None:
    world.anew(runner=runner)
    world.begin()
    with pytest.raises(InfrastructureError, match=r"check c: .*runner.* has no `call`.*isolation: in-process"):
        world.bench.test((), timeout=1.0, max_output=10, split=True)
    assert world.sandbox.asked("start") == []
    assert world.sandbox.files == {}


ANSWER = CallReply(b'{"id": 0, "refused": "there is no operation"}')


def calling(world: World, answer: Callable[[CallRequest], CallReply]) -> list[CallRequest]:
    """Let somebody answer calls; everything that is asked."""
    asked: list[CallRequest] = []

    def call(request: CallRequest) -> CallReply:
        asked.append(request)
        return answer(request)

    world.anew(runner=PYTHON)
    world.sandbox._call = call
    return asked


def test_calls_go_to_the_submission_in_a_container_of_its_own(world: World) -> None:
    asked = calling(world, lambda _: ANSWER)
    world.begin(timeout=60.0)
    with world.bench.calls() as calls:
        (worker,) = world.sandbox.asked("start")
        assert (worker.uid, worker.argv, worker.alone) == (CANDIDATE_UID, ("/opt/gradekit/bin/call",), True)
        assert worker.loopback, "the candidate's code may use it"
        assert worker.mounts == (Mount("work", "/work"), Mount("call-c", "/call", writable=True))
        assert (calls.language, calls.speech) == ("python", PYTHON.calls)
        calls.exchange("{}", fresh=True, timeout=2.0, max_line=9)
        calls.exchange("[]", fresh=False, timeout=90.0, max_line=9)
        calls.exchange("{}", fresh=True, timeout=2.0, max_line=9)
        world.sandbox.running[-1].said = "hello"
        assert calls.printed() == "hello"
    assert world.sandbox.running[-1].stopped
    assert {request.volume for request in asked} == {"call-c"}
    ready = '{"id": 0, "op": "ready"}'
    assert [(request.line, request.fresh) for request in asked] == [
        (ready, True), ("{}", False), ("[]", False), (ready, True), ("{}", False),
    ]  # fmt: skip
    assert [request.wait for request in asked if request.fresh] == [20.0, 2.0]
    assert (asked[1].timeout, asked[1].max_line) == (2.0, 9)
    assert asked[2].timeout <= 60.0


def test_nobody_who_answers_is_our_fault_until_code_of_the_candidate_ran(world: World) -> None:
    gone = CallReply(error="refused", detail="nothing accepts calls")
    calling(world, lambda _: gone)
    world.sandbox._start = lambda plan: FakeRunning(plan, dead="exited with 1", said="no such file")
    world.begin()
    with (
        world.bench.calls() as calls,
        pytest.raises(InfrastructureError, match=r"runner python: .*did not answer \(exited with 1\)"),
    ):
        calls.exchange("{}", fresh=True, timeout=1.0, max_line=9)
    with world.bench.calls() as calls:
        assert calls.exchange("{}", fresh=True, timeout=1.0, max_line=9) == gone
    assert all(running.stopped for running in world.sandbox.running)


def test_a_worker_that_answered_once_and_then_no_more_is_the_candidates(world: World) -> None:
    answers = iter([ANSWER, ANSWER, CallReply(error="refused")])
    calling(world, lambda _: next(answers))
    world.begin()
    with world.bench.calls() as calls:
        assert calls.exchange("{}", fresh=True, timeout=1.0, max_line=9) == ANSWER
        assert calls.exchange("{}", fresh=True, timeout=1.0, max_line=9).error == "refused"


def test_what_cannot_be_called_is_not_started(world: World) -> None:
    world.anew(runner=PYTHON.model_copy(update={"verbs": ("test",)}))
    world.begin()
    with pytest.raises(InfrastructureError, match="runner python has no `call`, so that nothing can be called"):
        world.bench.calls().__enter__()
    compiled(world, build=exited(1, stderr=b"no"))
    with pytest.raises(Blocked, match="the submission does not build: no"):
        world.bench.calls().__enter__()
    assert world.sandbox.asked("start") == []


def test_a_command_works_in_a_copy_and_sees_only_its_environment(world: World) -> None:
    world.begin()
    world.bench.command(("ls", "-l"), stdin=b"x", timeout=1.0, env={"A": "1"}, files=(FileEntry("in.csv", b""),))
    (plan,) = world.sandbox.asked("run")
    assert plan.env == {"PYTHONPATH": "/opt/deps", "A": "1"}
    assert tuple(plan.argv[-6:]) == ("sh", "/work", "/extra", "--", "ls", "-l")
    assert not any(mount.writable for mount in plan.mounts)


def test_a_checker_stands_beside_the_app_and_has_nothing_of_the_candidate(world: World) -> None:
    world.begin()
    world.bench.checkers = {"tool": "sha256:tool"}
    world.bench.checker("tool", {"seed": 1}, timeout=1.0, max_output=10)
    (plan,) = world.sandbox.asked("run")
    assert (plan.image, plan.uid, plan.mounts, plan.alone) == ("sha256:tool", TESTER_UID, (), False)
    assert plan.limits.memory == 1 << 30
    assert json.loads(world.given) == {"seed": 1, "port": 8080}


def test_a_load_goes_to_the_apps_port_within_the_checks_time(world: World) -> None:
    world.begin(timeout=2.0)
    world.bench.load(LoadRequest(HttpRequest(0, "GET", "/", timeout=9.0), 4, 9.0))
    (asked,) = world.sandbox.asked("load")
    assert asked.request.port == 8080
    assert max(asked.seconds, asked.request.timeout) <= 2.0


def test_the_engines_own_time_is_not_the_candidates(
    challenge: Challenge, files: Mapping[str, FileEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(challenge, files)
    world.begin(timeout=5.0)
    clock = [time.monotonic()]
    monkeypatch.setattr(Allowance, "now", lambda _self: clock[0])
    world.bench.begin(Context("c"), 5.0, app=False, fresh=False)

    def slow_engine(_plan: ContainerPlan, _stdin: bytes) -> ExecResult:
        clock[0] += 30.0  # the engine made and removed a container
        return replace(exited(), seconds=2.0)

    world.sandbox._run = slow_engine
    before = world.bench.within(60.0)
    world.bench.command(["true"], stdin=b"", timeout=3.0, env={})
    assert before - world.bench.within(60.0) == pytest.approx(2.0)
    clock[0] += 4.0
    with pytest.raises(Blocked, match="limit of 5 s"):
        world.bench.within(1.0)


class Box:
    """A server that keeps data sets and knows no SQL."""

    service = "db"
    engine = "box"
    touched = False

    def ready(self) -> str | None:
        return None

    def prepare(self) -> None:
        pass

    def create(self, database: str) -> None:
        pass

    def load(self, database: str, script: Script, timeout: float) -> LoadFailure | None:
        pass

    def seal(self, template: str) -> None:
        pass

    def copy(self, template: str, *, for_app: bool = False) -> str:
        return f"{template} for {'the app' if for_app else 'a check'}"

    def drop(self, database: str) -> None:
        pass

    def shut(self, _database: str) -> bool:
        return False

    def admit(self, database: str) -> None:
        pass

    def facts(self, database: str) -> Mapping[str, str]:
        return {"url": f"box://{database}", "database": "x"}


def test_an_app_may_use_a_server_that_a_check_cannot_ask_in_sql(world: World) -> None:
    world.anew(servers={"db": Box()})
    world.begin(app=True)
    (plan,) = world.sandbox.asked("start")
    assert plan.env["DATABASE_URL"] == "box://template_0 for the app"
    for ask in (world.bench.app_database, lambda: world.bench.database("shop")):
        with pytest.raises(InfrastructureError, match="service db: a check asks it in SQL, which it does not know"):
            ask()


def test_a_restart_keeps_the_data_and_the_environment(world: World) -> None:
    world.begin(app=True)
    database = world.bench.app_database().name
    assert world.bench.restart(grace=1.0) == "exited with 0"
    assert world.bench.restart(grace=0) == "was killed"
    first, second, third = world.sandbox.asked("start")
    assert first == second == third
    assert [running.alive() for running in world.sandbox.running] == [False, False, True]
    assert world.bench.app_database().name == database


def test_a_service_that_was_taken_away_is_back_for_the_next_check_and_the_app_is_fresh(world: World) -> None:
    world.begin(app=True)
    database = world.bench.app_database().name
    world.bench.switch("db", on=False)
    assert world.statements(None)[-2].startswith("ALTER ROLE app NOLOGIN")
    world.bench.switch("db", on=True)
    assert world.statements(None)[-1] == "ALTER ROLE app LOGIN"
    world.bench.switch("db", on=False)
    world.bench.end()
    assert world.statements(None)[-3] == "ALTER ROLE app LOGIN"
    assert [running.alive() for running in world.sandbox.running] == [False]
    world.begin(app=True)
    assert world.bench.app_database().name != database


def test_a_server_that_the_candidate_broke_is_no_outage_of_ours(world: World) -> None:
    world.begin(app=True)
    world.fails = ["NOLOGIN"]
    with pytest.raises(Blocked, match="no longer works as it did before your code used it"):
        world.bench.switch("db", on=False)
    world.fails = []
    world.bench.end()
    assert "ALTER ROLE app LOGIN" in world.statements(None)


def test_a_service_that_cannot_be_taken_away_is_our_mistake(world: World) -> None:
    world.begin(app=True)
    with pytest.raises(InfrastructureError, match="service cache: cannot be taken away from the app"):
        world.bench.switch("cache", on=False)
    world.bench.end()
    world.anew(servers={"db": Box()})
    world.begin(app=True)
    with pytest.raises(InfrastructureError, match="service db: cannot be taken away from the app"):
        world.bench.switch("db", on=False)
    world.bench.end()


def test_what_the_app_printed_is_kept_to_its_last_lines(world: World) -> None:
    world.sandbox._start = lambda plan: FakeRunning(plan, said="".join(f"line {number}\n" for number in range(9_000)))
    world.begin(app=True)
    printed = world.bench.printed(wait=False)
    assert printed is not None
    assert 3 << 10 < len(printed.text.encode()) <= 4 << 10
    assert printed.text.startswith("line ")
    assert printed.text.endswith("\nline 8999\n")


def test_what_the_app_printed_is_that_of_the_check(world: World) -> None:
    world.sandbox._start = lambda plan: FakeRunning(plan, said="starting\n")
    world.begin()
    assert world.bench.printed(wait=False) is None
    world.begin(app=True)
    assert world.bench.printed(wait=False) == Printed(text="starting\n")
    world.begin(app=True)
    assert world.bench.printed(wait=False) is None
    world.sandbox.running[0].said += "boom\n"
    assert world.bench.printed(wait=False) == Printed(text="boom\n")
    world.begin()
    assert world.bench.printed(wait=False) is None
    world.begin(app=True)
    world.bench.restart(grace=0)
    assert world.bench.printed(wait=False) == Printed(text="starting\n", restarted=True)
    world.begin(app=True, fresh=True)
    assert world.bench.printed(wait=False) == Printed(text="starting\n")


def test_the_end_of_what_the_app_printed_is_kept(world: World) -> None:
    world.begin(app=True)
    world.sandbox.running[0].said = "x" * 5000 + "\n" + "line\n" * 700
    printed = world.bench.printed(wait=False)
    assert printed is not None
    assert printed.text == "line\n" * 700
    world.sandbox.running[0].said = "line\n" * 900
    printed = world.bench.printed(wait=False)
    assert printed is not None
    assert printed.text == "line\n" * 819


def test_a_log_that_cannot_be_read_undoes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise InfrastructureError(Problem("engine", "is gone"))

    world.begin(app=True)
    monkeypatch.setattr(FakeRunning, "tail", broken)
    assert world.bench.printed(wait=False) is None


def test_the_engines_log_may_trail_and_its_time_is_not_the_candidates(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin(app=True)
    app, before = world.sandbox.running[0], world.bench.allowance.run_deadline

    def sleep(seconds: float) -> None:
        app.said += f"late by {seconds}\n"

    monkeypatch.setattr(time, "sleep", sleep)
    assert world.bench.printed(wait=True) == Printed(text="late by 0.1\n")
    assert world.bench.allowance.run_deadline == pytest.approx(before + 0.1)


def test_an_app_that_does_not_heed_is_killed(world: World) -> None:
    world.begin(app=True)
    world.sandbox.running[0].on_term = ""
    assert world.bench.restart(grace=1.0) == "was killed"


def test_an_app_that_does_not_come_back_leaves_its_data_to_the_check_and_is_fresh_for_the_next(world: World) -> None:
    world.begin(app=True)
    database = world.bench.app_database().name
    world.health = reply(503)
    with pytest.raises(Blocked, match="had not answered GET /health"):
        world.bench.restart(grace=0)
    with pytest.raises(Blocked, match="does not run any more"):
        world.bench.restart(grace=0)
    assert world.bench.app_database().name == database
    world.health = reply(200)
    world.begin(app=True)
    assert world.bench.app_database().name != database


TABLE = rows({"nspname": "name", "relname": "name"}, ("public", "orders"), ("other", 'o"x'))


def waiting(world: World, *, count: str = "2", fail: str = "", sqlstate: str = "55P03", times: int = 1) -> None:
    """Let the server list two tables, and refuse a statement so often."""
    left = [times]

    def sql(request: SqlRequest) -> Sequence[SqlResult]:
        results: list[SqlResult] = []
        for statement in request.statements:
            if fail and fail in statement and left[0]:
                left[0] -= 1
                return [*results, SqlResult(error="lock timeout", sqlstate=sqlstate)]
            listed = "nspname, c.relname" in statement
            counted = rows({"count": "int8"}, (count,)) if "pg_trigger" in statement else OK
            results.append(TABLE if listed else counted)
        return results

    world.sandbox._sql = sql


def test_writing_statements_of_the_app_wait_until_they_are_let_go(world: World) -> None:
    world.begin(app=True)
    waiting(world)
    with world.bench.stretched(None, 0.25) as stretch:
        assert stretch is not None
        assert stretch.tables == ("orders", 'o"x')
        made = world.statements("loader")
        assert [text for text in made if text.startswith("CREATE TRIGGER")] == [
            f"CREATE TRIGGER gradekit_stretch BEFORE INSERT OR UPDATE ON {table} FOR EACH STATEMENT "
            "WHEN (session_user = 'app') EXECUTE FUNCTION gradekit_stretch.wait()"
            for table in ('"public"."orders"', '"other"."o""x"')
        ]
        assert any("pg_sleep(0.250)" in text for text in made)
    assert world.statements("loader")[-1] == "DROP SCHEMA IF EXISTS gradekit_stretch CASCADE"
    assert stretch.kept


def test_statements_are_counted_by_the_server_if_it_can(world: World) -> None:
    world.begin(app=True)
    database = world.bench.app_database()
    with pytest.raises(InfrastructureError, match="does not count the statements of an app"):
        database.count_anew()

    def sql(request: SqlRequest) -> Sequence[SqlResult]:
        numbers = rows({"sent": "int8", "inside": "int8", "aside": "int8", "lost": "bool"}, ("7", "3", "2", "t"))
        texts = rows({"query": "text", "calls": "int8"}, ("select $1", "6"), (None, "1"))
        answers = {"pg_extension": rows({"?column?": "int4"}, ("1",)), "dealloc": numbers, "ORDER BY calls": texts}
        return [
            next((answer for part, answer in answers.items() if part in statement), OK)
            for statement in request.statements
        ]

    world.sandbox._sql = sql
    database.count_anew()
    assert world.statements(None)[-1] == "SELECT public.pg_stat_statements_reset()"
    assert database.counted() == Counted(7, 3, 2, lost=True, texts=(("select $1", 6), ("", 1)))
    assert f"datname = '{database.name}'" in world.statements(None)[-1]


@pytest.mark.parametrize(("tables", "count"), [(["orders"], 1), (['other.o"x', "public.orders"], 2)])
def test_only_the_tables_that_are_named_wait(world: World, tables: Sequence[str], count: int) -> None:
    world.begin(app=True)
    waiting(world, count=str(count))
    with world.bench.stretched(tables, 0.1) as stretch:
        assert stretch is not None
        assert len(stretch.tables) == count
    assert stretch.kept


def test_triggers_that_the_app_undid_are_noticed(world: World) -> None:
    world.begin(app=True)
    waiting(world, count="1")
    with world.bench.stretched(None, 0.1) as stretch:
        pass
    assert stretch is not None
    assert not stretch.kept


def test_tables_of_the_candidate_that_cannot_be_slowed_down_are_their_fault(world: World) -> None:
    world.begin(app=True)
    for tables, fail, why in (
        (["nothing"], "", "there is no table nothing"),
        (None, "nspname, c.relname", "lock timeout"),
        (None, "CREATE FUNCTION", "lock timeout"),
    ):
        waiting(world, fail=fail, sqlstate="42501")
        with pytest.raises(Blocked, match=f"slowing the tables down, on tables that your files made: {why}"):
            world.bench.stretched(tables, 0.1).__enter__()
    waiting(world)
    database = world.bench.app_database().name
    world.bench.end()
    world.begin(app=True)
    assert world.bench.app_database().name != database


def test_more_tables_than_can_wait_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.begin(app=True)
    waiting(world)
    monkeypatch.setattr("gradekit.grade.servers.base.MAX_STRETCHED", 1)
    with pytest.raises(Blocked, match="more than 1 tables"):
        world.bench.stretched(None, 0.1).__enter__()


def test_a_table_that_the_app_holds_is_let_go_by_a_restart(world: World) -> None:
    world.begin(app=True)
    database = world.bench.app_database().name
    waiting(world, fail="CREATE TRIGGER")
    with world.bench.stretched(None, 0.1) as stretch:
        assert stretch is not None
    assert len(world.sandbox.asked("start")) == 2
    assert world.bench.app_database().name == database


def test_data_that_could_not_be_let_go_are_not_used_again(world: World) -> None:
    world.begin(app=True)
    database = world.bench.app_database().name
    waiting(world)
    with world.bench.stretched(None, 0.1) as stretch:
        waiting(world, fail="DROP SCHEMA")
    assert stretch is not None
    assert stretch.kept
    waiting(world)
    world.bench.end()
    world.begin(app=True)
    assert world.bench.app_database().name != database


def test_without_a_server_that_can_wait_named_tables_are_our_mistake(world: World) -> None:
    world.begin()
    with world.bench.stretched(None, 0.1) as stretch:
        assert stretch is None
    with pytest.raises(InfrastructureError, match="cannot be made to wait"):
        world.bench.stretched(["orders"], 0.1).__enter__()
