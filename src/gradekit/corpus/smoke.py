"""Smoke cases: every runner keeps its contract in a real sandbox, under the limits of a grading."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Discriminator, Field, JsonValue, Tag, ValidationError, model_validator

from gradekit.checks.scan import ScanSpec, read
from gradekit.corpus.attempt import Attempt
from gradekit.corpus.case import EXPECT, Texts
from gradekit.errors import InfrastructureError, Problem, UsageError
from gradekit.grade.bench import CHECKING, SCANNING
from gradekit.grade.servers import ENGINES
from gradekit.model import Model, Slug, tuple_of
from gradekit.runner import Runner, Verb
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.protocol import (
    SERVICE_UID,
    TESTER_UID,
    CommandResult,
    ContainerPlan,
    Egress,
    Ending,
    ExecResult,
    FetchPlan,
    FileEntry,
    HttpRequest,
    Image,
    MongoRequest,
    Mount,
    RedisRequest,
    Sandbox,
    SandboxPlan,
    SqlRequest,
    SqlResult,
    Tmpfs,
    VolumePlan,
)

CLASS = "smoke"
"""What stands for these cases where hostile ones have a class."""
REPOSITORY = "gradekit/smoke"
"""Images of packages that a case fetched; the tag begins with the pid of who made them, and they are removed."""
_PORT = 8080
_UNREACHABLE = 3
"""What the deps program exits with when no package can be had, whoever asks."""
_NOTHING_TO_SERVE = 3
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
_NOSQL = ("redis", "mongodb")
"""The engines whose cases are not written in SQL."""


class UnreachableError(InfrastructureError):
    """No package registry answers, which says nothing about the rest of the host."""


class Then(Model):
    """A program in the image that ``deps`` made, and a part of what it prints."""

    argv: Texts
    stdout: str


class Http(Model):
    """A request to the service, its status and a part of the answer."""

    target: str
    status: int
    body: str


class Step(Model):
    """Statements one after the other, and the last one's rows or SQLSTATE."""

    user: str | None = None
    password: str | None = None
    database: str = "postgres"
    statements: Texts
    rows: Annotated[
        tuple[Annotated[tuple[str | None, ...], BeforeValidator(tuple_of)], ...] | None, BeforeValidator(tuple_of)
    ] = None
    sqlstate: str | None = None

    def expected(self) -> str:
        """In a few words."""
        return _step_text(self.sqlstate, self.rows)

    def answer(self, sandbox: Sandbox, engine: str) -> SqlResult:
        """The result of the last statement."""
        return sandbox.sql(
            SqlRequest("db", self.database, self.statements, user=self.user, password=self.password, engine=engine)
        )[-1]

    def ask(self, sandbox: Sandbox, engine: str) -> tuple[str, str]:
        """What it came to in a few words, and what is wrong with that."""
        last = self.answer(sandbox, engine)
        told = _step_text(last.sqlstate, None if self.rows is None else last.rows)
        if last.sqlstate != self.sqlstate:
            return told, f"{last.error or 'it succeeded'}, should be {self.expected()}"
        if self.rows is not None and tuple(tuple(row) for row in last.rows) != self.rows:
            return told, f"rows {last.rows}, should be {self.rows}"
        return told, ""


class Commands(Model):
    """Commands for Redis one after the other, and the last one's reply or the code of its error."""

    user: str | None = None
    password: str | None = None
    database: int = 0
    commands: Annotated[tuple[Texts, ...], BeforeValidator(tuple_of), Field(min_length=1)]
    reply: JsonValue = None
    error: str | None = None

    def expected(self) -> str:
        """In a few words."""
        return _reply_text(self, self.error)

    def ask(self, sandbox: Sandbox, engine: str) -> tuple[str, str]:
        """What it came to in a few words, and what is wrong with that."""
        del engine
        request = RedisRequest("db", self.commands, database=self.database, user=self.user, password=self.password)
        return _replied(self, sandbox.redis(request)[-1])


