"""A bench without a sandbox: answers come from functions and scripts, time passes only by sleeping."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from gradekit.checks.base import Context, Counted, Role, Stretch
from gradekit.checks.jsontext import Json
from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.history import History
from gradekit.language import Framework, Speech
from gradekit.sandbox.messages import (
    CallReply,
    CommandResult,
    HttpReply,
    HttpRequest,
    LoadReply,
    LoadRequest,
    SqlResult,
    StepResult,
)
from gradekit.sandbox.plans import Ending, ExecResult, FileEntry

App = Callable[[HttpRequest], HttpReply]
Answer = Callable[[str], SqlResult]
Reply = Callable[[tuple[str, ...]], CommandResult]
Program = Callable[[Sequence[str], bytes], ExecResult]


@dataclass(frozen=True)
class Query:
    """One call of a database: ``dataset`` is None for the app's database."""

    dataset: str | None
    statements: tuple[str, ...]
    role: Role
    read_only: bool
    timeout: float = 0.0
    max_rows: int = 0
    max_bytes: int = field(default=0, compare=False)


@dataclass
class FakeDatabase:
    """Answers statement by statement, up to the first error."""

    bench: FakeBench
    dataset: str | None

    @property
    def engine(self) -> str:
        return self.bench.speaks

    @property
    def by_candidate(self) -> bool:
        return self.bench.by_candidate

    def query(
        self,
        statements: Sequence[str],
        *,
        role: Role,
        timeout: float,
        read_only: bool = False,
        max_rows: int = 100_000,
        max_bytes: int = 8 << 20,
        theirs: bool = False,
        keep_going: bool = False,
    ) -> Sequence[SqlResult]:
        del theirs
        query = Query(self.dataset, tuple(statements), role, read_only, timeout, max_rows, max_bytes)
        self.bench.queries.append(query)
        results: list[SqlResult] = []
        for statement in statements:
            results.append(self.bench.answer(statement))
            if results[-1].error is not None and not keep_going:
                break
        return results

    def interleave(
        self, steps: Sequence[tuple[str, Sequence[str]]], *, timeout: float, total: float, theirs: bool
    ) -> Sequence[StepResult]:
        assert self.dataset is not None
        self.bench.interleaved.append((tuple(name for name, _ in steps), timeout, total, theirs))
        return self.bench.interleaving(steps)

    def count_anew(self) -> None:
        self.bench.counts.append(len(self.bench.requests))

    def counted(self) -> Counted:
        return self.bench.count(self.bench.requests[self.bench.counts[-1] :])

    def fault(self, place: str, what: str, *, server: bool = False) -> InfrastructureError | Blocked:
        del server
        return Blocked(f"{place}: {what}") if self.bench.by_candidate else InfrastructureError(Problem(place, what))


@dataclass
class FakeStore:
    """Answers command by command, up to the first error."""

    bench: FakeBench
    dataset: str | None

    @property
    def engine(self) -> str:
        return self.bench.stores

    def command(self, commands: Sequence[Sequence[str]], *, role: Role, timeout: float) -> Sequence[CommandResult]:
        del timeout
        results: list[CommandResult] = []
        for command in commands:
            self.bench.commanded.append((self.dataset, role, tuple(command)))
            results.append(self.bench.reply(tuple(command)))
            if results[-1].code is not None:
                break
        return results

    def fault(self, place: str, what: str, *, server: bool = False) -> InfrastructureError | Blocked:
        del server
        return Blocked(f"{place}: {what}") if self.bench.by_candidate else InfrastructureError(Problem(place, what))


@dataclass
class FakeCalls:
    """Answers calls by a function of the request and of what was defined before in the same process."""

    answer: Callable[[dict[str, Any]], object]
    language: str = "toy"
    speech: Speech = field(default_factory=Speech)
    said: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    limits: list[tuple[bool, float, int]] = field(default_factory=list)

    def exchange(self, line: str, *, fresh: bool, timeout: float, max_line: int) -> CallReply:
        request = json.loads(line)
        self.asked.append(request)
        self.limits.append((fresh, timeout, max_line))
        answer = self.answer(request)
        if isinstance(answer, CallReply):
            return answer
        if isinstance(answer, bytes):
            return CallReply(answer)
        return CallReply(json.dumps({"id": request["id"], **cast("dict[str, object]", answer)}).encode(), seconds=0.001)

    def printed(self) -> str:
        return self.said


