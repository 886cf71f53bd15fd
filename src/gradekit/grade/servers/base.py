"""What every service of a pod can do for data sets; what those that speak SQL can do besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from gradekit.checks.base import MAX_RESULT, Counted, Role
from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.sandbox.faults import Exposure, Fault, Mishap, whose
from gradekit.sandbox.messages import CommandResult, SqlResult, StepResult


@dataclass(frozen=True, slots=True)
class Script:
    """A file of a data set: its path, its text, and whether the candidate wrote it."""

    path: str
    text: str
    theirs: bool = False


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """Why a script did not load."""

    error: str
    code: str
    """The engine's code, for SQL an SQLSTATE."""
    by_server: bool = False
    """Whether it is of a kind that others can do to a server, whatever the script says."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The tables in which an app's writing statements wait now, or why they do not."""

    tables: tuple[str, ...] = ()
    error: str | None = None
    busy: bool = False
    """Whether somebody held a table for too long."""


class Server(Protocol):
    """A running service that keeps data sets: each is loaded once into a template, and every use is a fresh copy."""

    service: str
    engine: str
    """As its runner.yaml has it."""
    touched: bool
    """Whether statements or programs of the candidate have reached this server: from then on they may be the cause of
    whatever fails here."""

    def ready(self) -> str | None:
        """Ask it once; None when it answers, else what is the matter."""

    def prepare(self) -> None:
        """Make what all data sets share; called once, before anything else.

        Raises:
            InfrastructureError: the server refuses.
        """

    def create(self, database: str) -> None:
        """Make an empty template, which ``load`` fills.

        Raises:
            InfrastructureError, Blocked: the server refuses, by whose fault it can be.
        """

    def load(self, database: str, script: Script, timeout: float) -> LoadFailure | None:
        """Load one script into a template within ``timeout`` seconds; None when all went well."""

    def seal(self, template: str) -> None:
        """End the loading of a template.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """

    def copy(self, template: str, *, for_app: bool = False) -> str:
        """Make a fresh copy of a template; its name. ``for_app``: the candidate's app uses it, and nobody else's does.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """

    def drop(self, database: str) -> None:
        """Remove a copy or a template, whoever uses it.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """

    def shut(self, database: str) -> bool:
        """End the sessions of the app that uses this copy, and let none in; False where no server could.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """

    def admit(self, database: str) -> None:
        """Let the app in again.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """

    def facts(self, database: str) -> Mapping[str, str]:
        """What the app is told of its copy: ``url``, ``host``, ``port``, ``user``, ``password``, ``database``."""


@runtime_checkable
class SqlServer(Server, Protocol):
    """A server whose data sets are asked in SQL."""

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
        max_bytes: int = MAX_RESULT,
        keep_going: bool = False,
    ) -> Sequence[SqlResult]:
        """Run candidate or challenge statements with the rights of ``role``; ``total`` seconds are for all of them."""

    def stretch(self, database: str, tables: Sequence[str] | None, delay: float) -> Waits | None:
        """Let the app's writing statements wait in these tables, or in all; None where no server could."""

    def relax(self, database: str, waits: Waits) -> bool | None:
        """End that: whether they waited in all tables until now; None when it could not be ended."""

    def interleave(
        self, database: str, steps: Sequence[tuple[str, Sequence[str]]], *, timeout: float, total: float
    ) -> Sequence[StepResult] | str | None:
        """Run steps of several sessions as the owner; why they could not be run; None where no server could."""

    def count_anew(self, database: str) -> bool:
        """Count the statements of the app that uses this copy from now on; False where no server could.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """

    def counted(self, database: str) -> Counted:
        """What was counted since then.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """


@runtime_checkable
class StoreServer(Server, Protocol):
    """A server whose data sets are asked in commands of their own, each a list of words; of MongoDB it is one text."""

    def command(
        self, database: str, script: Sequence[Sequence[str]], *, role: Role, timeout: float, total: float
    ) -> Sequence[CommandResult]:
        """Run commands with the rights of ``role``, ``timeout`` seconds for each and ``total`` for all of them."""


MAX_TEXTS: Final = 40
"""Statements whose texts are kept of a count."""
MAX_TEXT: Final = 400
"""Characters of such a text."""


def counts(numbers: SqlResult, texts: SqlResult) -> Counted:
    """From one row (sent, inside, aside, lost) and rows of (text, how often)."""
    ((sent, inside, aside, lost),) = numbers.rows
    return Counted(
        int(sent or 0),
        int(inside or 0),
        int(aside or 0),
        lost=lost not in {"0", "f"},
        texts=tuple((text or "", int(often or 0)) for text, often in texts.rows),
    )


MAX_STRETCHED: Final = 50
"""Tables of a database in which statements are made to wait."""
STRETCHING: Final = 20.0
"""Seconds for the statements that begin or end the waiting."""
LOCKED: Final = "55P03"


def chosen(found: Sequence[tuple[str, str]], wanted: Sequence[str] | None) -> Sequence[tuple[str, str]] | str:
    """Which of the tables there are (schema, name) are wanted, or why that cannot be."""
    if wanted is None:
        return found if len(found) <= MAX_STRETCHED else f"there are more than {MAX_STRETCHED} tables"
    named = {name: (schema, table) for schema, table in reversed(found) for name in (table, f"{schema}.{table}")}
    missing = next((name for name in wanted if name not in named), None)
    return [named[name] for name in wanted] if missing is None else f"there is no table {missing}"


def undone(results: Sequence[SqlResult]) -> Waits | None:
    """Why statements that begin the waiting failed; None if none did."""
    failed = next((result for result in results if result.error is not None), None)
    return None if failed is None else Waits(error=failed.error, busy=failed.sqlstate == LOCKED)


def refusal(server: Server, error: str) -> InfrastructureError | Blocked:
    """The exception for work of ours that a server refused.

    Blocked once the candidate could have caused it: whoever fills or stops the server must not gain a new try by it.
    """
    exposure = Exposure.CODE if server.touched else Exposure.NONE
    if whose(Mishap.ENDED, exposure) is Fault.CANDIDATE:
        return Blocked(f"the database server no longer works as it did before your code used it: {error}")
    what = f"the server refused a statement of ours ({error})"
    return InfrastructureError(Problem(f"service {server.service}", what, hint="run again"))


def load_fault(
    place: str, script: Script, failed: LoadFailure, *, theirs: bool, touched: bool
) -> InfrastructureError | Blocked:
    """Whose fault it is that a script does not load.

    Args:
        place: what is loaded.
        script: what failed.
        failed: what the server said.
        theirs: the candidate made the tables.
        touched: the candidate's code could reach the server before.
    """
    if script.theirs:
        return Blocked(f"{script.path} does not load: {failed.error} ({failed.code})")
    if theirs:
        return Blocked(f"our data do not fit the tables that your migrations make: {failed.error}")
    if touched and failed.by_server:
        return Blocked(f"the database server no longer works as before your code used it: {failed.error}")
    what = f"{script.path} does not load ({failed.error})"
    return InfrastructureError(Problem(place, what, "", "correct the challenge"))
