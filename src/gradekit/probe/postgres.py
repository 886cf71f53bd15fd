"""Sessions of PostgreSQL."""

from __future__ import annotations

import contextlib
import math
import select
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradekit.probe.statements import CONNECTION_FAILURE, OUT_OF_MEMORY, QUERY_CANCELED, outcome
from gradekit.probe.wire import GRACE, MAX_MESSAGE, Deadline, Json

Libpq = Any
"""An object of psycopg's libpq wrapper; the library is not there where this file is checked."""


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
            return outcome(error="a statement cannot hold a NUL character", sqlstate="22021")
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
            return outcome(error=f"no complete answer within {limit:g} s", sqlstate=QUERY_CANCELED)
        except MemoryError:
            self.close()
            return outcome(error=f"a row is larger than {max_bytes} bytes", sqlstate=OUT_OF_MEMORY, truncated=True)
        except self._psycopg.Error as error:
            message = " ".join(str(error)[:MAX_MESSAGE].split()) or "the connection was lost"
            if "allocate memory" in message or "out of memory" in message:
                return outcome(error=f"a row is larger than {max_bytes} bytes", sqlstate=OUT_OF_MEMORY, truncated=True)
            return outcome(error=message, sqlstate=CONNECTION_FAILURE)
        return result

    def _attempt(
        self, send: Callable[[], None], statement: str, deadline: Deadline, max_rows: int, max_bytes: int
    ) -> Json:
        """Send and collect; column types are still numbers."""
        send()
        self._wire.set_single_row_mode()
        status = self._pq.ExecStatus
        result = outcome()
        size = 0
        done = True
        for answer in self._answers(deadline):
            if result["truncated"] or result["error"] is not None:
                continue
            if answer.status in (status.SINGLE_TUPLE, status.TUPLES_OK):
                if done:
                    result, size, done = outcome(columns=_columns(answer)), 0, False
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
                result, done = outcome(affected=_affected(answer)), True
            elif answer.status == status.EMPTY_QUERY:
                result, done = outcome(), True
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
            return outcome(error="COPY from or to the client is not supported; use INSERT or SELECT", sqlstate="0A000")

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
        return outcome(error=message, sqlstate=field(fields.SQLSTATE))

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
