"""Talks to the probe: one exec stream of JSON lines, each exchange with a deadline and a byte cap."""

from __future__ import annotations

import base64
import json
import math
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

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
from gradekit.sandbox.plans import PROBE_UID
from gradekit.sandbox.wire import STDERR, Frames, Wire

LOOPBACK = "127.0.0.1"
ADMINISTRATOR = "gradekit"
_PORT = 5432
_NOT_SENT = frozenset({"__init__.py", "egress.py", "loader.py"})
_GRACE = 10.0
"""Seconds that the probe may take beyond the time limit it was given."""
_OVERHEAD = 1 << 20
_COMPLAINT = 2048
_STATUSES = (100, 999)

T = TypeVar("T")
Execute = Callable[[Sequence[str], int], Wire]
"""Starts a program in the probe container under a uid."""


class ProbeLostError(Exception):
    """The probe stopped answering, or answered nonsense; the text says what was seen."""


@cache
def modules() -> Mapping[str, str]:
    """The probe's modules by name, each with its text."""
    found = (file for file in files("gradekit.probe").iterdir() if file.name.endswith(".py"))
    return {
        f"gradekit.probe.{file.name.removesuffix('.py')}": file.read_text(encoding="utf-8")
        for file in found
        if file.name not in _NOT_SENT
    }


def program() -> tuple[str, ...]:
    """The argv of the probe: its text travels along, so host and probe are always of one version."""
    loader = files("gradekit.probe").joinpath("loader.py").read_text(encoding="utf-8")
    packed = base64.b64encode(zlib.compress(json.dumps(modules()).encode("ascii"))).decode("ascii")
    return ("python3", "-I", "-u", "-c", loader, packed)