@dataclass
class FakeBench:
    """Implements ``Bench``; what was asked of it is kept in its lists."""

    context: Context = field(default_factory=lambda: Context(check="check"))
    submission: Mapping[str, FileEntry] = field(default_factory=dict)
    app: App | None = None
    answer: Answer = lambda _statement: SqlResult()
    reply: Reply = lambda _command: CommandResult()
    program: Program | None = None
    suite: Callable[[Sequence[FileEntry]], ExecResult] | None = None
    tool: Callable[[str], ExecResult] | None = None
    settings: list[Mapping[str, Json]] = field(default_factory=list)
    burden: Callable[[LoadRequest], LoadReply] | None = None
    loads: list[LoadRequest] = field(default_factory=list)
    clock: float = 100.0
    requests: list[HttpRequest] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    commanded: list[tuple[str | None, Role, tuple[str, ...]]] = field(default_factory=list)
    commands: list[tuple[str, ...]] = field(default_factory=list)
    command_files: list[tuple[FileEntry, ...]] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)
    switched: list[tuple[str, bool]] = field(default_factory=list)
    down: str = ""
    """Why the app does not come back."""
    stretches: list[tuple[tuple[str, ...] | None, float]] = field(default_factory=list)
    waits: tuple[str, ...] | None = None
    kept: bool = True
    by_candidate: bool = False
    count: Callable[[Sequence[HttpRequest]], Counted] = lambda _requests: Counted()
    """What the database counted of these requests."""
    interleaving: Callable[[Sequence[tuple[str, Sequence[str]]]], Sequence[StepResult]] = lambda steps: [
        StepResult(at=len(statements)) for _, statements in steps
    ]
    interleaved: list[tuple[tuple[str, ...], float, float, bool]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    """How many requests had been sent when a count began."""
    worker: FakeCalls | None = None
    history: History | None = None
    frameworks: Sequence[Framework] = ()
    scanned: Callable[[str, str, Mapping[str, bytes] | None], ExecResult] | None = None
    """What a scanner gives, by its name, the line, and the files instead of the submission."""
    tested: Callable[[str, str, Mapping[str, bytes]], ExecResult] | None = None
    """What the candidate's tests give, by their line, what prepares them, and the files that are put there first."""
    speaks: str = "postgres"
    stores: str = "redis"
    language: str = "toy"

    def request(self, request: HttpRequest) -> HttpReply:
        self.requests.append(request)
        return self.app(request) if self.app else HttpReply(status=0, error="refused")

    def restart(self, *, grace: float) -> str:
        self.restarts.append(grace)
        if self.down:
            raise Blocked(self.down, "Traceback\x1b[0m")
        self.clock += 1.5
        return "exited with 0"

    def switch(self, service: str, *, on: bool) -> None:
        self.switched.append((service, on))

    @contextmanager
    def stretched(self, tables: Sequence[str] | None, delay: float) -> Iterator[Stretch | None]:
        self.stretches.append((None if tables is None else tuple(tables), delay))
        if self.waits is None:
            yield None
            return
        stretch = Stretch(self.waits)
        yield stretch
        stretch.kept = self.kept

    def engine(self, _dataset: str) -> str:
        return self.speaks

    def volley(self, request: HttpRequest, clients: int) -> Sequence[HttpReply]:
        return [self.request(request) for _ in range(clients)]

    def load(self, request: LoadRequest) -> LoadReply:
        self.loads.append(request)
        assert self.burden is not None
        return self.burden(request)

    def database(self, dataset: str) -> FakeDatabase:
        return FakeDatabase(self, dataset)

    def app_database(self) -> FakeDatabase:
        return FakeDatabase(self, None)

    def store(self, dataset: str) -> FakeStore:
        return FakeStore(self, dataset)

    def app_store(self) -> FakeStore:
        return FakeStore(self, None)

    def command(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes,
        timeout: float,  # noqa: ARG002 - the protocol's signature
        files: Sequence[FileEntry] = (),
        env: Mapping[str, str],
    ) -> ExecResult:
        self.commands.append(tuple(argv))
        self.command_files.append(tuple(files))
        self.environments.append(dict(env))
        return self.program(argv, stdin) if self.program else finished(argv)

    def own_tests(
        self,
        line: str,
        *,
        prepare: str,
        files: Sequence[FileEntry],
        timeout: float,  # noqa: ARG002
        env: Mapping[str, str],
    ) -> ExecResult:
        self.environments.append(dict(env))
        given = {entry.path: entry.data for entry in files}
        return self.tested(line, prepare, given) if self.tested else finished([line])

    def scan(
        self,
        scanner: str,
        line: str,
        *,
        files: Sequence[FileEntry] | None = None,
        timeout: float,  # noqa: ARG002
        max_output: int,  # noqa: ARG002
    ) -> ExecResult:
        given = None if files is None else {entry.path: entry.data for entry in files}
        return self.scanned(scanner, line, given) if self.scanned else finished([line])

    def test(
        self,
        files: Sequence[FileEntry],
        *,
        timeout: float,  # noqa: ARG002
        max_output: int,  # noqa: ARG002
        split: bool = False,  # noqa: ARG002
    ) -> ExecResult:
        return self.suite(files) if self.suite else finished(["test"])

    def checker(
        self,
        name: str,
        settings: Mapping[str, Json],
        *,
        timeout: float,  # noqa: ARG002 - the protocol's signature
        max_output: int,  # noqa: ARG002
    ) -> ExecResult:
        self.settings.append(settings)
        return self.tool(name) if self.tool else finished([name])

    @contextmanager
    def calls(self) -> Iterator[FakeCalls]:
        assert self.worker is not None
        yield self.worker

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.clock += seconds

    def now(self) -> float:
        return self.clock


def finished(argv: Sequence[str], stdout: bytes = b"", stderr: bytes = b"", exit_code: int = 0) -> ExecResult:
    """A program that ended by itself."""
    return ExecResult(tuple(argv), Ending.EXITED, exit_code, stdout, stderr, 0.01)


def reply(status: int, body: str | bytes = b"", /, *, seconds: float = 0.01, **headers: str) -> HttpReply:
    """A response; header names are written with ``_`` for ``-``."""
    data = body.encode() if isinstance(body, str) else body
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return HttpReply(status=status, reason="", headers=pairs, body=data, seconds=seconds)


def scripted(*replies: HttpReply) -> App:
    """An app that gives these replies in order, and the last one for ever."""
    left = list(replies)
    return lambda _request: left.pop(0) if len(left) > 1 else left[0]
