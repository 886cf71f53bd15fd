"""Roles, templates and fresh copies on one PostgreSQL service of a pod.

Three logins share one server, and CONNECT rights keep them apart:

- ``app``: what the candidate's app knows. It may connect to the app's database only, so it never sees
  another data set.
- ``loader``: loads data sets and runs candidate statements in copies; its sessions act as ``app``, so
  that all tables belong to the same role everywhere.
- ``reader``: may only select, for candidate queries. Row security is not for it: a policy of the candidate's must
  not empty the tables on which reference and candidate are compared.

Only ``app`` comes in over the network; the others use the socket that the candidate's containers do not have.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
    refusal,
    undone,
)
from gradekit.sandbox.messages import InterleaveRequest, SqlRequest, SqlResult, StepResult
from gradekit.sandbox.protocol import Sandbox

_GRANT_READER = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO reader', name);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO reader', name);
  END LOOP;
END $$
"""
# In a candidate's database, an operator or a function of theirs may fit a call of ours better than the built-in one,
# and would then run with the administrator's rights.
_BUILT_IN_ONLY = "SET search_path = pg_catalog, pg_temp"
_TABLES = r"""
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND pg_has_role(c.relowner, 'USAGE')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY n.nspname <> 'public', 1, 2
"""
_WAITING = """
SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'gradekit_stretch' AND t.tgenabled = 'O'
"""
# Whoever holds a table for longer does not let us in.
_NOT_LONG = "SET lock_timeout = '3s'"
# Only sessions of the role app are counted. Its own functions and triggers run as the same role, at a lower level.
_ASIDE = r"^\s*(begin|start|commit|end|rollback|abort|savepoint|release|set|reset|show|discard|listen|unlisten|close)\M"
_COUNTED = f"""
(SELECT query, calls, toplevel, coalesce(left(query, 100) ~* '{_ASIDE}', false) AS aside
 FROM public.pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = '%s')) AS counted
"""  # noqa: S608
_NUMBERS = f"""
SELECT coalesce(sum(calls) FILTER (WHERE toplevel AND NOT aside), 0),
  coalesce(sum(calls) FILTER (WHERE NOT toplevel), 0),
  coalesce(sum(calls) FILTER (WHERE toplevel AND aside), 0),
  (SELECT dealloc > 0 FROM public.pg_stat_statements_info)
FROM {_COUNTED}
"""  # noqa: S608
_TEXTS = f"""
SELECT left(query, {MAX_TEXT}), calls FROM {_COUNTED}
WHERE toplevel AND NOT aside ORDER BY calls DESC, 1 LIMIT {MAX_TEXTS}
"""  # noqa: S608
# Until none is left, also of those that were about to begin.
_END_APPS = """
DO $$ BEGIN
  FOR attempt IN 1..60 LOOP
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app';
    EXIT WHEN NOT FOUND;
    PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
  END LOOP;
END $$
"""
_LOGIN = {"owner": "loader", "reader": "reader"}
_ADMIN_TIMEOUT = 30.0
_LOADING = ("loader",)
_CHECKING = ("loader", "reader")
_SERVING = ("app", "loader")
# Connection, rollback, resources, object state, intervention, system, internal: what others can do to a server.
_SERVER_FAULTS = ("08", "40", "53", "55", "57", "58", "XX")
_PORT = 5432


