"""The probe's HTTP operation against servers that misbehave on purpose."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gradekit.probe import http as probe
from gradekit.probe import wire
from gradekit.probe.main import listening

Serve = Callable[[socket.socket], None]


@contextmanager
def server(serve: Serve, *, read: bool = True) -> Iterator[int]:
    """A port whose one connection ``serve`` gets after the request's head was read."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def run() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(5)
                    if read:
                        data = b""
                        while b"\r\n\r\n" not in data:
                            data += connection.recv(65536)
                    serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def ask(port: int, **fields: object) -> dict[str, Any]:
    request = {
        "host": "127.0.0.1",
        "port": port,
        "method": "GET",
        "target": "/",
        "headers": [],
        "body": "",
        "timeout": 2.0,
        "max_body": 1000,
    }
    return probe.http({**request, **fields})


def answer(raw: bytes, **fields: object) -> dict[str, Any]:
    with server(lambda connection: connection.sendall(raw)) as port:
        return ask(port, **fields)


def body(reply: dict[str, Any]) -> bytes:
    return base64.b64decode(reply["body"])


def sent(**fields: object) -> bytes:
    """The bytes that a request becomes on the wire."""
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(65536):
            heard.append(data)

    with server(serve, read=False) as port:
        assert ask(port, **fields)["status"] == 204
    return b"".join(heard).replace(str(port).encode(), b"PORT")


@pytest.mark.parametrize(
    ("raw", "status", "content"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi"),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", 200, b"to the end"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: v\r\n\r\n",
            200,
            b"abcd",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 9\r\n\r\n1\r\na\r\n0\r\n\r\n", 200, b"a"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201\r\n\r\n", 201, b""),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, b""),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi and more", 200, b"hi"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 599 \xe9\r\nContent-Length: 0, 0\r\n\r\n", 599, b""),
    ],
)
def test_answers(raw: bytes, status: int, content: bytes) -> None:
    reply = answer(raw)
    assert (reply["error"], reply["status"], body(reply)) == (None, status, content)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"", "closed"),
        (b"HTTP/1.1 2", "closed"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n", "closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "closed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "closed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "closed"),
        (b"garbage\r\n\r\n", "protocol"),
        (b"HTTP/2 200 OK\r\n\r\n", "protocol"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", "too-large"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20, "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001, "too-large"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001, "too-large"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 1001, "too-large"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300 + b"\r\n", "too-large"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", "too-large"),
        (b"HTTP/1.1 200 " + b"b" * 70_000 + b"\r\n\r\n", "too-large"),
    ],
)
def test_bad_answers(raw: bytes, error: str) -> None:
    reply = answer(raw)
    assert (reply["error"], reply["status"], reply["body"]) == (error, 0, "")
    assert reply["detail"]


def test_headers_keep_order_and_duplicates() -> None:
    reply = answer(
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX: caf\xe9\r\nSet-Cookie: b=2\r\n folded\r\nContent-Length: 0\r\n\r\n"
    )
    assert reply["headers"] == [
        ["Set-Cookie", "a=1"],
        ["X", "café"],
        ["Set-Cookie", "b=2 folded"],
        ["Content-Length", "0"],
    ]


def test_head_has_no_body() -> None:
    assert answer(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", method="HEAD")["error"] is None


def test_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert ask(port)["error"] == "refused"


def _drip(connection: socket.socket, data: bytes, pause: float = 0.1) -> None:
    with contextlib.suppress(OSError):
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(pause)


@pytest.mark.parametrize(
    "serve",
    [
        lambda connection: connection.recv(1),
        lambda connection: _drip(connection, b"HTTP/1.1 200 OK\r\n" * 10),
        lambda connection: _drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + b"x" * 50, 0.03),
        lambda connection: (connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), connection.recv(1)),
    ],
    ids=["silent", "slow head", "slow body", "no body"],
)
def test_deadline_is_total(serve: Serve) -> None:
    with server(serve) as port:
        started = time.monotonic()
        reply = ask(port, timeout=0.4)
        seconds = time.monotonic() - started
    assert reply["error"] == "timeout"
    assert 0.35 < seconds < 1.0
    assert abs(reply["seconds"] - seconds) < 0.1


