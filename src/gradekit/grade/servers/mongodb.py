"""Data sets and fresh copies on one MongoDB service of a pod.

Nobody logs in. The service runs two servers instead: one listens on the port and holds the app's data set, the other
has no port and holds all else. The probe reaches both by sockets in a folder that nobody else has. A data set is a list
of commands, which every copy runs anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gradekit.checks.base import Role
from gradekit.checks.stores.documents import commands
from gradekit.grade.servers.base import LoadFailure, Script, refusal
from gradekit.sandbox.messages import CommandResult, MongoRequest
from gradekit.sandbox.protocol import Sandbox

_ADMIN_TIMEOUT: Final = 30.0
_PORT: Final = 27017
_APP, _CHECKS = "app", "checks"
"""The two servers; the first one's name is that of the app's database as well."""
_OWN: Final = ("admin", "config", "local")
"""Databases of the server's own, which cannot be dropped."""
_SERVERS_COLLECTIONS: Final = ("system.", "startup_log")


@dataclass
class MongodbServer:
    """One running MongoDB service."""

    sandbox: Sandbox
    service: str
    touched: bool = False
    engine: str = "mongodb"
    _templates: dict[str, list[str]] = field(default_factory=dict)
    _copies: int = 0

    def ready(self) -> str | None:
        """Ask both servers once."""
        wrong = (self._ask(server, "admin", {"ping": 1}).error for server in (_APP, _CHECKS))
        return next((error for error in wrong if error is not None), None)

    def prepare(self) -> None:
        """Data sets share nothing."""

    def create(self, database: str) -> None:
        """Begin an empty template."""
        self._templates[database] = []

    def load(self, database: str, script: Script, timeout: float) -> LoadFailure | None:
        """Try a script on what the template has so far, and keep its commands."""
        try:
            wanted = list(commands(script.text))
        except ValueError as error:
            return LoadFailure(str(error), "SYNTAX")
        every = [*self._templates[database], *wanted]
        trial = self._name()
        try:
            failed = self._run(trial, every, timeout, timeout)[-1:]
        finally:
            self.drop(trial)
        if failed and failed[0].code is not None:
            code = failed[0].code
            return LoadFailure(str(failed[0].error), code, by_server=code in CommandResult.OURS)
        self._templates[database] = every
        return None

    def seal(self, template: str) -> None:
        """A template is only a list of commands: there is nothing to end."""

    def copy(self, template: str, *, for_app: bool = False) -> str:
        """Run the commands of a template in a database of their own; the app's is empty before, as is its server.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """
        if for_app:
            self._clear()
        name = _APP if for_app else self._name()
        failed = self._run(name, self._templates[template], _ADMIN_TIMEOUT, _ADMIN_TIMEOUT)[-1:]
        if failed and failed[0].code is not None:
            raise refusal(self, str(failed[0].error))
        return name

    def drop(self, database: str) -> None:
        """Drop a copy; of a template nothing is on the server.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """
        if self._templates.pop(database, None) is None:
            self._administer(_server(database), database, {"dropDatabase": 1})

    def shut(self, database: str) -> bool:
        """Nobody logs in, so nobody can be refused."""
        del database
        return False

    def admit(self, database: str) -> None:
        """It was never kept out."""

    def facts(self, database: str) -> Mapping[str, str]:
        """What the app is told of its database; there is nobody to log in."""
        host = "127.0.0.1"
        url = f"mongodb://{host}:{_PORT}/{database}"
        return {"url": url, "host": host, "port": str(_PORT), "user": "", "password": "", "database": database}

    def command(
        self, database: str, script: Sequence[Sequence[str]], *, role: Role, timeout: float, total: float
    ) -> Sequence[CommandResult]:
        """Run commands, each one text; what a role may send is looked at before, for the server knows no roles."""
        del role
        return self._run(database, [text for command in script for text in command], timeout, total)

    def _name(self) -> str:
        self._copies += 1
        return f"copy_{self._copies}"

    def _run(self, database: str, script: Sequence[str], timeout: float, total: float) -> Sequence[CommandResult]:
        return self.sandbox.mongodb(
            MongoRequest(self.service, script, _server(database), database, timeout=timeout, total=total)
        )

    def _ask(self, server: str, database: str, command: Mapping[str, Any]) -> CommandResult:
        request = MongoRequest(self.service, [json.dumps(command)], server, database, timeout=_ADMIN_TIMEOUT)
        return self.sandbox.mongodb(request)[-1]

    def _administer(self, server: str, database: str, command: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a JSON value
        result = self._ask(server, database, command)
        if result.code is not None:
            raise refusal(self, str(result.error))
        return json.loads(result.reply)

    def _clear(self) -> None:
        """Remove whatever an app before left on its server."""
        try:
            found = self._administer(_APP, "admin", {"listDatabases": 1, "nameOnly": True})["databases"]
            for database in [str(entry["name"]) for entry in found]:
                if database not in _OWN:
                    self._administer(_APP, database, {"dropDatabase": 1})
                    continue
                held = self._administer(_APP, database, {"listCollections": 1, "nameOnly": True})
                for collection in [str(entry["name"]) for entry in held]:
                    if not collection.startswith(_SERVERS_COLLECTIONS):
                        self._administer(_APP, database, {"drop": collection})
        except (ValueError, TypeError, LookupError):
            # Whoever got so far as to answer in the place of the server must not make that a fault of ours.
            raise refusal(self, "what it answered is not what MongoDB answers") from None


def _server(database: str) -> str:
    return _APP if database == _APP else _CHECKS
