"""Sessions of SQLite's server, which reads lines on a unix socket."""

from __future__ import annotations

import contextlib
import json

from gradekit.probe.lines import converse, join
from gradekit.probe.statements import CONNECTION_FAILURE, HEADROOM, outcome, said
from gradekit.probe.wire import Deadline, Json


class SqliteSession:
    """A request to the program that serves SQLite files: all statements go to it at once, for it has the limits."""

    def __init__(self, request: Json, timeout: float, whole: Deadline) -> None:
        """Connect and send.

        Raises:
            ConnectionError: in any way that it fails.
        """
        self._left: list[Json] = []
        told = ("user", "database", "statements", "read_only", "max_rows", "max_bytes")
        times = {"timeout": timeout, "total": request["total"]}
        line = json.dumps({**{name: request[name] for name in told}, **times, "keep_going": request.get("keep_going")})
        # A byte becomes up to six in JSON.
        cap = 6 * int(request["max_bytes"]) * max(1, len(request["statements"])) + HEADROOM
        try:
            with contextlib.closing(join(request["host"], Deadline(1.0))) as sock:
                answer = json.loads(converse(sock, line.encode() + b"\n", whole, cap))
            self._left = list(answer["results"])
        except Exception as error:  # what answers is a program that ran a stranger's statements
            raise ConnectionError(said(error)) from error

    def close(self) -> None:
        """There is nothing left to end."""

    def run(self, _statement: str, _max_rows: int, _max_bytes: int) -> Json:
        """The result of the statement that comes next."""
        return self._left.pop(0) if self._left else outcome(error="the session ended", sqlstate=CONNECTION_FAILURE)