class Documents(Model):
    """Commands for MongoDB one after the other, and the last one's reply or the name of its error."""

    server: Literal["app", "checks"] = "checks"
    database: str = "smoke"
    commands: Annotated[tuple[Mapping[str, JsonValue], ...], BeforeValidator(tuple_of), Field(min_length=1)]
    reply: JsonValue = None
    error: str | None = None

    def expected(self) -> str:
        """In a few words."""
        return _reply_text(self, self.error)

    def ask(self, sandbox: Sandbox, engine: str) -> tuple[str, str]:
        """What it came to in a few words, and what is wrong with that."""
        del engine
        texts = [json.dumps(command) for command in self.commands]
        return _replied(self, sandbox.mongodb(MongoRequest("db", texts, self.server, self.database))[-1])


def _reply_text(step: Commands | Documents, code: str | None) -> str:
    return code or ("a reply" if "reply" in step.model_fields_set else "done")


def _replied(step: Commands | Documents, last: CommandResult) -> tuple[str, str]:
    told = _reply_text(step, last.code)
    if last.code != step.error:
        return told, f"{last.error or 'it succeeded'}, should be {step.expected()}"
    asked = "reply" in step.model_fields_set and last.code is None
    if asked and json.loads(last.reply) != step.reply:
        return told, f"reply {last.reply}, should be {json.dumps(step.reply)}"
    return told, ""


def _form(step: object) -> str:
    """Whether commands of a step are lists of texts, or objects."""
    commands = step.get("commands") if isinstance(step, Mapping) else None
    return (
        "documents" if isinstance(commands, list) and any(isinstance(item, Mapping) for item in commands) else "words"
    )


_Asked = Annotated[
    Annotated[Commands, Tag("words")] | Annotated[Documents, Tag("documents")],
    Discriminator(_form),
]


class SmokeExpect(Model):
    """The content of a smoke case's ``expect.yaml``; runners/README.md describes every field."""

    verb: Literal["deps", "build", "serve", "test", "call", "scan", "check"] | None = None
    timeout: float = Field(default=60.0, gt=0)
    max_output: int = 4 << 20
    ending: str = Ending.EXITED.value
    exit: int | None = None
    stderr: str = ""
    network: bool = False
    then: Then | None = None
    records: Mapping[str, str] | None = None
    complete: bool = True
    message: str = ""
    tool: Slug | None = None
    findings: Mapping[str, Annotated[tuple[str, ...], BeforeValidator(tuple_of)]] | None = None
    app: str | None = None
    settings: Mapping[str, JsonValue] | None = None
    http: Http | None = None
    sql: Annotated[tuple[Step, ...], BeforeValidator(tuple_of)] = ()
    nosql: Annotated[tuple[_Asked, ...], BeforeValidator(tuple_of)] = ()

    @property
    def steps(self) -> Sequence[Step | Commands | Documents]:
        """What a service is asked."""
        return (*self.sql, *self.nosql)

    @model_validator(mode="after")
    def _asks_something(self) -> SmokeExpect:
        if (self.verb is not None) + bool(self.sql) + bool(self.nosql) != 1:
            raise ValueError("a case has either a `verb` or `sql` or `nosql`")
        if self.verb == "deps" and self.exit is None:
            raise ValueError("a case of `deps` needs `exit`")
        if (self.verb == "scan") != (self.tool is not None) or (self.tool is None) != (self.findings is None):
            raise ValueError("a case of `scan`, and no other, has `tool` and `findings`")
        if (self.verb == "check") != (self.app is not None) or (self.app is None) != (self.settings is None):
            raise ValueError("a case of `check`, and no other, has `app` and `settings`")
        return self


@dataclass(frozen=True, slots=True)
class SmokeCase:
    """A smoke case of a runner."""

    runner: Runner
    folder: Path
    expect: SmokeExpect

    @property
    def name(self) -> str:
        """``RUNNER/CASE``."""
        return f"{self.runner.name}/{self.folder.name}"


@dataclass(frozen=True, slots=True)
class Required:
    """A case that every runner of a kind must have, so that all are asked the same."""

    name: str
    verb: str
    """The verb that it asks; what it speaks (``sql``, ``nosql``) for services."""
    shows: str
    """What its expectation must say, in words for who writes a runner."""
    fits: Callable[[SmokeExpect], bool]


