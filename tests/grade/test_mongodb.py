"""MongoDB as a server of data sets: on a script of answers, and on the server itself."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradekit.checks.base import Context
from gradekit.errors import Blocked, InfrastructureError
from gradekit.grade.bench import PodBench
from gradekit.grade.servers.base import LoadFailure, Script, StoreServer
from gradekit.grade.servers.mongodb import MongodbServer
from gradekit.sandbox import images
from gradekit.sandbox.docker import connect
from gradekit.sandbox.messages import CommandResult, MongoRequest
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
services: {db: {runner: mongodb}}
datasets:
  items:
    service: db
    load: [{challenge: seed.json}]
  theirs:
    service: db
    load: [{submission: "*.json"}, {challenge: seed.json}]
app: {env: {MONGODB_URI: "${db.url}"}, dataset: items, ready: {tcp: true}}
checks:
  - {id: health, criterion: api, http: {steps: [{request: GET /health, expect: {status: 200}}]}}
"""
SEED = ['{"create": "items"}', '{"insert": "items", "documents": [{"_id": 1}]}']
MINE = '{"createIndexes": "items", "indexes": [{"key": {"a": 1}, "name": "a_1"}]}'


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    (tmp_path / "challenge.yaml").write_text(SPEC)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    (tmp_path / "seed.json").write_text("\n\n".join(SEED) + "\n")
    return load_challenge(tmp_path, rubrics=[])


class World:
    """A bench on a fake pod; ``fails`` and ``replies`` have what commands that begin so are answered with."""

    def __init__(self, challenge: Challenge, files: Mapping[str, FileEntry]) -> None:
        self.fails: dict[str, str] = {}
        self.replies = {"listDatabases": '{"databases": [{"name": "admin"}, {"name": "old"}]}'}
        self.replies["listCollections"] = '[{"name": "system.version"}, {"name": "left"}]'
        self.sandbox = FakeSandbox(mongodb=self.mongodb, start=FakeRunning, listening=True)
        self.server = MongodbServer(self.sandbox, "db")
        self.server.prepare()
        self.bench = PodBench(challenge, files, self.sandbox, "image", {"db": self.server}, time.monotonic() + 60)
        self.bench.begin(Context("c"), 5.0, app=False, fresh=False)

    def mongodb(self, request: MongoRequest) -> Sequence[CommandResult]:
        results: list[CommandResult] = []
        for command in request.commands:
            name = next(iter(json.loads(command)))
            code = self.fails.get(name)
            results.append(CommandResult(self.replies.get(name, "{}"), code, None if code is None else f"{code} no"))
            if code is not None:
                break
        return results

    def asked(self, server: str) -> list[tuple[str, str]]:
        return [
            (request.database, command)
            for request in self.sandbox.asked("mongodb")
            if request.server == server
            for command in request.commands
        ]


@pytest.fixture
def world(challenge: Challenge) -> World:
    return World(challenge, {"app.py": FileEntry("app.py", b""), "mine.json": FileEntry("mine.json", MINE.encode())})


def test_a_copy_runs_the_commands_anew_where_the_app_cannot_look(world: World) -> None:
    first, second = world.bench.store("items"), world.bench.store("items")
    assert (first.name, second.name) == ("copy_2", "copy_3")
    # Once to see that they load, then for each copy.
    trial = [("copy_1", command) for command in [*SEED, '{"dropDatabase": 1}']]
    copies = [(name, command) for name in ("copy_2", "copy_3") for command in SEED]
    assert world.asked("checks") == [*trial, *copies]
    world.bench.end()
    assert world.asked("checks")[-2:] == [("copy_2", '{"dropDatabase": 1}'), ("copy_3", '{"dropDatabase": 1}')]
    assert world.asked("app") == []


def test_the_apps_server_is_empty_before_its_copy_is_made(world: World) -> None:
    world.bench.begin(Context("c"), 5.0, app=True, fresh=False)
    assert world.bench.app_store().name == "app"
    (app,) = [plan for plan in world.sandbox.asked("start") if plan.name == "app"]
    assert app.env["MONGODB_URI"] == "mongodb://127.0.0.1:27017/app"
    assert world.asked("app") == [
        ("admin", '{"listDatabases": 1, "nameOnly": true}'),
        ("admin", '{"listCollections": 1, "nameOnly": true}'),
        ("admin", '{"drop": "left"}'),
        ("old", '{"dropDatabase": 1}'),
        *(("app", command) for command in SEED),
    ]
    world.bench.stop_app()
    assert world.asked("app")[-1] == ("app", '{"dropDatabase": 1}')


