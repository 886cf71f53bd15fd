"""Logins, data sets and fresh copies on one Redis service of a pod.

A data set is a list of commands, which every copy runs anew: keys that expire begin their time then. The app has
database 0, and may not leave it; other copies are in databases of their own. The logins and what they may do are the
server's (``users.acl`` of the runner); only ``app`` comes in over the network.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gradekit.checks.base import Role
from gradekit.checks.stores.words import commands
from gradekit.errors import InfrastructureError, Problem
from gradekit.grade.servers.base import LoadFailure, Script, refusal
from gradekit.sandbox.messages import CommandResult, RedisRequest
from gradekit.sandbox.protocol import Sandbox

_LOGIN = {"owner": "loader", "reader": "reader"}
_ADMIN_TIMEOUT = 30.0
_APP, _LAST = 0, 63
"""Databases: the app's, and the last one that the server has."""
_PORT = 6379
# Out of memory, a script that does not end, starting, our own: what others can do to a server.
_SERVER_FAULTS = ("OOM", "BUSY", "LOADING", *CommandResult.OURS)


@dataclass
class RedisServer:
    """One running Redis service; ``prepare`` must be called once before anything else."""

    sandbox: Sandbox
    service: str
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    touched: bool = False
    engine: str = "redis"
    _templates: dict[str, list[Sequence[str]]] = field(default_factory=dict)
    _used: set[int] = field(default_factory=set)

    def ready(self) -> str | None:
        """Ask it once."""
        return self.sandbox.redis(RedisRequest(self.service, [["PING"]]))[-1].error

    def prepare(self) -> None:
        """Let the logins in, each with a fresh password.

        Raises:
            InfrastructureError: the server refuses.
        """
        self.passwords = {role: secrets.token_urlsafe(18) for role in ("app", "loader", "reader")}
        self._administer(*(["ACL", "SETUSER", role, "on", f">{secret}"] for role, secret in self.passwords.items()))

    def _administer(self, *script: Sequence[str], database: int = _APP) -> None:
        request = RedisRequest(self.service, script, database=database, timeout=_ADMIN_TIMEOUT, total=_ADMIN_TIMEOUT)
        failed = self.sandbox.redis(request)[-1]
        if failed.code is not None:
            raise refusal(self, str(failed.error))

    def create(self, database: str) -> None:
        """Begin an empty template."""
        self._templates[database] = []

    def load(self, database: str, script: Script, timeout: float) -> LoadFailure | None:
        """Try a script on what the template has so far, and keep its commands."""
        try:
            wanted = list(commands(script.text))
        except ValueError as error:
            return LoadFailure(str(error), "SYNTAX")
        earlier = self._templates[database]
        number = self._number()
        try:
            result = self._run(number, [*earlier, *wanted], "owner", timeout, timeout)[-1:]
        finally:
            self.drop(str(number))
        if result and result[0].code is not None:
            code = result[0].code
            return LoadFailure(str(result[0].error), code, by_server=code in _SERVER_FAULTS)
        self._templates[database] = [*earlier, *wanted]
        return None

    def seal(self, template: str) -> None:
        """A template is only a list of commands: there is nothing to end."""

    def copy(self, template: str, *, for_app: bool = False) -> str:
        """Run the commands of a template in a database of its own.

        Raises:
            InfrastructureError, Blocked: the server refuses, or has no database left.
        """
        number = _APP if for_app else self._number()
        if for_app:
            # A script of an app before it may run still; whether one does that cannot be ended shows below.
            for kind in ("SCRIPT", "FUNCTION"):
                self.sandbox.redis(RedisRequest(self.service, [[kind, "KILL"]]))
            # Sessions of an app before it would go on writing; functions and scripts belong to no database.
            self._administer(["CLIENT", "KILL", "USER", "app"], ["FUNCTION", "FLUSH"], ["SCRIPT", "FLUSH"])
        self._administer(["FLUSHDB"], database=number)
        failed = self._run(number, self._templates[template], "owner", _ADMIN_TIMEOUT, _ADMIN_TIMEOUT)[-1:]
        if failed and failed[0].code is not None:
            raise refusal(self, str(failed[0].error))
        return str(number)

    def _number(self) -> int:
        free = next((number for number in range(_APP + 1, _LAST + 1) if number not in self._used), None)
        if free is None:
            what = f"a check uses more than {_LAST} copies of data sets at once"
            raise InfrastructureError(Problem(f"service {self.service}", what, hint="correct the challenge"))
        self._used.add(free)
        return free

    def drop(self, database: str) -> None:
        """Empty a copy; of a template nothing is on the server."""
        if self._templates.pop(database, None) is None:
            self._used.discard(int(database))
            self._administer(["FLUSHDB"], database=int(database))

    def shut(self, database: str) -> bool:
        """Nothing listens on the port any more. A login that is off would not do: clients keep such connections."""
        del database
        self._administer(["CONFIG", "SET", "port", "0"], ["CLIENT", "KILL", "USER", "app"])
        return True

    def admit(self, database: str) -> None:
        """Listen on the port again."""
        del database
        self._administer(["CONFIG", "SET", "port", str(_PORT)])

    def facts(self, database: str) -> Mapping[str, str]:
        """What the app is told of its database."""
        host, password = "127.0.0.1", self.passwords["app"]
        return {
            "url": f"redis://app:{password}@{host}:{_PORT}/{database}",
            "host": host,
            "port": str(_PORT),
            "user": "app",
            "password": password,
            "database": database,
        }

    def command(
        self, database: str, script: Sequence[Sequence[str]], *, role: Role, timeout: float, total: float
    ) -> Sequence[CommandResult]:
        """Run commands with the rights of ``role``; ``total`` seconds are for all of them."""
        return self._run(int(database), script, role, timeout, total)

    def _run(
        self, database: int, script: Sequence[Sequence[str]], role: Role, timeout: float, total: float
    ) -> Sequence[CommandResult]:
        login = _LOGIN[role]
        return self.sandbox.redis(
            RedisRequest(
                self.service,
                script,
                database=database,
                user=login,
                password=self.passwords[login],
                timeout=timeout,
                total=total,
            )
        )
