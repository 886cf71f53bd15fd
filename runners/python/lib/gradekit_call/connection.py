"""A connection to the submission's process, which may do what it likes to it."""

from __future__ import annotations

import select
import socket
import time

from gradekit_call.values import MAX_LINE


class LostError(Exception):
    """The connection is of no more use; the message says why."""


class Connection:
    """A connection to the submission's process: a line there, a line back."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.settimeout(1.0)
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def exchange(self, line: bytes, seconds: float) -> bytes:
        """Send a line and wait for the answer.

        Raises:
            LostError: there was none, or more than one.
        """
        deadline = time.monotonic() + seconds
        if select.select([self._socket], [], [], 0)[0]:
            raise LostError(self._early())
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(line)
            return self._answer(deadline)
        except TimeoutError as error:
            raise LostError(f"no answer came within {seconds:g} s") from error
        except OSError as error:
            raise LostError("the submission's process ended before it answered") from error

    def _early(self) -> str:
        try:
            data = self._socket.recv(1)
        except OSError:
            data = b""
        return "the submission wrote to the connection unasked" if data else "the submission's process had ended before"

    def _answer(self, deadline: float) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            piece = self._socket.recv(1 << 16)
            if not piece:
                raise LostError("the submission's process ended before it answered")
            size += len(piece)
            pieces.append(piece)
            end = piece.find(b"\n")
            if end >= 0:
                if end != len(piece) - 1:
                    raise LostError("the submission wrote more than one answer")
                return b"".join(pieces)
            if size >= MAX_LINE:
                raise LostError(f"the answer is longer than {MAX_LINE >> 10} KiB")
