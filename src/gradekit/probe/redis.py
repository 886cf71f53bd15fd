"""Commands of Redis."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import math
import os
import re
import socket
import stat
from collections.abc import Sequence
from typing import Any, BinaryIO

from gradekit.probe.replies import MAX_DEPTH, Budget, ReplyError, complaint
from gradekit.probe.wire import GRACE, PIECE, Deadline, ExchangeError, Incoming, Json, exactly, send

ADMINISTRATOR_FILE = "administrator"
"""Where in the folder of its socket a server leaves the password that it made for the administrator."""
MAX_DIGITS = 200
"""Of a whole number in a reply."""


def redis(request: Json) -> Json:
    """Run commands on Redis in one session of their own, one after the other, up to the first that fails."""
    whole = Deadline(float(request["total"]) + GRACE)
    timeout, size = float(request["timeout"]), int(request["max_bytes"])
    greeting = ["HELLO", "3", "AUTH", str(request["user"])]
    results: list[Json] = []
    with contextlib.ExitStack() as stack:
        try:
            secret = request["password"]
            greeting.append(_administrators_password(request["folder"]) if secret is None else str(secret))
            sock = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
            whole.apply(sock)
            sock.connect(f"{request['folder']}/redis.sock")
        except OSError as error:
            return {"results": [complaint("refused", error.strerror or str(error))]}
        opening = [greeting] if str(request["database"]) == "0" else [greeting, ["SELECT", str(request["database"])]]
        for number, command in enumerate([*opening, *request["commands"]], 1):
            result = _command(sock, [str(part) for part in command], min(timeout, whole.left()), size)
            if number > len(opening) or result["code"] is not None:
                results.append(result)
            if result["code"] is not None:
                break
    return {"results": results}


def _administrators_password(folder: str) -> str:
    """Of the server whose folder it is; whatever else stands in the place of the file is not read."""
    found = os.open(f"{folder}/{ADMINISTRATOR_FILE}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(found, "rb") as file:
        return file.read(256).decode("ascii", "replace") if stat.S_ISREG(os.fstat(found).st_mode) else ""


def _command(sock: socket.socket, command: Sequence[str], timeout: float, size: int) -> Json:
    """The reply to one command as the text of a JSON value, or the code and text of what went wrong."""
    deadline = Deadline(timeout)
    parts = [part.encode("utf-8", "replace") for part in command]
    lines = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
    try:
        send(sock, b"*%d\r\n%s" % (len(parts), lines), deadline)
        # Nothing is sent ahead, so that nothing of a later reply can be in a buffer that ends here.
        with io.BufferedReader(Incoming(sock, deadline), PIECE) as reader:
            value = _reply(reader, Budget(size), 0)
    except ReplyError as error:
        text = str(error)
        return complaint(text.split(maxsplit=1)[0] if text.strip() else "ERR", text)
    except ExchangeError as error:
        return complaint(error.kind, error.detail)
    except TimeoutError:
        return complaint("timeout", f"no complete reply within {timeout:g} s")
    except OSError as error:
        return complaint("closed", error.strerror or str(error))
    return {"reply": json.dumps(value), "code": None, "error": None}


def _reply(reader: BinaryIO, budget: Budget, depth: int) -> Any:  # noqa: ANN401 - a JSON value
    """One value of RESP3 as JSON: a map with names that are texts as an object, a set sorted.

    Raises:
        ReplyError: the server complains.
        ExchangeError: it is too large, or no RESP3.
    """
    if depth > MAX_DEPTH:
        raise ExchangeError("too-large", f"the reply is nested more than {MAX_DEPTH} levels deep")
    while True:
        line = _reply_line(reader, budget)
        kind, rest = line[:1], line[1:]
        if kind in {b"*", b"~", b"%", b">", b"|"}:
            count = _length(rest) * (2 if kind in {b"%", b"|"} else 1)
            items = [_nested(reader, budget, depth + 1) for _ in range(count)]
            if kind in {b">", b"|"}:
                # Messages and attributes are no reply; that one comes after them.
                continue
            if kind == b"%":
                return _object(items)
            return sorted(items, key=json.dumps) if kind == b"~" else items if rest != b"-1" else None
        if kind in {b"$", b"=", b"!"}:
            if rest == b"-1":
                return None
            length = _length(rest)
            budget.take(length)
            data = b"".join(exactly(reader, length))
            _reply_line(reader, budget)
            if kind == b"!":
                raise ReplyError(data.decode("utf-8", "replace"))
            return _string(data[4:] if kind == b"=" else data)
        return _simple(kind, rest)


def _nested(reader: BinaryIO, budget: Budget, depth: int) -> Any:  # noqa: ANN401 - as above
    try:
        return _reply(reader, budget, depth)
    except ReplyError as error:
        return {"error": str(error)}


def _simple(kind: bytes, rest: bytes) -> Any:  # noqa: ANN401 - as above
    text = rest.decode("utf-8", "replace")
    if kind == b"+":
        return text
    if kind == b"-":
        raise ReplyError(text)
    if kind == b"_":
        return None
    if kind == b"#" and text in {"t", "f"}:
        return text == "t"
    with contextlib.suppress(ValueError):
        if kind in {b":", b"("} and len(text) <= MAX_DIGITS:
            return int(text)
        if kind == b",":
            number = float(text)
            return number if math.isfinite(number) else text
    raise ExchangeError("protocol", f"{(kind + rest)[:40]!r} is no reply")


def _reply_line(reader: BinaryIO, budget: Budget) -> bytes:
    line = reader.readline(max(budget.left, 0) + 1)
    budget.take(len(line))
    if not line.endswith(b"\r\n"):
        raise ExchangeError("closed", "the connection was closed before the reply was complete")
    return line[:-2]


def _length(rest: bytes) -> int:
    """A number of bytes or values; -1 stands for nothing."""
    if rest != b"-1" and not re.fullmatch(rb"[0-9]{1,10}", rest):
        raise ExchangeError("protocol", f"{rest[:40]!r} is no length")
    return max(0, int(rest))


def _string(data: bytes) -> Any:  # noqa: ANN401 - as above
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def _object(items: Sequence[Any]) -> Any:  # noqa: ANN401 - as above
    names, values = items[::2], items[1::2]
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        return dict(zip(names, values, strict=True))
    return [list(pair) for pair in zip(names, values, strict=True)]
