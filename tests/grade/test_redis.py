"""Redis as a server of data sets: on a script of answers, and on the server itself."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from gradekit.checks.base import Context
from gradekit.errors import Blocked, InfrastructureError
from gradekit.grade.bench import PodBench
from gradekit.grade.servers.base import LoadFailure, Script, Server, StoreServer
from gradekit.grade.servers.redis import RedisServer
from gradekit.sandbox import images
from gradekit.sandbox.docker import connect
from gradekit.sandbox.messages import CommandResult, RedisRequest
from gradekit.sandbox.plans import (
    CANDIDATE_UID,
    SERVICE_UID,
    ContainerPlan,
    FileEntry,
    Mount,
    SandboxPlan,
    Tmpfs,
    VolumePlan,
)
from gradekit.sandbox.protocol import Sandbox
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from tests.fakes import FakeRunning, FakeSandbox
from tests.grade.conftest import RUBRIC

SPEC = """\
gradekit: 1
id: small
title: Small
runner: [python]
rubric: rubric.yaml
services: {cache: {runner: redis}}
datasets:
  carts:
    service: cache
    load: [{challenge: seed.redis}]
  theirs:
    service: cache
    load: [{submission: "*.redis"}, {challenge: seed.redis}]
app: {env: {REDIS_URL: "${cache.url}"}, dataset: carts, ready: {tcp: true}}
checks:
  - {id: health, criterion: api, http: {steps: [{request: GET /health, expect: {status: 200}}]}}
