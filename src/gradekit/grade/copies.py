"""Copies of data sets on servers, as checks see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradekit.checks.base import MAX_RESULT, Counted, Role
from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade.servers.base import Server, SqlServer, StoreServer, refusal
from gradekit.sandbox.messages import CommandResult, SqlResult, StepResult


@dataclass(frozen=True, slots=True)
class DatasetCopy:
    """A copy of a data set on a server."""

    server: Server
    name: str
    within: Callable[[float], float]
    """The part of some seconds that the check's deadline leaves; raises Blocked when none is left."""
    by_candidate: bool
    """Whether files of the submission made its tables."""

    def drop(self) -> None:
        """Remove it, whoever uses it.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """
        self.server.drop(self.name)

    def fault(self, place: str, what: str, *, server: bool = False) -> InfrastructureError | Blocked:
        """Whose fault it is that a statement of ours cannot run here."""
        if self.by_candidate:
            return Blocked(f"{place}, on tables that your files made: {what}")
        if server and self.server.touched:
            return Blocked(f"{place}, on a database server that your code could reach before: {what}")
        return InfrastructureError(Problem(place, what, "", "correct the challenge, or run again"))


@dataclass(frozen=True, slots=True)
class SqlCopy(DatasetCopy):
    """A copy of a data set that is asked in SQL."""

    server: SqlServer

    @property
    def engine(self) -> str:
        """The engine of its service."""
        return self.server.engine

    def query(
        self,
        statements: Sequence[str],
        *,
        role: Role,
        timeout: float,
        read_only: bool = False,
        max_rows: int = 100_000,
        max_bytes: int = MAX_RESULT,
        theirs: bool = False,
        keep_going: bool = False,
    ) -> Sequence[SqlResult]:
        """Run statements as a role, all of them within the check's deadline."""
        self.server.touched |= theirs
        return self.server.query(
            self.name,
            statements,
            role=role,
            timeout=self.within(timeout),
            total=self.within(timeout * max(1, len(statements))),
            read_only=read_only,
            max_rows=max_rows,
            max_bytes=max_bytes,
            keep_going=keep_going,
        )

    def interleave(
        self, steps: Sequence[tuple[str, Sequence[str]]], *, timeout: float, total: float, theirs: bool
    ) -> Sequence[StepResult]:
        """Run steps of several sessions as the owner, all of them within the check's deadline.

        Raises:
            InfrastructureError: a fault of ours, such as a server that has one session at a time.
            Blocked: the server does not work as it did before the candidate's statements reached it.
        """
        self.server.touched |= theirs
        found = self.server.interleave(self.name, steps, timeout=self.within(timeout), total=self.within(total))
        if found is None:
            what = f"its server ({self.engine}) has no sessions that wait for each other"
            hint = "correct the challenge"
            raise InfrastructureError(Problem(f"service {self.server.service}", what, "PostgreSQL or MariaDB", hint))
        if isinstance(found, str):
            raise refusal(self.server, found)
        return found

    def count_anew(self) -> None:
        """Count the app's statements from now on.

        Raises:
            InfrastructureError: a fault of ours, such as a server that counts none.
            Blocked: the server refuses what it did not before the candidate's code used it.
        """
        if not self.server.count_anew(self.name):
            what = f"its server ({self.engine}) does not count the statements of an app"
            wanted = "PostgreSQL or MariaDB, as its runner sets it up"
            raise InfrastructureError(Problem(f"service {self.server.service}", what, wanted, "correct the challenge"))

    def counted(self) -> Counted:
        """The app's statements since ``count_anew``."""
        self.within(1.0)
        return self.server.counted(self.name)


@dataclass(frozen=True, slots=True)
class StoreCopy(DatasetCopy):
    """A copy of a data set that is asked in the commands of its store."""

    server: StoreServer

    @property
    def engine(self) -> str:
        """The engine of its service."""
        return self.server.engine

    def command(self, commands: Sequence[Sequence[str]], *, role: Role, timeout: float) -> Sequence[CommandResult]:
        """Run commands as a role, all of them within the check's deadline."""
        within = self.within
        total = within(timeout * max(1, len(commands)))
        return self.server.command(self.name, commands, role=role, timeout=within(timeout), total=total)


def asked_in_sql(copy: DatasetCopy) -> SqlCopy:
    """The copy, if its server knows SQL.

    Raises:
        InfrastructureError: it does not.
    """
    if isinstance(copy, SqlCopy):
        return copy
    what = "a check asks it in SQL, which it does not know"
    raise InfrastructureError(Problem(f"service {copy.server.service}", what, hint="correct the challenge"))


def asked_in_commands(copy: DatasetCopy) -> StoreCopy:
    """The copy, if its server is a store.

    Raises:
        InfrastructureError: it is not.
    """
    if isinstance(copy, StoreCopy):
        return copy
    what = "a check of the kind nosql asks it, and it is no store of documents or keys"
    raise InfrastructureError(Problem(f"service {copy.server.service}", what, hint="correct the challenge"))
