"""What sessions of all SQL servers share."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from typing import Protocol

from gradekit.probe.wire import MAX_MESSAGE, Json

CONNECTION_FAILURE = "08006"
QUERY_CANCELED = "57014"
OUT_OF_MEMORY = "53200"
HEADROOM = 64 << 20


def outcome(**fields: object) -> Json:
    """The answer to a statement, empty where nothing is given."""
    empty: Json = {"columns": [], "rows": [], "affected": None, "truncated": False, "error": None, "sqlstate": None}
    return {**empty, **fields}


@contextlib.contextmanager
def memory_limit(headroom: int) -> Iterator[None]:
    """Make a single value of a gigabyte an error of its statement, not the end of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - this file has no need of pathlib
        now = int(file.read().split()[0]) * resource.getpagesize()
    wanted = now + headroom
    resource.setrlimit(
        resource.RLIMIT_AS, (wanted if soft in (-1, resource.RLIM_INFINITY) else min(soft, wanted), hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def said(error: Exception) -> str:
    """A complaint in one line."""
    text = str(error.args[-1]) if error.args else type(error).__name__
    return " ".join(text[:MAX_MESSAGE].split()) or "the connection was lost"


class Session(Protocol):
    """A session on a server."""

    def close(self) -> None:
        """End it, whatever it is doing."""

    def run(self, statement: str, max_rows: int, max_bytes: int) -> Json:
        """Run one statement string; the result of the last statement in it."""