def _replies(step: Commands | Documents) -> bool:
    return "reply" in step.model_fields_set


def _outcomes(expect: SmokeExpect) -> set[str]:
    return set((expect.records or {}).values())


REQUIRED = (
    Required("pass", "test", "every test passed", lambda expect: _outcomes(expect) == {"passed"}),
    Required(
        "fail",
        "test",
        "tests failed, skipped and errored",
        lambda expect: {"failed", "skipped", "errored"} <= _outcomes(expect),
    ),
    Required("missing-dependency", "test", "errored tests only", lambda expect: _outcomes(expect) == {"errored"}),
    Required("no-tests", "test", "no records, complete", lambda expect: expect.records == {} and expect.complete),
    Required("crash", "test", "complete: false", lambda expect: not expect.complete and expect.ending == "exited"),
    Required("hang", "test", "ending: timeout", lambda expect: expect.ending == "timeout"),
    Required("huge-output", "test", "ending: output", lambda expect: expect.ending == "output"),
    Required(
        "unicode",
        "test",
        "a passed test whose id is not ASCII",
        lambda expect: any(not test.isascii() for test, got in (expect.records or {}).items() if got == "passed"),
    ),
    Required("tricks", "test", "a failed test that stays so", lambda expect: "failed" in _outcomes(expect)),
    Required(
        "split",
        "call",
        "tests that passed and tests that failed",
        lambda expect: {"passed", "failed"} <= _outcomes(expect) and expect.complete,
    ),
    Required(
        "no-dependencies", "deps", "exit: 0 without network", lambda expect: (expect.exit, expect.network) == (0, False)
    ),
    Required(
        "broken-dependencies",
        "deps",
        "exit: 2 without network",
        lambda expect: (expect.exit, expect.network) == (2, False),
    ),
    Required(
        "packages",
        "deps",
        "exit: 0 with network, and then",
        lambda expect: expect.exit == 0 and expect.network and expect.then is not None,
    ),
    Required(
        "unknown-package", "deps", "exit: 2 with network", lambda expect: (expect.exit, expect.network) == (2, True)
    ),
    Required(
        "wrong-version",
        "deps",
        "exit: 4 without network, and in stderr what the submission wants and the runner has",
        lambda expect: (expect.exit, expect.network) == (4, False) and "; this runner has " in expect.stderr,
    ),
    Required("broken-build", "build", "exit: 1", lambda expect: expect.exit == 1),
    Required("service", "serve", "http", lambda expect: expect.http is not None),
    Required("no-procfile", "serve", "exit: 3", lambda expect: expect.exit == _NOTHING_TO_SERVE),
    Required(
        "operations",
        "check",
        "operations that passed and operations that failed",
        lambda expect: {"passed", "failed"} <= _outcomes(expect) and expect.complete,
    ),
    Required("query", "sql", "rows", lambda expect: any(step.rows is not None for step in expect.sql)),
    Required("roles", "sql", "an SQLSTATE of what is denied", lambda expect: any(step.sqlstate for step in expect.sql)),
    Required(
        "exhaustion",
        "sql",
        "an SQLSTATE of what is too much, and rows after it",
        lambda expect: any(step.sqlstate for step in expect.sql) and expect.sql[-1].rows is not None,
    ),
    Required("query", "nosql", "replies", lambda expect: any(_replies(step) for step in expect.nosql)),
    Required("roles", "nosql", "errors of what is denied", lambda expect: any(step.error for step in expect.nosql)),
    Required(
        "exhaustion",
        "nosql",
        "an error of what is too much, and a reply after it",
        lambda expect: any(step.error for step in expect.nosql) and _replies(expect.nosql[-1]),
    ),
)
"""The conformance suite of runners: one list for all of them. Scanners are asked for each of their tools beside."""


def _required(runner: Runner) -> Iterator[Required]:
    asked = {"nosql" if runner.engine in _NOSQL else "sql"} if runner.engine is not None else set(runner.verbs)
    yield from (required for required in REQUIRED if required.verb in asked)
    for tool in runner.tools:
        yield Required(tool, "scan", f"tool: {tool}, findings of a file and none of another", partial(_proves, tool))