"""


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    (tmp_path / "challenge.yaml").write_text(SPEC)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    (tmp_path / "seed.redis").write_text("# carts\nHSET cart:1 pen 2\nSET seen 'a b' EX 100\n")
    return load_challenge(tmp_path, rubrics=[])


class World:
    """A bench on a fake pod; ``fails`` has what commands that begin so are answered with."""

    def __init__(self, challenge: Challenge, files: Mapping[str, FileEntry]) -> None:
        self.fails: dict[str, str] = {}
        self.sandbox = FakeSandbox(redis=self.redis, start=FakeRunning, listening=True)
        self.server = RedisServer(self.sandbox, "cache")
        self.server.prepare()
        self.bench = PodBench(challenge, files, self.sandbox, "image", {"cache": self.server}, time.monotonic() + 60)
        self.bench.begin(Context("c"), 5.0, app=False, fresh=False)

    def redis(self, request: RedisRequest) -> Sequence[CommandResult]:
        results: list[CommandResult] = []
        for command in request.commands:
            code = next((code for start, code in self.fails.items() if " ".join(command).startswith(start)), None)
            results.append(CommandResult(code=code, error=None if code is None else f"{code} no"))
            if code is not None:
                break
        return results

    def asked(self, user: str | None) -> list[tuple[int, str]]:
        return [
            (request.database, " ".join(command))
            for request in self.sandbox.asked("redis")
            if request.user == user
            for command in request.commands
        ]


@pytest.fixture
def world(challenge: Challenge) -> World:
    return World(challenge, {"app.py": FileEntry("app.py", b""), "mine.redis": FileEntry("mine.redis", b"SET own 1")})


SEED = ["HSET cart:1 pen 2", "SET seen a b EX 100"]


def test_a_copy_runs_the_commands_anew_in_a_database_of_its_own(world: World) -> None:
    first, second = world.bench.store("carts"), world.bench.store("carts")
    assert (first.name, second.name) == ("1", "2")
    # Once to see that they load, then for each copy.
    assert world.asked("loader") == [(number, command) for number in (1, 1, 2) for command in SEED]
    world.bench.end()
    assert world.asked(None)[-2:] == [(1, "FLUSHDB"), (2, "FLUSHDB")]
    assert world.bench.store("carts").name == "1"


def test_the_app_has_the_database_that_it_cannot_leave_without_what_was_before(world: World) -> None:
    world.bench.begin(Context("c"), 5.0, app=True, fresh=False)
    assert world.bench.app_store().name == "0"
    (app,) = [plan for plan in world.sandbox.asked("start") if plan.name == "app"]
    assert app.env["REDIS_URL"] == f"redis://app:{world.server.passwords['app']}@127.0.0.1:6379/0"
    cleared = [command for _, command in world.asked(None)]
    assert cleared[-4:] == ["CLIENT KILL USER app", "FUNCTION FLUSH", "SCRIPT FLUSH", "FLUSHDB"]
    assert world.asked("loader")[-2:] == [(0, command) for command in SEED]


def test_questions_have_the_rights_of_their_role_within_the_checks_time(world: World) -> None:
    store = world.bench.store("carts")
    store.command([["GET", "a"], ["GET", "b"]], role="reader", timeout=1.0)
    request = world.sandbox.asked("redis")[-1]
    assert (request.user, request.password, request.database) == ("reader", world.server.passwords["reader"], 1)
    assert (request.timeout, request.total) == (1.0, 2.0)
    store.command([["GET", "a"]], role="reader", timeout=60.0)
    assert world.sandbox.asked("redis")[-1].timeout <= 5.0


def test_files_of_the_candidate_come_first_and_block_what_they_break(world: World) -> None:
    assert world.bench.store("theirs").name == "1"
    assert world.asked("loader")[-3:] == [(1, "SET own 1"), *((1, command) for command in SEED)]
    world.fails = {"SET own": "ERR"}
    broken = PodBench(
        world.bench.challenge, world.bench.submission, world.sandbox, "", {"cache": world.server}, time.monotonic() + 9
    )
    with pytest.raises(Blocked, match=r"mine\.redis does not load: ERR no \(ERR\)"):
        broken.store("theirs")


@pytest.mark.parametrize(
    ("fails", "touched", "error", "what"),
    [
        ({"HSET": "WRONGTYPE"}, False, InfrastructureError, "seed.redis does not load"),
        ({"HSET": "WRONGTYPE"}, True, InfrastructureError, "seed.redis does not load"),
        ({"HSET": "OOM"}, False, InfrastructureError, "seed.redis does not load"),
        ({"HSET": "OOM"}, True, Blocked, "no longer works as before"),
        ({"HSET": "closed"}, True, Blocked, "no longer works as before"),
        ({"FLUSHDB": "BUSY"}, False, InfrastructureError, "refused a statement of ours"),
        ({"FLUSHDB": "BUSY"}, True, Blocked, "no longer works as it did"),
    ],
)
def test_whose_fault_it_is(
    world: World, fails: dict[str, str], touched: bool, error: type[Exception], what: str
) -> None:
    world.fails, world.server.touched = fails, touched
    with pytest.raises(error, match=what):
        world.bench.store("carts")


def test_a_copy_that_cannot_be_filled_is_a_refusal(world: World) -> None:
    world.bench.store("carts")
    world.fails = {"SET seen": "OOM"}
    with pytest.raises(InfrastructureError, match="refused a statement of ours"):
        world.bench.store("carts")


def test_a_script_that_is_no_list_of_commands(world: World) -> None:
    world.server.create("template")
    failed = world.server.load("template", Script("a.redis", "SET a 1\nSET b '1"), 5.0)
    assert failed == LoadFailure("line 2: a quote or a backslash has no end", "SYNTAX")
    assert world.server.load("template", Script("b.redis", "# nothing"), 5.0) is None
    before = world.asked(None)
    world.server.drop("template")
    assert world.asked(None) == before


def test_there_are_not_more_copies_than_databases(world: World) -> None:
    for _ in range(63):
        world.bench.store("carts")
    with pytest.raises(InfrastructureError, match="more than 63 copies"):
        world.bench.store("carts")


class Tables:
    """The least of a server that knows SQL."""

    service, engine, touched = "db", "postgres", False

    def __init__(self) -> None:
        self.dropped: list[str] = []
        self.refuses = False

    def create(self, database: str) -> None:
        pass

    def seal(self, template: str) -> None:
        pass

    def copy(self, template: str, *, for_app: bool = False) -> str:
        if self.refuses:
            raise Blocked("no room")
        return f"{template}-{for_app}"

    def drop(self, database: str) -> None:
        self.dropped.append(database)

    def facts(self, database: str) -> Mapping[str, str]:
        return {"url": f"sql://{database}"}

    def ready(self) -> None: ...
    def prepare(self) -> None: ...
    def shut(self) -> None: ...
    def admit(self) -> None: ...
    def load(self) -> None: ...
    def query(self) -> None: ...
    def stretch(self) -> None: ...
    def relax(self) -> None: ...
    def interleave(self) -> None: ...
    def count_anew(self) -> None: ...
    def counted(self) -> None: ...


def test_an_app_may_have_a_data_set_of_each_service(tmp_path: Path) -> None:
    text = SPEC.replace("{cache: {runner: redis}}", "{cache: {runner: redis}, db: {runner: postgres}}")
    text = text.replace("  theirs:\n", "  empty: {service: db}\n  theirs:\n")
    text = text.replace(
        'env: {REDIS_URL: "${cache.url}"}, dataset: carts',
        'env: {A: "${cache.url} ${db.url}"}, dataset: [empty, carts]',
    )
    (tmp_path / "challenge.yaml").write_text(text)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    (tmp_path / "seed.redis").write_text("SET a 1")
    world, tables = World(load_challenge(tmp_path, rubrics=[]), {}), Tables()
    servers = {"cache": world.server, "db": cast("Server", tables)}
    world.bench = replace(world.bench, servers=servers, run_deadline=time.monotonic() + 60)
    world.bench.begin(Context("c"), 5.0, app=True, fresh=False)
    (app,) = world.sandbox.asked("start")
    assert app.env["A"] == f"redis://app:{world.server.passwords['app']}@127.0.0.1:6379/0 sql://template_0-True"
    assert (world.bench.app_database().name, world.bench.app_store().name) == ("template_0-True", "0")
    tables.refuses = True
    world.bench.stop_app()
    assert tables.dropped == ["template_0-True"]
    assert world.asked(None)[-1] == (0, "FLUSHDB")
    with pytest.raises(Blocked, match="no room"):
        world.bench.begin(Context("c"), 5.0, app=True, fresh=False)


def test_who_asks_what_in_which_language(world: World) -> None:
    assert isinstance(world.server, StoreServer)
    with pytest.raises(InfrastructureError, match="asks it in SQL"):
        world.bench.database("carts")
    with pytest.raises(Blocked, match="the app has no store"):
        world.bench.app_store()


# --- the server itself


@contextmanager
def _pod(name: str) -> Iterator[tuple[Sandbox, RedisServer, str]]:
    engine = connect()
    built = images.ensure(["probe", "redis"], folder=Path(__file__).parents[2] / "runners", engine=engine)
    plan = SandboxPlan(name, built["probe"].id, (VolumePlan("cache", 1 << 20, uid=SERVICE_UID),))
    with engine.open(plan) as sandbox:
        running = sandbox.start(
            ContainerPlan(
                image=built["redis"].id,
                argv=("/opt/gradekit/bin/serve",),
                uid=SERVICE_UID,
                mounts=(Mount("cache", "/run/redis", writable=True),),
                tmpfs=(Tmpfs("/data", 64 << 20),),
            )
        )
        assert sandbox.listening(6379, timeout=10.0), running.tail()
        server = RedisServer(sandbox, "cache")
        assert server.ready() is None
        server.prepare()
        yield sandbox, server, built["redis"].id
    engine.close()


@pytest.fixture(scope="module")
def pod() -> Iterator[tuple[Sandbox, RedisServer, str]]:
    with _pod("grade-redis") as opened:
        yield opened


@pytest.mark.docker
def test_copies_are_fresh_and_apart(pod: tuple[Sandbox, RedisServer, str]) -> None:
    _, server, _ = pod
    server.create("t")
    assert server.load("t", Script("a", "SET a 1 PX 60000\nRPUSH l x y\n"), 5.0) is None
    failed = server.load("t", Script("b", "RPUSH a z"), 5.0)
    assert failed is not None
    assert failed.code == "WRONGTYPE"
    first = server.copy("t")
    server.command(first, [["SET", "a", "2"], ["DEL", "l"]], role="owner", timeout=5.0, total=5.0)
    time.sleep(0.2)
    second = server.copy("t")
    results = server.command(
        second, [["GET", "a"], ["PTTL", "a"], ["LRANGE", "l", "0", "-1"]], role="reader", timeout=5.0, total=5.0
    )
    value, left, items = (json.loads(result.reply) for result in results)
    assert (value, items) == ("1", ["x", "y"])
    assert 59_900 < left <= 60_000
    server.drop(first)
    server.drop(second)
    (keys,) = server.command(first, [["DBSIZE"]], role="reader", timeout=5.0, total=5.0)
    assert keys.reply == "0"


@pytest.mark.docker
def test_what_an_app_leaves_does_not_outlive_its_copy(pod: tuple[Sandbox, RedisServer, str]) -> None:
    sandbox, server, image = pod
    server.create("e")
    facts = server.facts(server.copy("e", for_app=True))

    def app(command: str) -> str:
        plan = ContainerPlan(image, ["sh", "-c", command], uid=CANDIDATE_UID, env={"REDISCLI_AUTH": facts["password"]})
        return sandbox.run(plan, timeout=10.0).stdout.decode()

    cli = "redis-cli --user app"
    library = "#!lua name=mine\\nredis.register_function('f', function() return 1 end)"
    assert app(
        f"{cli} SET mine 1; printf \"{library}\" | {cli} -x FUNCTION LOAD; {cli} SCRIPT LOAD 'return 1'"
    ).split() == [
        "OK",
        "mine",
        "e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
    ]
    assert "NOAUTH" in app("unset REDISCLI_AUTH; redis-cli GET mine")
    server.copy("e", for_app=True)
    left = f"{cli} EXISTS mine; {cli} FUNCTION LIST; {cli} SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db"
    assert app(left).split() == ["0", "0"]


@pytest.mark.docker
def test_an_endless_script_ends_with_the_app(pod: tuple[Sandbox, RedisServer, str]) -> None:
    sandbox, server, image = pod
    server.create("endless")
    secret = server.facts(server.copy("endless", for_app=True))["password"]
    argv = ["redis-cli", "--user", "app", "--pass", secret, "EVAL", "while true do end", "0"]
    app = sandbox.start(ContainerPlan(image, argv, uid=CANDIDATE_UID))
    time.sleep(4.0)
    (busy,) = server.command("0", [["GET", "a"]], role="reader", timeout=5.0, total=5.0)
    assert busy.code == "BUSY"
    app.stop()
    assert server.copy("endless", for_app=True) == "0"
    (free,) = server.command("0", [["GET", "a"]], role="reader", timeout=5.0, total=5.0)
    assert free.code is None


@pytest.mark.docker
def test_an_endless_script_that_wrote_blocks_what_comes_after_it() -> None:
    """It cannot be ended without the server, and it is not our fault."""
    with _pod("grade-redis-endless") as (sandbox, server, image):
        server.create("e")
        secret = server.facts(server.copy("e", for_app=True))["password"]
        script = "redis.call('SET', 'a', 1) while true do end"
        argv = ["redis-cli", "--user", "app", "--pass", secret, "EVAL", script, "0"]
        server.touched = True
        sandbox.start(ContainerPlan(image, argv, uid=CANDIDATE_UID))
        time.sleep(4.0)
        with pytest.raises(Blocked, match="no longer works as it did"):
            server.copy("e", for_app=True)
