"""The candidate's app: its start on copies of its data sets, what checks do to it, and its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from gradekit.checks.base import Stretch
from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade.allowance import Allowance
from gradekit.grade.containers import Containers
from gradekit.grade.copies import DatasetCopy, SqlCopy, StoreCopy, asked_in_commands, asked_in_sql
from gradekit.record import Printed
from gradekit.runner import BIN
from gradekit.sandbox.messages import HttpRequest
from gradekit.sandbox.protocol import Running
from gradekit.spec.challenge import SERVICE_REFERENCE, AppSpec
from gradekit.texts import last_lines

_READY_PAUSE: Final = 0.03
_PRINTED: Final = 4 << 10
"""Bytes kept of what the app wrote while a check was observed."""
_LOGGING: Final = 0.1
"""Seconds by which the engine's log may trail what a program writes."""


@dataclass
class App:
    """The app of one submission; ``begin`` sees that it runs."""

    described: AppSpec | None
    """The challenge's app section, if it has one."""
    containers: Containers
    allowance: Allowance
    copy: Callable[[str], DatasetCopy]
    """Makes a fresh copy of a data set for the app."""
    _running: Running | None = None
    _copies: list[DatasetCopy] = field(default_factory=list)
    _shut: list[DatasetCopy] = field(default_factory=list)
    """Those that the check has taken away from it."""
    _blocked: Blocked | None = None
    """Why it does not start."""
    _since: float = 0.0
    """The moment of its log at which the check began."""
    _restarted: bool = False
    """Whether it was started again in the check."""
    _spoiled: bool = False
    """Whether its data must not be used by another check."""

    @property
    def spec(self) -> AppSpec:
        """The challenge's app section.

        Raises:
            InfrastructureError: it has none.
        """
        if self.described is None:
            raise InfrastructureError(
                Problem("app", "the challenge has none", "an app section", "correct the challenge")
            )
        return self.described

    # --- a check's frame

    def begin(self, *, fresh: bool) -> None:
        """See that it runs for a check; ``fresh``: on new data.

        Raises:
            Blocked: it does not start.
            InfrastructureError: a fault of ours.
        """
        self._since, self._restarted = 0.0, False
        if fresh or self._running is None or not self._running.alive():
            self.stop()
        else:
            self._since = self._running.moment()
        if self._blocked is not None:
            raise Blocked(self._blocked.message, self._blocked.detail)
        if self._running is None:
            self._start()

    def printed(self, *, wait: bool) -> Printed | None:
        """The end of what it has written since the check began; None for nothing.

        If it was started again meanwhile, only since then: the engine forgets a container's log with the container.
        ``wait``: until the engine should have all of it.
        """
        if self._running is None:
            return None
        if wait:
            time.sleep(_LOGGING)
            self.allowance.grant(_LOGGING)
        try:
            text = last_lines(self._running.tail(self._since), _PRINTED)
        except InfrastructureError:  # what was observed is whole without it
            return None
        return Printed(text=text, restarted=self._restarted) if text else None

    def end(self) -> None:
        """Close a check: give back what it took away, and stop an app that must not meet the next one."""
        if self._shut:
            # What is to come in again may have been taken by the app meanwhile, such as the port.
            self._halt()
        while self._shut:
            copy = self._shut.pop()
            with suppress(Blocked):
                copy.server.admit(copy.name)
        if self._spoiled:
            self._spoiled = False
            with suppress(Blocked):
                self.stop()

    def renew(self) -> None:
        """Be as if no check had used it: the next one starts it, whatever came of that before.

        Raises:
            Blocked, InfrastructureError: its data cannot be dropped.
        """
        self.stop()
        self._blocked, self._spoiled = None, False

    # --- its start and its end

    def _start(self) -> None:
        """Start it on new data; what keeps it from that does so for good."""
        try:
            self.containers.need_build()
            for dataset in self.spec.dataset:
                self._copies.append(self.copy(dataset))
            self._launch()
        except Blocked as blocked:
            self._blocked = blocked
            with suppress(Blocked):
                self.stop()
            raise

    def _launch(self) -> None:
        """Start it on the copies that there are."""
        spec = self.spec
        argv = (f"{BIN}/serve",) if spec.start is None else ("/bin/sh", "-c", f"exec {spec.start}")
        env = {**self.env(), "PORT": str(spec.port)}
        self._running = self.containers.start_beside(self.services, "app", argv, env=env)
        self._wait_ready(self._running, spec)

    def _wait_ready(self, app: Running, spec: AppSpec) -> None:
        ready, sandbox = spec.ready, self.containers.sandbox
        end = self.allowance.until(ready.timeout)
        what = f"answered {ready.http}" if ready.http else f"listened on port {spec.port}"
        last = "nothing listened on the port"
        while True:
            left = end - self.allowance.now()
            if ready.http is None:
                answered = sandbox.listening(spec.port, min(0.2, max(left, 0.01)))
            else:
                method, _, target = ready.http.partition(" ")
                reply = sandbox.http(HttpRequest(spec.port, method, target, timeout=min(2.0, max(left, 0.05))))
                answered = reply.error is None and reply.status == ready.status
                if reply.error is None:
                    last = f"the last answer had status {reply.status}"
                elif reply.error != "refused":
                    last = f"the last request got no whole answer ({reply.error})"
            if answered:
                return
            if not app.alive():
                raise Blocked(f"the app {app.ending()} before it {what}", app.tail())
            if left <= 0:
                raise Blocked(f"the app had not {what} after {ready.timeout:g} s; {last}", app.tail())
            time.sleep(_READY_PAUSE)

    def stop(self) -> None:
        """Stop it and drop what it used; the next check that uses it starts a fresh one."""
        self._halt()
        copies, self._copies = self._copies, []
        with ExitStack() as stack:
            for copy in copies:
                stack.callback(copy.drop)

    def _halt(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    def _relaunch(self) -> None:
        self._since, self._restarted = 0.0, True
        try:
            self._launch()
        except Blocked:
            self._halt()
            raise

    # --- its data

    @property
    def services(self) -> Sequence[str]:
        """Those that its data are on."""
        return [copy.server.service for copy in self._copies]

    def env(self) -> dict[str, str]:
        """The variables that tell it of its data."""
        facts = {copy.server.service: copy.server.facts(copy.name) for copy in self._copies}
        return {
            name: SERVICE_REFERENCE.sub(lambda found: facts[found["service"]][found["fact"]], value)
            for name, value in self.spec.env.items()
        }

    def surroundings(self) -> dict[str, str]:
        """The variables of a program beside it, as far as it came: of its data, and of its port."""
        env = self.env() if self._copies else {}
        return env if self._running is None else {**env, "PORT": str(self.spec.port)}

    def database(self) -> SqlCopy:
        """The database that it uses, the first one if there are several.

        Raises:
            Blocked: it has none because it did not start.
            InfrastructureError: its service knows no SQL.
        """
        if not self._copies:
            raise Blocked("the app has no database")
        return asked_in_sql(next((copy for copy in self._copies if isinstance(copy, SqlCopy)), self._copies[0]))

    def store(self) -> StoreCopy:
        """The store that it uses.

        Raises:
            Blocked: it has none because it did not start.
            InfrastructureError: its service is no such store.
        """
        if not self._copies:
            raise Blocked("the app has no store")
        return asked_in_commands(next((copy for copy in self._copies if isinstance(copy, StoreCopy)), self._copies[0]))

    # --- what a check does to it

    def restart(self, *, grace: float) -> str:
        """Stop it and start it again on the same data; how it ended in words.

        Raises:
            Blocked: it does not run, or does not start again. The data is still there for the check, and the next
                check that uses the app starts a fresh one.
        """
        app = self._running
        if app is None or not app.alive():
            raise Blocked("the app does not run any more", "" if app is None else app.tail())
        ending = app.end(self.allowance.within(grace)) if grace else "running"
        self._halt()
        self._relaunch()
        return "was killed" if ending == "running" else ending

    def switch(self, service: str, *, on: bool) -> None:
        """Take a service away from it, or give it back. The next check that uses the app starts a fresh one.

        Raises:
            Blocked: the server does not work as it did before the candidate's code used it.
            InfrastructureError: the app has no such service, or its server cannot refuse an app.
        """
        self.allowance.within(1.0)
        copies = [copy for copy in self._copies if copy.server.service == service]
        # An app that did not get over the outage would fail the checks behind this one as well.
        self._spoiled = True
        for copy in copies:
            if on:
                copy.server.admit(copy.name)
                self._shut.remove(copy)
                continue
            self._shut.append(copy)
            if not copy.server.shut(copy.name):
                raise _stays(service)
        if not copies:
            raise _stays(service)

    @contextmanager
    def stretched(self, tables: Sequence[str] | None, delay: float, *, place: str) -> Iterator[Stretch | None]:
        """Let its writing statements wait, until the context ends; ``place`` is where a fault of ours is.

        Raises:
            Blocked: the tables, which the candidate made, do not let us.
            InfrastructureError: tables are named, and its database is none of a server that can wait.
        """
        copy = next((copy for copy in self._copies if isinstance(copy, SqlCopy)), None)
        waits = None if copy is None else copy.server.stretch(copy.name, tables, delay)
        if copy is None or waits is None:
            if tables is not None:
                what = "statements cannot be made to wait: the app's database is no PostgreSQL or MariaDB"
                raise InfrastructureError(Problem(place, what, hint="set stretch: off"))
            yield None
            return
        if waits.busy:
            # A session of the app's that left a transaction open holds its tables; it ends with the app.
            self._halt()
            waits = copy.server.stretch(copy.name, tables, delay) or waits
            self._relaunch()
        if waits.error is not None:
            self._spoiled = True
            raise copy.fault("slowing the tables down", waits.error)
        found = Stretch(waits.tables)
        try:
            yield found
        finally:
            kept = copy.server.relax(copy.name, waits)
            found.kept = kept is not False
            self._spoiled |= kept is None


def _stays(service: str) -> InfrastructureError:
    """That a service cannot be taken away from the app."""
    what, wanted = "cannot be taken away from the app", "PostgreSQL, MariaDB or Redis, used by the app"
    return InfrastructureError(Problem(f"service {service}", what, wanted, "correct the challenge"))
