"""The probe's Redis operation: replies are hostile bytes, whoever sends them."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gradekit.probe import redis as probe

HELLO = b"%1\r\n$5\r\nproto\r\n:3\r\n"


class Server:
    """Answers the greeting, and after that each piece that arrives with the next bytes of a list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.greeting = HELLO
        self.answers: list[bytes | Callable[[socket.socket], None]] = []
        self.received = b""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / "redis.sock"))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            end, _ = self._listener.accept()
            with end:
                for answer in (self.greeting, *self.answers):
                    self.received += end.recv(65536)
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

    def ask(self, *answers: bytes | Callable[[socket.socket], None], **fields: object) -> list[dict[str, Any]]:
        """Send as many commands as there are answers."""
        self.answers = list(answers)
        request = {
            "folder": str(self.folder),
            "user": "app",
            "password": "pw",
            "database": 0,
            "commands": [["GET", "a"]] * len(answers),
            "timeout": 2.0,
            "total": 5.0,
            "max_bytes": 10_000,
            **fields,
        }
        results: list[dict[str, Any]] = probe.redis(request)["results"]
        return results


@pytest.fixture
def server() -> Iterator[Server]:
    # The path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="gk-") as name:
        found = Server(Path(name))
        yield found
        found.close()


VALUES: dict[bytes, Any] = {
    b"+OK\r\n": "OK",
    b":-12\r\n": -12,
    b"(3492890328409238509324850943850943825024385\r\n": 3492890328409238509324850943850943825024385,
    b",1.5\r\n": 1.5,
    b",inf\r\n": "inf",
    b"_\r\n": None,
    b"$-1\r\n": None,
    b"*-1\r\n": None,
    b"#t\r\n": True,
    b"#f\r\n": False,
    b"$2\r\n\r\n\r\n": "\r\n",
    b"$2\r\n\xff\x00\r\n": {"base64": "/wA="},
    "$5\r\nüxyz\r\n".encode(): "üxyz",
    b"=6\r\ntxt:ab\r\n": "ab",
    b"*2\r\n:1\r\n*1\r\n$1\r\na\r\n": [1, ["a"]],
    b"~2\r\n$1\r\nb\r\n$1\r\na\r\n": ["a", "b"],
    b"%1\r\n$1\r\na\r\n:1\r\n": {"a": 1},
    b"%1\r\n:7\r\n:1\r\n": [[7, 1]],
    b"%2\r\n$1\r\na\r\n:1\r\n$1\r\na\r\n:2\r\n": [["a", 1], ["a", 2]],
    b"*2\r\n:1\r\n-ERR in a transaction\r\n": [1, {"error": "ERR in a transaction"}],
    b">2\r\n+message\r\n+noise\r\n+OK\r\n": "OK",
    b"|1\r\n+ttl\r\n:3\r\n+OK\r\n": "OK",
}


@pytest.mark.parametrize(("raw", "value"), VALUES.items(), ids=repr)
def test_values(server: Server, raw: bytes, value: object) -> None:
    (result,) = server.ask(raw)
    assert (json.loads(result["reply"]), result["code"], result["error"]) == (value, None, None)


ODD: dict[str, tuple[bytes, str]] = {
    "no reply": (b"HTTP/1.1 200 OK\r\n", "protocol"),
    "a number that is none": (b":1x\r\n", "protocol"),
    "a number without end": (b":" + b"9" * 5000 + b"\r\n", "protocol"),
    "a negative length": (b"$-5\r\n", "protocol"),
    "a boolean that is none": (b"#x\r\n", "protocol"),
    "longer than the cap": (b"$10001\r\n" + b"x" * 10001 + b"\r\n", "too-large"),
    "a length of ten digits": (b"$9999999999\r\n", "too-large"),
    "a line without end": (b"+" + b"x" * 20_000, "too-large"),
    "many small ones": (b"*9999\r\n" + b":1\r\n" * 9999, "too-large"),
    "deep": (b"*1\r\n" * 40 + b":1\r\n", "too-large"),
}


