"""Attempts of smoke cases: every runner keeps its contract in a real sandbox, under the limits of a grading."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradekit.checks.scan.model import ScanSpec
from gradekit.checks.scan.sarif import read
from gradekit.corpus.attempt import Attempt
from gradekit.corpus.smoke_case import (
    CLASS,
    Http,
    SmokeCase,
    SmokeExpect,
    findings_text,
    result_text,
    smoke_expected,
)
from gradekit.errors import InfrastructureError, Problem, UsageError
from gradekit.grade.bench import CHECKING, SCANNING
from gradekit.grade.servers import ENGINES
from gradekit.runner import Runner, Verb
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.image import Image
from gradekit.sandbox.messages import HttpRequest
from gradekit.sandbox.plans import (
    SERVICE_UID,
    TESTER_UID,
    ContainerPlan,
    Egress,
    ExecResult,
    FetchPlan,
    FileEntry,
    Mount,
    SandboxPlan,
    Tmpfs,
    VolumePlan,
)
from gradekit.sandbox.protocol import Sandbox

REPOSITORY = "gradekit/smoke"
"""Images of packages that a case fetched; the tag begins with the pid of who made them, and they are removed."""
_PORT = 8080
_UNREACHABLE = 3
"""What the deps program exits with when no package can be had, whoever asks."""
_CALL = 5.0
"""Seconds that one call of a split suite may take."""
_SOCKET = 1 << 20
_DATA = 256 << 20
_REMOVING = 300.0
_WORK = 16 << 20
_STARTING = 10.0
_POLL = 0.05
_LAST = 2000
"""Characters of a server's output that say why it failed; PostgreSQL prints a page of figures before that."""


class UnreachableError(InfrastructureError):
    """No package registry answers, which says nothing about the rest of the host."""


def attempt_smoke(case: SmokeCase, engine: DockerEngine, built: Mapping[str, Image]) -> Attempt:
    """Run a smoke case and compare; ``built`` has the images of the runner and of the probe.

    Raises:
        UnreachableError: no package registry answers a case that needs one.
        InfrastructureError: the engine failed.
    """
    begun = time.monotonic()
    verb = case.expect.verb
    if verb is None:
        got, complaints = _service(case, engine, built)
    elif verb == "deps":
        got, complaints = _deps(case, engine, built)
    elif verb == "call":
        got, complaints = _split(case, engine, built)
    elif verb == "scan":
        got, complaints = _scan(case, engine, built)
    elif verb == "check":
        got, complaints = _check(case, engine, built)
    else:
        got, complaints = _program(case, verb, engine, built)
    return Attempt(case.name, CLASS, smoke_expected(case.expect), got, time.monotonic() - begun, tuple(complaints))


def _not_asked_of(case: SmokeCase) -> UsageError:
    return UsageError(
        Problem(
            str(case.folder),
            f"{case.runner.name} cannot do this",
            "a verb or a tool of its runner.yaml, or sql or nosql for a service",
        )
    )


