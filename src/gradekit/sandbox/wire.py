"""A hijacked engine connection: bytes both ways under a deadline, and docker's 8-byte frames."""

from __future__ import annotations

import io
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

STDOUT: Final = 1
STDERR: Final = 2
_HEADER = 8
_CHUNK = 1 << 16
_WAIT = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire:
    """One duplex byte stream to a process in a container; never blocks longer than it is told to."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - the type differs by transport
        """Take over what docker-py returns for ``attach`` or ``exec``: a SocketIO or a TLS socket."""
        self._stream = stream
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._socket.settimeout(0)
        self._early = _read_ahead(stream)
        self._ended = False

    def receive(self) -> bytes | None:
        """Bytes that are there now, ``b""`` at the end of the stream, None when there are none yet."""
        if self._early:
            early, self._early = self._early, b""
            return early
        if self._ended:
            return b""
        try:
            data = self._socket.recv(_CHUNK)
        except _WAIT:
            return None
        except OSError:
            data = b""
        self._ended = not data
        return data

    def send(self, data: memoryview) -> int | None:
        """Send what fits; the number of bytes, or None when the other side reads no more."""
        try:
            return self._socket.send(data[:_CHUNK])
        except _WAIT:
            return 0
        except OSError:
            return None

    def wait(self, deadline: float, *, write: bool = False) -> bool:
        """Wait until something can be received (or sent, with ``write``); False at the deadline."""
        if self._early or self._ended or (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()):
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | (select.POLLOUT if write else 0))
        left = deadline - time.monotonic()
        return left > 0 and bool(poll.poll(left * 1000 + 1))

    def fileno(self) -> int:
        """The descriptor, to wait for it beside others."""
        return self._socket.fileno()

    def half_close(self) -> None:
        """Tell the process that its stdin is at the end."""
        with suppress(OSError):
            if isinstance(self._socket, ssl.SSLSocket):
                self._socket.unwrap()
            else:
                self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Give the connection up; harmless when it is closed."""
        response = getattr(self._stream, "_response", None)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for end in (self._stream, self._socket, response):
            with suppress(OSError, ValueError):
                if end is not None:
                    end.close()


def _read_ahead(stream: Any) -> bytes:  # noqa: ANN401 - see Wire
    """Bytes that the HTTP client read together with the response's header: they are ours already."""
    response = getattr(stream, "_response", None)
    reader = getattr(getattr(getattr(response, "raw", None), "_fp", None), "fp", None)
    if not isinstance(reader, io.BufferedReader):
        return b""
    ahead = reader.peek()
    return reader.read1(len(ahead)) if ahead else b""


@dataclass(slots=True)
class Frames:
    """Splits docker's multiplexed stream: a header of stream number and length, then the bytes."""

    _pending: bytearray = field(default_factory=bytearray)
    _stream: int = 0
    _left: int = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (stream, bytes) for all that is complete enough; a frame may come in several pieces."""
        self._pending += data
        while self._pending:
            if self._left == 0:
                if len(self._pending) < _HEADER:
                    return
                self._stream = self._pending[0]
                self._left = int.from_bytes(self._pending[4:_HEADER], "big")
                del self._pending[:_HEADER]
                continue
            piece = bytes(self._pending[: self._left])
            del self._pending[: len(piece)]
            self._left -= len(piece)
            yield self._stream, piece
