"""What answers of both stores share."""

from __future__ import annotations

from gradekit.probe.wire import MAX_MESSAGE, ExchangeError, Json

MAX_DEPTH = 32
"""Arrays, sets and maps of a reply inside each other."""


class ReplyError(Exception):
    """The server's complaint, which begins with its code, such as ``NOPERM``."""


class Budget:
    """Bytes that the replies of a command may still have."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> None:
        """Count bytes.

        Raises:
            ExchangeError: there are too many.
        """
        self.left -= size
        if self.left < 0:
            raise ExchangeError("too-large", "the reply is too large")


def complaint(code: str, text: str) -> Json:
    """The answer to a command that failed."""
    return {"reply": "null", "code": code, "error": text[:MAX_MESSAGE]}
