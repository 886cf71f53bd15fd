"""Sockets under a deadline, and what every exchange with hostile programs shares."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

Json = dict[str, Any]
LOOPBACK = "127.0.0.1"
GRACE = 2.0
"""Seconds on the wire beyond a statement's own time limit, and beyond that of all of them."""
MAX_MESSAGE = 8 * 1024
"""Characters of a server's complaint, which statements can make as long as they like."""
POLL = 0.02
"""Seconds between two looks at a port."""
PIECE = 64 * 1024


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


class Incoming(io.RawIOBase):
    """The receiving side of a socket under a deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        """As ``io`` asks."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader passes
        """Receive what comes next, or until the deadline."""
        self._deadline.apply(self._sock)
        return self._sock.recv_into(buffer)


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
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


def send(sock: socket.socket, data: bytes, deadline: Deadline) -> None:
    """Send all of it."""
    view = memoryview(data)
    while view:
        deadline.apply(sock)
        view = view[sock.send(view) :]


def exactly(reader: BinaryIO, length: int) -> Iterator[bytes]:
    """So many bytes, piece by piece."""
    left = length
    while left:
        piece = reader.read(min(left, PIECE))
        if not piece:
            raise ExchangeError(
                "closed", f"the connection was closed after {length - left} of {length} bytes of the body"
            )
        left -= len(piece)
        yield piece
