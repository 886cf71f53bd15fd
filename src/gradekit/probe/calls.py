"""Calls of candidates' functions, one process after the other."""

from __future__ import annotations

import base64
import socket
import time

from gradekit.probe.lines import converse, join
from gradekit.probe.wire import Deadline, ExchangeError, Json


class Conversation:
    """The connection to the submission's side of the call protocol, of which there is one at a time."""

    def __init__(self) -> None:
        self._sock: socket.socket | None = None

    def call(self, request: Json) -> Json:
        """Send a line and return the line that answers it, or why there is none; after that the connection is over."""
        started = time.monotonic()
        deadline = Deadline(float(request["timeout"]))
        try:
            if request["fresh"]:
                self.close()
                self._sock = join(request["folder"], Deadline(float(request["wait"])))
                started, deadline = time.monotonic(), Deadline(deadline.seconds)
            line = converse(self._sock, str(request["line"]).encode() + b"\n", deadline, int(request["max_line"]))
            reply: Json = {"line": base64.b64encode(line).decode("ascii"), "error": None, "detail": ""}
        except ExchangeError as error:
            reply = {"error": error.kind, "detail": error.detail}
        except TimeoutError:
            reply = {"error": "timeout", "detail": f"no answer within {deadline.seconds:g} s"}
        except OSError as error:
            reply = {"error": "closed", "detail": error.strerror or str(error)}
        if reply["error"] is not None:
            self.close()
        return {"line": "", **reply, "seconds": round(time.monotonic() - started, 6)}

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None
