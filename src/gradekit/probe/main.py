"""The program of the trusted probe container: answers requests of the host, one JSON line each, and judges nothing.

It is started from the texts of its modules (see ``loader``) and imports nothing of gradekit besides them. What it
talks to is hostile: every operation has a total deadline and caps on what it keeps.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from gradekit.probe.calls import Conversation
from gradekit.probe.http import http, load, volley
from gradekit.probe.interleaving import interleave
from gradekit.probe.mongodb import mongodb
from gradekit.probe.redis import redis
from gradekit.probe.sql import sql
from gradekit.probe.wire import LOOPBACK, POLL, Deadline, ExchangeError, Json, connect


def listening(request: Json) -> Json:
    """Wait until a port accepts connections."""
    deadline = Deadline(float(request["timeout"]))
    while True:
        with contextlib.suppress(OSError, ExchangeError):
            connect(
                request.get("host", LOOPBACK), int(request["port"]), Deadline(min(1.0, max(deadline.left(), POLL)))
            ).close()
            return {"open": True}
        if deadline.left() <= 0:
            return {"open": False}
        time.sleep(min(POLL, deadline.left()))


def ping(_: Json) -> Json:
    """Say that this program runs."""
    return {}


OPERATIONS: dict[str, Callable[[Json], Json]] = {
    "ping": ping,
    "http": http,
    "volley": volley,
    "load": load,
    "sql": sql,
    "interleave": interleave,
    "redis": redis,
    "mongodb": mongodb,
    "call": Conversation().call,
    "listening": listening,
}


def answer_line(line: bytes) -> bytes:
    """The reply to a request line; a fault of this program's own is a reply as well."""
    number: Any = None
    try:
        request = json.loads(line)
        number = request["id"]
        reply = OPERATIONS[request["op"]](request)
    except Exception as error:  # noqa: BLE001 - it is the host that decides what a fault of ours means
        reply = {"fault": f"{type(error).__name__}: {error}"}
    return json.dumps({"id": number, **reply}).encode("ascii") + b"\n"


def main() -> None:
    """Answer requests until the host closes its end."""
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(answer_line(line))
        sys.stdout.buffer.flush()