def _proves(tool: str, expect: SmokeExpect) -> bool:
    return expect.tool == tool and {bool(told) for told in (expect.findings or {}).values()} == {True, False}


def read_smoke(runners: Sequence[Runner]) -> tuple[SmokeCase, ...]:
    """The smoke cases of runners, by name.

    Raises:
        UsageError: an ``expect.yaml`` is wrong; all of them are told.
    """
    cases: list[SmokeCase] = []
    problems: list[Problem] = []
    for runner in runners:
        for path in sorted((runner.folder / "smoke").glob(f"*/{EXPECT}")):
            try:
                raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
                cases.append(SmokeCase(runner, path.parent, SmokeExpect.model_validate(raw)))
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                problems.append(Problem(str(path), f"it is not YAML: {' '.join(str(error).split())}"))
            except ValidationError as error:
                problems += (
                    Problem(f"{path}: {'.'.join(map(str, item['loc'])) or 'case'}", item["msg"])
                    for item in error.errors()
                )
    if problems:
        raise UsageError(*problems)
    return tuple(cases)


def _asks(expect: SmokeExpect) -> str:
    return expect.verb or ("sql" if expect.sql else "nosql")


def lacking(runner: Runner, cases: Sequence[SmokeCase]) -> list[Attempt]:
    """The required cases that a runner does not have, or that say something else, as attempts that came to nothing."""
    own = {case.folder.name: case.expect for case in cases if case.runner.name == runner.name}
    found = []
    for required in _required(runner):
        expect = own.get(required.name)
        if expect is None:
            complaint = (
                f"{runner.folder}/smoke/{required.name}: there is no such case; every runner with {required.verb}"
            )
            complaint += f" has one; add it, its expectation: {required.shows}"
        elif _asks(expect) != required.verb or not required.fits(expect):
            complaint = f"{runner.folder}/smoke/{required.name}: it does not ask what it must; {required.verb}, "
            complaint += f"{required.shows}; correct it"
        else:
            continue
        found.append(
            Attempt(f"{runner.name}/{required.name}", CLASS, required.shows, "no such case", 0.0, (complaint,))
        )
    return found


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


def smoke_expected(expect: SmokeExpect) -> str:
    """What a case should come to, in a few words."""
    if expect.steps:
        return "; ".join(step.expected() for step in expect.steps)
    if expect.http is not None:
        return f"HTTP {expect.http.status}"
    if expect.findings is not None:
        return _findings_text(expect.findings)
    return _result_text(expect.ending, expect.exit, expect.records, complete=expect.complete)


def _step_text(sqlstate: str | None, rows: Sequence[object] | None) -> str:
    return f"SQLSTATE {sqlstate}" if sqlstate else f"{len(rows)} rows" if rows is not None else "done"


def _result_text(ending: str, code: int | None, records: Mapping[str, str] | None, *, complete: bool) -> str:
    parts = [ending] if ending != Ending.EXITED else []
    if records is not None:
        counts = Counter(records.values())
        parts += [f"{counts[outcome]} {outcome}" for outcome in sorted(counts)] or ["no records"]
        parts += [] if complete else ["cut short"]
    elif code is not None:
        parts.append(f"exit {code}")
    return ", ".join(parts)


def _findings_text(findings: Mapping[str, Sequence[str]]) -> str:
    return f"{sum(map(len, findings.values()))} findings"


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
        return _result_text(result.ending.value, result.exit_code, None, complete=True), complaints
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
    return _findings_text(told), complaints


def _judged(expect: SmokeExpect, result: ExecResult) -> tuple[str, list[str]]:
    complaints = list(_ending(expect, result))
    if expect.records is None:
        return _result_text(result.ending.value, result.exit_code, None, complete=True), complaints
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
    return _result_text(result.ending.value, None, records, complete=complete), complaints


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
            return _result_text(made.ending.value, made.exit_code, None, complete=True), list(_ending(expect, made))
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
            complaints.append(f"the last that the server printed: {database.tail()[-_LAST:]!r}")
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