def _files(folder: Path) -> list[FileEntry]:
    return [
        FileEntry(path.relative_to(folder).as_posix(), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def _pod(built: Mapping[str, Image], *volumes: VolumePlan) -> SandboxPlan:
    return SandboxPlan(run=f"smoke-{secrets.token_hex(4)}", probe_image=built["probe"].id, volumes=volumes)


def _program(case: SmokeCase, verb: Verb, engine: DockerEngine, built: Mapping[str, Image]) -> tuple[str, list[str]]:
    expect = case.expect
    volumes = VolumePlan("work", _WORK), VolumePlan("hidden", _WORK), VolumePlan("build", _WORK)
    with engine.open(_pod(built, *volumes)) as sandbox:
        for volume, name in (("work", "submission"), ("hidden", "hidden")):
            if (case.folder / name).is_dir():
                sandbox.fill(volume, _files(case.folder / name))
        if "build" in case.runner.verbs:
            result = _build(case, sandbox, built)
            if verb == "build" or result.exit_code != 0:
                return _judged(expect, result)
        plan = ContainerPlan(
            image=built[case.runner.name].id,
            argv=case.runner.argv(verb),
            env={"PORT": str(_PORT)},
            workdir="/work",
            mounts=(Mount("work", "/work"), Mount("build", "/build"), Mount("hidden", "/hidden")),
        )
        if expect.http is not None:
            return _serve(expect.http, plan, sandbox)
        result = sandbox.run(plan, timeout=expect.timeout, max_output=expect.max_output)
    return _judged(expect, result)


def _build(case: SmokeCase, sandbox: Sandbox, built: Mapping[str, Image]) -> ExecResult:
    plan = ContainerPlan(
        image=built[case.runner.name].id,
        argv=case.runner.argv("build"),
        workdir="/work",
        mounts=(Mount("work", "/work"), Mount("build", "/build", writable=True)),
        alone=True,
        name="build",
    )
    return sandbox.run(plan, timeout=case.expect.timeout, max_output=case.expect.max_output)


def _split(case: SmokeCase, engine: DockerEngine, built: Mapping[str, Image]) -> tuple[str, list[str]]:
    """The tests in one container, the submission in another, which answers their calls."""
    runner, expect = case.runner, case.expect
    if "test" not in runner.verbs:
        raise _not_asked_of(case)
    image = built[runner.name].id
    volumes = (
        VolumePlan("work", _WORK),
        VolumePlan("build", _WORK),
        VolumePlan("hidden", _WORK, uid=TESTER_UID),
        VolumePlan("call", _SOCKET, 64),
    )
    with engine.open(_pod(built, *volumes)) as sandbox:
        sandbox.fill("work", _files(case.folder / "submission"))
        sandbox.fill("hidden", _files(case.folder / "hidden"))
        if "build" in runner.verbs and (result := _build(case, sandbox, built)).exit_code != 0:
            return _judged(expect, result)
        mounts = Mount("work", "/work"), Mount("build", "/build"), Mount("call", "/call", writable=True)
        worker = sandbox.start(ContainerPlan(image, runner.argv("call"), mounts=mounts))
        tests = ContainerPlan(
            image,
            (*runner.argv("test"), "split", f"{_CALL:g}"),
            uid=TESTER_UID,
            mounts=(Mount("hidden", "/hidden"), Mount("call", "/call")),
        )
        result = sandbox.run(tests, timeout=expect.timeout, max_output=expect.max_output)
        worker.stop()
    return _judged(expect, result)


def _scan(case: SmokeCase, engine: DockerEngine, built: Mapping[str, Image]) -> tuple[str, list[str]]:
    """What a tool finds in the submission, under the limits and in the words of a grading."""
    runner, expect = case.runner, case.expect
    if expect.tool not in runner.tools:
        raise _not_asked_of(case)
    files = _files(case.folder / "submission")
    spec = ScanSpec(scanner=runner.name, tool=expect.tool, ignore=())
    with engine.open(_pod(built, VolumePlan("work", _WORK))) as sandbox:
        sandbox.fill("work", files)
        plan = ContainerPlan(
            image=built[runner.name].id,
            argv=("/bin/sh", "-c", spec.line),
            workdir="/work",
            mounts=(Mount("work", "/work"),),
            limits=SCANNING,
            alone=True,
        )
        result = sandbox.run(plan, timeout=expect.timeout, max_output=expect.max_output)
    return _compared(expect, spec, result, files)


def _check(case: SmokeCase, engine: DockerEngine, built: Mapping[str, Image]) -> tuple[str, list[str]]:
    """What a checker says of an app that runs in its image, too, as the candidate's does beside it in a grading."""
    runner, expect = case.runner, case.expect
    image = built[runner.name].id
    if "check" not in runner.verbs:
        raise _not_asked_of(case)
    with engine.open(_pod(built, VolumePlan("work", _WORK))) as sandbox:
        sandbox.fill("work", _files(case.folder / "submission"))
        argv = ("/bin/sh", "-c", f"exec {expect.app}")
        mounts = (Mount("work", "/work"),)
        app = sandbox.start(ContainerPlan(image, argv, env={"PORT": str(_PORT)}, workdir="/work", mounts=mounts))
        if not sandbox.listening(_PORT, timeout=_STARTING):
            return "does not listen", [f"the app does not listen: {app.tail()!r}"]
        plan = ContainerPlan(image, runner.argv("check"), uid=TESTER_UID, workdir="/tmp", limits=CHECKING)  # noqa: S108
        asked = json.dumps({**(expect.settings or {}), "port": _PORT}).encode()
        result = sandbox.run(plan, stdin=asked, timeout=expect.timeout, max_output=expect.max_output)
        app.stop()
    return _judged(expect, replace(result, stdout=_as_records(result.stdout)))


def _as_records(stdout: bytes) -> bytes:
    """What a checker says of operations, as a suite says it of tests."""
    told, complete = [], False
    for line in map(_record, stdout.splitlines()):
        if line == {"end": True}:
            complete = True
        elif "operation" in line:
            failures, errors = line.get("failures"), line.get("errors")
            outcome = "errored" if errors else "failed" if failures else "passed" if line.get("ran") else "skipped"
            told.append({"test": line["operation"], "outcome": outcome, "message": str(errors or failures)})
        else:
            told.append(line)
    return "\n".join(map(json.dumps, [*told, {"end": len(told)}] if complete else told)).encode()


def _compared(
    expect: SmokeExpect, spec: ScanSpec, result: ExecResult, files: Sequence[FileEntry]
) -> tuple[str, list[str]]:
    if complaints := list(_ending(expect, result)):
        return result_text(result.ending.value, result.exit_code, None, complete=True), complaints
    try:
        _, findings = read(spec, result, {entry.path: entry.data for entry in files})
    except InfrastructureError as error:
        return "no SARIF", [str(error)]
    told: dict[str, list[str]] = {}
    for one in (found.finding for found in findings):
        told.setdefault(one.path, []).append(f"{one.line} {one.level} {one.rule}")
    wanted = expect.findings or {}
    for path in sorted(told.keys() | wanted.keys()):
        got, should = sorted(told.get(path, ())), sorted(wanted.get(path, ()))
        if got != should:
            complaints.append(f"{path}: found {got}, should find {should}")
    return findings_text(told), complaints


def _judged(expect: SmokeExpect, result: ExecResult) -> tuple[str, list[str]]:
    complaints = list(_ending(expect, result))
    if expect.records is None:
        return result_text(result.ending.value, result.exit_code, None, complete=True), complaints
    lines, complete = _records(result.stdout)
    records = {str(line.get("test")): str(line.get("outcome")) for line in lines}
    for test in sorted(records.keys() | expect.records.keys()):
        outcome, wanted = records.get(test, "missing"), expect.records.get(test, "missing")
        if outcome != wanted:
            message = next((line.get("message") for line in lines if line.get("test") == test), "")
            complaints.append(f"{test}: {outcome}, should be {wanted}: {message!r}")
    if len(lines) > len(records):
        complaints.append("a test was told twice")
    if complete is not expect.complete:
        complaints.append(f"the end record {'came' if complete else 'did not come'}")
    if expect.message not in "\n".join(str(line.get("message")) for line in lines):
        complaints.append(f"no message holds {expect.message!r}")
    return result_text(result.ending.value, None, records, complete=complete), complaints


def _records(stdout: bytes) -> tuple[list[dict[str, Any]], bool]:
    """The records of a suite, and whether they end with a record that counts them."""
    lines = [_record(line) for line in stdout.splitlines()]
    complete = bool(lines) and lines[-1] == {"end": len(lines) - 1}
    return lines[:-1] if complete else lines, complete


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    return record if isinstance(record, dict) else {"test": repr(line), "outcome": "no record"}


def _ending(expect: SmokeExpect, result: ExecResult) -> Iterator[str]:
    told = result.stderr.decode(errors="replace")
    if result.ending != expect.ending:
        yield f"it ended with {result.ending.value}, should end with {expect.ending}: {told!r}"
    if expect.exit is not None and result.exit_code != expect.exit:
        yield f"exit code {result.exit_code}, should be {expect.exit}: {told!r}"
    if expect.stderr not in told:
        yield f"stderr is {told!r}, should hold {expect.stderr!r}"


def _serve(http: Http, plan: ContainerPlan, sandbox: Sandbox) -> tuple[str, list[str]]:
    app = sandbox.start(plan)
    if not sandbox.listening(_PORT, timeout=_STARTING):
        return "does not listen", [f"it does not listen: {app.tail()!r}"]
    reply = sandbox.http(HttpRequest(port=_PORT, method="GET", target=http.target))
    app.stop()
    if reply.error is not None:
        return reply.error, [f"the request failed: {reply.error}"]
    complaints = [] if reply.status == http.status else [f"status {reply.status}, should be {http.status}"]
    body = reply.body.decode(errors="replace")
    if http.body not in body:
        complaints.append(f"the body is {body!r}, should hold {http.body!r}")
    return f"HTTP {reply.status}", complaints


def _deps(case: SmokeCase, engine: DockerEngine, built: Mapping[str, Image]) -> tuple[str, list[str]]:
    runner, expect = case.runner, case.expect
    if runner.deps is None:
        raise _not_asked_of(case)
    lock = [entry for entry in _files(case.folder / "submission") if entry.path in (*runner.lock, *runner.hints)]
    bundle = images.ca_bundle()
    if bundle is not None:
        lock.append(FileEntry(images.CA_FILE, bundle))
    run = f"{os.getpid()}-{secrets.token_hex(4)}"
    plan = FetchPlan(
        image=built[runner.name].id,
        argv=runner.argv("deps"),
        files=lock,
        destination=runner.deps.destination,
        tag=f"{REPOSITORY}:{run}",
        env=images.registry_env() if expect.network else {},
        egress=Egress(built["probe"].id, runner.argv("registries")) if expect.network else None,
        timeout=120.0,
    )
    try:
        made = engine.fetch(plan, f"smoke-{run}")
        if isinstance(made, ExecResult):
            if made.exit_code == _UNREACHABLE and expect.exit != _UNREACHABLE:
                said = made.stderr.decode(errors="replace").strip()
                raise UnreachableError(Problem(case.name, said or "no package registry answers"))
            return result_text(made.ending.value, made.exit_code, None, complete=True), list(_ending(expect, made))
        complaints = [] if expect.exit == 0 else [f"exit code 0, should be {expect.exit}"]
        if expect.then is not None:
            with engine.open(_pod(built)) as sandbox:
                after = sandbox.run(ContainerPlan(image=made.id, argv=expect.then.argv), timeout=30.0)
            if expect.then.stdout not in after.stdout.decode(errors="replace"):
                said = (after.stdout + after.stderr).decode(errors="replace")
                complaints.append(f"with the packages it prints {said!r}, should print {expect.then.stdout!r}")
        return "exit 0", complaints
    finally:
        patient = engine.client.patient(_REMOVING)
        try:
            patient.remove_image(plan.tag)
        finally:
            patient.close()


def _service(case: SmokeCase, engine: DockerEngine, built: Mapping[str, Image]) -> tuple[str, list[str]]:
    runner = case.runner
    if runner.data is None or runner.sockets is None:
        raise _not_asked_of(case)
    complaints: list[str] = []
    told: list[str] = []
    uid = runner.uid or SERVICE_UID
    with engine.open(_pod(built, VolumePlan("db", 1 << 20, uid=uid))) as sandbox:
        database = sandbox.start(
            ContainerPlan(
                image=built[runner.name].id,
                argv=runner.argv("serve"),
                uid=uid,
                mounts=(Mount("db", runner.sockets, writable=True),),
                tmpfs=(Tmpfs(runner.data, _DATA),),
            )
        )
        if not _listens(sandbox, runner):
            return "does not listen", [f"it does not listen: {database.tail()!r}"]
        for number, step in enumerate(case.expect.steps, 1):
            said, wrong = step.ask(sandbox, runner.engine or "")
            told.append(said)
            if wrong:
                complaints.append(f"step {number}: {wrong}")
        if not database.alive():
            complaints.append(f"the server did not survive: {database.ending()}")
        if complaints:
            complaints[-1] += f"; the last that the server printed: {database.tail()[-_LAST:]!r}"
    return "; ".join(told), complaints


def _listens(sandbox: Sandbox, runner: Runner) -> bool:
    """Wait until a service listens on its port, if it has one, and answers us."""
    end = time.monotonic() + _STARTING
    if runner.port is not None and not sandbox.listening(runner.port, timeout=_STARTING):
        return False
    server = ENGINES[runner.engine or ""](sandbox, "db")
    while server.ready() is not None:
        if time.monotonic() > end:
            return False
        time.sleep(_POLL)
    return True
