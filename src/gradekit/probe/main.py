"""The program of the trusted probe container: answers requests of the host, one JSON line each, and judges nothing.

It is started from its source text (``python3 -I -u -c SOURCE``), so it is one file and imports nothing of
gradekit. What it talks to is hostile: every operation has a total deadline and caps on what it keeps.
"""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import datetime as dt
import decimal
import io
import itertools
import json
import math
import os
import re
import resource
import select
import socket
import stat
import struct
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Protocol

Json = dict[str, Any]
Libpq = Any
"""An object of psycopg's libpq wrapper; the library is not there where this file is checked."""

LOOPBACK = "127.0.0.1"
MAX_HEADERS = 200
MAX_HEADER_BYTES = 64 * 1024
"""Of a whole header block, and of one chunk-size line or trailer block."""
MAX_INTERIM = 10
"""Interim (1xx) responses before the final one."""
GRACE = 2.0
"""Seconds on the wire beyond a statement's own time limit, and beyond that of all of them."""
MAX_MESSAGE = 8 * 1024
"""Characters of a server's complaint, which statements can make as long as they like."""
POLL = 0.02
"""Seconds between two looks at a port."""
CONNECTION_FAILURE = "08006"
QUERY_CANCELED = "57014"
OUT_OF_MEMORY = "53200"
_PIECE = 64 * 1024
_HEADROOM = 64 << 20
_STATUS_LINE = re.compile(r"HTTP/1\.[01] (?P<status>[1-9]\d\d)(?: (?P<reason>.*))?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_LINE_BREAK = re.compile(r"[\r\n\0]")


class ExchangeError(Exception):
    """No answer; ``kind`` is ``refused``, ``timeout``, ``closed``, ``protocol`` or ``too-large``."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind}: {detail}")


class Deadline:
    """A point in time that every step of an operation shares."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())

    def apply(self, sock: socket.socket) -> None:
        """Let the next call on a socket take no longer than what is left.

        Raises:
            TimeoutError: nothing is left.
        """
        left = self.left()
        if left <= 0:
            raise TimeoutError
        sock.settimeout(left)


class _Incoming(io.RawIOBase):
    """The receiving side of a socket under a deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader passes
        self._deadline.apply(self._sock)
        return self._sock.recv_into(buffer)


# --- HTTP ---------------------------------------------------------------------------------------------------------


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
    with contextlib.closing(_connect(request["host"], int(request["port"]), deadline)) as sock:
        ready()
        # A server may answer and close before it has read everything; its answer counts then.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            _send(sock, head + body, deadline)
        with io.BufferedReader(_Incoming(sock, deadline), _PIECE) as reader:
            return _read_reply(reader, request["method"], int(request["max_body"]))


def _connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to a host; loopback means both of its addresses, as services listen on either."""
    for address in (host, "::1") if host == LOOPBACK else (host,):
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            deadline.apply(sock)
            sock.connect((address, port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except ConnectionRefusedError:
            sock.close()
        except OSError as error:
            sock.close()
            if isinstance(error, TimeoutError) or address != "::1":
                raise
        else:
            return sock
    raise ExchangeError("refused", f"nothing accepts connections on port {port}")


def _send(sock: socket.socket, data: bytes, deadline: Deadline) -> None:
    view = memoryview(data)
    while view:
        deadline.apply(sock)
        view = view[sock.send(view) :]


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
        pieces = _exactly(reader, int(length))
    else:
        pieces = iter(lambda: reader.read1(_PIECE), b"")  # type: ignore[attr-defined]  # BufferedReader has it
    room = max_body
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            raise ExchangeError("too-large", f"the body has more than {max_body} bytes")
        yield piece


def _exactly(reader: BinaryIO, length: int) -> Iterator[bytes]:
    left = length
    while left:
        piece = reader.read(min(left, _PIECE))
        if not piece:
            raise ExchangeError(
                "closed", f"the connection was closed after {length - left} of {length} bytes of the body"
            )
        left -= len(piece)
        yield piece


def _chunks(reader: BinaryIO) -> Iterator[bytes]:
    while True:
        size = _line(reader, MAX_HEADER_BYTES).split(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(size):
            raise ExchangeError("protocol", f"{size[:40]!r} is not the size of a chunk")
        if int(size, 16) == 0:
            _header_block(reader)
            return
        yield from _exactly(reader, int(size, 16))
        if _line(reader, 2):
            raise ExchangeError("protocol", "a chunk is longer than its size")


# --- SQL ----------------------------------------------------------------------------------------------------------


def sql(request: Json) -> Json:
    """Run statements on a server in one session of their own, each alone, up to the first that fails."""
    timeout = float(request["timeout"])
    whole = Deadline(float(request["total"]) + GRACE)
    results: list[Json] = []
    try:
        session = SESSIONS[request["engine"]](request, timeout, whole)
    except ConnectionError as error:
        return {"results": [_result(error=str(error), sqlstate=CONNECTION_FAILURE)]}
    with contextlib.closing(session), _memory_limit(_HEADROOM + 4 * int(request["max_bytes"])):
        for statement in request["statements"]:
            results.append(session.run(statement, int(request["max_rows"]), int(request["max_bytes"])))
            if results[-1]["error"] is not None:
                break
    return {"results": results}


def _result(**fields: object) -> Json:
    empty: Json = {"columns": [], "rows": [], "affected": None, "truncated": False, "error": None, "sqlstate": None}
    return {**empty, **fields}


@contextlib.contextmanager
def _memory_limit(headroom: int) -> Iterator[None]:
    """Make a single value of a gigabyte an error of its statement, not the end of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - this file has no need of pathlib
        now = int(file.read().split()[0]) * resource.getpagesize()
    wanted = now + headroom
    resource.setrlimit(
        resource.RLIMIT_AS, (wanted if soft in (-1, resource.RLIM_INFINITY) else min(soft, wanted), hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class _WireTimeoutError(Exception):
    """The server did not answer within a statement's deadline."""


class PostgresSession:
    """A connection to PostgreSQL, driven at the level of libpq so that nothing is converted or kept beyond the caps."""

    def __init__(self, request: Json, timeout: float, whole: Deadline) -> None:
        """Connect; ``whole`` bounds everything that is done in the session.

        Raises:
            ConnectionError: in any way that it fails.
        """
        import psycopg  # noqa: PLC0415 - only this operation needs it, and it is slow to load

        self._psycopg = psycopg
        self._pq = psycopg.pq
        self._timeout = timeout
        self._whole = whole
        # Given with the connection, they stand above what the owner of a database may have set for it.
        settings = {
            "statement_timeout": str(max(1, math.ceil(timeout * 1000))),
            "default_transaction_read_only": "on" if request["read_only"] else "off",
            "datestyle": "ISO,MDY",
            "intervalstyle": "postgres",
            "timezone": "UTC",
            "extra_float_digits": "1",
            "standard_conforming_strings": "on",
            "bytea_output": "hex",
        }
        try:
            self._connection = psycopg.connect(
                host=request["host"],
                port=request["port"],
                user=request["user"],
                password=request.get("password"),
                dbname=request["database"],
                options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
                application_name="gradekit",
                client_encoding="UTF8",
                sslmode="disable",
                gssencmode="disable",
                connect_timeout=math.ceil(min(timeout + GRACE, whole.left())),
                autocommit=True,
            )
        except psycopg.Error as error:
            raise ConnectionError(" ".join(str(error)[:MAX_MESSAGE].split())) from error
        self._wire = self._connection.pgconn
        self._wire.nonblocking = 1
        self._types: dict[int, str] = {}

    def close(self) -> None:
        """End the session, whatever it is doing."""
        self._wire.finish()

    @property
    def number(self) -> int:
        """The server's process for it."""
        return int(self._wire.backend_pid)

    def stop(self) -> None:
        """Have the server end the statement that runs."""
        self._cancel()

    def run(self, statement: str, max_rows: int, max_bytes: int) -> Json:
        """Run one statement string; the result of the last statement in it."""
        data = statement.encode("utf-8", "replace")
        if b"\0" in data:
            return _result(error="a statement cannot hold a NUL character", sqlstate="22021")
        deadline = Deadline(min(self._timeout + GRACE, self._whole.left()))
        try:
            result = self._attempt(
                lambda: self._wire.send_query_params(data, None), statement, deadline, max_rows, max_bytes
            )
            if result["sqlstate"] == "42601" and "multiple commands" in result["error"]:
                result = self._attempt(lambda: self._wire.send_query(data), statement, deadline, max_rows, max_bytes)
            oids = [oid for _, oid in result["columns"]]
            names = self._type_names(oids, Deadline(GRACE)) if oids else {}
            result["columns"] = [[name, names.get(oid, f"oid {oid}")] for name, oid in result["columns"]]
        except _WireTimeoutError:
            self._cancel()
            self.close()
            # The limit as it was set: what connecting took is chance, and reports are not.
            limit = min(self._timeout + GRACE, self._whole.seconds)
            return _result(error=f"no complete answer within {limit:g} s", sqlstate=QUERY_CANCELED)
        except MemoryError:
            self.close()
            return _result(error=f"a row is larger than {max_bytes} bytes", sqlstate=OUT_OF_MEMORY, truncated=True)
        except self._psycopg.Error as error:
            message = " ".join(str(error)[:MAX_MESSAGE].split()) or "the connection was lost"
            if "allocate memory" in message or "out of memory" in message:
                return _result(error=f"a row is larger than {max_bytes} bytes", sqlstate=OUT_OF_MEMORY, truncated=True)
            return _result(error=message, sqlstate=CONNECTION_FAILURE)
        return result

    def _attempt(
        self, send: Callable[[], None], statement: str, deadline: Deadline, max_rows: int, max_bytes: int
    ) -> Json:
        """Send and collect; column types are still numbers."""
        send()
        self._wire.set_single_row_mode()
        status = self._pq.ExecStatus
        result = _result()
        size = 0
        done = True
        for answer in self._answers(deadline):
            if result["truncated"] or result["error"] is not None:
                continue
            if answer.status in (status.SINGLE_TUPLE, status.TUPLES_OK):
                if done:
                    result, size, done = _result(columns=_columns(answer)), 0, False
                for row in range(answer.ntuples):
                    values = [answer.get_value(row, column) for column in range(answer.nfields)]
                    size += sum(len(value) for value in values if value is not None) + 8 * len(values)
                    if len(result["rows"]) >= max_rows or size > max_bytes:
                        result["truncated"] = True
                        self._cancel()
                        break
                    result["rows"].append(
                        [None if value is None else bytes(value).decode("utf-8", "replace") for value in values]
                    )
                if answer.status == status.TUPLES_OK:
                    result["affected"], done = _affected(answer), True
            elif answer.status == status.COMMAND_OK:
                result, done = _result(affected=_affected(answer)), True
            elif answer.status == status.EMPTY_QUERY:
                result, done = _result(), True
            else:
                result = self._failure(answer, statement)
        return result

    def _answers(self, deadline: Deadline) -> Iterator[Any]:
        """The results of what was sent, as they arrive, to the last one."""
        status = self._pq.ExecStatus
        while self._wire.flush():
            self._wait(deadline, write=True)
        while True:
            while self._wire.is_busy():
                # Notices can keep the wire busy for ever, and never become an answer.
                if deadline.left() <= 0:
                    raise _WireTimeoutError
                self._wait(deadline)
                self._wire.consume_input()
            answer = self._wire.get_result()
            if answer is None:
                return
            yield answer
            if answer.status == status.COPY_IN:
                self._wire.put_copy_end(b"data on a connection are not taken")
            elif answer.status == status.COPY_OUT:
                self._drain(deadline)
            if deadline.left() <= 0:
                raise _WireTimeoutError

    def _drain(self, deadline: Deadline) -> None:
        """Take the data of a COPY TO STDOUT and forget them."""
        while True:
            length, _ = self._wire.get_copy_data(1)
            if length < 0:
                return
            if length == 0:
                self._wait(deadline)
                self._wire.consume_input()
            elif deadline.left() <= 0:
                raise _WireTimeoutError

    def _wait(self, deadline: Deadline, *, write: bool = False) -> None:
        wire = [self._wire.socket]
        ready = select.select(wire, wire if write else [], [], deadline.left())
        if not any(ready):
            raise _WireTimeoutError
        if write and ready[0]:
            self._wire.consume_input()

    def _cancel(self) -> None:
        with contextlib.suppress(self._psycopg.Error):
            self._wire.get_cancel().cancel()

    def _failure(self, answer: Libpq, statement: str) -> Json:
        """The engine's complaint with its detail and the line it points to."""
        status, fields = self._pq.ExecStatus, self._pq.DiagnosticField
        if answer.status in (status.COPY_IN, status.COPY_OUT, status.COPY_BOTH):
            return _result(error="COPY from or to the client is not supported; use INSERT or SELECT", sqlstate="0A000")

        def field(which: Libpq) -> str:
            return bytes(answer.error_field(which) or b"")[: 4 * MAX_MESSAGE].decode("utf-8", "replace")[:MAX_MESSAGE]

        message = field(fields.MESSAGE_PRIMARY)
        if not message:
            raise self._psycopg.OperationalError(bytes(answer.error_message).decode("utf-8", "replace"))
        if detail := field(fields.MESSAGE_DETAIL):
            message += f" ({detail})"
        position = field(fields.STATEMENT_POSITION)
        if position.isdecimal() and "\n" in statement:
            message += f" at line {statement.count(chr(10), 0, int(position) - 1) + 1}"
        return _result(error=message, sqlstate=field(fields.SQLSTATE))

    def _type_names(self, oids: Sequence[int], deadline: Deadline) -> dict[int, str]:
        """The engine's names of types."""
        known = self._psycopg.adapters.types
        for oid in {*oids} - self._types.keys():
            info = known.get(oid)
            if info is not None:
                self._types[oid] = info.name if info.oid == oid else f"_{info.name}"
        missing = sorted({*oids} - self._types.keys())
        if missing:
            query = (
                "SELECT oid, typname FROM pg_catalog.pg_type WHERE oid OPERATOR(pg_catalog.=) "  # noqa: S608 - numbers
                f"ANY ('{{{','.join(map(str, missing))}}}'::pg_catalog.oid[])"
            )
            self._wire.send_query(query.encode("ascii"))
            for answer in self._answers(deadline):
                if answer.status == self._pq.ExecStatus.TUPLES_OK:
                    for row in range(answer.ntuples):
                        self._types[int(answer.get_value(row, 0))] = bytes(answer.get_value(row, 1)).decode(
                            "utf-8", "replace"
                        )
        return self._types


def _columns(answer: Libpq) -> list[tuple[str, int]]:
    return [
        (bytes(answer.fname(index) or b"").decode("utf-8", "replace"), answer.ftype(index))
        for index in range(answer.nfields)
    ]


def _affected(answer: Libpq) -> int | None:
    """Rows that a statement changed; None for one that only reads."""
    words = bytes(answer.command_status or b"").split()
    changes = words and words[0] in (b"INSERT", b"UPDATE", b"DELETE", b"MERGE", b"COPY")
    return int(words[-1]) if changes and words[-1].isdigit() else None


# MariaDB's numbers where its SQLSTATE says less than PostgreSQL's: all of a group become the one state.
_MARIADB_STATES = {
    "23502": (1048, 1263, 1364),
    "23503": (1216, 1217, 1451, 1452),
    "23505": (1062, 1169, 1586),
    "23514": (4025,),
    QUERY_CANCELED: (1317, 1969),
    "42501": (1044, 1045, 1142, 1143, 1227, 1370, 1410),
    "53100": (3, 14, 20, 1021, 1026, 1114),
    OUT_OF_MEMORY: (5, 1037, 1038, 1041, 1135, 1290),
    "53300": (1040, 1203, 1226),
    "40P01": (1213,),
    "55P03": (1205,),
    "57P01": (1053, 1927),
    CONNECTION_FAILURE: (1152, 1158, 1159, 1160, 1161, 2003, 2006, 2013),
}
_STATE_OF = {number: state for state, numbers in _MARIADB_STATES.items() for number in numbers}
_MARIADB_TYPES = {
    0: "decimal",
    1: "tinyint",
    2: "smallint",
    3: "int",
    4: "float",
    5: "double",
    6: "null",
    7: "timestamp",
    8: "bigint",
    9: "mediumint",
    10: "date",
    11: "time",
    12: "datetime",
    13: "year",
    15: "varchar",
    16: "bit",
    245: "json",
    246: "decimal",
    247: "enum",
    248: "set",
    249: "text",
    250: "text",
    251: "text",
    252: "text",
    253: "varchar",
    254: "char",
    255: "geometry",
}
_OF_BYTES = {"text": "blob", "varchar": "varbinary", "char": "binary"}
"""Names of types whose characters are bytes."""
_BYTES = 63
"""The number of the character set of bytes."""
_CHANGING = re.compile(r"(?:insert|update|delete|replace|load)\b", re.IGNORECASE)


class _MariadbError(Exception):
    """What the server complains of."""

    def __init__(self, number: int, state: str, message: str) -> None:
        self.state = _STATE_OF.get(number, state)
        super().__init__(" ".join(message.split()))


class _Line:
    """A socket as PyMySQL wants one, all of whose waits end with one deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self.deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._sock, _Moving(self)), _PIECE)

    def settimeout(self, _seconds: float | None) -> None:
        """The deadline says how long anything may take."""

    def sendall(self, data: bytes) -> None:
        _send(self._sock, data, self.deadline)

    def close(self) -> None:
        self._sock.close()


class _Moving(Deadline):
    """The deadline that a line has now."""

    def __init__(self, line: _Line) -> None:
        self._line = line

    def left(self) -> float:
        return self._line.deadline.left()


class MariadbSession:
    """A connection to MariaDB whose values stay as they come."""

    def __init__(self, request: Json, timeout: float, whole: Deadline) -> None:
        """Connect; ``whole`` bounds everything that is done in the session.

        Raises:
            ConnectionError: in any way that it fails.
        """
        self._request = request
        self._timeout = timeout
        self._whole = whole
        self._open = True
        try:
            self._connection, self._line = _mariadb(request, Deadline(min(timeout + GRACE, whole.left())))
            self._execute(f"SET SESSION time_zone = '+00:00', max_statement_time = {max(0.001, timeout):.3f}")
            if request["read_only"]:
                self._execute("SET SESSION TRANSACTION READ ONLY")
        except Exception as error:  # the library reads what may be of a stranger's, and chokes in many ways
            raise ConnectionError(_said(error)) from error

    def close(self) -> None:
        """End the session, whatever it is doing."""
        self._open = False
        self._line.close()

    @property
    def number(self) -> int:
        """The server's thread for it."""
        return int(self._connection.thread_id())

    def stop(self) -> None:
        """Have the server end the statement that runs."""
        self._kill("QUERY")

    def run(self, statement: str, max_rows: int, max_bytes: int) -> Json:
        """Run one statement string; the result of the last statement in it."""
        if not self._open:
            return _result(error="the connection was lost", sqlstate=CONNECTION_FAILURE)
        self._line.deadline = Deadline(min(self._timeout + GRACE, self._whole.left()))
        try:
            return self._attempt(statement, max_rows, max_bytes)
        except _MariadbError as error:
            return _result(error=_said(error), sqlstate=error.state)
        except MemoryError:
            self._kill("CONNECTION")
            return _result(error=f"a row is larger than {max_bytes} bytes", sqlstate=OUT_OF_MEMORY, truncated=True)
        except Exception as error:  # noqa: BLE001 - as when connecting
            late = self._line.deadline.left() <= 0
            self._kill("CONNECTION")
            if late:
                limit = min(self._timeout + GRACE, self._whole.seconds)
                return _result(error=f"no complete answer within {limit:g} s", sqlstate=QUERY_CANCELED)
            return _result(error=_said(error), sqlstate=CONNECTION_FAILURE)

    def _execute(self, statement: str) -> None:
        self._connection.query(statement)

    def _attempt(self, statement: str, max_rows: int, max_bytes: int) -> Json:
        """Send and collect."""
        cursor = self._connection.cursor()
        cursor.execute(statement)
        changed = 0 if _CHANGING.match(statement.lstrip()) else None
        while True:
            result = self._collect(cursor, max_rows, max_bytes)
            if result["truncated"]:
                return result
            if not cursor.nextset():
                break
        if cursor.description is None and (changed is not None or cursor.rowcount > 0):
            result["affected"] = cursor.rowcount
        return result

    def _collect(self, cursor: Any, max_rows: int, max_bytes: int) -> Json:  # noqa: ANN401 - of a library that is not there
        """The rows of the result that comes next."""
        if cursor.description is None:
            return _result()
        result = _result(columns=[[field.name, _mariadb_type(field)] for field in cursor._result.fields])  # noqa: SLF001
        size = 0
        while (row := cursor.fetchone()) is not None:
            size += sum(len(value) for value in row if value is not None) + 8 * len(row)
            if len(result["rows"]) >= max_rows or size > max_bytes:
                result["truncated"] = True
                self._kill("QUERY")
                # What is on its way already must be taken before the next statement.
                with contextlib.suppress(_MariadbError):
                    cursor.close()
                break
            result["rows"].append(
                [
                    None if value is None else _mariadb_text(value, kind)
                    for value, (_, kind) in zip(row, result["columns"], strict=True)
                ]
            )
        return result

    def _kill(self, what: str) -> None:
        """End what the server does for this session, from another one: it would not notice a closed connection."""
        with contextlib.suppress(Exception):
            other, line = _mariadb(self._request, Deadline(GRACE))
            other.query(f"KILL {what} {self._connection.thread_id()}")
            line.close()
        if what != "QUERY":
            self.close()


def _mariadb(request: Json, deadline: Deadline) -> tuple[Any, _Line]:
    """A connection that keeps to a deadline, which can be moved."""
    from pymysql.connections import Connection, MysqlPacket  # noqa: PLC0415 - only this engine needs it
    from pymysql.constants import CLIENT  # noqa: PLC0415
    from pymysql.cursors import SSCursor  # noqa: PLC0415

    class Packet(MysqlPacket):  # type: ignore[misc]  # the library is not there where this is checked
        """A packet that does not lose the SQLSTATE of a complaint."""

        def raise_for_error(self) -> None:
            data = self.get_all_data()
            marked = data[3:4] == b"#"
            state = data[4:9].decode("ascii", "replace") if marked else "HY000"
            message = data[9 if marked else 3 :][: 4 * MAX_MESSAGE].decode("utf-8", "replace")
            raise _MariadbError(int.from_bytes(data[1:3], "little"), state, message)

    class Told(Connection):  # type: ignore[misc]  # as above
        """A connection whose complaints are such packets."""

        def _read_packet(self, packet_type: Any = Packet) -> Any:  # noqa: ANN401 - as the library has it
            return super()._read_packet(Packet if packet_type is MysqlPacket else packet_type)

    sock = socket.socket(socket.AF_UNIX)
    try:
        deadline.apply(sock)
        sock.connect(f"{request['host']}/mysqld.sock")
        line = _Line(sock, deadline)
        connection = Told(
            user=request["user"],
            password=request.get("password") or "",
            database=request["database"] or None,
            charset="utf8mb4",
            use_unicode=False,
            conv={},
            cursorclass=SSCursor,
            client_flag=CLIENT.MULTI_STATEMENTS | CLIENT.FOUND_ROWS,
            autocommit=True,
            defer_connect=True,
            read_timeout=None,
            write_timeout=None,
        )
        connection.connect(line)
    except BaseException:
        sock.close()
        raise
    return connection, line


def _said(error: Exception) -> str:
    """A complaint in one line."""
    text = str(error.args[-1]) if error.args else type(error).__name__
    return " ".join(text[:MAX_MESSAGE].split()) or "the connection was lost"


def _mariadb_type(field: Any) -> str:  # noqa: ANN401 - of a library that is not there
    kind = _MARIADB_TYPES.get(field.type_code, f"type {field.type_code}")
    return _OF_BYTES.get(kind, kind) if field.charsetnr == _BYTES else kind


def _mariadb_text(value: bytes, kind: str) -> str:
    if kind in {"blob", "varbinary", "binary", "geometry"}:
        return "\\x" + value.hex()
    return str(int.from_bytes(value, "big")) if kind == "bit" else value.decode("utf-8", "replace")


class SqliteSession:
    """A request to the program that serves SQLite files: all statements go to it at once, for it has the limits."""

    def __init__(self, request: Json, timeout: float, whole: Deadline) -> None:
        """Connect and send.

        Raises:
            ConnectionError: in any way that it fails.
        """
        self._left: list[Json] = []
        told = ("user", "database", "statements", "read_only", "max_rows", "max_bytes")
        line = json.dumps({**{name: request[name] for name in told}, "timeout": timeout, "total": request["total"]})
        # A byte becomes up to six in JSON.
        cap = 6 * int(request["max_bytes"]) * max(1, len(request["statements"])) + _HEADROOM
        try:
            with contextlib.closing(_join(request["host"], Deadline(1.0))) as sock:
                answer = json.loads(_converse(sock, line.encode() + b"\n", whole, cap))
            self._left = list(answer["results"])
        except Exception as error:  # what answers is a program that ran a stranger's statements
            raise ConnectionError(_said(error)) from error

    def close(self) -> None:
        """There is nothing left to end."""

    def run(self, _statement: str, _max_rows: int, _max_bytes: int) -> Json:
        """The result of the statement that comes next."""
        return self._left.pop(0) if self._left else _result(error="the session ended", sqlstate=CONNECTION_FAILURE)


class Session(Protocol):
    """A session on a server."""

    def close(self) -> None:
        """End it, whatever it is doing."""

    def run(self, statement: str, max_rows: int, max_bytes: int) -> Json:
        """Run one statement string; the result of the last statement in it."""


SESSIONS: dict[str, Callable[[Json, float, Deadline], Session]] = {
    "postgres": PostgresSession,
    "mariadb": MariadbSession,
    "sqlite": SqliteSession,
}
"""What speaks with a server, by its engine."""


# --- sessions side by side ----------------------------------------------------------------------------------------

PATIENCE = 3.0
"""Seconds that those who wait have, once there is nothing else to do: in them a server finds a deadlock."""
LOOKS = {
    "postgres": (
        0.02,
        "SELECT pid FROM unnest(ARRAY[{0}]) AS pid WHERE pg_blocking_pids(pid) && ARRAY[{0}]",
    ),
    # The server renews what it says of InnoDB when nobody has looked for a tenth of a second.
    "mariadb": (
        0.12,
        """
        SELECT trx_mysql_thread_id FROM information_schema.innodb_trx
        WHERE trx_state = 'LOCK WAIT' AND trx_mysql_thread_id IN ({0})
        UNION SELECT id FROM information_schema.processlist
        WHERE id IN ({0}) AND (state LIKE 'Waiting for%lock' OR state = 'User lock')
        """,
    ),
}
"""By engine: seconds between two looks, and what tells which sessions wait for a lock."""


class _Side:
    """One session of several, whose statements run in a thread of their own."""

    def __init__(self, session: Any, max_rows: int, max_bytes: int) -> None:  # noqa: ANN401 - of either server
        self.session = session
        self._caps = (max_rows, max_bytes)
        self._thread: threading.Thread | None = None
        self._told: Json = {}

    def begin(self, statements: Sequence[str], told: Json) -> None:
        """Run statements up to the first that fails; ``told`` receives the last result."""
        self._told = told
        self._thread = threading.Thread(target=self._run, args=(statements, told), daemon=True)
        self._thread.start()

    def _run(self, statements: Sequence[str], told: Json) -> None:
        for at, statement in enumerate(statements, 1):
            result = self.session.run(statement, *self._caps)
            told.update(at=at, result=result)
            if result["error"] is not None:
                break
        told["ended"] = True

    @property
    def busy(self) -> bool:
        """Whether its statements still run."""
        return self._thread is not None and self._thread.is_alive()

    def rest(self, seconds: float) -> None:
        """Wait until they are done, for so long."""
        if self._thread is not None:
            self._thread.join(seconds)

    def waits(self) -> None:
        """Note that others go on while it waits."""
        self._told["waited"] = True

    def halt(self) -> None:
        """Have the server end what still runs."""
        if self.busy:
            self.session.stop()
            self.rest(GRACE)


class _Sides:
    """All sessions, and one of ours that sees who waits."""

    def __init__(self, sides: dict[str, _Side], control: Session, engine: str, whole: Deadline) -> None:
        self._sides = sides
        self._control = control
        self._whole = whole
        self._pause, look = LOOKS[engine]
        self._question = look.format(", ".join(str(side.session.number) for side in sides.values()))
        self._due: list[tuple[_Side, Sequence[str], Json]] = []

    def step(self, name: str, statements: Sequence[str], told: Json) -> None:
        """Begin a step, or keep it until its session waits no more; ``told`` receives what becomes of it.

        Raises:
            ConnectionError: the server does not tell who waits.
        """
        side = self._sides[name]
        told["late"] = side.busy
        self._due.append((side, statements, told))
        self._go_on()

    def end(self) -> None:
        """Let those that wait have their time, and begin what is due still.

        Raises:
            ConnectionError: as above.
        """
        self._settle(PATIENCE)
        while self._go_on():
            self._settle(PATIENCE)

    def _go_on(self) -> bool:
        """Begin what is due as far as sessions are free for it; whether that was any."""
        any_begun = False
        while self._whole.left() > 0:
            ready = next((one for one in self._due if not one[0].busy), None)
            if ready is None:
                break
            self._due.remove(ready)
            side, statements, told = ready
            told["begun"] = any_begun = True
            side.begin(statements, told)
            self._settle()
        return any_begun

    def _settle(self, patience: float = 0.0) -> None:
        """Wait until each is done, or was seen to wait twice; then for ``patience``, unless one is free that is due."""
        seen: dict[_Side, int] = {}
        late: Deadline | None = None
        while self._whole.left() > 0:
            busy = [side for side in self._sides.values() if side.busy]
            if not busy:
                return
            busy[0].rest(self._pause)
            waiting = self._waiting()
            for side in busy:
                seen[side] = seen.get(side, 0) + 1 if side.session.number in waiting else 0
            still = [side for side in busy if side.busy]
            if any(seen[side] < 2 for side in still):  # noqa: PLR2004 - see above
                late = None
                continue
            for side in still:
                side.waits()
            late = late or Deadline(patience)
            if late.left() <= 0 or any(not side.busy for side, _, _ in self._due):
                return

    def _waiting(self) -> set[int]:
        answer = self._control.run(self._question, len(self._sides), 10_000)
        if answer["error"] is not None:
            raise ConnectionError(answer["error"])
        return {int(row[0]) for row in answer["rows"]}


def interleave(request: Json) -> Json:
    """Run steps of several sessions in an order: each until it is done, or waits for a lock of another one.

    A step that waits goes on beside the following ones, and the next one of its session begins when it is done. In the
    end those that wait have some time, in which the server may find an error.
    """
    whole = Deadline(float(request["total"]) + GRACE)
    caps = (int(request["max_rows"]), int(request["max_bytes"]))
    names = list(dict.fromkeys(name for name, _ in request["steps"]))
    told: list[Json] = []
    connect = SESSIONS[request["engine"]]
    with contextlib.ExitStack() as stack, _memory_limit(_HEADROOM + 4 * caps[1] * len(names)):
        try:
            control = stack.enter_context(contextlib.closing(connect({**request, **request["control"]}, 5.0, whole)))
            sides: dict[str, _Side] = {}
            for name in names:
                session = stack.enter_context(contextlib.closing(connect(request, float(request["timeout"]), whole)))
                sides[name] = _Side(session, *caps)
                stack.callback(sides[name].halt)
            together = _Sides(sides, control, request["engine"], whole)
            for name, statements in request["steps"]:
                told.append(
                    {"begun": False, "late": False, "waited": False, "ended": False, "at": 0, "result": _result()}
                )
                together.step(name, statements, told[-1])
            together.end()
        except ConnectionError as error:
            return {"steps": [], "error": str(error)}
        # What a step is told later, when it is stopped, is no answer of it.
        return {"steps": json.loads(json.dumps(told)), "error": None}


# --- Redis --------------------------------------------------------------------------------------------------------

MAX_DEPTH = 32
"""Arrays, sets and maps of a reply inside each other."""
ADMINISTRATOR_FILE = "administrator"
"""Where in the folder of its socket a server leaves the password that it made for the administrator."""


class ReplyError(Exception):
    """The server's complaint, which begins with its code, such as ``NOPERM``."""


class Budget:
    """Bytes that the replies of a command may still have."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> None:
        """Count bytes.

        Raises:
            ExchangeError: there are too many.
        """
        self.left -= size
        if self.left < 0:
            raise ExchangeError("too-large", "the reply is too large")


def redis(request: Json) -> Json:
    """Run commands on Redis in one session of their own, one after the other, up to the first that fails."""
    whole = Deadline(float(request["total"]) + GRACE)
    timeout, size = float(request["timeout"]), int(request["max_bytes"])
    greeting = ["HELLO", "3", "AUTH", str(request["user"])]
    results: list[Json] = []
    with contextlib.ExitStack() as stack:
        try:
            secret = request["password"]
            greeting.append(_administrators_password(request["folder"]) if secret is None else str(secret))
            sock = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
            whole.apply(sock)
            sock.connect(f"{request['folder']}/redis.sock")
        except OSError as error:
            return {"results": [_complaint("refused", error.strerror or str(error))]}
        opening = [greeting] if str(request["database"]) == "0" else [greeting, ["SELECT", str(request["database"])]]
        for number, command in enumerate([*opening, *request["commands"]], 1):
            result = _command(sock, [str(part) for part in command], min(timeout, whole.left()), size)
            if number > len(opening) or result["code"] is not None:
                results.append(result)
            if result["code"] is not None:
                break
    return {"results": results}


def _complaint(code: str, text: str) -> Json:
    return {"reply": "null", "code": code, "error": text[:MAX_MESSAGE]}


def _administrators_password(folder: str) -> str:
    """Of the server whose folder it is; whatever else stands in the place of the file is not read."""
    found = os.open(f"{folder}/{ADMINISTRATOR_FILE}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(found, "rb") as file:
        return file.read(256).decode("ascii", "replace") if stat.S_ISREG(os.fstat(found).st_mode) else ""


def _command(sock: socket.socket, command: Sequence[str], timeout: float, size: int) -> Json:
    """The reply to one command as the text of a JSON value, or the code and text of what went wrong."""
    deadline = Deadline(timeout)
    parts = [part.encode("utf-8", "replace") for part in command]
    lines = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
    try:
        _send(sock, b"*%d\r\n%s" % (len(parts), lines), deadline)
        # Nothing is sent ahead, so that nothing of a later reply can be in a buffer that ends here.
        with io.BufferedReader(_Incoming(sock, deadline), _PIECE) as reader:
            value = _reply(reader, Budget(size), 0)
    except ReplyError as error:
        text = str(error)
        return _complaint(text.split(maxsplit=1)[0] if text.strip() else "ERR", text)
    except ExchangeError as error:
        return _complaint(error.kind, error.detail)
    except TimeoutError:
        return _complaint("timeout", f"no complete reply within {timeout:g} s")
    except OSError as error:
        return _complaint("closed", error.strerror or str(error))
    return {"reply": json.dumps(value), "code": None, "error": None}


def _reply(reader: BinaryIO, budget: Budget, depth: int) -> Any:  # noqa: ANN401 - a JSON value
    """One value of RESP3 as JSON: a map with names that are texts as an object, a set sorted.

    Raises:
        ReplyError: the server complains.
        ExchangeError: it is too large, or no RESP3.
    """
    if depth > MAX_DEPTH:
        raise ExchangeError("too-large", f"the reply is nested more than {MAX_DEPTH} levels deep")
    while True:
        line = _reply_line(reader, budget)
        kind, rest = line[:1], line[1:]
        if kind in {b"*", b"~", b"%", b">", b"|"}:
            count = _length(rest) * (2 if kind in {b"%", b"|"} else 1)
            items = [_nested(reader, budget, depth + 1) for _ in range(count)]
            if kind in {b">", b"|"}:
                # Messages and attributes are no reply; that one comes after them.
                continue
            if kind == b"%":
                return _object(items)
            return sorted(items, key=json.dumps) if kind == b"~" else items if rest != b"-1" else None
        if kind in {b"$", b"=", b"!"}:
            if rest == b"-1":
                return None
            length = _length(rest)
            budget.take(length)
            data = b"".join(_exactly(reader, length))
            _reply_line(reader, budget)
            if kind == b"!":
                raise ReplyError(data.decode("utf-8", "replace"))
            return _string(data[4:] if kind == b"=" else data)
        return _simple(kind, rest)


def _nested(reader: BinaryIO, budget: Budget, depth: int) -> Any:  # noqa: ANN401 - as above
    try:
        return _reply(reader, budget, depth)
    except ReplyError as error:
        return {"error": str(error)}


def _simple(kind: bytes, rest: bytes) -> Any:  # noqa: ANN401 - as above
    text = rest.decode("utf-8", "replace")
    if kind == b"+":
        return text
    if kind == b"-":
        raise ReplyError(text)
    if kind == b"_":
        return None
    if kind == b"#" and text in {"t", "f"}:
        return text == "t"
    with contextlib.suppress(ValueError):
        if kind in {b":", b"("} and len(text) <= MAX_HEADERS:
            return int(text)
        if kind == b",":
            number = float(text)
            return number if math.isfinite(number) else text
    raise ExchangeError("protocol", f"{(kind + rest)[:40]!r} is no reply")


def _reply_line(reader: BinaryIO, budget: Budget) -> bytes:
    line = reader.readline(max(budget.left, 0) + 1)
    budget.take(len(line))
    if not line.endswith(b"\r\n"):
        raise ExchangeError("closed", "the connection was closed before the reply was complete")
    return line[:-2]


def _length(rest: bytes) -> int:
    """A number of bytes or values; -1 stands for nothing."""
    if rest != b"-1" and not re.fullmatch(rb"[0-9]{1,10}", rest):
        raise ExchangeError("protocol", f"{rest[:40]!r} is no length")
    return max(0, int(rest))


def _string(data: bytes) -> Any:  # noqa: ANN401 - as above
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def _object(items: Sequence[Any]) -> Any:  # noqa: ANN401 - as above
    names, values = items[::2], items[1::2]
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        return dict(zip(names, values, strict=True))
    return [list(pair) for pair in zip(names, values, strict=True)]


# --- MongoDB ------------------------------------------------------------------------------------------------------

OP_MSG = 2013
MAX_BATCHES = 1_000
"""Of one answer: a server that always says that there is more is not followed for ever."""
WRITE_ERRORS = {11000: "DuplicateKey", 121: "DocumentValidationFailure", 2: "BadValue", 66: "ImmutableField"}
"""Names of the numbers that stand in the answer to a write, where the server names none."""
OF_THE_SESSION = frozenset({"ok", "$clusterTime", "operationTime", "electionId", "opTime"})
"""What an answer says of the server, not of the data."""
_HEADER = struct.Struct("<iiii")
_INT32, _UINT32, _INT64, _DOUBLE = (struct.Struct(f"<{kind}") for kind in "iIqd")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST_YEAR = 253_402_300_800_000
"""Milliseconds from 1970 to the end of the year 9999, the last one that has a form of its own."""
_DIGITS, _LEAST, _MOST = 34, -6176, 6111
"""Digits of a decimal, and its exponents."""


def mongodb(request: Json) -> Json:
    """Run commands of MongoDB, texts of Extended JSON, one after the other, up to the first that fails."""
    whole = Deadline(float(request["total"]) + GRACE)
    timeout, size = float(request["timeout"]), int(request["max_bytes"])
    results: list[Json] = []
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as sock:
        try:
            whole.apply(sock)
            sock.connect(f"{request['folder']}/{request['socket']}")
        except OSError as error:
            return {"results": [_complaint("refused", error.strerror or str(error))]}
        for text in request["commands"]:
            deadline = Deadline(min(timeout, whole.left()))
            results.append(_document_command(sock, str(text), str(request["database"]), deadline, Budget(size)))
            if results[-1]["code"] is not None:
                break
    return {"results": results}


def _document_command(sock: socket.socket, text: str, database: str, deadline: Deadline, budget: Budget) -> Json:
    """The answer to one command as the text of relaxed Extended JSON, or the code and text of what went wrong."""
    try:
        value = _answer(sock, text, database, deadline, budget)
    except ReplyError as error:
        code, _, said = str(error).partition(": ")
    except ExchangeError as error:
        code, said = error.kind, error.detail
    except TimeoutError:
        code, said = "timeout", f"no complete reply within {deadline.seconds:g} s"
    except OSError as error:
        code, said = "closed", error.strerror or str(error)
    except (ValueError, ArithmeticError, RecursionError) as error:
        code, said = "SYNTAX", f"the command is no Extended JSON: {error}"
    except (AttributeError, TypeError, LookupError):
        code, said = "protocol", "the reply is not one of MongoDB"
    else:
        return {"reply": json.dumps(value, separators=(",", ":")), "code": None, "error": None}
    return _complaint(code, said)


def _answer(sock: socket.socket, text: str, database: str, deadline: Deadline, budget: Budget) -> Any:  # noqa: ANN401 - a JSON value
    """The documents that a command finds, or else what its answer says beside that it succeeded."""
    command = json.loads(text)
    if not isinstance(command, dict) or not command:
        raise ValueError("it is no object, the command's name first")
    answer = _asked(sock, {**command, "$db": database}, deadline, budget)
    for failed in answer.get("writeErrors") or ():
        name = WRITE_ERRORS.get(failed.get("code"), str(failed.get("code")))
        raise ReplyError(f"{name}: {failed.get('errmsg')}")
    if "cursor" in answer:
        return _documents(sock, answer["cursor"], database, deadline, budget)
    return {name: value for name, value in answer.items() if name not in OF_THE_SESSION}


def _documents(sock: socket.socket, cursor: Json, database: str, deadline: Deadline, budget: Budget) -> list[Any]:
    """All documents of a cursor, batch by batch."""
    found = list(cursor["firstBatch"])
    for _ in range(MAX_BATCHES):
        number = cursor["id"]
        if not isinstance(number, int):
            raise ExchangeError("protocol", "the reply is not one of MongoDB")
        if not number:
            return found
        # The name of the collection stands behind that of the database, and may have dots in it.
        collection = str(cursor["ns"]).partition(".")[2]
        more = {"getMore": {"$numberLong": str(number)}, "collection": collection, "$db": database}
        cursor = _asked(sock, more, deadline, budget)["cursor"]
        found += cursor["nextBatch"]
    raise ExchangeError("too-large", f"the reply has more than {MAX_BATCHES} batches")


def _asked(sock: socket.socket, command: Json, deadline: Deadline, budget: Budget) -> Json:
    """The answer to a command.

    Raises:
        ReplyError: the server complains, with the name of its code, a colon and its words.
        ExchangeError, OSError: there is no answer.
        ValueError, ArithmeticError: the command is no Extended JSON.
    """
    body = bytes(4) + b"\0" + _bson_document(command, 0)
    _send(sock, _HEADER.pack(16 + len(body), 1, 0, OP_MSG) + body, deadline)
    # Nothing is sent ahead, so that nothing of a later reply can be in a buffer that ends here.
    with io.BufferedReader(_Incoming(sock, deadline), _PIECE) as reader:
        length, _, to, operation = _HEADER.unpack(b"".join(_exactly(reader, 16)))
        if operation != OP_MSG or to != 1 or length < 16 + 4 + 1 + 5:
            raise ExchangeError("protocol", "what came is no reply of MongoDB")
        budget.take(length)
        data = b"".join(_exactly(reader, length - 16))
    flags, kind = _UINT32.unpack_from(data)[0], data[4]
    # A checksum behind the document is allowed; more sections, or a message after this one, were not asked for.
    end = len(data) - (4 if flags & 1 else 0)
    if flags & ~1 or kind:
        raise ExchangeError("protocol", "the reply is in parts that were not asked for")
    answer = Bson(data[5:end]).whole()
    if answer.get("ok") != 1:
        name = answer.get("codeName") or answer.get("code") or "Error"
        raise ReplyError(f"{name}: {answer.get('errmsg')}")
    return answer


def _packed(form: struct.Struct, number: int) -> bytes:
    try:
        return form.pack(number)
    except struct.error as error:
        raise ValueError(f"{number} is too large for its type") from error


def _decimal_bytes(text: str) -> bytes:
    """A number as the 16 bytes of IEEE 754-2008 with a binary coefficient.

    Raises:
        ArithmeticError, ValueError: it is none, or would have to be rounded.
    """
    value = decimal.Decimal(text)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return (0b11111 << 122 if value.is_nan() else sign << 127 | 0b11110 << 122).to_bytes(16, "little")
    number, scale = int("".join(map(str, digits)) or "0"), int(exponent)
    while number and number % 10 == 0 and (len(str(number)) > _DIGITS or scale < _LEAST):
        number, scale = number // 10, scale + 1
    if not number:
        scale = min(max(scale, _LEAST), _MOST)
    if _MOST < scale <= _MOST + _DIGITS:
        number, scale = number * 10 ** (scale - _MOST), _MOST
    if len(str(number)) > _DIGITS or not _LEAST <= scale <= _MOST:
        raise ValueError(f"{text[:100]} has more digits than a decimal can have")
    return (sign << 127 | (scale - _LEAST) << 113 | number).to_bytes(16, "little")


def _decimal_text(data: bytes) -> str:
    bits = int.from_bytes(data, "little")
    sign, top = bits >> 127, bits >> 122 & 0b11111
    if top >= 0b11110:  # noqa: PLR2004 - the two that are no numbers
        return "NaN" if top & 1 else "-Infinity" if sign else "Infinity"
    large = top >> 3 == 0b11  # noqa: PLR2004 - a coefficient beyond 34 digits, which counts as 0
    exponent = bits >> (111 if large else 113) & 0x3FFF
    number = 0 if large else bits & ((1 << 113) - 1)
    digits = "0" if number >= 10**_DIGITS else str(number)
    return str(decimal.Decimal((sign, tuple(map(int, digits)), exponent + _LEAST)))


def _bson_name(text: str) -> bytes:
    data = text.encode()
    if b"\0" in data:
        raise ValueError("a name or a pattern has a NUL in it")
    return data + b"\0"


def _bson_document(fields: Json, depth: int) -> bytes:
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
    parts = [_bson_element(name, value, depth) for name, value in fields.items()]
    return _INT32.pack(5 + sum(map(len, parts))) + b"".join(parts) + b"\0"


def _bson_element(name: str, value: Any, depth: int) -> bytes:  # noqa: ANN401 - a JSON value
    kind, data = _bson_value(value, depth)
    return bytes([kind]) + _bson_name(name) + data


def _bson_value(value: Any, depth: int) -> tuple[int, bytes]:  # noqa: ANN401 - a JSON value
    """Type and bytes of a value of Extended JSON.

    Raises:
        ValueError, ArithmeticError: it is none.
    """
    if isinstance(value, dict):
        return _special(value) or (0x03, _bson_document(value, depth + 1))
    if isinstance(value, list):
        return 0x04, _bson_document({str(index): item for index, item in enumerate(value)}, depth + 1)
    if isinstance(value, str):
        return 0x02, _bson_text(value)
    if isinstance(value, float):
        return 0x01, _DOUBLE.pack(value)
    if value is None or isinstance(value, bool):
        return (0x0A, b"") if value is None else (0x08, bytes([value]))
    small = -(1 << 31) <= value < 1 << 31
    return (0x10, _INT32.pack(value)) if small else (0x12, _packed(_INT64, value))


def _bson_text(text: str) -> bytes:
    data = text.encode() + b"\0"
    return _INT32.pack(len(data)) + data


def _oid(digits: str) -> bytes:
    if not re.fullmatch("[0-9a-fA-F]{24}", digits):
        raise ValueError(f"{digits[:40]} is no $oid, which has 24 hexadecimal digits")
    return bytes.fromhex(digits)


def _binary(data: bytes, kind: int) -> bytes:
    return _INT32.pack(len(data)) + bytes([kind]) + data


def _date_bytes(value: Any) -> bytes:  # noqa: ANN401 - a JSON value
    """Milliseconds, of a text or in it."""
    if isinstance(value, dict):
        return _packed(_INT64, int(value["$numberLong"]))
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no time zone; end it with Z")
    return _INT64.pack((moment - _EPOCH) // dt.timedelta(milliseconds=1))


SPECIAL: dict[str, tuple[int, Callable[[Any], bytes]]] = {
    "$oid": (0x07, _oid),
    "$date": (0x09, _date_bytes),
    "$numberInt": (0x10, lambda text: _packed(_INT32, int(text))),
    "$numberLong": (0x12, lambda text: _packed(_INT64, int(text))),
    "$numberDouble": (0x01, lambda text: _DOUBLE.pack(float(text))),
    "$numberDecimal": (0x13, lambda text: _decimal_bytes(str(text))),
    "$binary": (0x05, lambda of: _binary(base64.b64decode(of["base64"], validate=True), int(of["subType"], 16))),
    "$uuid": (0x05, lambda text: _binary(uuid.UUID(text).bytes, 4)),
    "$regularExpression": (0x0B, lambda of: _bson_name(of["pattern"]) + _bson_name("".join(sorted(of["options"])))),
    "$timestamp": (0x11, lambda of: _packed(_UINT32, of["i"]) + _packed(_UINT32, of["t"])),
    "$code": (0x0D, _bson_text),
    "$symbol": (0x0E, _bson_text),
    "$undefined": (0x06, lambda _: b""),
    "$minKey": (0xFF, lambda _: b""),
    "$maxKey": (0x7F, lambda _: b""),
}
"""What of Extended JSON is one value of BSON, by the one name of its object: type, and what makes the bytes."""


def _special(value: Json) -> tuple[int, bytes] | None:
    name = next(iter(value), "")
    if len(value) != 1 or name not in SPECIAL:
        return None
    kind, encode = SPECIAL[name]
    try:
        return kind, encode(value[name])
    except (TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"{json.dumps(value)[:100]} is no value of Extended JSON") from error


class Bson:
    """Bytes of a stranger's, read as BSON into relaxed Extended JSON."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def whole(self) -> Json:
        """The one document that all bytes are.

        Raises:
            ExchangeError: they are none, or it is nested too deep.
        """
        found = self._object(len(self._data), 0)
        if self._at != len(self._data):
            raise ExchangeError("protocol", "there is more than one document in the reply")
        return found

    def _take(self, size: int, end: int) -> bytes:
        if size < 0 or size > end - self._at:
            raise ExchangeError("protocol", "the reply is no BSON: a length goes beyond its end")
        self._at += size
        return self._data[self._at - size : self._at]

    def _name(self, end: int) -> str:
        stop = self._data.find(b"\0", self._at, end)
        if stop < 0:
            raise ExchangeError("protocol", "the reply is no BSON: a name has no end")
        return self._take(stop + 1 - self._at, end)[:-1].decode("utf-8", "replace")

    def _number(self, form: struct.Struct, end: int) -> Any:  # noqa: ANN401 - int or float
        return form.unpack(self._take(form.size, end))[0]

    def _fields(self, end: int, depth: int) -> list[tuple[str, Any]]:
        """Names and values of the document that begins here."""
        if depth > MAX_DEPTH:
            raise ExchangeError("too-large", f"the reply is nested more than {MAX_DEPTH} levels deep")
        start = self._at
        length = self._number(_INT32, end)
        last = start + length - 1
        if length < 5 or last >= end or self._data[last]:  # noqa: PLR2004 - of an empty one
            raise ExchangeError("protocol", "the reply is no BSON: a document has a wrong length")
        found: list[tuple[str, Any]] = []
        while self._at < last:
            kind = self._take(1, last)[0]
            found.append((self._name(last), self._value(kind, last, depth)))
        self._take(1, end)
        return found

    def _object(self, end: int, depth: int) -> Json:
        fields = self._fields(end, depth)
        found = dict(fields)
        if len(found) != len(fields):
            raise ExchangeError("protocol", "a document has the same field twice")
        return found

    def _text(self, end: int) -> str:
        return self._take(self._number(_INT32, end), end)[:-1].decode("utf-8", "replace")

    def _value(self, kind: int, end: int, depth: int) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912 - one for each type
        match kind:
            case 0x01:
                number = self._number(_DOUBLE, end)
                names = {math.inf: "Infinity", -math.inf: "-Infinity"}
                return number if math.isfinite(number) else {"$numberDouble": names.get(number, "NaN")}
            case 0x02:
                return self._text(end)
            case 0x03:
                return self._object(end, depth + 1)
            case 0x04:
                return [value for _, value in self._fields(end, depth + 1)]
            case 0x05:
                size, (sub,) = self._number(_INT32, end), self._take(1, end)
                data = base64.b64encode(self._take(size, end)).decode("ascii")
                return {"$binary": {"base64": data, "subType": f"{sub:02x}"}}
            case 0x06:
                return {"$undefined": True}
            case 0x07:
                return {"$oid": self._take(12, end).hex()}
            case 0x08:
                return self._take(1, end) != b"\0"
            case 0x09:
                return {"$date": _date(self._number(_INT64, end))}
            case 0x0A:
                return None
            case 0x0B:
                return {"$regularExpression": {"pattern": self._name(end), "options": self._name(end)}}
            case 0x0D | 0x0E:
                return {"$code" if kind == 0x0D else "$symbol": self._text(end)}  # noqa: PLR2004 - the types' numbers
            case 0x10:
                return self._number(_INT32, end)
            case 0x11:
                step, seconds = self._number(_UINT32, end), self._number(_UINT32, end)
                return {"$timestamp": {"t": seconds, "i": step}}
            case 0x12:
                return self._number(_INT64, end)
            case 0x13:
                return {"$numberDecimal": _decimal_text(self._take(16, end))}
            case 0xFF | 0x7F:
                return {"$minKey" if kind == 0xFF else "$maxKey": 1}  # noqa: PLR2004 - the types' numbers
        raise ExchangeError("protocol", f"the reply is no BSON: there is no type {kind}")


def _date(milliseconds: int) -> Any:  # noqa: ANN401 - a JSON value
    if not 0 <= milliseconds < _LAST_YEAR:
        return {"$numberLong": str(milliseconds)}
    moment = _EPOCH + dt.timedelta(milliseconds=milliseconds)
    form = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=form) + "Z"


# --- calls --------------------------------------------------------------------------------------------------------


class Conversation:
    """The connection to the submission's side of the call protocol, of which there is one at a time."""

    def __init__(self) -> None:
        self._sock: socket.socket | None = None

    def call(self, request: Json) -> Json:
        """Send a line and return the line that answers it, or why there is none; after that the connection is over."""
        started = time.monotonic()
        deadline = Deadline(float(request["timeout"]))
        try:
            if request["fresh"]:
                self.close()
                self._sock = _join(request["folder"], Deadline(float(request["wait"])))
                started, deadline = time.monotonic(), Deadline(deadline.seconds)
            line = _converse(self._sock, str(request["line"]).encode() + b"\n", deadline, int(request["max_line"]))
            reply: Json = {"line": base64.b64encode(line).decode("ascii"), "error": None, "detail": ""}
        except ExchangeError as error:
            reply = {"error": error.kind, "detail": error.detail}
        except TimeoutError:
            reply = {"error": "timeout", "detail": f"no answer within {deadline.seconds:g} s"}
        except OSError as error:
            reply = {"error": "closed", "detail": error.strerror or str(error)}
        if reply["error"] is not None:
            self.close()
        return {"line": "", **reply, "seconds": round(time.monotonic() - started, 6)}

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None


def _join(folder: str, deadline: Deadline) -> socket.socket:
    """Connect to ``socket`` in a folder in which a stranger may put another thing there at any time.

    What stands there is opened, links as themselves, and looked at; then exactly that is connected to, whatever
    has its name by now. So no link leads to the socket of a database.
    """
    inside = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        while True:
            try:
                return _join_once(inside, deadline)
            except OSError as error:
                if deadline.left() <= 0:
                    raise ExchangeError("refused", f"nothing accepts calls ({error.strerror or error})") from None
            time.sleep(min(POLL, deadline.left()))
    finally:
        os.close(inside)


def _join_once(inside: int, deadline: Deadline) -> socket.socket:
    found = os.open("socket", os.O_PATH | os.O_NOFOLLOW, dir_fd=inside)
    try:
        if not stat.S_ISSOCK(os.fstat(found).st_mode):
            raise ExchangeError("refused", "something else stands in the place of the socket")
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.settimeout(max(POLL, deadline.left()))
            sock.connect(f"/proc/self/fd/{found}")
        except BaseException:
            sock.close()
            raise
        return sock
    finally:
        os.close(found)


def _converse(sock: socket.socket | None, line: bytes, deadline: Deadline, max_line: int) -> bytes:
    """The line that answers a line, without its end."""
    if sock is None:
        raise ExchangeError("closed", "the connection had ended before")
    if select.select([sock], [], [], 0)[0]:
        if sock.recv(1):
            raise ExchangeError("protocol", "it wrote before it was asked")
        raise ExchangeError("closed", "the process ended before it was asked")
    _send(sock, line, deadline)
    data = bytearray()
    while True:
        deadline.apply(sock)
        piece = sock.recv(_PIECE)
        if not piece:
            raise ExchangeError("closed", "the process ended before it answered")
        end = piece.find(b"\n")
        if len(data) + (len(piece) if end < 0 else end) > max_line:
            raise ExchangeError("too-large", f"the answer has more than {max_line} bytes")
        if end < 0:
            data += piece
        elif end < len(piece) - 1:
            raise ExchangeError("protocol", "it wrote more than one answer")
        else:
            return bytes(data + piece[:end])


# --- the rest -----------------------------------------------------------------------------------------------------


def listening(request: Json) -> Json:
    """Wait until a port accepts connections."""
    deadline = Deadline(float(request["timeout"]))
    while True:
        with contextlib.suppress(OSError, ExchangeError):
            _connect(
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


if __name__ == "__main__":
    main()
