from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest

from gradekit.sandbox import probe_client
from gradekit.sandbox.messages import (
    CallReply,
    CallRequest,
    CommandResult,
    HttpRequest,
    LoadReply,
    LoadRequest,
    MongoRequest,
    RedisRequest,
    SqlRequest,
)
from gradekit.sandbox.plans import PROBE_UID
from gradekit.sandbox.probe_client import ProbeClient, ProbeLostError
from gradekit.sandbox.wire import Wire
from tests.sandbox.test_wire import frame

Answer = Callable[[dict[str, Any]], bytes]


class Probe:
    """The other end: answers each request line by a function; ``b""`` hangs up."""

    def __init__(self) -> None:
        self.answer: Answer = line
        self.requests: list[dict[str, Any]] = []
        self.starts = 0
        self._threads: list[threading.Thread] = []

    def execute(self, argv: Sequence[str], uid: int) -> Wire:
        assert uid == PROBE_UID
        assert list(argv[:4]) == ["python3", "-I", "-u", "-c"]
        self.starts += 1
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=self._serve, args=(theirs,))
        thread.start()
        self._threads.append(thread)
        return Wire(ours)

    def _serve(self, end: socket.socket) -> None:
        with end, end.makefile("rb") as reader:
            for text in reader:
                self.requests.append(json.loads(text))
                said = self.answer(self.requests[-1])
                if not said:
                    return
                try:
                    end.sendall(said)
                except OSError:
                    return

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


def line(request: dict[str, Any], **fields: object) -> bytes:
    return frame(1, json.dumps({"id": request["id"], **fields}).encode() + b"\n")


@pytest.fixture
def probe() -> Iterator[Probe]:
    made = Probe()
    yield made
    made.join()


@pytest.fixture
def client(probe: Probe) -> Iterator[ProbeClient]:
    made = ProbeClient(probe.execute)
    yield made
    made.close()


def test_http_both_ways(probe: Probe, client: ProbeClient) -> None:
    body = base64.b64encode(b"\xff").decode()
    probe.answer = lambda request: line(
        request, status=201, reason="Created", headers=[["A", "b"]], body=body, error=None
    )
    reply = client.http(HttpRequest(8080, "POST", "/x?y", (("K", "v"),), b"in", timeout=2.0))
    assert (reply.status, reply.reason, reply.headers, reply.body, reply.error) == (
        201, "Created", (("A", "b"),), b"\xff", None,
    )  # fmt: skip
    sent = probe.requests[0]
    assert (sent["op"], sent["host"], sent["port"], sent["target"]) == ("http", "127.0.0.1", 8080, "/x?y")
    assert (sent["headers"], base64.b64decode(sent["body"])) == ([["K", "v"]], b"in")


def test_many_clients_get_a_reply_each(probe: Probe, client: ProbeClient) -> None:
    answer = {"status": 200, "reason": "OK", "headers": [], "body": "", "error": None, "detail": "", "seconds": 0.1}
    probe.answer = lambda request: line(request, replies=[answer, {**answer, "status": 429}])
    replies = client.volley(HttpRequest(8080, "POST", "/x", timeout=2.0), 2)
    assert [reply.status for reply in replies] == [200, 429]
    assert (probe.requests[0]["op"], probe.requests[0]["clients"], probe.requests[0]["target"]) == ("volley", 2, "/x")
    probe.answer = lambda request: line(request, replies=[{**answer, "status": 7}])
    with pytest.raises(ProbeLostError, match="cannot be read"):
        client.volley(HttpRequest(8080, "POST", "/x"), 2)


def test_loads_both_ways(probe: Probe, client: ProbeClient) -> None:
    asked = LoadRequest(HttpRequest(8080, "GET", "/x"), 4, 0.5, rate=10.0, most=7)
    probe.answer = lambda request: line(request, times=[0.1, 0.2], statuses=[[200, 2], [0, 1]], seconds=0.5)
    assert client.load(asked) == LoadReply((0.1, 0.2), {200: 2, 0: 1}, 0.5)
    sent = probe.requests[0]
    assert (sent["op"], sent["clients"], sent["load_seconds"], sent["rate"], sent["most"]) == ("load", 4, 0.5, 10.0, 7)
    wrong: list[dict[str, Any]] = [
        {"times": [-1]},
        {"times": ["x"]},
        {"statuses": [[200, -1]]},
        {"statuses": [[1, 2, 3]]},
        {"seconds": -1},
    ]
    for fields in wrong:
        said = {"times": [], "statuses": [], "seconds": 0.5, **fields}
        probe.answer = partial(line, **said)
        with pytest.raises(ProbeLostError, match="cannot be read"):
            client.load(asked)


