"""Every runner keeps its contract: each smoke case in a real sandbox, under the limits of a grading."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradekit import runner
from gradekit.runner import Runner
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.protocol import (
    SERVICE_UID,
    ContainerPlan,
    Egress,
    Ending,
    ExecResult,
    FetchPlan,
    FileEntry,
    HttpRequest,
    Image,
    Mount,
    Sandbox,
    SandboxPlan,
    SqlRequest,
    Tmpfs,
    VolumePlan,
)

pytestmark = pytest.mark.docker

RUNNERS = Path(__file__).parents[2] / "runners"
CASES = sorted(path.parent for path in RUNNERS.glob("*/smoke/*/expect.yaml"))
PORT = 8080


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    with_engine = connect()
    yield with_engine
    with_engine.close()


@pytest.fixture(scope="module")
def built(engine: DockerEngine) -> dict[str, Image]:
    return images.ensure((item.name for item in runner.load_all(RUNNERS)), folder=RUNNERS, engine=engine)


def files(folder: Path) -> list[FileEntry]:
    return [
        FileEntry(path.relative_to(folder).as_posix(), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def pod(built: Mapping[str, Image], *volumes: VolumePlan) -> SandboxPlan:
    return SandboxPlan(run=f"smoke-{secrets.token_hex(4)}", probe_image=built["probe"].id, volumes=volumes)


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parents[1].name}-{path.name}")
def test_smoke(case: Path, engine: DockerEngine, built: dict[str, Image]) -> None:
    expect: dict[str, Any] = yaml.safe_load((case / "expect.yaml").read_text(encoding="utf-8"))
    item = runner.find(RUNNERS, case.parents[1].name)
    if item.kind == "service":
        service(item, expect, engine, built)
    elif expect["verb"] == "deps":
        deps(item, case, expect, engine, built)
    else:
        with engine.open(pod(built, VolumePlan("work", 16 << 20), VolumePlan("hidden", 16 << 20))) as sandbox:
            sandbox.fill("work", files(case / "submission"))
            if (case / "hidden").is_dir():
                sandbox.fill("hidden", files(case / "hidden"))
            plan = ContainerPlan(
                image=built[item.name].id,
                argv=item.argv(expect["verb"]),
                env={"PORT": str(PORT)},
                workdir="/work",
                mounts=(Mount("work", "/work"), Mount("hidden", "/hidden")),
            )
            if "http" in expect:
                serve(expect["http"], plan, sandbox)
            else:
                ended(expect, plan, sandbox)


def ended(expect: Mapping[str, Any], plan: ContainerPlan, sandbox: Sandbox) -> None:
    result = sandbox.run(plan, timeout=expect.get("timeout", 60), max_output=expect.get("max_output", 4 << 20))
    check_ending(expect, result)
    if "records" not in expect:
        return
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    complete = bool(lines) and "end" in lines[-1]
    records = lines[:-1] if complete else lines
    assert {record["test"]: record["outcome"] for record in records} == expect["records"]
    assert complete is expect.get("complete", True)
    assert not complete or lines[-1] == {"end": len(records)}
    assert expect.get("message", "") in "\n".join(record["message"] for record in records)


def check_ending(expect: Mapping[str, Any], result: ExecResult) -> None:
    told = result.stderr.decode(errors="replace")
    assert result.ending == Ending(expect.get("ending", "exited")), told
    assert result.exit_code == expect.get("exit", result.exit_code), told
    assert expect.get("stderr", "") in told


def serve(expect: Mapping[str, Any], plan: ContainerPlan, sandbox: Sandbox) -> None:
    app = sandbox.start(plan)
    assert sandbox.listening(PORT, timeout=10.0), app.tail()
    reply = sandbox.http(HttpRequest(port=PORT, method="GET", target=expect["target"]))
    assert (reply.error, reply.status) == (None, expect["status"])
    assert expect["body"] in reply.body.decode()
    app.stop()


def deps(item: Runner, case: Path, expect: Mapping[str, Any], engine: DockerEngine, built: Mapping[str, Image]) -> None:
    assert item.deps is not None
    lock = [entry for entry in files(case / "submission") if entry.path in item.lock]
    bundle = images.ca_bundle()
    if bundle is not None:
        lock.append(FileEntry(images.CA_FILE, bundle))
    run = f"smoke-{secrets.token_hex(4)}"
    tag = f"gradekit/smoke:{run}"
    plan = FetchPlan(
        image=built[item.name].id,
        argv=item.argv("deps"),
        files=lock,
        destination=item.deps.destination,
        tag=tag,
        env=images.registry_env() if expect.get("network") else {},
        egress=Egress(built["probe"].id, item.argv("registries")) if expect.get("network") else None,
        timeout=120.0,
    )
    made = engine.fetch(plan, run)
    if isinstance(made, ExecResult):
        check_ending(expect, made)
        assert expect["exit"] != 0
        return
    try:
        assert expect["exit"] == 0
        if "then" in expect:
            with engine.open(pod(built)) as sandbox:
                after = sandbox.run(ContainerPlan(image=made.id, argv=expect["then"]["argv"]), timeout=30.0)
            assert expect["then"]["stdout"] in after.stdout.decode(), after.stderr.decode()
    finally:
        engine.client.sdk.images.remove(tag)


def service(item: Runner, expect: Mapping[str, Any], engine: DockerEngine, built: Mapping[str, Image]) -> None:
    assert item.data is not None
    assert item.sockets is not None
    assert item.port is not None
    with engine.open(pod(built, VolumePlan("db", 1 << 20, uid=SERVICE_UID))) as sandbox:
        database = sandbox.start(
            ContainerPlan(
                image=built[item.name].id,
                argv=item.argv("serve"),
                uid=SERVICE_UID,
                mounts=(Mount("db", item.sockets, writable=True),),
                tmpfs=(Tmpfs(item.data, 256 << 20),),
            )
        )
        assert sandbox.listening(item.port, timeout=10.0), database.tail()
        for step in expect["sql"]:
            request = SqlRequest(
                service="db",
                database=step.get("database", "postgres"),
                statements=step["statements"],
                user=step.get("user"),
                password=step.get("password"),
            )
            last = sandbox.sql(request)[-1]
            assert last.sqlstate == step.get("sqlstate"), last.error
            if "rows" in step:
                assert [list(row) for row in last.rows] == step["rows"]
        assert database.alive()