def test_endless_chunks_end_at_the_cap() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")

    with server(serve) as port:
        assert ask(port, max_body=100_000)["error"] == "too-large"


def test_peer_that_never_reads_the_request() -> None:
    with server(lambda _: time.sleep(0.6), read=False) as port:
        big = base64.b64encode(b"x" * (16 << 20)).decode()
        assert ask(port, method="POST", body=big, timeout=0.4)["error"] == "timeout"


def test_answer_before_the_body_was_read_counts() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    with server(serve) as port:
        reply = ask(port, method="POST", body=base64.b64encode(b"x" * 5000).decode())
    assert reply["status"] in {413, 0}
    assert reply["error"] in {None, "closed"}


def test_request_has_what_it_needs() -> None:
    assert sent(target="/a?b=c") == (
        b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
    )
    assert sent(method="POST", body=base64.b64encode(b"{}").decode()).endswith(
        b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    )
    assert b"Content-Length: 0\r\n" in sent(method="PUT")
    assert b"Content-Length" not in sent(method="DELETE")


def test_given_headers_stand() -> None:
    given = [
        ["host", "shop.example"],
        ["Accept-Encoding", "gzip"],
        ["X", "1"],
        ["X", "2"],
        ["connection", "keep-alive"],
    ]
    assert sent(headers=given) == (
        b"GET / HTTP/1.1\r\nhost: shop.example\r\nAccept-Encoding: gzip\r\n"
        b"X: 1\r\nX: 2\r\nconnection: keep-alive\r\n\r\n"
    )


def test_target_cannot_break_out_of_its_line() -> None:
    assert sent(target="/a b\r\nX: y/é").startswith(b"GET /a%20b%0D%0AX:%20y/%C3%A9 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "fields", [{"headers": [["X", "a\r\nY: b"]]}, {"headers": [["X Y", "a"]]}, {"method": "GET / HTTP/1.1\r\nX:"}]
)
def test_unsendable_requests(fields: dict[str, object]) -> None:
    reply = ask(1, **fields)
    assert reply["error"] == "protocol"
    assert "not sent" in reply["detail"]


def test_service_on_the_other_loopback_address_is_found() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 loopback on this machine")
    with listener:
        assert listening({"port": listener.getsockname()[1], "timeout": 1.0}) == {"open": True}


def test_a_header_block_that_is_full_to_the_last_byte_does_not_open_the_door_to_an_endless_line() -> None:
    first = b"X: " + b"a" * (probe.MAX_HEADER_BYTES - 3) + b"\n"
    reply = answer(b"HTTP/1.1 200 OK\r\n" + first + b"Y: " + b"b" * 200_000 + b"\r\n\r\n")
    assert reply["error"] == "too-large"


def test_many_clients_are_connected_before_the_first_one_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    connect, send = wire.connect, wire.send

    def slow(*args: Any) -> socket.socket:  # noqa: ANN401
        time.sleep(0.05 * len(happened))
        happened.append("connected")
        return connect(*args)

    def watched(*args: Any) -> None:  # noqa: ANN401
        happened.append("sent")
        send(*args)

    monkeypatch.setattr(probe, "connect", slow)
    monkeypatch.setattr(probe, "send", watched)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            for number in range(5):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(5)
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 %d OK\r\nContent-Length: 0\r\n\r\n" % (200 + number % 2))

        thread = threading.Thread(target=run)
        thread.start()
        request = {"host": "127.0.0.1", "port": listener.getsockname()[1], "method": "POST", "target": "/"}
        request |= {"headers": [], "body": "", "timeout": 5.0, "max_body": 10, "clients": 5}
        replies = probe.volley(request)["replies"]
        thread.join()
    assert happened == ["connected"] * 5 + ["sent"] * 5
    assert sorted(reply["status"] for reply in replies) == [200, 200, 200, 201, 201]


def test_a_client_that_cannot_connect_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    request = {"host": "127.0.0.1", "port": port, "method": "GET", "target": "/", "headers": [], "body": ""}
    begun = time.monotonic()
    replies = probe.volley({**request, "timeout": 5.0, "max_body": 10, "clients": 3})["replies"]
    assert [reply["error"] for reply in replies] == ["refused"] * 3
    assert time.monotonic() - begun < 3.0