def test_everybody_of_ours_uses_the_socket(probe: Probe, client: ProbeClient) -> None:
    result = {"columns": [["n", "int4"]], "rows": [["1"], [None]], "affected": 2, "truncated": False}
    probe.answer = lambda request: line(request, results=[result])
    (got,) = client.sql(SqlRequest("db", "shop", ["select"]))
    assert (got.rows, got.columns[0].type, got.error) == ((("1",), (None,)), "int4", None)
    client.sql(SqlRequest("db", "shop", ["select"], "reader", "secret"))
    asked = [(request["host"], request["user"], request["password"]) for request in probe.requests]
    assert asked == [("/vol/db", "gradekit", None), ("/vol/db", "reader", "secret")]


def test_redis_both_ways(probe: Probe, client: ProbeClient) -> None:
    probe.answer = lambda request: line(
        request, results=[{"reply": "[1]"}, {"reply": "null", "code": "OOM", "error": "x"}]
    )
    asked = RedisRequest("cache", [["GET", "a"], ["SET", "a", "1"]], database=3, timeout=2.0, max_bytes=7)
    assert client.redis(asked) == (CommandResult("[1]"), CommandResult("null", "OOM", "x"))
    client.redis(RedisRequest("cache", [["PING"]], user="app", password="pw", total=9.0))
    first, second = probe.requests
    assert (first["folder"], first["user"], first["password"]) == ("/vol/cache", "gradekit", None)
    assert (first["database"], first["commands"], first["total"]) == (3, [["GET", "a"], ["SET", "a", "1"]], 4.0)
    assert (second["user"], second["password"], second["total"]) == ("app", "pw", 9.0)


def test_mongodb_both_ways(probe: Probe, client: ProbeClient) -> None:
    probe.answer = lambda request: line(
        request, results=[{"reply": "[1]"}, {"reply": "null", "code": "DuplicateKey", "error": "x"}]
    )
    asked = MongoRequest("db", ['{"ping": 1}', "{}"], "checks", "copy_1", timeout=2.0, max_bytes=7)
    assert client.mongodb(asked) == (CommandResult("[1]"), CommandResult("null", "DuplicateKey", "x"))
    client.mongodb(MongoRequest("db", ["{}"], "app", total=9.0))
    first, second = probe.requests
    assert (first["folder"], first["socket"], first["database"]) == ("/vol/db", "checks.sock", "copy_1")
    assert (first["commands"], first["total"], first["max_bytes"]) == (['{"ping": 1}', "{}"], 4.0, 7)
    assert (second["socket"], second["database"], second["total"]) == ("app.sock", "admin", 9.0)


@pytest.mark.parametrize(
    "results", [None, {}, ["ab"], [{}], [{"reply": 1}], [{"reply": "1", "code": 1}], [{"reply": "1", "error": []}]]
)
def test_replies_of_another_shape_are_no_answer(probe: Probe, client: ProbeClient, results: object) -> None:
    probe.answer = lambda request: line(request, results=results)
    with pytest.raises(ProbeLostError, match="cannot be read"):
        client.redis(RedisRequest("cache", [["PING"]]))


def test_calls_both_ways(probe: Probe, client: ProbeClient) -> None:
    probe.answer = lambda request: line(request, line=base64.b64encode(b"\xff{}").decode(), error=None, seconds=0.5)
    asked = CallRequest("call-unit", '{"id": 1}', fresh=True, wait=2.0, timeout=3.0, max_line=77)
    assert client.call(asked) == CallReply(b"\xff{}", seconds=0.5)
    sent = dict(probe.requests[0])
    del sent["id"]
    assert sent == {
        "op": "call",
        "folder": "/vol/call-unit",
        "line": '{"id": 1}',
        "fresh": True,
        "wait": 2.0,
        "timeout": 3.0,
        "max_line": 77,
    }
    probe.answer = lambda request: line(request, line="", error="closed", detail="it ended", seconds=0)
    assert client.call(asked) == CallReply(error="closed", detail="it ended")


BAD_CALL: dict[str, list[object]] = {
    "line": [None, 1, "no base64!", ["YQ=="]],
    "error": ["surprise", 1],
    "detail": [None, 1],
    "seconds": ["1", -1, None],
}


@pytest.mark.parametrize("changed", [{name: value} for name, values in BAD_CALL.items() for value in values])
def test_an_answer_about_a_call_of_another_shape_is_no_answer(
    probe: Probe, client: ProbeClient, changed: dict[str, Any]
) -> None:
    probe.answer = lambda request: line(request, **{"line": "", "error": None, "detail": "", "seconds": 0.1, **changed})
    with pytest.raises(ProbeLostError, match="cannot be read"):
        client.call(CallRequest("call-unit", "{}"))


