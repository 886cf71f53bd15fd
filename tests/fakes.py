"""Engines and sandboxes that answer from a script, for tests of the layers above.

Answers are given as a function, or as a table: a key (``"GET /orders"`` for http, the statement for sql, the argv
joined by blanks for run) to one answer or a list of answers, of which the last stays. A key that is not in the table
fails the test and names the known ones. Everything that was asked is in ``calls``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gradekit.results import Isolation
from gradekit.sandbox.image import Image
from gradekit.sandbox.messages import (
    CallReply,
    CallRequest,
    CommandResult,
    HttpReply,
    HttpRequest,
    InterleaveRequest,
    LoadReply,
    LoadRequest,
    MongoRequest,
    RedisRequest,
    SqlColumn,
    SqlRequest,
    SqlResult,
    StepResult,
)
from gradekit.sandbox.plans import ContainerPlan, Ending, ExecResult, FetchPlan, FileEntry, SandboxPlan
from gradekit.sandbox.protocol import Running, Sandbox

A = TypeVar("A")
Table = Mapping[str, A | list[A]]
RunAnswers = Callable[[ContainerPlan, bytes], ExecResult] | Table[ExecResult]
HttpAnswers = Callable[[HttpRequest], HttpReply] | Table[HttpReply]
SqlAnswers = Callable[[SqlRequest], Sequence[SqlResult]] | Table[SqlResult]

ISOLATION = Isolation(engine="fake 1.0", runtime="none", seccomp="none", cgroup="v2")


def exited(code: int = 0, stdout: bytes = b"", stderr: bytes = b"") -> ExecResult:
    """A process that ended by itself."""
    return ExecResult((), Ending.EXITED, code, stdout, stderr, 0.01)


def cut(ending: Ending, stdout: bytes = b"", stderr: bytes = b"") -> ExecResult:
    """A process that a limit ended."""
    return ExecResult((), ending, None, stdout, stderr, 0.01)


def reply(status: int = 200, body: bytes = b"", *, headers: Mapping[str, str] | None = None) -> HttpReply:
    """An HTTP answer; JSON unless ``headers`` say otherwise."""
    given = {"content-type": "application/json"} if headers is None else headers
    return HttpReply(status, "", tuple(given.items()), body, seconds=0.001)


def rows(columns: Mapping[str, str], *values: Sequence[str | None]) -> SqlResult:
    """A result set: columns as name -> type name, then the rows in text form."""
    return SqlResult(tuple(SqlColumn(name, kind) for name, kind in columns.items()), values)


class _Script:
    """Looks answers up, each list in order."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], int] = {}

    def answer(self, what: str, table: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 - of three kinds
        if key not in table:
            message = f"no answer for {what} {key!r}; the table has {sorted(table)}"
            raise AssertionError(message)
        found = table[key]
        if not isinstance(found, list):
            return found
        index = self._used.get((what, key), 0)
        self._used[what, key] = index + 1
        return found[min(index, len(found) - 1)]


@dataclass
class FakeRunning:
    """A long-running container; set ``dead`` and ``said`` to let it end and to fill its log.

    ``on_term`` is how it ends when it is asked to; empty: it does not.
    """

    plan: ContainerPlan
    dead: str = ""
    on_term: str = "exited with 0"
    said: str = ""
    execute_with: Callable[[Sequence[str], bytes], ExecResult] = field(default=lambda _argv, _stdin: exited())
    stopped: bool = False

    @property
    def id(self) -> str:
        return f"fake-{self.plan.name}"

    def alive(self) -> bool:
        return not self.dead and not self.stopped

    def ending(self) -> str:
        return "running" if self.alive() else self.dead or "was killed"

    def tail(self, since: float = 0.0) -> str:
        return self.said[int(since) :][-8192:]

    def moment(self) -> float:
        return float(len(self.said))

    def execute(self, argv: Sequence[str], stdin: bytes = b"", timeout: float = 30.0) -> ExecResult:
        del timeout
        return self.execute_with(argv, stdin)

    def interact(self, argv: Sequence[str]) -> int:
        return self.execute_with(argv, b"").exit_code or 0

    def end(self, grace: float) -> str:
        del grace
        self.dead = self.dead or self.on_term
        return self.ending()

    def stop(self) -> None:
        self.stopped = True


class FakeSandbox:
    """A pod of nothing; ``files`` holds what was put into each volume."""

    def __init__(
        self,
        *,
        run: RunAnswers | None = None,
        http: HttpAnswers | None = None,
        sql: SqlAnswers | None = None,
        start: Callable[[ContainerPlan], FakeRunning] = FakeRunning,
        redis: Callable[[RedisRequest], Sequence[CommandResult]] = lambda _: [
            CommandResult(code="refused", error="nobody")
        ],
        mongodb: Callable[[MongoRequest], Sequence[CommandResult]] = lambda _: [
            CommandResult(code="refused", error="nobody")
        ],
        interleave: Callable[[InterleaveRequest], Sequence[StepResult] | str] = lambda _: "nobody",
        call: Callable[[CallRequest], CallReply] = lambda _request: CallReply(error="refused"),
        listening: Callable[[int], bool] | bool = True,
    ) -> None:
        self.calls: list[tuple[str, object]] = []
        self.files: dict[str, dict[str, FileEntry]] = {}
        self.running: list[FakeRunning] = []
        self._run: RunAnswers = {} if run is None else run
        self._http: HttpAnswers = {} if http is None else http
        self._sql: SqlAnswers = {} if sql is None else sql
        self._start = start
        self._interleave = interleave
        self._redis = redis
        self._mongodb = mongodb
        self._call = call
        self._listening = listening
        self._script = _Script()

    def asked(self, method: str) -> list[Any]:
        """The requests and plans that one method was called with, in order."""
        return [what for name, what in self.calls if name == method]

    def fill(self, volume: str, files: Sequence[FileEntry]) -> None:
        self.calls.append(("fill", volume))
        self.files.setdefault(volume, {}).update({file.path: file for file in files})

    def empty(self, volume: str) -> None:
        self.calls.append(("empty", volume))
        self.files.pop(volume, None)

    def run(self, plan: ContainerPlan, *, stdin: bytes = b"", timeout: float, max_output: int = 4 << 20) -> ExecResult:
        del timeout, max_output
        self.calls.append(("run", plan))
        if callable(self._run):
            return self._run(plan, stdin)
        result: ExecResult = self._script.answer("run", self._run, " ".join(plan.argv))
        return result

    def start(self, plan: ContainerPlan) -> Running:
        self.calls.append(("start", plan))
        started = self._start(plan)
        self.running.append(started)
        return started

    def http(self, request: HttpRequest) -> HttpReply:
        self.calls.append(("http", request))
        if callable(self._http):
            return self._http(request)
        answer: HttpReply = self._script.answer("http", self._http, f"{request.method} {request.target}")
        return answer

    def volley(self, request: HttpRequest, clients: int) -> Sequence[HttpReply]:
        return [self.http(request) for _ in range(clients)]

    def load(self, request: LoadRequest) -> LoadReply:
        self.calls.append(("load", request))
        return LoadReply((0.01,), {200: 1}, 0.01)

    def sql(self, request: SqlRequest) -> Sequence[SqlResult]:
        self.calls.append(("sql", request))
        if callable(self._sql):
            return self._sql(request)
        results: list[SqlResult] = []
        for statement in request.statements:
            results.append(self._script.answer("sql", self._sql, statement))
            if results[-1].error is not None:
                break
        return results

    def interleave(self, request: InterleaveRequest) -> Sequence[StepResult] | str:
        self.calls.append(("interleave", request))
        return self._interleave(request)

    def redis(self, request: RedisRequest) -> Sequence[CommandResult]:
        self.calls.append(("redis", request))
        return self._redis(request)

    def mongodb(self, request: MongoRequest) -> Sequence[CommandResult]:
        self.calls.append(("mongodb", request))
        return self._mongodb(request)

    def call(self, request: CallRequest) -> CallReply:
        self.calls.append(("call", request))
        return self._call(request)

    def listening(self, port: int, timeout: float) -> bool:
        del timeout
        self.calls.append(("listening", port))
        return self._listening(port) if callable(self._listening) else self._listening


class FakeEngine:
    """An engine whose pods are one given sandbox; ``open_pods`` counts those that are not closed."""

    def __init__(
        self,
        sandbox: FakeSandbox | Callable[[SandboxPlan], FakeSandbox] | None = None,
        *,
        images: Mapping[str, Image] | None = None,
        fetched: Callable[[FetchPlan], Image | ExecResult] | None = None,
        left_behind: Sequence[str] = (),
    ) -> None:
        self._sandbox = sandbox if sandbox is not None else FakeSandbox()
        self._images = dict(images or {})
        self._fetched = fetched
        self._left_behind = tuple(left_behind)
        self.plans: list[SandboxPlan] = []
        self.fetches: list[FetchPlan] = []
        self.open_pods = 0
        self.held: list[str] = []
        self.trimmed: list[tuple[int, tuple[str, ...]]] = []

    def isolation(self) -> Isolation:
        return ISOLATION

    def image(self, tag: str) -> Image | None:
        return self._images.get(tag)

    @contextmanager
    def open(self, plan: SandboxPlan) -> Iterator[Sandbox]:
        self.plans.append(plan)
        self.open_pods += 1
        try:
            yield self._sandbox if isinstance(self._sandbox, FakeSandbox) else self._sandbox(plan)
        finally:
            self.open_pods -= 1

    def fetch(self, plan: FetchPlan, run: str) -> Image | ExecResult:
        del run
        self.fetches.append(plan)
        if self._fetched is not None:
            return self._fetched(plan)
        image = Image(plan.tag, f"sha256:{len(self.fetches):064x}", {"io.gradekit.cache": "deps"})
        self._images[plan.tag] = image
        return image

    @contextmanager
    def cached(self, tag: str) -> Iterator[Image | None]:
        self.held.append(tag)
        try:
            yield self._images.get(tag)
        finally:
            self.held.remove(tag)

    def trim(self, limit: int) -> Sequence[str]:
        self.trimmed.append((limit, tuple(self.held)))
        return ()

    def reap(self, *, all_owners: bool = False) -> Sequence[str]:
        return self._left_behind if all_owners else ()
