"""The probe's MongoDB operation: commands become BSON, and replies are hostile bytes, whoever sends them."""

from __future__ import annotations

import json
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.probe import mongodb as probe
from gradekit.probe.bson import Bson, bson_document
from gradekit.probe.wire import ExchangeError

Answer = bytes | Callable[[socket.socket], None]


def document(**fields: Any) -> bytes:  # noqa: ANN401 - JSON values
    return bson_document(fields, 0)


def message(body: bytes, *, flags: int = 0, kind: int = 0, to: int = 1, operation: int = probe.OP_MSG) -> bytes:
    data = struct.pack("<IB", flags, kind) + body
    return struct.pack("<iiii", 16 + len(data), 7, to, operation) + data


def ok(**fields: Any) -> bytes:  # noqa: ANN401 - JSON values
    return message(document(**fields, ok=1.0))


class Server:
    """Answers each message that arrives with the next bytes of a list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: list[Answer] = []
        self.received: list[bytes] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / "app.sock"))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            end, _ = self._listener.accept()
            with end:
                for answer in self.answers:
                    self.received.append(end.recv(65536))
                    if callable(answer):
                        answer(end)
                    else:
                        end.sendall(answer)
                while end.recv(65536):
                    pass

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def ask(self, *answers: Answer, **fields: object) -> list[dict[str, Any]]:
        """Send as many commands as there are answers."""
        self.answers = list(answers)
        request = {
            "folder": str(self.folder),
            "socket": "app.sock",
            "database": "shop",
            "commands": ['{"find": "items"}'] * len(answers),
            "timeout": 2.0,
            "total": 5.0,
            "max_bytes": 10_000,
            **fields,
        }
        results: list[dict[str, Any]] = probe.mongodb(request)["results"]
        return results

    def sent(self, number: int = 0) -> dict[str, Any]:
        return Bson(self.received[number][21:]).whole()


@pytest.fixture
def server() -> Iterator[Server]:
    # The path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="gk-") as name:
        found = Server(Path(name))
        yield found
        found.close()


# --- values

BYTES: dict[str, tuple[Any, str]] = {
    "int32": (1, "10 6100 01000000"),
    "int64": (1 << 31, "12 6100 0000008000000000"),
    "double": (1.5, "01 6100 000000000000f83f"),
    "text": ("é\0", "02 6100 04000000 c3a90000"),
    "true": (True, "08 6100 01"),
    "nothing": (None, "0a 6100"),
    "list": ([7], "04 6100 0c000000 103000 07000000 00"),
    "document": ({"b": None}, "03 6100 08000000 0a6200 00"),
    "oid": ({"$oid": "0123456789abcdef01234567"}, "07 6100 0123456789abcdef01234567"),
    "date": ({"$date": "1970-01-01T00:00:01.5Z"}, "09 6100 dc05000000000000"),
    "date in numbers": ({"$date": {"$numberLong": "-1"}}, "09 6100 ffffffffffffffff"),
    "long": ({"$numberLong": "5"}, "12 6100 0500000000000000"),
    "int": ({"$numberInt": "5"}, "10 6100 05000000"),
    "infinity": ({"$numberDouble": "Infinity"}, "01 6100 000000000000f07f"),
    "decimal": ({"$numberDecimal": "1.50"}, "13 6100 96000000000000000000000000003c30"),
    "binary": ({"$binary": {"base64": "AAE=", "subType": "80"}}, "05 6100 02000000 80 0001"),
    "uuid": ({"$uuid": "00112233-4455-6677-8899-aabbccddeeff"}, "05 6100 10000000 04 00112233445566778899aabbccddeeff"),
    "regex": ({"$regularExpression": {"pattern": "^a", "options": "mi"}}, "0b 6100 5e6100 696d00"),
    "timestamp": ({"$timestamp": {"t": 2, "i": 1}}, "11 6100 01000000 02000000"),
    "code": ({"$code": "f"}, "0d 6100 02000000 6600"),
    "least": ({"$minKey": 1}, "ff 6100"),
    "most": ({"$maxKey": 1}, "7f 6100"),
    "an operator": ({"$gt": 1}, "03 6100 0e000000 1024677400 01000000 00"),
    "two names, one special": ({"$oid": 1, "b": 1}, "03 6100 16000000 10246f696400 01000000 106200 01000000 00"),
}


@pytest.mark.parametrize(("value", "wanted"), BYTES.values(), ids=BYTES.keys())
def test_values_as_the_specification_has_them(value: object, wanted: str) -> None:
    assert document(a=value)[4:-1].hex() == wanted.replace(" ", "")


RELAXED: dict[str, tuple[Any, Any]] = {
    "long": ({"$numberLong": "5"}, 5),
    "int": ({"$numberInt": "5"}, 5),
    "double": ({"$numberDouble": "5"}, 5.0),
    "date": ({"$date": "2026-05-01T12:00:00.250+02:00"}, {"$date": "2026-05-01T10:00:00.250Z"}),
    "date in seconds": ({"$date": {"$numberLong": "1000"}}, {"$date": "1970-01-01T00:00:01Z"}),
    "a date before 1970": ({"$date": "1969-12-31T23:59:59Z"}, {"$date": {"$numberLong": "-1000"}}),
    "a date after 9999": ({"$date": {"$numberLong": "253402300800000"}},) * 2,
    "options are sorted": (
        {"$regularExpression": {"pattern": "a", "options": "xi"}},
        {"$regularExpression": {"pattern": "a", "options": "ix"}},
    ),
    "uuid": (
        {"$uuid": "00112233-4455-6677-8899-aabbccddeeff"},
        {"$binary": {"base64": "ABEiM0RVZneImaq7zN3u/w==", "subType": "04"}},
    ),
    "not a number": ({"$numberDouble": "NaN"},) * 2,
    "less than all": ({"$numberDouble": "-Infinity"},) * 2,
    "undefined": ({"$undefined": True},) * 2,
    "symbol": ({"$symbol": "s"},) * 2,
}


@pytest.mark.parametrize(("written", "read"), RELAXED.values(), ids=RELAXED.keys())
def test_what_is_read_is_relaxed(written: object, read: object) -> None:
    assert Bson(document(a=written)).whole() == {"a": read}


DECIMALS = ["0", "-0", "1.50", "-1234567890123456789012345678901234", "1E+6144", "1E-6176", "NaN", "Infinity"]
DECIMALS += ["-Infinity", "0.000001", "1E-7", "0E+6111", "9.999999999999999999999999999999999E+6144"]


@pytest.mark.parametrize("text", DECIMALS)
def test_decimals_come_back_as_they_were(text: str) -> None:
    padded = {"1E+6144": "1.000000000000000000000000000000000E+6144"}
    value = {"$numberDecimal": text}
    assert Bson(document(a=value)).whole() == {"a": {"$numberDecimal": padded.get(text, text)}}


@pytest.mark.parametrize("top", [0x6, 0x7])
def test_a_decimal_that_is_no_canonical_one_counts_as_zero(top: int) -> None:
    odd = (top << 124 | 1).to_bytes(16, "little")
    assert Bson(b"\x18\0\0\0\x13a\0" + odd + b"\0").whole()["a"]["$numberDecimal"].startswith("0")


WRONG = [
    {"$oid": "12"},
    {"$oid": 12},
    {"$date": "yesterday"},
    {"$date": "2026-01-01T00:00:00"},
    {"$numberInt": "2147483648"},
    {"$numberLong": "x"},
    {"$numberDecimal": "1.00000000000000000000000000000000001"},
    {"$numberDecimal": "1E+7000"},
    {"$numberDecimal": "one"},
    {"$binary": "AA=="},
    {"$binary": {"base64": "A", "subType": "00"}},
    {"$timestamp": {"t": -1, "i": 0}},
    {"$regularExpression": {"pattern": "a\0", "options": ""}},
    {"a\0b": 1},
    1 << 63,
]


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_what_is_no_extended_json_is_not_sent(server: Server, value: object) -> None:
    (result,) = server.ask(ok(), commands=[json.dumps({"find": "items", "filter": {"a": value}})])
    assert result["code"] == "SYNTAX"
    assert not any(server.received)


@pytest.mark.parametrize("text", ["", "[1]", "{}", "{", '{"a": ' * 100 + "1" + "}" * 100, "[" * 100_000])
def test_what_is_no_command_is_not_sent(server: Server, text: str) -> None:
    (result,) = server.ask(ok(), commands=[text])
    assert result["code"] == "SYNTAX"


numbers = st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.none() | st.booleans() | numbers
names = st.text(st.characters(exclude_characters="\0$", exclude_categories=["Cs"]), max_size=5)
values = st.recursive(
    plain | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read(value: object) -> None:
    found = Bson(document(a=value)).whole()
    assert json.dumps(found) == json.dumps({"a": value})


@given(st.binary(max_size=60))
def test_no_bytes_are_more_than_a_protocol_error(data: bytes) -> None:
    framed = struct.pack("<i", len(data) + 5) + data + b"\0"
    for raw in (data, framed):
        with suppress(ExchangeError):
            json.dumps(Bson(raw).whole())


# --- the conversation


def test_a_command_goes_to_its_database(server: Server) -> None:
    (result,) = server.ask(ok(n=3), commands=['{"count": "items", "$db": "other", "query": {}}'])
    assert (json.loads(result["reply"]), result["code"], result["error"]) == ({"n": 3}, None, None)
    assert server.sent() == {"count": "items", "$db": "shop", "query": {}}


def test_what_is_of_the_session_is_left_out(server: Server) -> None:
    time_of_cluster = {"clusterTime": {"$timestamp": {"t": 1, "i": 1}}}
    answer = {"n": 1, "$clusterTime": time_of_cluster, "operationTime": {"$timestamp": {"t": 1, "i": 1}}}
    (result,) = server.ask(ok(**answer))
    assert json.loads(result["reply"]) == {"n": 1}


def test_a_cursor_is_read_to_its_end(server: Server) -> None:
    begin = ok(cursor={"firstBatch": [{"a": 1}], "id": {"$numberLong": "9"}, "ns": "shop.a.b"})
    more = ok(cursor={"nextBatch": [{"a": 2}], "id": {"$numberLong": "9"}, "ns": "shop.a.b"})
    end = ok(cursor={"nextBatch": [{"a": 3}], "id": 0, "ns": "shop.a.b"})
    (result,) = server.ask(begin, more, end, commands=['{"find": "a.b"}'])
    assert json.loads(result["reply"]) == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert server.sent(1) == {"getMore": 9, "collection": "a.b", "$db": "shop"}


def test_batches_without_end_are_not_followed(server: Server) -> None:
    begin = ok(cursor={"firstBatch": [], "id": {"$numberLong": "9"}, "ns": "shop.a"})
    more = ok(cursor={"nextBatch": [], "id": {"$numberLong": "9"}, "ns": "shop.a"})
    (result,) = server.ask(begin, *[more] * probe.MAX_BATCHES, commands=['{"find": "a"}'], max_bytes=1 << 20)
    assert result["code"] == "too-large"


def test_all_batches_together_are_bounded(server: Server) -> None:
    begin = ok(cursor={"firstBatch": [{"a": "x" * 6000}], "id": {"$numberLong": "9"}, "ns": "shop.a"})
    (result,) = server.ask(begin, begin, commands=['{"find": "a"}'])
    assert result["code"] == "too-large"


def test_an_error_ends_the_session(server: Server) -> None:
    refused = message(document(ok=0.0, errmsg="no such thing", code=26, codeName="NamespaceNotFound"))
    results = server.ask(ok(), refused, ok())
    assert [result["code"] for result in results] == [None, "NamespaceNotFound"]
    assert results[1]["error"] == "no such thing"
    assert len([piece for piece in server.received if piece]) == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ok": 0.0, "errmsg": "m", "code": 9}, "9"),
        ({"ok": 0.0, "errmsg": "m"}, "Error"),
        ({"ok": 1.0, "n": 0, "writeErrors": [{"index": 0, "code": 11000, "errmsg": "m"}]}, "DuplicateKey"),
        ({"ok": 1.0, "n": 0, "writeErrors": [{"index": 0, "code": 7, "errmsg": "m"}]}, "7"),
    ],
)
def test_errors_have_a_name(server: Server, fields: dict[str, Any], code: str) -> None:
    (result,) = server.ask(message(document(**fields)))
    assert (result["code"], result["error"]) == (code, "m")


def test_a_checksum_is_not_part_of_the_document(server: Server) -> None:
    (result,) = server.ask(message(document(ok=1.0, n=1) + b"\1\2\3\4", flags=1))
    assert json.loads(result["reply"]) == {"n": 1}


def deep(levels: int) -> bytes:
    body = b"\5\0\0\0\0"
    for _ in range(levels):
        body = struct.pack("<i", 4 + 3 + len(body) + 1) + b"\x03a\0" + body + b"\0"
    return body


ODD: dict[str, tuple[bytes, str]] = {
    "no reply": (b"HTTP/1.1 200 OK\r\n\r\n", "protocol"),
    "to something else": (message(document(ok=1), to=2), "protocol"),
    "another operation": (message(document(ok=1), operation=1), "protocol"),
    "more to come": (message(document(ok=1), flags=2), "protocol"),
    "another section": (message(document(ok=1), kind=1), "protocol"),
    "two documents": (message(document(ok=1) * 2), "protocol"),
    "a negative length": (struct.pack("<iiii", -1, 1, 1, probe.OP_MSG), "protocol"),
    "longer than the cap": (struct.pack("<iiii", 20_000, 1, 1, probe.OP_MSG), "too-large"),
    "a gibibyte": (struct.pack("<iiii", 1 << 30, 1, 1, probe.OP_MSG), "too-large"),
    "a document longer than the message": (message(b"\xff\0\0\0\0"), "protocol"),
    "a document without end": (message(b"\7\0\0\0\1\1\1"), "protocol"),
    "a text longer than its document": (message(b"\x11\0\0\0\2a\0\xff\xff\xff\x7fabcd\0\0"), "protocol"),
    "a text of negative length": (message(b"\x11\0\0\0\2a\0\xff\xff\xff\xffabcd\0\0"), "protocol"),
    "an unknown type": (message(b"\x08\0\0\0\x42a\0\0"), "protocol"),
    "a name without end": (message(b"\x08\0\0\0\x10aa\0"), "protocol"),
    "the same field twice": (message(b"\x0b\0\0\0\x0aa\0\x0aa\0\0"), "protocol"),
    "a cursor that is none": (ok(cursor=7), "protocol"),
    "a cursor without documents": (ok(cursor={"id": 0}), "protocol"),
    "a cursor whose number is none": (ok(cursor={"firstBatch": [], "id": {"a": 1}, "ns": 3}), "protocol"),
    "write errors that are none": (ok(writeErrors=[3]), "protocol"),
    "deep": (message(deep(40)), "too-large"),
    "very deep": (message(deep(900)), "too-large"),
}


@pytest.mark.parametrize(("raw", "code"), ODD.values(), ids=ODD.keys())
def test_odd_replies_end_the_session(server: Server, raw: bytes, code: str) -> None:
    (result,) = server.ask(raw, ok())
    assert (result["code"], result["reply"]) == (code, "null")
    assert result["error"]


def test_a_reply_that_never_comes_takes_the_time_limit(server: Server) -> None:
    begun = time.monotonic()
    (result,) = server.ask(struct.pack("<iiii", 9_000, 1, 1, probe.OP_MSG), timeout=0.2)
    assert result["code"] == "timeout"
    assert time.monotonic() - begun < 2.0


def test_an_end_in_the_middle(server: Server) -> None:
    def half(end: socket.socket) -> None:
        end.sendall(ok(n=1)[:20])
        end.shutdown(socket.SHUT_RDWR)

    (result,) = server.ask(half)
    assert result["code"] == "closed"


def test_nobody_there(tmp_path: Path) -> None:
    request = {"folder": str(tmp_path), "socket": "app.sock", "commands": ["{}"], "database": "d"}
    (result,) = probe.mongodb({**request, "timeout": 1.0, "total": 1.0, "max_bytes": 100})["results"]
    assert result["code"] == "refused"
