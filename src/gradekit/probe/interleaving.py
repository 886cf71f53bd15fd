"""Statements of several sessions, begun in a given order."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Sequence
from typing import Any

from gradekit.probe.sql import SESSIONS
from gradekit.probe.statements import HEADROOM, Session, memory_limit, outcome
from gradekit.probe.wire import GRACE, Deadline, Json

PATIENCE = 3.0
"""Seconds that those who wait have, once there is nothing else to do: in them a server finds a deadlock."""
LOOKS = {
    "postgres": (
        0.02,
        "SELECT pid FROM unnest(ARRAY[{0}]) AS pid WHERE pg_blocking_pids(pid) && ARRAY[{0}]",
    ),
    # The server renews what it says of InnoDB when nobody has looked for a tenth of a second.
    "mariadb": (
        0.12,
        """
        SELECT trx_mysql_thread_id FROM information_schema.innodb_trx
        WHERE trx_state = 'LOCK WAIT' AND trx_mysql_thread_id IN ({0})
        UNION SELECT id FROM information_schema.processlist
        WHERE id IN ({0}) AND (state LIKE 'Waiting for%lock' OR state = 'User lock')
        """,
    ),
}
"""By engine: seconds between two looks, and what tells which sessions wait for a lock."""


class _Side:
    """One session of several, whose statements run in a thread of their own."""

    def __init__(self, session: Any, max_rows: int, max_bytes: int) -> None:  # noqa: ANN401 - of either server
        self.session = session
        self._caps = (max_rows, max_bytes)
        self._thread: threading.Thread | None = None
        self._told: Json = {}

    def begin(self, statements: Sequence[str], told: Json) -> None:
        """Run statements up to the first that fails; ``told`` receives the last result."""
        self._told = told
        self._thread = threading.Thread(target=self._run, args=(statements, told), daemon=True)
        self._thread.start()

    def _run(self, statements: Sequence[str], told: Json) -> None:
        for at, statement in enumerate(statements, 1):
            result = self.session.run(statement, *self._caps)
            told.update(at=at, result=result)
            if result["error"] is not None:
                break
        told["ended"] = True

    @property
    def busy(self) -> bool:
        """Whether its statements still run."""
        return self._thread is not None and self._thread.is_alive()

    def rest(self, seconds: float) -> None:
        """Wait until they are done, for so long."""
        if self._thread is not None:
            self._thread.join(seconds)

    def waits(self) -> None:
        """Note that others go on while it waits."""
        self._told["waited"] = True

    def halt(self) -> None:
        """Have the server end what still runs."""
        if self.busy:
            self.session.stop()
            self.rest(GRACE)


class _Sides:
    """All sessions, and one of ours that sees who waits."""

    def __init__(self, sides: dict[str, _Side], control: Session, engine: str, whole: Deadline) -> None:
        self._sides = sides
        self._control = control
        self._whole = whole
        self._pause, look = LOOKS[engine]
        self._question = look.format(", ".join(str(side.session.number) for side in sides.values()))
        self._due: list[tuple[_Side, Sequence[str], Json]] = []

    def step(self, name: str, statements: Sequence[str], told: Json) -> None:
        """Begin a step, or keep it until its session waits no more; ``told`` receives what becomes of it.

        Raises:
            ConnectionError: the server does not tell who waits.
        """
        side = self._sides[name]
        told["late"] = side.busy
        self._due.append((side, statements, told))
        self._go_on()

    def end(self) -> None:
        """Let those that wait have their time, and begin what is due still.

        Raises:
            ConnectionError: as above.
        """
        self._settle(PATIENCE)
        while self._go_on():
            self._settle(PATIENCE)

    def _go_on(self) -> bool:
        """Begin what is due as far as sessions are free for it; whether that was any."""
        any_begun = False
        while self._whole.left() > 0:
            ready = next((one for one in self._due if not one[0].busy), None)
            if ready is None:
                break
            self._due.remove(ready)
            side, statements, told = ready
            told["begun"] = any_begun = True
            side.begin(statements, told)
            self._settle()
        return any_begun

    def _settle(self, patience: float = 0.0) -> None:
        """Wait until each is done, or was seen to wait twice; then for ``patience``, unless one is free that is due."""
        seen: dict[_Side, int] = {}
        late: Deadline | None = None
        while self._whole.left() > 0:
            busy = [side for side in self._sides.values() if side.busy]
            if not busy:
                return
            busy[0].rest(self._pause)
            waiting = self._waiting()
            for side in busy:
                seen[side] = seen.get(side, 0) + 1 if side.session.number in waiting else 0
            still = [side for side in busy if side.busy]
            if any(seen[side] < 2 for side in still):  # noqa: PLR2004 - see above
                late = None
                continue
            for side in still:
                side.waits()
            late = late or Deadline(patience)
            if late.left() <= 0 or any(not side.busy for side, _, _ in self._due):
                return

    def _waiting(self) -> set[int]:
        answer = self._control.run(self._question, len(self._sides), 10_000)
        if answer["error"] is not None:
            raise ConnectionError(answer["error"])
        return {int(row[0]) for row in answer["rows"]}


def interleave(request: Json) -> Json:
    """Run steps of several sessions in an order: each until it is done, or waits for a lock of another one.

    A step that waits goes on beside the following ones, and the next one of its session begins when it is done. In the
    end those that wait have some time, in which the server may find an error.
    """
    whole = Deadline(float(request["total"]) + GRACE)
    caps = (int(request["max_rows"]), int(request["max_bytes"]))
    names = list(dict.fromkeys(name for name, _ in request["steps"]))
    told: list[Json] = []
    connect = SESSIONS[request["engine"]]
    with contextlib.ExitStack() as stack, memory_limit(HEADROOM + 4 * caps[1] * len(names)):
        try:
            control = stack.enter_context(contextlib.closing(connect({**request, **request["control"]}, 5.0, whole)))
            sides: dict[str, _Side] = {}
            for name in names:
                session = stack.enter_context(contextlib.closing(connect(request, float(request["timeout"]), whole)))
                sides[name] = _Side(session, *caps)
                stack.callback(sides[name].halt)
            together = _Sides(sides, control, request["engine"], whole)
            for name, statements in request["steps"]:
                told.append(
                    {"begun": False, "late": False, "waited": False, "ended": False, "at": 0, "result": outcome()}
                )
                together.step(name, statements, told[-1])
            together.end()
        except ConnectionError as error:
            return {"steps": [], "error": str(error)}
        # What a step is told later, when it is stopped, is no answer of it.
        return {"steps": json.loads(json.dumps(told)), "error": None}