@dataclass
class PostgresServer:
    """One running PostgreSQL service; ``prepare`` must be called once before anything else."""

    sandbox: Sandbox
    service: str
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    touched: bool = False
    engine: str = "postgres"
    _copies: int = 0

    def ready(self) -> str | None:
        """Ask it once."""
        return self.sandbox.sql(SqlRequest(self.service, "postgres", ("select 1",)))[0].error

    def prepare(self) -> None:
        """Create the roles with fresh passwords and close the server's own databases to them.

        Raises:
            InfrastructureError: the server refuses.
        """
        self.passwords = {role: secrets.token_urlsafe(18) for role in ("app", "loader", "reader")}
        self.administer(
            "postgres",
            *(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'" for role, password in self.passwords.items()),
            "ALTER ROLE reader BYPASSRLS",
            "GRANT app TO loader",
            "ALTER ROLE loader SET role = 'app'",
            "ALTER ROLE app CONNECTION LIMIT 50",
            "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC",
            "REVOKE CONNECT ON DATABASE template1 FROM PUBLIC",
        )

    def administer(self, database: str, *statements: str) -> Sequence[SqlResult]:
        """The results of statements of ours as the administrator.

        Raises:
            InfrastructureError: one of them failed before the candidate could have caused it.
            Blocked: one of them failed later: whoever fills or stops the server must not gain a new try by it.
        """
        script = (_BUILT_IN_ONLY, *statements)
        request = SqlRequest(self.service, database, script, timeout=_ADMIN_TIMEOUT, total=_ADMIN_TIMEOUT)
        results = self.sandbox.sql(request)
        failed = next((result for result in results if result.error is not None), None)
        if failed is not None:
            raise refusal(self, str(failed.error))
        return results[1:]

    def create(self, database: str, *, template: str = "template1", logins: Sequence[str] = _LOADING) -> None:
        """Create a database that only ``logins`` may connect to.

        Raises:
            InfrastructureError: the server refuses.
        """
        self.administer(
            "postgres",
            *self._roles_as_they_were(),
            f"CREATE DATABASE {database} TEMPLATE {template}",
            f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            *(f"GRANT CONNECT ON DATABASE {database} TO {login}" for login in logins),
            f"GRANT CREATE, TEMPORARY ON DATABASE {database} TO app",
        )
        if template == "template1":
            self.administer(database, "GRANT ALL ON SCHEMA public TO app")

    def _roles_as_they_were(self) -> Sequence[str]:
        """Roles may change their own settings and password; a new copy must not inherit that."""
        return (
            *(f"ALTER ROLE {role} RESET ALL" for role in self.passwords),
            *(f"ALTER ROLE {role} PASSWORD '{password}'" for role, password in self.passwords.items()),
            "ALTER ROLE loader SET role = 'app'",
            "ALTER ROLE app LOGIN",
            "ALTER ROLE app SET pg_stat_statements.track = 'all'",
        )

    def load(self, database: str, script: Script, timeout: float) -> LoadFailure | None:
        """Run one script as the tables' owner in its own session."""
        results = self.query(database, [script.text], role="owner", timeout=timeout)
        failed = next((result for result in results if result.error is not None), None)
        if failed is None:
            return None
        sqlstate = failed.sqlstate or "XX000"
        return LoadFailure(str(failed.error), sqlstate, by_server=sqlstate.startswith(_SERVER_FAULTS))

    def seal(self, template: str) -> None:
        """End the loading of a template: the reader may read its tables, nobody may connect to it."""
        self.administer(template, _GRANT_READER)
        self.administer("postgres", f"REVOKE CONNECT ON DATABASE {template} FROM loader")

    def copy(self, template: str, *, for_app: bool = False) -> str:
        """A fresh database equal to ``template``; its name."""
        self._copies += 1
        name = f"copy_{self._copies}"
        self.create(name, template=template, logins=_SERVING if for_app else _CHECKING)
        return name

    def drop(self, database: str) -> None:
        """Drop a copy, whoever is connected to it."""
        self.administer("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def shut(self, database: str) -> bool:
        """The login that only the app has is closed, and its sessions end; each new one is refused with a reason."""
        del database
        self.administer("postgres", "ALTER ROLE app NOLOGIN", _END_APPS)
        return True

    def admit(self, database: str) -> None:
        """Open the login again."""
        del database
        self.administer("postgres", "ALTER ROLE app LOGIN")

    def facts(self, database: str) -> Mapping[str, str]:
        """What the app is told of its database."""
        host, password = "127.0.0.1", self.passwords["app"]
        return {
            "url": f"postgresql://app:{password}@{host}:{_PORT}/{database}",
            "host": host,
            "port": str(_PORT),
            "user": "app",
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
        login = _LOGIN[role]
        return self.sandbox.sql(
            SqlRequest(
                self.service,
                database,
                statements,
                user=login,
                password=self.passwords[login],
                timeout=timeout,
                total=total,
                read_only=read_only,
                max_rows=max_rows,
                max_bytes=max_bytes,
                keep_going=keep_going,
            )
        )

    def stretch(self, database: str, tables: Sequence[str] | None, delay: float) -> Waits | None:
        """A trigger for each table, as its owner; sessions of ours pass it by.

        It fires once for a statement, before the statement sees or locks a row: it waits for others, not with them.
        """
        listed = self._as_owner(database, _TABLES)
        if (wrong := undone(listed)) is not None:
            return wrong
        found = chosen([(schema or "", name or "") for schema, name in listed[-1].rows], tables)
        if isinstance(found, str):
            return Waits(error=found)
        done = self._as_owner(
            database,
            _NOT_LONG,
            "DROP SCHEMA IF EXISTS gradekit_stretch CASCADE",
            "CREATE SCHEMA gradekit_stretch",
            "CREATE FUNCTION gradekit_stretch.wait() RETURNS trigger LANGUAGE plpgsql AS "
            f"'BEGIN PERFORM pg_catalog.pg_sleep({delay:.3f}); RETURN NULL; END'",
            *(
                f"CREATE TRIGGER gradekit_stretch BEFORE INSERT OR UPDATE ON {_quoted(schema)}.{_quoted(name)} "
                "FOR EACH STATEMENT WHEN (session_user = 'app') EXECUTE FUNCTION gradekit_stretch.wait()"
                for schema, name in found
            ),
        )
        return undone(done) or Waits(tuple(name for _, name in found))

    def relax(self, database: str, waits: Waits) -> bool | None:
        """Drop the triggers with their schema."""
        counted, *dropped = self._as_owner(
            database, _WAITING, _NOT_LONG, "DROP SCHEMA IF EXISTS gradekit_stretch CASCADE"
        )
        if undone((counted, *dropped)) is not None:
            return None
        return [list(row) for row in counted.rows] == [[str(len(waits.tables))]]

    def interleave(
        self, database: str, steps: Sequence[tuple[str, Sequence[str]]], *, timeout: float, total: float
    ) -> Sequence[StepResult] | str | None:
        """Every session is one of the loader's, as the tables' owner."""
        login = _LOGIN["owner"]
        return self.sandbox.interleave(
            InterleaveRequest(self.service, database, steps, login, self.passwords[login], timeout=timeout, total=total)
        )

    def count_anew(self, database: str) -> bool:
        """Forget what was counted; nobody else's count matters now."""
        del database
        (there,) = self.administer("postgres", "SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'")
        if there.rows:
            self.administer("postgres", "SELECT public.pg_stat_statements_reset()")
        return bool(there.rows)

    def counted(self, database: str) -> Counted:
        """What the app's sessions sent to this copy, and what ran inside of that."""
        return counts(*self.administer("postgres", _NUMBERS % database, _TEXTS % database))

    def _as_owner(self, database: str, *statements: str) -> Sequence[SqlResult]:
        """The results of statements of ours with the owner's rights, without that of the first setting."""
        script = (_BUILT_IN_ONLY, *statements)
        results = self.query(database, script, role="owner", timeout=STRETCHING, total=STRETCHING)
        return results[1:] or results


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
