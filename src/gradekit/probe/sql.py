"""Statements on a server, in one session."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from gradekit.probe.mariadb import MariadbSession
from gradekit.probe.postgres import PostgresSession
from gradekit.probe.sqlite import SqliteSession
from gradekit.probe.statements import CONNECTION_FAILURE, HEADROOM, Session, memory_limit, outcome
from gradekit.probe.wire import GRACE, Deadline, Json


def sql(request: Json) -> Json:
    """Run statements on a server in one session of their own, each alone, up to the first that fails.

    With ``keep_going``, up to the end of the session.
    """
    timeout = float(request["timeout"])
    whole = Deadline(float(request["total"]) + GRACE)
    results: list[Json] = []
    try:
        session = SESSIONS[request["engine"]](request, timeout, whole)
    except ConnectionError as error:
        return {"results": [outcome(error=str(error), sqlstate=CONNECTION_FAILURE)]}
    with contextlib.closing(session), memory_limit(HEADROOM + 4 * int(request["max_bytes"])):
        for statement in request["statements"]:
            results.append(session.run(statement, int(request["max_rows"]), int(request["max_bytes"])))
            if results[-1]["error"] is not None and not (
                request.get("keep_going") and results[-1]["sqlstate"] != CONNECTION_FAILURE
            ):
                break
    return {"results": results}


SESSIONS: dict[str, Callable[[Json, float, Deadline], Session]] = {
    "postgres": PostgresSession,
    "mariadb": MariadbSession,
    "sqlite": SqliteSession,
}
"""What speaks with a server, by its engine."""