@pytest.mark.parametrize("reply", ["[]", "{", '{"databases": [7]}'])
def test_who_answers_in_the_place_of_the_apps_server_is_not_our_fault(world: World, reply: str) -> None:
    world.bench.store("items")
    world.server.touched = True
    world.replies["listDatabases"] = reply
    with pytest.raises(Blocked, match="no longer works as it did"):
        world.bench.begin(Context("c"), 5.0, app=True, fresh=False)


def test_what_a_check_used_in_the_place_of_an_official_image_is_known(world: World) -> None:
    bench = world.bench
    bench.stand_ins = {"db": "other 1.0 in the place of mongo:7.0"}
    assert bench.stood_in == ""
    bench.store("items")
    assert bench.stood_in == "other 1.0 in the place of mongo:7.0"
    bench.begin(Context("next"), 5.0, app=False, fresh=False)
    assert bench.stood_in == ""
    bench.begin(Context("app"), 5.0, app=True, fresh=False)
    bench.begin(Context("app once more"), 5.0, app=True, fresh=False)
    assert bench.stood_in == "other 1.0 in the place of mongo:7.0"
    bench.begin(Context("without app"), 5.0, app=False, fresh=False)
    assert bench.stood_in == ""


def test_a_copy_that_failed_used_it_as_well(world: World) -> None:
    world.bench.stand_ins, world.fails = {"db": "other"}, {"insert": "closed"}
    with pytest.raises(InfrastructureError):
        world.bench.store("items")
    assert world.bench.stood_in == "other"


def test_both_servers_must_be_ready(world: World) -> None:
    assert world.server.ready() is None
    assert (world.asked("app"), world.asked("checks")) == ([("admin", '{"ping": 1}')], [("admin", '{"ping": 1}')])
    world.fails = {"ping": "refused"}
    assert world.server.ready() == "refused no"


def test_questions_are_within_the_checks_time(world: World) -> None:
    store = world.bench.store("items")
    store.command([['{"count": "a"}'], ['{"count": "b"}']], role="reader", timeout=1.0)
    request = world.sandbox.asked("mongodb")[-1]
    assert (request.commands, request.database) == (['{"count": "a"}', '{"count": "b"}'], "copy_2")
    assert (request.timeout, request.total) == (1.0, 2.0)
    assert isinstance(world.server, StoreServer)


def test_files_of_the_candidate_come_first_and_block_what_they_break(world: World) -> None:
    world.bench.store("theirs")
    assert world.asked("checks")[-3:] == [("copy_3", command) for command in (MINE, *SEED)]
    world.fails = {"createIndexes": "DuplicateKey"}
    broken = PodBench(
        world.bench.challenge, world.bench.submission, world.sandbox, "", {"db": world.server}, time.monotonic() + 9
    )
    with pytest.raises(Blocked, match=r"mine\.json does not load: DuplicateKey no \(DuplicateKey\)"):
        broken.store("theirs")


@pytest.mark.parametrize(
    ("fails", "touched", "error", "what"),
    [
        ({"insert": "DuplicateKey"}, False, InfrastructureError, "seed.json does not load"),
        ({"insert": "DuplicateKey"}, True, InfrastructureError, "seed.json does not load"),
        ({"insert": "closed"}, False, InfrastructureError, "seed.json does not load"),
        ({"insert": "closed"}, True, Blocked, "no longer works as before"),
        ({"dropDatabase": "closed"}, False, InfrastructureError, "refused a statement of ours"),
        ({"dropDatabase": "closed"}, True, Blocked, "no longer works as it did"),
    ],
)
def test_whose_fault_it_is(
    world: World, fails: dict[str, str], touched: bool, error: type[Exception], what: str
) -> None:
    world.fails, world.server.touched = fails, touched
    with pytest.raises(error, match=what):
        world.bench.store("items")


def test_a_copy_that_cannot_be_filled_is_a_refusal(world: World) -> None:
    world.bench.store("items")
    world.fails = {"insert": "closed"}
    with pytest.raises(InfrastructureError, match="refused a statement of ours"):
        world.bench.store("items")


