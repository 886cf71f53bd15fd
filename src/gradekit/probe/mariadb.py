"""Sessions of MariaDB."""

from __future__ import annotations

import contextlib
import io
import re
import socket
from typing import Any

from gradekit.probe.statements import CONNECTION_FAILURE, OUT_OF_MEMORY, QUERY_CANCELED, outcome, said
from gradekit.probe.wire import GRACE, MAX_MESSAGE, PIECE, Deadline, Incoming, Json, send

# MariaDB's numbers where its SQLSTATE says less than PostgreSQL's: all of a group become the one state.
_MARIADB_STATES = {
    "23502": (1048, 1263, 1364),
    "23503": (1216, 1217, 1451, 1452),
    "23505": (1062, 1169, 1586),
    "23514": (4025,),
    QUERY_CANCELED: (1317, 1969),
    "42601": (1064, 1149),
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
        return io.BufferedReader(Incoming(self._sock, _Moving(self)), PIECE)

    def settimeout(self, _seconds: float | None) -> None:
        """The deadline says how long anything may take."""

    def sendall(self, data: bytes) -> None:
        send(self._sock, data, self.deadline)

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
            raise ConnectionError(said(error)) from error

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
            return outcome(error="the connection was lost", sqlstate=CONNECTION_FAILURE)
        self._line.deadline = Deadline(min(self._timeout + GRACE, self._whole.left()))
        try:
            return self._attempt(statement, max_rows, max_bytes)
        except _MariadbError as error:
            return outcome(error=said(error), sqlstate=error.state)
        except MemoryError:
            self._kill("CONNECTION")
            return outcome(error=f"a row is larger than {max_bytes} bytes", sqlstate=OUT_OF_MEMORY, truncated=True)
        except Exception as error:  # noqa: BLE001 - as when connecting
            late = self._line.deadline.left() <= 0
            self._kill("CONNECTION")
            if late:
                limit = min(self._timeout + GRACE, self._whole.seconds)
                return outcome(error=f"no complete answer within {limit:g} s", sqlstate=QUERY_CANCELED)
            return outcome(error=said(error), sqlstate=CONNECTION_FAILURE)

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
            return outcome()
        result = outcome(columns=[[field.name, _mariadb_type(field)] for field in cursor._result.fields])  # noqa: SLF001
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


def _mariadb_type(field: Any) -> str:  # noqa: ANN401 - of a library that is not there
    kind = _MARIADB_TYPES.get(field.type_code, f"type {field.type_code}")
    return _OF_BYTES.get(kind, kind) if field.charsetnr == _BYTES else kind


def _mariadb_text(value: bytes, kind: str) -> str:
    if kind in {"blob", "varbinary", "binary", "geometry"}:
        return "\\x" + value.hex()
    return str(int.from_bytes(value, "big")) if kind == "bit" else value.decode("utf-8", "replace")