def test_an_answer_may_come_in_pieces(probe: Probe, client: ProbeClient) -> None:
    def pieces(request: dict[str, Any]) -> bytes:
        whole = json.dumps({"id": request["id"], "open": True}).encode() + b"\n"
        return frame(1, whole[:5]) + frame(2, b"a word on stderr") + frame(1, whole[5:])

    probe.answer = pieces
    assert client.listening(8080, 0.1)
    assert probe.starts == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: b"", "the probe ended"),
        (lambda _: frame(2, b"Traceback: oh") + frame(1, b"nonsense\n"), "Traceback: oh"),
        (lambda request: line({"id": request["id"] + 1}), "belongs to no request"),
        (lambda _: frame(1, b"[" * 100_000 + b"\n"), ".+"),
        (lambda request: line(request, error="surprise"), "surprise"),
        (lambda request: line(request, status=200, body="not base64!"), "cannot be read"),
        (lambda _: frame(1, b"x" * (1 << 20)) * 4, "is longer than"),
    ],
)
def test_a_lost_probe_is_told_and_started_again(probe: Probe, client: ProbeClient, answer: Answer, words: str) -> None:
    probe.answer = answer
    with pytest.raises(ProbeLostError, match=words):
        client.http(HttpRequest(8080, "GET", "/", max_body=1000))
    probe.answer = lambda request: line(request, status=200)
    assert client.http(HttpRequest(8080, "GET", "/")).status == 200


def test_a_silent_probe_is_lost(probe: Probe, client: ProbeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_client, "_GRACE", 0.1)
    probe.answer = lambda _: frame(2, b"")
    with pytest.raises(ProbeLostError, match="did not answer in time"):
        client.ping(0.1)


HTTP = {"status": 200, "reason": "OK", "headers": [["A", "b"]], "body": "", "error": None, "detail": "", "seconds": 0.1}
SQL = {"columns": [["n", "int4"]], "rows": [["1"]], "affected": 1, "truncated": False, "error": None, "sqlstate": None}
BAD_HTTP: dict[str, list[Any]] = {
    "status": [None, "200", 99, 1000, 2e2, True, 10**400],
    "seconds": ["1", None, -1, float("nan"), float("inf"), 10**400],
    "headers": [None, {"a": "b"}, ["ab"], [["a"]], [["a", 1]], [["a", "\ud800"]]],
    "reason": [None, 1, ["a"]],
    "body": [None, 1, [], "\u00e9"],
    "error": [1, ["timeout"], "", {}],
}
BAD_SQL: dict[str, list[Any]] = {
    "columns": [None, "ab", [["n"]], [["n", 1]], ["n", "int4"], []],
    "rows": [None, "1", ["1"], [[1]], [[["1"]]], [[]], [["1", "2"]], [["\ud800"]]],
    "affected": ["1", 1.5, True],
    "truncated": [None, 1, "no"],
    "error": [1, ["a"], {}],
    "sqlstate": [1, ["a"], {}],
}


@pytest.mark.parametrize("changed", [{name: value} for name, values in BAD_HTTP.items() for value in values])
def test_an_answer_about_http_of_another_shape_is_no_answer(
    probe: Probe, client: ProbeClient, changed: dict[str, Any]
) -> None:
    probe.answer = lambda request: line(request, **{**HTTP, **changed})
    with pytest.raises(ProbeLostError, match="cannot be read"):
        client.http(HttpRequest(8080, "GET", "/"))


@pytest.mark.parametrize(
    "results",
    [
        *(None, {}, "ab", ["ab"], [None], [[]]),
        *([{**SQL, name: value}] for name, values in BAD_SQL.items() for value in values),
    ],
)
def test_results_of_another_shape_are_no_answer(probe: Probe, client: ProbeClient, results: object) -> None:
    probe.answer = lambda request: line(request, results=results)
    with pytest.raises(ProbeLostError, match="cannot be read"):
        client.sql(SqlRequest("db", "shop", ["select"]))


def test_a_word_about_a_port_of_another_shape_is_no_answer(probe: Probe, client: ProbeClient) -> None:
    probe.answer = lambda request: line(request, open="yes")
    with pytest.raises(ProbeLostError, match="cannot be read"):
        client.listening(8080, 0.1)


def test_a_probe_that_never_stops_complaining_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_client, "_GRACE", 0.1)

    class Noise(Wire):
        def __init__(self) -> None:
            self.closed = False

        def receive(self) -> bytes:
            assert not self.closed
            return frame(2, b"oh") * 1000 + frame(1, b"") * 1000

        def send(self, data: memoryview) -> int:
            return len(data)

        def close(self) -> None:
            self.closed = True

    with pytest.raises(ProbeLostError, match="did not answer in time"):
        ProbeClient(lambda _argv, _uid: Noise()).ping(0.1)


def test_a_long_answer_takes_time_in_step_with_its_length() -> None:
    class Slow(Wire):
        """A long line in small pieces; looking through all of it for each piece would take minutes."""

        def __init__(self) -> None:
            self.left = 20_000

        def receive(self) -> bytes:
            self.left -= 1
            if self.left == 0:
                return frame(1, b'"}\n')
            return frame(1, b'{"id": 1, "a": "') if self.left == 19_999 else frame(1, b"x" * 2000)

        def send(self, data: memoryview) -> int:
            return len(data)

        def close(self) -> None:
            pass

    begun = time.process_time()
    with pytest.raises(ProbeLostError, match="cannot be read"):
        ProbeClient(lambda _argv, _uid: Slow()).sql(SqlRequest("db", "shop", ["select"]))
    assert time.process_time() - begun < 5.0