@pytest.mark.parametrize(("raw", "code"), ODD.values(), ids=ODD.keys())
def test_odd_replies_end_the_session(server: Server, raw: bytes, code: str) -> None:
    (result,) = server.ask(raw, b"+never asked for\r\n")
    assert (result["code"], result["reply"]) == (code, "null")
    assert result["error"]


def test_a_list_that_never_comes_takes_the_time_limit_and_no_memory(server: Server) -> None:
    begun = time.monotonic()
    (result,) = server.ask(b"*2000000000\r\n:1\r\n", timeout=0.2)
    assert result["code"] == "timeout"
    assert time.monotonic() - begun < 2.0


def test_drops_do_not_stretch_the_time_limit(server: Server) -> None:
    def drip(end: socket.socket) -> None:
        with suppress(OSError):
            for _ in range(100):
                end.sendall(b"+" if _ == 0 else b"x")
                time.sleep(0.05)

    begun = time.monotonic()
    (result,) = server.ask(drip, timeout=0.3)
    assert result["code"] == "timeout"
    assert time.monotonic() - begun < 2.0


def test_an_end_in_the_middle(server: Server) -> None:
    (result,) = server.ask(lambda end: (end.sendall(b"$5\r\nab"), end.shutdown(socket.SHUT_RDWR))[1])  # type: ignore[func-returns-value]
    assert result["code"] == "closed"


def test_an_error_ends_the_session_and_has_its_code(server: Server) -> None:
    results = server.ask(b"+OK\r\n", b"-WRONGTYPE Operation\r\n", b"+never\r\n")
    assert [result["code"] for result in results] == [None, "WRONGTYPE"]
    assert results[1]["error"] == "WRONGTYPE Operation"
    assert server.received.count(b"GET") == 2


@pytest.mark.parametrize(("raw", "code"), [(b"-\r\n", "ERR"), (b"!9\r\nNOPERM no\r\n", "NOPERM")])
def test_other_errors(server: Server, raw: bytes, code: str) -> None:
    (result,) = server.ask(raw)
    assert result["code"] == code


def test_a_login_that_is_refused_is_the_result(server: Server) -> None:
    server.greeting = b"-WRONGPASS invalid\r\n"
    (result,) = server.ask(b"+OK\r\n")
    assert result["code"] == "WRONGPASS"


def test_a_database_is_chosen_first(server: Server) -> None:
    (result,) = server.ask(b"+OK\r\n", commands=[], database=7)[:1] or [{"code": "nothing"}]
    assert result["code"] == "nothing"
    assert b"$6\r\nSELECT\r\n$1\r\n7\r\n" in server.received


def test_the_administrators_password_is_that_of_the_folder(server: Server) -> None:
    (server.folder / "administrator").write_text("s3cret")
    server.ask(b"+OK\r\n", user="gradekit", password=None)
    assert b"$8\r\ngradekit\r\n$6\r\ns3cret\r\n" in server.received


def test_no_other_file_is_read_for_it(server: Server, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("hidden")
    (server.folder / "administrator").symlink_to(tmp_path / "mine")
    (result,) = server.ask(b"+OK\r\n", user="gradekit", password=None)
    assert result["code"] == "refused"
    assert server.received == b""
    (server.folder / "administrator").unlink()
    os.mkfifo(server.folder / "administrator")
    server.ask(b"+OK\r\n", user="gradekit", password=None)
    assert b"gradekit\r\n$0\r\n\r\n" in server.received


def test_nobody_listens(tmp_path: Path) -> None:
    request = {"folder": str(tmp_path), "user": "a", "password": "b", "database": 0, "commands": [["PING"]]}
    (result,) = probe.redis({**request, "timeout": 1.0, "total": 1.0, "max_bytes": 10})["results"]
    assert result["code"] == "refused"
