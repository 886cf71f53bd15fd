"""Lines exchanged with programs on unix sockets of candidates' containers."""

from __future__ import annotations

import os
import select
import socket
import stat
import time

from gradekit.probe.wire import PIECE, POLL, Deadline, ExchangeError, send


def join(folder: str, deadline: Deadline) -> socket.socket:
    """Connect to ``socket`` in a folder in which a stranger may put another thing there at any time.

    What stands there is opened, links as themselves, and looked at; then exactly that is connected to, whatever
    has its name by now. So no link leads to the socket of a database.
    """
    inside = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        while True:
            try:
                return _join_once(inside, deadline)
            except OSError as error:
                if deadline.left() <= 0:
                    raise ExchangeError("refused", f"nothing accepts calls ({error.strerror or error})") from None
            time.sleep(min(POLL, deadline.left()))
    finally:
        os.close(inside)


def _join_once(inside: int, deadline: Deadline) -> socket.socket:
    found = os.open("socket", os.O_PATH | os.O_NOFOLLOW, dir_fd=inside)
    try:
        if not stat.S_ISSOCK(os.fstat(found).st_mode):
            raise ExchangeError("refused", "something else stands in the place of the socket")
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.settimeout(max(POLL, deadline.left()))
            sock.connect(f"/proc/self/fd/{found}")
        except BaseException:
            sock.close()
            raise
        return sock
    finally:
        os.close(found)


def converse(sock: socket.socket | None, line: bytes, deadline: Deadline, max_line: int) -> bytes:
    """The line that answers a line, without its end."""
    if sock is None:
        raise ExchangeError("closed", "the connection had ended before")
    if select.select([sock], [], [], 0)[0]:
        if sock.recv(1):
            raise ExchangeError("protocol", "it wrote before it was asked")
        raise ExchangeError("closed", "the process ended before it was asked")
    send(sock, line, deadline)
    data = bytearray()
    while True:
        deadline.apply(sock)
        piece = sock.recv(PIECE)
        if not piece:
            raise ExchangeError("closed", "the process ended before it answered")
        end = piece.find(b"\n")
        if len(data) + (len(piece) if end < 0 else end) > max_line:
            raise ExchangeError("too-large", f"the answer has more than {max_line} bytes")
        if end < 0:
            data += piece
        elif end < len(piece) - 1:
            raise ExchangeError("protocol", "it wrote more than one answer")
        else:
            return bytes(data + piece[:end])
