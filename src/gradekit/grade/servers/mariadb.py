"""Accounts, data sets and fresh copies on one MariaDB service of a pod.

MariaDB has no templates: a copy is loaded anew, by the same scripts, at the same time of the server's clock and with
the same random numbers. A session can ask every database that its account may see, so each copy has accounts of its
own, which go with it:

- ``app_COPY``: what the candidate's app knows, over the network.
- ``loader_COPY``: loads the data set and runs statements as its owner.
- ``reader_COPY``: may only select, for candidate queries.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gradekit.checks.base import Counted, Role
from gradekit.grade.servers.base import (
    MAX_TEXT,
    MAX_TEXTS,
    STRETCHING,
    LoadFailure,
    Script,
    Waits,
    chosen,
    counts,
    load_fault,
    refusal,
    undone,
)
from gradekit.sandbox.messages import InterleaveRequest, SqlRequest, SqlResult, StepResult
from gradekit.sandbox.protocol import Sandbox

_ENGINE: Final = "mariadb"
_ADMIN_TIMEOUT: Final = 30.0
_PORT: Final = 3306
_LOGIN: Final[Mapping[Role, str]] = {"owner": "loader", "reader": "reader"}
# Connection, rollback, resources, object state, intervention, system, internal: what others can do to a server.
_SERVER_FAULTS: Final = ("08", "40", "53", "55", "57", "58", "XX")
_TABLES: Final = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema = database() AND table_type = 'BASE TABLE' ORDER BY 2
"""
_WAITING: Final = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database()"
# Of an account: the server counts what a session sent under the statement's own name, an executed prepared statement
# under the command's, and what runs inside of a function, a procedure or a trigger as sp/stmt.
_EVENTS_OF: Final = """
(SELECT count_star AS calls,
   CASE WHEN event_name = 'statement/sp/stmt' THEN 'inside'
     WHEN event_name REGEXP '^statement/sql/(begin|commit|rollback|rollback_to_savepoint|savepoint|release_savepoint'
       '|set_option|change_db|prepare_sql|dealloc_sql|show_.*|error|empty_query)$' THEN 'aside'
     WHEN event_name REGEXP '^statement/(sql/.*|com/(Execute|Bulk_execute|Fetch))$' THEN 'sent' END AS kind
 FROM performance_schema.events_statements_summary_by_user_by_event_name WHERE user = 'app_{0}') AS counted
"""
_NUMBERS: Final = f"""
SELECT coalesce(sum(IF(kind = 'sent', calls, 0)), 0), coalesce(sum(IF(kind = 'inside', calls, 0)), 0),
  coalesce(sum(IF(kind = 'aside', calls, 0)), 0), 0
FROM {_EVENTS_OF}
"""  # noqa: S608
# The numbers are those of the account; texts are kept by database, and those of prepared statements by session.
_TEXTS: Final = f"""
SELECT left(text, {MAX_TEXT}), sum(calls) FROM (
  SELECT trim(TRAILING ';' FROM trim(digest_text)) AS text, count_star AS calls
  FROM performance_schema.events_statements_summary_by_digest WHERE schema_name = '{{0}}'
  UNION ALL
  SELECT p.sql_text, p.count_execute
  FROM performance_schema.prepared_statements_instances p
  JOIN performance_schema.threads t ON t.thread_id = p.owner_thread_id
  WHERE t.processlist_user = 'app_{{0}}') AS counted
WHERE calls > 0 AND text NOT REGEXP
  '^(BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|USE|PREPARE|EXECUTE|DEALLOCATE|SHOW)( |$)'
GROUP BY text ORDER BY sum(calls) DESC, 1 LIMIT {MAX_TEXTS}
"""  # noqa: S608
_COUNT_ANEW: Final = (
    "TRUNCATE performance_schema.users",
    "TRUNCATE performance_schema.events_statements_summary_by_user_by_event_name",
    "TRUNCATE performance_schema.events_statements_summary_by_digest",
    "TRUNCATE performance_schema.prepared_statements_instances",
    # Whether it counts at all, and has had room for every account and session.
    """
    SELECT @@performance_schema AND sum(variable_value) = 0 FROM information_schema.global_status
    WHERE variable_name IN ('PERFORMANCE_SCHEMA_USERS_LOST', 'PERFORMANCE_SCHEMA_THREAD_INSTANCES_LOST')
    """,
)
# Whoever holds a table for longer does not let us in.
_NOT_LONG: Final = "SET SESSION lock_wait_timeout = 3"
_EVENTS: Final = ("INSERT", "UPDATE")
_AGAIN: Final = (5.0, 5.0)
"""Seconds that loading a script again has at least, and as many times what it took at first."""