class ProbeClient:
    """The host's end. Calls are serialised; after a lost probe the next call starts a new one."""

    def __init__(self, execute: Execute) -> None:
        """``execute`` starts the program; nothing is started yet."""
        self._execute = execute
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._frames = Frames()
        self._line = bytearray()
        self._complaint = bytearray()
        self._number = 0

    def start(self) -> None:
        """Start the program without waiting for its first answer.

        Raises:
            InfrastructureError: the engine refused.
        """
        with self._lock:
            self._connect()

    def close(self) -> None:
        """Let the probe's program end."""
        with self._lock:
            self._disconnect()

    def http(self, request: HttpRequest) -> HttpReply:
        """Send one HTTP request to the pod's loopback.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        answer = self._call("http", _asked(request), timeout=request.timeout, cap=2 * request.max_body)
        return _decoded(answer, _http_reply)

    def volley(self, request: HttpRequest, clients: int) -> Sequence[HttpReply]:
        """Send the same HTTP request from several clients at once.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        answer = self._call(
            "volley",
            {**_asked(request), "clients": clients},
            timeout=request.timeout,
            cap=clients * (2 * request.max_body + _OVERHEAD),
        )
        return _decoded(answer, lambda reply: tuple(_http_reply(_a(dict, one)) for one in _a(list, reply["replies"])))

    def load(self, request: LoadRequest) -> LoadReply:
        """Send the same HTTP request again and again.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        asked = _asked(request.request)
        answer = self._call(
            "load",
            {
                **asked,
                "clients": request.clients,
                "load_seconds": request.seconds,
                "rate": request.rate,
                "most": request.most,
            },
            timeout=request.seconds + request.request.timeout,
            # A time has at most this many characters.
            cap=20 * request.most,
        )
        return _decoded(answer, _load_reply)

    def sql(self, request: SqlRequest) -> Sequence[SqlResult]:
        """Run statements on a service.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        administrator = request.user is None
        total = request.timeout * max(1, len(request.statements)) if request.total is None else request.total
        answer = self._call(
            "sql",
            {
                "engine": request.engine,
                # Never over the network: whoever brings the server down could listen on its port, ask for our
                # passwords and answer our queries. Only service and probe have the folder of the socket.
                "host": f"/vol/{request.service}",
                "port": _PORT,
                "user": ADMINISTRATOR if administrator else request.user,
                "password": request.password,
                "database": request.database,
                "statements": list(request.statements),
                "timeout": request.timeout,
                "total": total,
                "read_only": request.read_only,
                "max_rows": request.max_rows,
                "max_bytes": request.max_bytes,
                "keep_going": request.keep_going,
            },
            timeout=total,
            # A byte of a value becomes up to six in JSON (\u0000), and each statement has its own allowance.
            cap=6 * request.max_bytes * max(1, len(request.statements)),
        )
        return _decoded(answer, _sql_results)

    def interleave(self, request: InterleaveRequest) -> Sequence[StepResult] | str:
        """Run steps of several sessions on a service.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        answer = self._call(
            "interleave",
            {
                "engine": request.engine,
                "host": f"/vol/{request.service}",
                "port": _PORT,
                "user": request.user,
                "password": request.password,
                "database": request.database,
                "control": {
                    "user": ADMINISTRATOR,
                    "password": None,
                    "database": "postgres" if request.engine == "postgres" else "",
                },
                "steps": [[name, list(statements)] for name, statements in request.steps],
                "timeout": request.timeout,
                "total": request.total,
                "read_only": False,
                "max_rows": request.max_rows,
                "max_bytes": request.max_bytes,
            },
            timeout=request.total,
            cap=6 * request.max_bytes * max(1, len(request.steps)),
        )
        return _decoded(answer, _step_results)

    def redis(self, request: RedisRequest) -> Sequence[CommandResult]:
        """Run commands on a service.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        total = request.timeout * max(1, len(request.commands)) if request.total is None else request.total
        answer = self._call(
            "redis",
            {
                "folder": f"/vol/{request.service}",
                "user": request.user or ADMINISTRATOR,
                # The probe finds the administrator's in the folder.
                "password": None if request.user is None else request.password or "",
                "database": request.database,
                "commands": [list(command) for command in request.commands],
                "timeout": request.timeout,
                "total": total,
                "max_bytes": request.max_bytes,
            },
            timeout=total,
            # A byte becomes up to six in the JSON of a value (\u0000), and each backslash of those two in the answer's.
            cap=7 * request.max_bytes * max(1, len(request.commands)),
        )
        return _decoded(answer, _command_results)

    def mongodb(self, request: MongoRequest) -> Sequence[CommandResult]:
        """Run commands on a service.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        total = request.timeout * max(1, len(request.commands)) if request.total is None else request.total
        answer = self._call(
            "mongodb",
            {
                "folder": f"/vol/{request.service}",
                "socket": f"{request.server}.sock",
                "database": request.database,
                "commands": list(request.commands),
                "timeout": request.timeout,
                "total": total,
                "max_bytes": request.max_bytes,
            },
            timeout=total,
            # An empty regular expression has four bytes, and sixty as JSON in JSON: nothing grows more.
            cap=16 * request.max_bytes * max(1, len(request.commands)),
        )
        return _decoded(answer, _command_results)

    def call(self, request: CallRequest) -> CallReply:
        """Exchange a line with the submission's side of the call protocol.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        answer = self._call(
            "call",
            {
                "folder": f"/vol/{request.volume}",
                "line": request.line,
                "fresh": request.fresh,
                "wait": request.wait,
                "timeout": request.timeout,
                "max_line": request.max_line,
            },
            timeout=request.timeout + (request.wait if request.fresh else 0.0),
            cap=2 * request.max_line,
        )
        return _decoded(answer, _call_reply)

    def listening(self, port: int, timeout: float) -> bool:
        """Wait until something accepts connections.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        answer = self._call("listening", {"port": port, "timeout": timeout}, timeout=timeout, cap=0)
        return _decoded(answer, lambda reply: _a(bool, reply["open"]))

    def ping(self, timeout: float = 10.0) -> None:
        """Wait until the probe answers.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        self._call("ping", {}, timeout=timeout, cap=0)

    def _call(self, operation: str, fields: Mapping[str, object], *, timeout: float, cap: int) -> Mapping[str, Any]:
        with self._lock:
            wire = self._connect()
            self._number += 1
            line = json.dumps({"id": self._number, "op": operation, **fields}).encode() + b"\n"
            deadline = time.monotonic() + timeout + _GRACE
            try:
                answer = _parsed(self._round_trip(wire, line, deadline, cap + _OVERHEAD), self._number)
            except (ProbeLostError, ValueError, RecursionError) as error:
                complaint = bytes(self._complaint).decode(errors="replace").strip()
                self._disconnect()
                raise ProbeLostError(f"{error}: {complaint}" if complaint else str(error)) from error
            except BaseException:
                # An interrupted exchange leaves half a line behind.
                self._disconnect()
                raise
        return answer

    def _round_trip(self, wire: Wire, line: bytes, deadline: float, cap: int) -> bytes:
        """Send a line and read one.

        Raises:
            ProbeLostError: at the deadline, the cap or the end of the stream.
        """
        unsent: memoryview | None = memoryview(line)
        searched = 0
        while True:
            if unsent is not None:
                sent = wire.send(unsent)
                unsent = None if sent is None else unsent[sent:] or None
            data = wire.receive()
            if data == b"":
                raise ProbeLostError("the probe ended")
            # Whoever always has something to say never lets us wait.
            waited = time.monotonic() < deadline if data else wire.wait(deadline, write=unsent is not None)
            if not waited:
                raise ProbeLostError("the probe did not answer in time")
            self._take(data or b"")
            end = self._line.find(b"\n", searched)
            if end >= 0:
                head = bytes(self._line[:end])
                del self._line[: end + 1]
                return head
            searched = len(self._line)
            if searched > cap:
                raise ProbeLostError(f"the probe's answer is longer than {cap} bytes")

    def _take(self, data: bytes) -> None:
        for stream, piece in self._frames.feed(data):
            if stream == STDERR:
                self._complaint = (self._complaint + piece)[-_COMPLAINT:]
            else:
                self._line += piece

    def _connect(self) -> Wire:
        if self._wire is None:
            self._frames, self._line, self._complaint = Frames(), bytearray(), bytearray()
            self._wire = self._execute(program(), PROBE_UID)
        return self._wire

    def _disconnect(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None


def _asked(request: HttpRequest) -> Mapping[str, object]:
    return {
        "host": LOOPBACK,
        "port": request.port,
        "method": request.method,
        "target": request.target,
        "headers": [list(header) for header in request.headers],
        "body": base64.b64encode(request.body).decode(),
        "timeout": request.timeout,
        "max_body": request.max_body,
    }


def _parsed(line: bytes, number: int) -> Mapping[str, Any]:
    answer = json.loads(line)
    if not isinstance(answer, dict) or answer.get("id") != number:
        raise ProbeLostError("its answer belongs to no request")
    return answer


def _decoded(answer: Mapping[str, Any], decode: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        return decode(answer)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        said = next(filter(None, map(answer.get, ("fault", "error", "detail"))), repr(error))
        raise ProbeLostError(f"the probe's answer cannot be read ({str(said)[:_COMPLAINT]})") from error


def _http_reply(answer: Mapping[str, Any]) -> HttpReply:
    error = answer.get("error")
    if error is not None and error not in HttpReply.ERRORS:
        raise ValueError(f"unknown error {error!r}")
    status = 0 if error else _a(int, answer["status"])
    seconds = float(_a((int, float), answer.get("seconds", 0.0)))
    if not (error or _STATUSES[0] <= status <= _STATUSES[1]) or not 0 <= seconds < math.inf:
        raise ValueError(f"status {status} after {seconds} s")
    return HttpReply(
        status=status,
        reason=_text(answer.get("reason", "")),
        headers=tuple(map(_pair, _a(list, answer.get("headers", [])))),
        body=base64.b64decode(_text(answer.get("body", "")), validate=True),
        error=error,
        detail=_text(answer.get("detail", "")),
        seconds=seconds,
    )


def _load_reply(answer: Mapping[str, Any]) -> LoadReply:
    times = [float(_a((int, float), value)) for value in _a(list, answer["times"])]
    statuses = {_a(int, status): _a(int, count) for status, count in map(tuple, _a(list, answer["statuses"]))}
    if not all(0 <= value < math.inf for value in times) or min(statuses.values(), default=0) < 0:
        raise ValueError("a time or a count is none")
    return LoadReply(times=tuple(times), statuses=statuses, seconds=_seconds(answer))


def _command_results(answer: Mapping[str, Any]) -> Sequence[CommandResult]:
    return tuple(_command_result(_a(dict, result)) for result in _a(list, answer["results"]))


def _command_result(result: Mapping[str, Any]) -> CommandResult:
    code, error = (result.get(name) for name in ("code", "error"))
    return CommandResult(
        reply=_text(result["reply"]),
        code=None if code is None else _text(code),
        error=None if error is None else _text(error),
    )


def _call_reply(answer: Mapping[str, Any]) -> CallReply:
    error = answer.get("error")
    if error is not None and error not in CallReply.ERRORS:
        raise ValueError(f"unknown error {error!r}")
    return CallReply(
        line=base64.b64decode(_text(answer["line"]), validate=True),
        error=error,
        detail=_text(answer.get("detail", "")),
        seconds=_seconds(answer),
    )


def _seconds(answer: Mapping[str, Any]) -> float:
    seconds = float(_a((int, float), answer.get("seconds", 0.0)))
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{seconds} s is no time")
    return seconds


def _sql_results(answer: Mapping[str, Any]) -> Sequence[SqlResult]:
    return tuple(_sql_result(_a(dict, result)) for result in _a(list, answer["results"]))


def _step_results(answer: Mapping[str, Any]) -> Sequence[StepResult] | str:
    if answer["error"] is not None:
        return _text(answer["error"])
    return tuple(
        StepResult(
            begun=_a(bool, step["begun"]),
            late=_a(bool, step["late"]),
            waited=_a(bool, step["waited"]),
            ended=_a(bool, step["ended"]),
            at=_a(int, step["at"]),
            result=_sql_result(_a(dict, step["result"])),
        )
        for step in _a(list, answer["steps"])
    )


def _sql_result(result: Mapping[str, Any]) -> SqlResult:
    columns = tuple(SqlColumn(*_pair(column)) for column in _a(list, result.get("columns", [])))
    rows = tuple(
        tuple(cell if cell is None else _text(cell) for cell in _a(list, row))
        for row in _a(list, result.get("rows", []))
    )
    if any(len(row) != len(columns) for row in rows):
        raise ValueError(f"a row has more or fewer cells than the {len(columns)} columns")
    affected, error, sqlstate = (result.get(name) for name in ("affected", "error", "sqlstate"))
    return SqlResult(
        columns=columns,
        rows=rows,
        affected=None if affected is None else _a(int, affected),
        truncated=_a(bool, result.get("truncated", False)),
        error=None if error is None else _text(error),
        sqlstate=None if sqlstate is None else _text(sqlstate),
    )


def _a(kind: type[T] | tuple[type[T], ...], value: object) -> T:
    """The value, which has to be of a JSON type; true and false are no numbers."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{str(value)[:40]!r} is of another type")
    return value


def _text(value: object) -> str:
    """The value, which has to be text that can be written as UTF-8."""
    text = _a(str, value)
    if not text.isascii():
        text.encode()
    return text


def _pair(value: object) -> tuple[str, str]:
    first, second = _a(list, value)
    return _text(first), _text(second)
