"""Calls over a socket whose folder belongs to a stranger: one line each way, or the reason why not."""

from __future__ import annotations

import base64
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

from gradekit.probe.calls import Conversation

Answer = Callable[[socket.socket, bytes], None]


@pytest.fixture
def folder() -> Iterator[Path]:
    # The path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="gk-") as name:
        yield Path(name)


@pytest.fixture
def talk() -> Iterator[Conversation]:
    conversation = Conversation()
    yield conversation
    conversation.close()


class Worker:
    """Listens in a folder; each line of each connection goes to a function, which answers or not."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.lines: list[bytes] = []
        self.connections = 0
        self._answer = answer
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._ends: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                end, _ = self._listener.accept()
                self.connections += 1
                self._ends.append(end)
                with suppress(OSError), end.makefile("rb") as lines:
                    for line in lines:
                        self.lines.append(line)
                        self._answer(end, line)

    def close(self) -> None:
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._thread.join(5)


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(answer: Answer, *, path: Path | None = None) -> Worker:
        workers.append(Worker(path or folder / "socket", answer))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close()


def ask(folder: Path, line: str = "{}", *, fresh: bool = True, **fields: float) -> dict[str, Any]:
    return {"folder": str(folder), "line": line, "fresh": fresh, "wait": 0.1, "timeout": 1, "max_line": 100, **fields}


def line_of(reply: dict[str, Any]) -> bytes:
    assert reply["error"] is None, reply
    return base64.b64decode(reply["line"])


def echo(end: socket.socket, line: bytes) -> None:
    end.sendall(line)


def test_lines_go_both_ways_on_one_connection(folder: Path, talk: Conversation, serve: Callable[..., Worker]) -> None:
    worker = serve(echo)
    assert line_of(talk.call(ask(folder, '{"a": "ö"}'))) == '{"a": "ö"}'.encode()
    assert line_of(talk.call(ask(folder, "{}", fresh=False))) == b"{}"
    assert worker.connections == 1
    talk.close()
    assert talk.call(ask(folder, fresh=False))["detail"] == "the connection had ended before"


def test_fresh_ends_the_connection_before(folder: Path, talk: Conversation, serve: Callable[..., Worker]) -> None:
    worker = serve(echo)
    for _ in range(2):
        assert line_of(talk.call(ask(folder))) == b"{}"
    assert worker.connections == 2


def test_a_late_worker_is_waited_for(folder: Path, talk: Conversation, serve: Callable[..., Worker]) -> None:
    timer = threading.Timer(0.1, lambda: serve(echo))
    timer.start()
    assert line_of(talk.call(ask(folder, wait=5.0))) == b"{}"
    timer.join()


def pieces(end: socket.socket, _line: bytes) -> None:
    for byte in b"abc\n":
        end.sendall(bytes([byte]))
        time.sleep(0.01)


def test_an_answer_may_come_in_pieces_and_fill_its_room(
    folder: Path, talk: Conversation, serve: Callable[..., Worker]
) -> None:
    serve(pieces)
    assert line_of(talk.call(ask(folder, max_line=3))) == b"abc"


@pytest.mark.parametrize(
    ("answer", "error", "detail"),
    [
        (lambda end, _: end.sendall(b"a\nb"), "protocol", "it wrote more than one answer"),
        (lambda end, _: end.sendall(b"a" * 101 + b"\n"), "too-large", "the answer has more than 100 bytes"),
        (lambda end, _: end.sendall(b"a" * 200), "too-large", "the answer has more than 100 bytes"),
        (lambda end, _: end.shutdown(socket.SHUT_RDWR), "closed", "the process ended before it answered"),
        (lambda _end, _line: None, "timeout", "no answer within 0.3 s"),
        (lambda end, _: end.sendall(b"a"), "timeout", "no answer within 0.3 s"),
    ],
)
def test_what_is_no_answer_ends_the_connection(
    folder: Path, serve: Callable[..., Worker], answer: Answer, error: str, detail: str
) -> None:
    serve(answer)
    talk = Conversation()
    reply = talk.call(ask(folder, timeout=0.3))
    assert (reply["line"], reply["error"], reply["detail"]) == ("", error, detail)
    assert talk.call(ask(folder, fresh=False))["error"] == "closed"


def test_a_process_that_ended_meanwhile_is_told(folder: Path, talk: Conversation, serve: Callable[..., Worker]) -> None:
    def leave(end: socket.socket, line: bytes) -> None:
        end.sendall(line)
        end.shutdown(socket.SHUT_RDWR)

    serve(leave)
    assert line_of(talk.call(ask(folder))) == b"{}"
    time.sleep(0.1)
    assert talk.call(ask(folder, fresh=False))["detail"] == "the process ended before it was asked"


def test_an_early_answer_is_refused_although_it_fits(
    folder: Path, talk: Conversation, serve: Callable[..., Worker]
) -> None:
    def early(end: socket.socket, line: bytes) -> None:
        end.sendall(line)
        time.sleep(0.05)
        end.sendall(b'{"id": 2, "value": 4}\n')

    serve(early)
    assert line_of(talk.call(ask(folder))) == b"{}"
    time.sleep(0.2)
    assert talk.call(ask(folder, '{"id": 2}', fresh=False))["detail"] == "it wrote before it was asked"


def test_a_worker_that_does_not_read_costs_its_time_only(
    folder: Path, talk: Conversation, serve: Callable[..., Worker]
) -> None:
    serve(lambda _end, _line: time.sleep(1))
    begun = time.monotonic()
    talk.call(ask(folder, timeout=0.2))
    assert talk.call(ask(folder, "x" * (4 << 20), timeout=0.3))["error"] == "timeout"
    assert time.monotonic() - begun < 2


def test_no_link_leads_out_of_the_folder(folder: Path, talk: Conversation, serve: Callable[..., Worker]) -> None:
    secret = folder / "database"
    secret.mkdir()
    database = serve(echo, path=secret / "socket")
    mine = folder / "mine"
    mine.mkdir()
    for target in (secret / "socket", "../database/socket", f"/proc/self/fd/{database._listener.fileno()}"):
        (mine / "socket").symlink_to(target)
        reply = talk.call(ask(mine))
        assert reply["detail"] == "something else stands in the place of the socket"
        (mine / "socket").unlink()
    assert talk.call(ask(mine))["detail"].startswith("nothing accepts calls (No such file")
    linked = folder / "linked"
    linked.symlink_to(secret)
    assert talk.call(ask(linked))["error"] == "closed"
    assert (database.connections, database.lines) == (0, [])


def test_a_name_that_changes_all_the_time_never_leads_out(
    folder: Path, talk: Conversation, serve: Callable[..., Worker]
) -> None:
    secret = folder / "database"
    secret.mkdir()
    database = serve(echo, path=secret / "socket")
    mine = folder / "mine"
    mine.mkdir()
    worker = serve(echo, path=mine / "own")
    (mine / "link").symlink_to(secret / "socket")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for name in ("own", "link"):
                os.link(mine / name, mine / "next", follow_symlinks=False)
                os.replace(mine / "next", mine / "socket")  # noqa: PTH105 - atomic, and of a link itself
                if name == "own":
                    os.unlink(mine / "socket")  # noqa: PTH108 - a hard link is not replaced by itself

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        replies = [talk.call(ask(mine)) for _ in range(300)]
    finally:
        done.set()
        thread.join()
    assert {reply["error"] for reply in replies} <= {None, "refused"}
    assert (database.connections, database.lines) == (0, [])
    assert worker.connections == sum(reply["error"] is None for reply in replies)


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, os.mkfifo])
def test_other_things_in_its_place_are_refused(folder: Path, talk: Conversation, make: Callable[[Path], None]) -> None:
    make(folder / "socket")
    reply = talk.call(ask(folder))
    assert (reply["error"], reply["detail"]) == ("refused", "something else stands in the place of the socket")


def test_a_socket_that_nobody_listens_on_is_refused_in_time(folder: Path, talk: Conversation) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        assert talk.call(ask(folder))["detail"] == "nothing accepts calls (Connection refused)"
        listener.listen(0)
        waiting = []
        with suppress(BlockingIOError):
            for _ in range(5):
                client = socket.socket(socket.AF_UNIX)
                client.setblocking(False)  # noqa: FBT003 - the name of the call
                waiting.append(client)
                client.connect(str(folder / "socket"))
        begun = time.monotonic()
        assert talk.call(ask(folder))["error"] == "refused"
        assert time.monotonic() - begun < 1
        for client in waiting:
            client.close()


def test_no_descriptor_is_left(folder: Path, talk: Conversation, serve: Callable[..., Worker]) -> None:
    serve(echo)
    talk.call(ask(folder))
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only
    for _ in range(20):
        talk.call(ask(folder))
        talk.call(ask(folder / "nowhere"))
    talk.call(ask(folder))
    time.sleep(0.2)
    assert len(os.listdir("/proc/self/fd")) <= before + 40  # noqa: PTH208 - the worker's ends, which it keeps
