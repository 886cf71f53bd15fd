from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.sandbox.plans import Ending
from gradekit.sandbox.streams import exchange
from gradekit.sandbox.wire import Frames, Wire


def frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    ours, theirs = socket.socketpair()
    wire = Wire(ours)
    with theirs:
        yield wire, theirs
    wire.close()
    wire.close()


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40))), st.integers(1, 20))
def test_frames_survive_any_cutting(sent: list[tuple[int, bytes]], step: int) -> None:
    data = b"".join(frame(stream, piece) for stream, piece in sent)
    frames = Frames()
    got = {1: b"", 2: b""}
    for start in range(0, len(data), step):
        for stream, piece in frames.feed(data[start : start + step]):
            got[stream] += piece
    assert got == {number: b"".join(piece for stream, piece in sent if stream == number) for number in (1, 2)}


def test_input_output_and_end(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    received: list[bytes] = []

    def other_side() -> None:
        theirs.sendall(frame(1, b"out") + frame(2, b"err"))
        with theirs.makefile("rb") as reader:
            received.append(reader.read())
        theirs.sendall(frame(1, b"!"))
        theirs.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=other_side)
    thread.start()
    data = b"x" * 1_000_000
    captured = exchange(wire, data, deadline=time.monotonic() + 10, cap=100)
    thread.join()
    assert (captured.stdout, captured.stderr, captured.cut) == (b"out!", b"err", None)
    assert received == [data]


def test_silence_ends_at_the_deadline(ends: tuple[Wire, socket.socket]) -> None:
    begun = time.monotonic()
    captured = exchange(ends[0], b"", deadline=begun + 0.2, cap=100)
    assert captured.cut is Ending.TIMEOUT
    assert 0.2 <= time.monotonic() - begun < 2


def test_chatter_ends_at_the_deadline(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    stop = threading.Event()

    def chatter() -> None:
        while not stop.is_set():
            theirs.sendall(frame(1, b""))

    thread = threading.Thread(target=chatter)
    thread.start()
    try:
        assert exchange(wire, b"", deadline=time.monotonic() + 0.2, cap=100).cut is Ending.TIMEOUT
    finally:
        stop.set()
        while thread.is_alive():
            wire.receive()
            thread.join(0.001)


def test_the_cap_cuts_in_the_middle_of_a_frame(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    theirs.sendall(frame(1, b"abc") + frame(2, b"defgh"))
    captured = exchange(wire, b"", deadline=time.monotonic() + 5, cap=5)
    assert (captured.stdout, captured.stderr, captured.cut) == (b"abc", b"de", Ending.OUTPUT)


def test_output_can_go_to_a_file(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    theirs.sendall(frame(1, b"abc") + frame(2, b"e"))
    theirs.shutdown(socket.SHUT_WR)
    sink = io.BytesIO()
    captured = exchange(wire, b"", deadline=time.monotonic() + 5, cap=100, sink=sink)
    assert (sink.getvalue(), captured.stdout, captured.stderr) == (b"abc", b"", b"e")


def test_bytes_that_came_with_the_header_are_not_lost() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(b"header\r\n" + frame(1, b"early"))
        reader = ours.makefile("rb")
        assert reader.readline() == b"header\r\n"

        # The way docker-py's answers hold their reader.
        response = SimpleNamespace(raw=SimpleNamespace(_fp=SimpleNamespace(fp=reader)), close=reader.close)
        stream = socket.SocketIO(ours, "rb")
        stream._response = response  # type: ignore[attr-defined]
        wire = Wire(stream)
        assert list(Frames().feed(wire.receive() or b"")) == [(1, b"early")]
        assert wire.receive() is None
        wire.close()
    ours.close()
