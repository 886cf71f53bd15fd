"""Data sets as files of SQLite, behind the program of their runner.

A copy is a copy of the file; that of an app lies in a folder that the app shares. There is nobody to log in: the socket
is the probe's, and the account that a request names says what its session may do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gradekit.checks.base import Counted, Role
from gradekit.grade.servers.base import LoadFailure, Script, Waits, refusal
from gradekit.sandbox.messages import SqlRequest, SqlResult, StepResult
from gradekit.sandbox.protocol import Sandbox

_ENGINE: Final = "sqlite"
_ADMIN_TIMEOUT: Final = 30.0
SHARED: Final = "/files"
"""``files`` of the runner."""
_LOGIN: Final[Mapping[Role, str]] = {"owner": "loader", "reader": "reader"}
# What others can do to the files and to the program that serves them.
_SERVER_FAULTS: Final = ("08", "53", "55", "57", "58", "XX")


@dataclass
class SqliteServer:
    """One running SQLite service."""

    sandbox: Sandbox
    service: str
    touched: bool = False
    engine: str = _ENGINE
    _copies: int = 0

    def ready(self) -> str | None:
        """Ask it once."""
        return self.sandbox.sql(SqlRequest(self.service, "", ("select 1",), engine=_ENGINE))[0].error

    def prepare(self) -> None:
        """Files share nothing."""

    def administer(self, *statements: str) -> None:
        """Run commands of ours.

        Raises:
            InfrastructureError: one of them failed before the candidate could have caused it.
            Blocked: one of them failed later.
        """
        results = self.sandbox.sql(
            SqlRequest(self.service, "", statements, timeout=_ADMIN_TIMEOUT, total=_ADMIN_TIMEOUT, engine=_ENGINE)
        )
        failed = next((result for result in results if result.error is not None), None)
        if failed is not None:
            raise refusal(self, str(failed.error))

    def create(self, database: str) -> None:
        """Make an empty file.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """
        self.administer(f"CREATE DATABASE {database}")

    def load(self, database: str, script: Script, timeout: float) -> LoadFailure | None:
        """Run one script in its own session."""
        results = self.query(database, [script.text], role="owner", timeout=timeout)
        failed = next((result for result in results if result.error is not None), None)
        if failed is None:
            return None
        sqlstate = failed.sqlstate or "XX000"
        return LoadFailure(str(failed.error), sqlstate, by_server=sqlstate.startswith(_SERVER_FAULTS))

    def seal(self, template: str) -> None:
        """Nobody is connected to a file."""

    def copy(self, template: str, *, for_app: bool = False) -> str:
        """A copy of the file; its name.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """
        self._copies += 1
        name = f"{'app' if for_app else 'copy'}_{self._copies}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Remove the file.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """
        self.administer(f"DROP DATABASE {database}")

    def shut(self, database: str) -> bool:
        """The app opens the file by itself."""
        del database
        return False

    def admit(self, database: str) -> None:
        """It was never kept out."""

    def facts(self, database: str) -> Mapping[str, str]:
        """Where the app finds its file: ``database`` is the path, and there is nobody to log in."""
        file = f"{SHARED}/{database}/db.sqlite3"
        return {"url": f"sqlite:///{file}", "host": "", "port": "", "user": "", "password": "", "database": file}

    def query(
        self,
        database: str,
        statements: Sequence[str],
        *,
        role: Role,
        timeout: float,
        total: float | None = None,
        read_only: bool = False,
        max_rows: int = 100_000,
        max_bytes: int = 8 << 20,
        keep_going: bool = False,
    ) -> Sequence[SqlResult]:
        """Run candidate or challenge statements with the rights of ``role``; ``total`` seconds are for all of them."""
        return self.sandbox.sql(
            SqlRequest(
                self.service,
                database,
                statements,
                user=_LOGIN[role],
                timeout=timeout,
                total=total,
                read_only=read_only,
                max_rows=max_rows,
                max_bytes=max_bytes,
                keep_going=keep_going,
                engine=_ENGINE,
            )
        )

    def stretch(self, database: str, tables: Sequence[str] | None, delay: float) -> Waits | None:
        """Nobody serves the app's statements."""
        del database, tables, delay
        return None

    def relax(self, database: str, waits: Waits) -> bool | None:
        """Nothing waits."""
        del database, waits
        return True

    def interleave(
        self, database: str, steps: Sequence[tuple[str, Sequence[str]]], *, timeout: float, total: float
    ) -> Sequence[StepResult] | str | None:
        """There is one writer at a time, and its locks are of the whole file."""
        del database, steps, timeout, total
        return None

    def count_anew(self, database: str) -> bool:
        """Nobody serves the app's statements."""
        del database
        return False

    def counted(self, database: str) -> Counted:
        """Nothing was counted."""
        del database
        return Counted()