@dataclass
class MariadbServer:
    """One running MariaDB service; ``prepare`` must be called once before anything else."""

    sandbox: Sandbox
    service: str
    touched: bool = False
    engine: str = _ENGINE
    _passwords: dict[str, str] = field(default_factory=dict, repr=False)
    """By account."""
    _scripts: dict[str, list[tuple[Script, float]]] = field(default_factory=dict, repr=False)
    """Of each template what was loaded, and the seconds that it took."""
    _clock: int = 0
    _copies: int = 0

    def ready(self) -> str | None:
        """Ask it once."""
        return self.sandbox.sql(SqlRequest(self.service, "", ("select 1",), engine=_ENGINE))[0].error

    def prepare(self) -> None:
        """Fix the time that data sets are loaded at; accounts are made with their databases."""
        self._clock = int(time.time())

    def administer(self, *statements: str) -> Sequence[SqlResult]:
        """The results of statements of ours as the administrator, who does not wait long for a lock.

        Raises:
            InfrastructureError: one of them failed before the candidate could have caused it.
            Blocked: one of them failed later.
        """
        script = ("SET SESSION lock_wait_timeout = 3", *statements)
        results = self.sandbox.sql(
            SqlRequest(self.service, "", script, timeout=_ADMIN_TIMEOUT, total=_ADMIN_TIMEOUT, engine=_ENGINE)
        )
        failed = next((result for result in results if result.error is not None), None)
        if failed is not None:
            raise refusal(self, str(failed.error))
        return results[1:]

    def create(self, database: str) -> None:
        """Make an empty database with its loader.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """
        self._make(database, ("loader",))
        self._scripts[database] = []

    def load(self, database: str, script: Script, timeout: float) -> LoadFailure | None:
        """Run one script as the tables' owner in its own session."""
        begun = time.monotonic()
        failure = self._load(database, script, timeout)
        self._scripts[database].append((script, time.monotonic() - begun))
        return failure

    def seal(self, template: str) -> None:
        """Keep of a template what was loaded into it.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """
        self.drop(template)

    def copy(self, template: str, *, for_app: bool = False) -> str:
        """A database into which the scripts of ``template`` were loaded anew; its name.

        Raises:
            InfrastructureError, Blocked: the server refuses, or a script does not load again.
        """
        self._copies += 1
        name = f"copy_{self._copies}"
        self._make(name, ("app", "loader") if for_app else ("loader", "reader"))
        theirs = False
        for script, seconds in self._scripts[template]:
            theirs |= script.theirs
            failure = self._load(name, script, max(_AGAIN[0], _AGAIN[1] * seconds))
            if failure is not None:
                raise load_fault(f"service {self.service}", script, failure, theirs=theirs, touched=self.touched)
        return name

    def drop(self, database: str) -> None:
        """Drop a database and its accounts, whoever is connected to it.

        Raises:
            InfrastructureError, Blocked: the server refuses.
        """
        accounts = [f"{purpose}_{database}" for purpose in ("app", "loader", "reader")]
        known = [account for account in accounts if account in self._passwords]
        self.administer(
            *(f"KILL HARD USER {_address(account)}" for account in known),
            f"DROP DATABASE IF EXISTS {database}",
            *(f"DROP USER IF EXISTS {_address(account)}" for account in known),
        )
        for account in known:
            del self._passwords[account]

    def shut(self, database: str) -> bool:
        """The app's account is locked, and its sessions end; each new one is refused with a reason."""
        account = _address(f"app_{database}")
        self.administer(f"ALTER USER {account} ACCOUNT LOCK", f"KILL HARD USER {account}")
        return True

    def admit(self, database: str) -> None:
        """Unlock the account."""
        self.administer(f"ALTER USER {_address(f'app_{database}')} ACCOUNT UNLOCK")

    def facts(self, database: str) -> Mapping[str, str]:
        """What the app is told of its database."""
        host, user = "127.0.0.1", f"app_{database}"
        password = self._passwords[user]
        return {
            "url": f"mysql://{user}:{password}@{host}:{_PORT}/{database}",
            "host": host,
            "port": str(_PORT),
            "user": user,
            "password": password,
            "database": database,
        }

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
        account = f"{_LOGIN[role]}_{database}"
        return self.sandbox.sql(
            SqlRequest(
                self.service,
                database,
                statements,
                user=account,
                password=self._passwords[account],
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
        """Two triggers for each table, as its owner; sessions of ours pass them by.

        Here they fire for each row, and wait for the first one of a statement.
        """
        listed = self._as_owner(database, _TABLES)
        if (wrong := undone(listed)) is not None:
            return wrong
        found = chosen([(schema or "", name or "") for schema, name in listed[-1].rows], tables)
        if isinstance(found, str):
            return Waits(error=found)
        names = tuple(name for _, name in found)
        done = self._as_owner(
            database,
            _NOT_LONG,
            *(
                f"CREATE OR REPLACE TRIGGER {_waiting(number, event)} BEFORE {event} ON {_quoted(name)} FOR EACH ROW "
                "BEGIN IF user() LIKE 'app\\_%' AND NOT (@gradekit_waited <=> now(6)) "
                f"THEN SET @gradekit_waited = now(6); DO sleep({delay:.3f}); END IF; END"
                for number, name in enumerate(names)
                for event in _EVENTS
            ),
        )
        wrong = undone(done)
        if wrong is not None:
            self.relax(database, Waits(names))
        return wrong or Waits(names)

    def relax(self, database: str, waits: Waits) -> bool | None:
        """Drop the triggers."""
        ours = [_waiting(number, event) for number in range(len(waits.tables)) for event in _EVENTS]
        there, *dropped = self._as_owner(
            database, _WAITING, _NOT_LONG, *(f"DROP TRIGGER IF EXISTS {name}" for name in ours)
        )
        if undone((there, *dropped)) is not None:
            return None
        return {row[0] for row in there.rows}.issuperset(ours)

    def interleave(
        self, database: str, steps: Sequence[tuple[str, Sequence[str]]], *, timeout: float, total: float
    ) -> Sequence[StepResult] | str | None:
        """Every session is one of the loader's, as the tables' owner."""
        login = f"{_LOGIN['owner']}_{database}"
        return self.sandbox.interleave(
            InterleaveRequest(
                self.service,
                database,
                steps,
                login,
                self._passwords[login],
                timeout=timeout,
                total=total,
                engine=_ENGINE,
            )
        )

    def count_anew(self, database: str) -> bool:
        """Forget what was counted of all accounts; nobody else's count matters now."""
        del database
        return [list(row) for row in self.administer(*_COUNT_ANEW)[-1].rows] == [["1"]]

    def counted(self, database: str) -> Counted:
        """What the app's account sent, and what ran inside of that."""
        return counts(*self.administer(_NUMBERS.format(database), _TEXTS.format(database)))

    def _as_owner(self, database: str, *statements: str) -> Sequence[SqlResult]:
        return self.query(database, statements, role="owner", timeout=STRETCHING, total=STRETCHING)

    def _make(self, database: str, purposes: Sequence[str]) -> None:
        accounts = {purpose: f"{purpose}_{database}" for purpose in purposes}
        self._passwords |= {account: secrets.token_urlsafe(18) for account in accounts.values()}
        self.administer(
            f"CREATE DATABASE {database}",
            *(
                f"CREATE USER {_address(account)} IDENTIFIED BY '{self._passwords[account]}' WITH {_limit(purpose)}"
                for purpose, account in accounts.items()
            ),
            *(
                f"GRANT {_rights(purpose)} ON {database}.* TO {_address(account)}"
                for purpose, account in accounts.items()
            ),
        )

    def _load(self, database: str, script: Script, timeout: float) -> LoadFailure | None:
        same = f"SET SESSION timestamp = {self._clock}, rand_seed1 = 20011, rand_seed2 = 70001"
        results = self.query(database, [same, script.text], role="owner", timeout=timeout, total=timeout)
        failed = next((result for result in results if result.error is not None), None)
        if failed is None:
            return None
        sqlstate = failed.sqlstate or "XX000"
        return LoadFailure(str(failed.error), sqlstate, by_server=sqlstate.startswith(_SERVER_FAULTS))


def _address(account: str) -> str:
    """An account with where it comes from: an app over the network, others through the socket."""
    return f"{account}@'127.0.0.1'" if account.startswith("app_") else f"{account}@localhost"


def _limit(purpose: str) -> str:
    return f"MAX_USER_CONNECTIONS {50 if purpose == 'app' else 20}"


def _rights(purpose: str) -> str:
    return "SELECT, EXECUTE, SHOW VIEW" if purpose == "reader" else "ALL PRIVILEGES"


def _waiting(number: int, event: str) -> str:
    return f"gradekit_{number}_{event.lower()}"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