def test_a_script_may_only_fill_its_data_set(world: World) -> None:
    world.server.create("template")
    failed = world.server.load("template", Script("a.json", '{"shutdown": 1}'), 5.0)
    assert isinstance(failed, LoadFailure)
    assert (failed.code, failed.error.partition(" is none")[0]) == (
        "SYNTAX",
        'the command that begins in line 1: "shutdown"',
    )
    assert world.server.load("template", Script("b.json", "\n"), 5.0) is None
    before = world.asked("checks")
    world.server.drop("template")
    assert world.asked("checks") == before


# --- the server itself


@contextmanager
def _pod(name: str) -> Iterator[tuple[Sandbox, MongodbServer, str]]:
    engine = connect()
    folder = Path(__file__).parents[2] / "runners"
    built = images.ensure(["probe", "python", "mongodb"], folder=folder, engine=engine)
    plan = SandboxPlan(name, built["probe"].id, (VolumePlan("db", 1 << 20, uid=SERVICE_UID),))
    with engine.open(plan) as sandbox:
        running = sandbox.start(
            ContainerPlan(
                image=built["mongodb"].id,
                argv=("/opt/gradekit/bin/serve",),
                uid=SERVICE_UID,
                mounts=(Mount("db", "/run/mongodb", writable=True),),
                tmpfs=(Tmpfs("/srv/mongodb", 256 << 20),),
            )
        )
        server = MongodbServer(sandbox, "db")
        end = time.monotonic() + 20
        while server.ready() is not None and time.monotonic() < end:
            time.sleep(0.1)
        assert server.ready() is None, running.tail()
        yield sandbox, server, built["python"].id
    engine.close()


@pytest.mark.docker
def test_copies_are_fresh_and_what_checks_have_is_behind_no_port() -> None:
    with _pod("grade-mongodb") as (sandbox, server, image):

        def asked(name: str, *texts: str) -> Sequence[object]:
            results = server.command(name, [[text] for text in texts], role="owner", timeout=5.0, total=5.0)
            return [json.loads(result.reply) if result.code is None else result.code for result in results]

        server.create("t")
        seed = '{"insert": "items", "documents": [{"_id": 1, "secret": "s3cret"}]}'
        assert server.load("t", Script("a", seed), 5.0) is None
        failed = server.load("t", Script("b", seed), 5.0)
        assert failed is not None
        assert failed.code == "DuplicateKey"
        first, second = server.copy("t"), server.copy("t")
        asked(first, '{"delete": "items", "deletes": [{"q": {}, "limit": 0}]}')
        assert asked(first, '{"count": "items"}') == [{"n": 0}]
        assert asked(second, '{"find": "items"}') == [[{"_id": 1, "secret": "s3cret"}]]
        server.create("e")
        server.copy("e", for_app=True)
        # Who has no library speaks the protocol by hand: all databases, then everything in the copies by name.
        script = f"""
import socket, struct
def ask(body):
    sock = socket.create_connection(("127.0.0.1", 27017), 5)
    data = bytes(4) + b"\\0" + body
    sock.sendall(struct.pack("<iiii", 16 + len(data), 1, 0, 2013) + data)
    print(sock.recv(1 << 20))
def document(**fields):
    parts = b""
    for name, value in fields.items():
        text = value.encode() + b"\\0"
        parts += b"\\2" + name.encode() + b"\\0" + struct.pack("<i", len(text)) + text
    return struct.pack("<i", len(parts) + 5) + parts + b"\\0"
ask(document(**{{"listDatabases": "1", "$db": "admin"}}))
for name in ("{first}", "{second}"):
    ask(document(**{{"find": "items", "$db": name}}))
ask(document(**{{"insert": "mine", "$db": "app"}})[:-1] + b"\\0")
"""
        plan = ContainerPlan(image, ["python3", "-c", script], uid=CANDIDATE_UID)
        seen = sandbox.run(plan, timeout=20.0).stdout
        assert seen.count(b"firstBatch") == 2
        assert b"s3cret" not in seen
        assert b"copy_" not in seen.split(b"\n")[0]
        asked("app", '{"insert": "mine", "documents": [{"_id": 1}]}')
        server.copy("e", for_app=True)
        assert asked("app", '{"count": "mine"}') == [{"n": 0}]
