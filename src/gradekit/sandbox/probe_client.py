"""Talks to the probe: one exec stream of JSON lines, each exchange with a deadline and a byte cap."""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from gradekit.sandbox.protocol import (
    PROBE_UID,
    HttpReply,
    HttpRequest,
    SqlColumn,
    SqlRequest,
    SqlResult,
)
from gradekit.sandbox.wire import STDERR, Frames, Wire

LOOPBACK = "127.0.0.1"
ADMINISTRATOR = "gradekit"
_PORT = 5432
_GRACE = 10.0
"""Seconds that the probe may take beyond the time limit it was given."""
_OVERHEAD = 1 << 20
_COMPLAINT = 2048

T = TypeVar("T")
Execute = Callable[[Sequence[str], int], Wire]
"""Starts a program in the probe container under a uid."""


class ProbeLostError(Exception):
    """The probe stopped answering, or answered nonsense; the text says what was seen."""


@cache
def program() -> tuple[str, ...]:
    """The argv of the probe: its source travels along, so host and probe are always of one version."""
    source = files("gradekit.probe").joinpath("main.py").read_text(encoding="utf-8")
    return ("python3", "-I", "-u", "-c", source)


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
        answer = self._call(
            "http",
            {
                "host": LOOPBACK,
                "port": request.port,
                "method": request.method,
                "target": request.target,
                "headers": [list(header) for header in request.headers],
                "body": base64.b64encode(request.body).decode(),
                "timeout": request.timeout,
                "max_body": request.max_body,
            },
            timeout=request.timeout,
            cap=2 * request.max_body,
        )
        return _decoded(answer, _http_reply)

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
            },
            timeout=total,
            # A byte of a value becomes up to six in JSON (\u0000), and each statement has its own allowance.
            cap=6 * request.max_bytes * max(1, len(request.statements)),
        )
        return _decoded(answer, _sql_results)

    def listening(self, port: int, timeout: float) -> bool:
        """Wait until something accepts connections.

        Raises:
            ProbeLostError, InfrastructureError: no answer of the probe; the engine refused.
        """
        answer = self._call("listening", {"port": port, "timeout": timeout}, timeout=timeout, cap=0)
        return _decoded(answer, lambda reply: bool(reply["open"]))

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
        while True:
            if unsent is not None:
                sent = wire.send(unsent)
                unsent = None if sent is None else unsent[sent:] or None
            data = wire.receive()
            if data == b"":
                raise ProbeLostError("the probe ended")
            if data is None:
                if not wire.wait(deadline, write=unsent is not None):
                    raise ProbeLostError("the probe did not answer in time")
                continue
            for stream, piece in self._frames.feed(data):
                if stream == STDERR:
                    self._complaint = (self._complaint + piece)[-_COMPLAINT:]
                else:
                    self._line += piece
            head, newline, rest = self._line.partition(b"\n")
            if newline:
                self._line = rest
                return bytes(head)
            if len(self._line) > cap:
                raise ProbeLostError(f"the probe's answer is longer than {cap} bytes")

    def _connect(self) -> Wire:
        if self._wire is None:
            self._frames, self._line, self._complaint = Frames(), bytearray(), bytearray()
            self._wire = self._execute(program(), PROBE_UID)
        return self._wire

    def _disconnect(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None


def _parsed(line: bytes, number: int) -> Mapping[str, Any]:
    answer = json.loads(line)
    if not isinstance(answer, dict) or answer.get("id") != number:
        raise ProbeLostError("its answer belongs to no request")
    return answer


def _decoded(answer: Mapping[str, Any], decode: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        return decode(answer)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        detail = str(answer.get("error") or answer.get("detail") or repr(error))[:_COMPLAINT]
        raise ProbeLostError(f"the probe's answer cannot be read ({detail})") from error


def _http_reply(answer: Mapping[str, Any]) -> HttpReply:
    error = answer.get("error")
    if error is not None and error not in HttpReply.ERRORS:
        raise ValueError(f"unknown error {error!r}")
    return HttpReply(
        status=0 if error else int(answer["status"]),
        reason=str(answer.get("reason") or ""),
        headers=tuple((str(name), str(value)) for name, value in answer.get("headers") or ()),
        body=base64.b64decode(answer.get("body") or "", validate=True),
        error=error,
        detail=str(answer.get("detail") or ""),
        seconds=float(answer.get("seconds") or 0.0),
    )


def _sql_results(answer: Mapping[str, Any]) -> Sequence[SqlResult]:
    return tuple(
        SqlResult(
            columns=tuple(SqlColumn(str(name), str(kind)) for name, kind in result.get("columns") or ()),
            rows=tuple(tuple(row) for row in result.get("rows") or ()),
            affected=result.get("affected"),
            truncated=bool(result.get("truncated")),
            error=result.get("error"),
            sqlstate=result.get("sqlstate"),
        )
        for result in answer["results"]
    )
