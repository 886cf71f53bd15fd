"""HTTP/1.1 requests to the pod, one by one, at once, and again and again."""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import io
import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from gradekit.probe.wire import PIECE, Deadline, ExchangeError, Incoming, Json, connect, exactly, send

MAX_HEADERS = 200
MAX_HEADER_BYTES = 64 * 1024
"""Of a whole header block, and of one chunk-size line or trailer block."""
MAX_INTERIM = 10
"""Interim (1xx) responses before the final one."""
_STATUS_LINE = re.compile(r"HTTP/1\.[01] (?P<status>[1-9]\d\d)(?: (?P<reason>.*))?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_LINE_BREAK = re.compile(r"[\r\n\0]")


def http(request: Json, ready: Callable[[], object] = lambda: None) -> Json:
    """Send one request on a connection of its own and return the whole answer, or why there is none.

    ``ready`` is called once it is connected, before anything is sent.
    """
    started = time.monotonic()
    deadline = Deadline(float(request["timeout"]))
    try:
        reply = _exchange(request, deadline, ready)
    except ExchangeError as error:
        reply = {"error": error.kind, "detail": error.detail}
    except TimeoutError:
        reply = {"error": "timeout", "detail": f"no complete answer within {deadline.seconds:g} s"}
    except OSError as error:
        reply = {"error": "closed", "detail": error.strerror or str(error)}
    empty = {"status": 0, "reason": "", "headers": [], "body": "", "error": None, "detail": ""}
    return {**empty, **reply, "seconds": round(time.monotonic() - started, 6)}


def volley(request: Json) -> Json:
    """Send the same request from several clients at once: all are connected before the first one sends."""
    clients = int(request["clients"])
    begin = threading.Barrier(clients)

    def ready() -> None:
        # Whoever could not connect is not waited for any longer than this.
        with contextlib.suppress(threading.BrokenBarrierError):
            begin.wait(min(1.0, float(request["timeout"])))

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return {"replies": list(pool.map(lambda _: http(request, ready), range(clients)))}


def load(request: Json) -> Json:
    """Send the same request again and again from several clients; a time for each answer, a count for each status.

    With a ``rate``, requests are due at fixed times, from which their answers are timed: a server that is late for one
    is late for all that wait behind it. Without, a client sends its next request when it has its last answer.
    """
    rate, most, clients = request["rate"], int(request["most"]), int(request["clients"])
    times: list[float] = []
    statuses: list[int] = []
    numbers = itertools.count()
    begun = time.monotonic()
    end = begun + float(request["load_seconds"])

    def client(_: int) -> None:
        while (number := next(numbers)) < most:
            due = time.monotonic() if rate is None else begun + number / float(rate)
            if due >= end:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() < end:
                reply = http(request)
                statuses.append(reply["status"])
                if reply["error"] is not None:
                    continue
            # One that nobody had time to send before the end took at least so long.
            times.append(round(time.monotonic() - due, 6))

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    counts = [[status, statuses.count(status)] for status in sorted(set(statuses))]
    return {"times": times, "statuses": counts, "seconds": round(time.monotonic() - begun, 6)}


def _exchange(request: Json, deadline: Deadline, ready: Callable[[], object]) -> Json:
    head, body = _encode(request)
    with contextlib.closing(connect(request["host"], int(request["port"]), deadline)) as sock:
        ready()
        # A server may answer and close before it has read everything; its answer counts then.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            send(sock, head + body, deadline)
        with io.BufferedReader(Incoming(sock, deadline), PIECE) as reader:
            return _read_reply(reader, request["method"], int(request["max_body"]))


def _encode(request: Json) -> tuple[bytes, bytes]:
    """The request's header block and body as bytes."""
    body = base64.b64decode(request["body"])
    headers = [(str(name), str(value)) for name, value in request["headers"]]
    given = {name.lower() for name, _ in headers}
    method = str(request["method"])
    bad = next((name for name, value in headers if not _TOKEN.fullmatch(name) or _LINE_BREAK.search(value)), None)
    if bad is not None or not _TOKEN.fullmatch(method):
        what = "method" if bad is None else f"header {bad[:80]!r}"
        raise ExchangeError("protocol", f"the request was not sent: its {what} cannot stand in a request")
    if "host" not in given:
        headers.insert(0, ("Host", f"{request['host']}:{request['port']}"))
    if "accept-encoding" not in given:
        headers.append(("Accept-Encoding", "identity"))
    if (
        "content-length" not in given
        and "transfer-encoding" not in given
        and (body or method in {"POST", "PUT", "PATCH"})
    ):
        headers.append(("Content-Length", str(len(body))))
    if "connection" not in given:
        headers.append(("Connection", "close"))
    target = "".join(
        character
        if "\x20" < character < "\x7f"
        else "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
        for character in str(request["target"])
    )
    lines = [f"{method} {target or '/'} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "replace"), body


def _line(reader: BinaryIO, room: int) -> bytes:
    """A line without its end; at most ``room`` bytes."""
    line = reader.readline(max(room, 0) + 1)  # a negative limit would be none at all
    if not line:
        raise ExchangeError("closed", "the connection was closed before the answer was complete")
    if not line.endswith(b"\n"):
        if len(line) > room:
            raise ExchangeError("too-large", f"a header block has more than {MAX_HEADER_BYTES} bytes")
        raise ExchangeError("closed", "the connection was closed in the middle of a header line")
    return line.rstrip(b"\r\n")


def _header_block(reader: BinaryIO) -> list[tuple[str, str]]:
    """Header lines up to the empty one, in order, duplicates kept."""
    headers: list[tuple[str, str]] = []
    room = MAX_HEADER_BYTES
    while True:
        raw = _line(reader, room)
        room -= len(raw) + 2
        if not raw:
            return headers
        text = raw.decode("latin-1")
        if text[0] in " \t" and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {text.strip()}")
            continue
        name, colon, value = text.partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise ExchangeError("protocol", f"{text[:80]!r} is not a header line")
        if len(headers) >= MAX_HEADERS:
            raise ExchangeError("too-large", f"the answer has more than {MAX_HEADERS} headers")
        headers.append((name, value.strip(" \t")))


def _read_reply(reader: BinaryIO, method: str, max_body: int) -> Json:
    for _ in range(MAX_INTERIM + 1):
        first = _line(reader, MAX_HEADER_BYTES).decode("latin-1")
        match = _STATUS_LINE.fullmatch(first)
        if match is None:
            raise ExchangeError("protocol", f"{first[:80]!r} is not an HTTP/1.1 status line")
        status = int(match["status"])
        headers = _header_block(reader)
        if status >= 200 or status == 101:  # noqa: PLR2004 - the classes of HTTP
            break
    else:
        raise ExchangeError("protocol", f"more than {MAX_INTERIM} interim answers")
    bodiless = method == "HEAD" or status in {101, 204, 304}
    body = b"" if bodiless else b"".join(_body(reader, headers, max_body))
    return {
        "status": status,
        "reason": match["reason"] or "",
        "headers": [list(pair) for pair in headers],
        "body": base64.b64encode(body).decode("ascii"),
    }


def _body(reader: BinaryIO, headers: Sequence[tuple[str, str]], max_body: int) -> Iterator[bytes]:
    """The body's pieces, framed as the headers say; never more than ``max_body`` bytes."""
    codings = [
        part.strip().lower()
        for name, value in headers
        if name.lower() == "transfer-encoding"
        for part in value.split(",")
    ]
    lengths = {part.strip() for name, value in headers if name.lower() == "content-length" for part in value.split(",")}
    if codings:
        if codings != ["chunked"]:
            raise ExchangeError("protocol", f"Transfer-Encoding {', '.join(codings)[:80]!r} was not asked for")
        pieces = _chunks(reader)
    elif lengths:
        length = lengths.pop()
        if lengths or not re.fullmatch(r"[0-9]{1,15}", length):
            raise ExchangeError("protocol", "Content-Length is not one whole number")
        if int(length) > max_body:
            raise ExchangeError("too-large", f"the body has {length} bytes; at most {max_body} are taken")
        pieces = exactly(reader, int(length))
    else:
        pieces = iter(lambda: reader.read1(PIECE), b"")  # type: ignore[attr-defined]  # BufferedReader has it
    room = max_body
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            raise ExchangeError("too-large", f"the body has more than {max_body} bytes")
        yield piece


def _chunks(reader: BinaryIO) -> Iterator[bytes]:
    while True:
        size = _line(reader, MAX_HEADER_BYTES).split(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(size):
            raise ExchangeError("protocol", f"{size[:40]!r} is not the size of a chunk")
        if int(size, 16) == 0:
            _header_block(reader)
            return
        yield from exactly(reader, int(size, 16))
        if _line(reader, 2):
            raise ExchangeError("protocol", "a chunk is longer than its size")
