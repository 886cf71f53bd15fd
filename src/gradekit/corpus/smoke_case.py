"""Smoke cases of runners: what a case may expect, and which ones a runner must have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Discriminator, Field, JsonValue, Tag, ValidationError, model_validator

from gradekit.corpus.attempt import Attempt
from gradekit.corpus.case import EXPECT, Texts
from gradekit.errors import Problem, UsageError
from gradekit.model import Model, Slug, tuple_of
from gradekit.runner import Runner
from gradekit.sandbox.messages import CommandResult, MongoRequest, RedisRequest, SqlRequest, SqlResult
from gradekit.sandbox.plans import Ending
from gradekit.sandbox.protocol import Sandbox

CLASS = "smoke"
"""What stands for these cases where hostile ones have a class."""
_NOTHING_TO_SERVE = 3
_NOSQL = ("redis", "mongodb")
"""The engines whose cases are not written in SQL."""


class Then(Model):
    """A program in the image that ``deps`` made, and a part of what it prints."""

    argv: Texts
    stdout: str


class Http(Model):
    """A request to the service, its status and a part of the answer."""

    target: str
    status: int
    body: str


class Step(Model):
    """Statements one after the other, and the last one's rows or SQLSTATE."""

    user: str | None = None
    password: str | None = None
    database: str = "postgres"
    statements: Texts
    rows: Annotated[
        tuple[Annotated[tuple[str | None, ...], BeforeValidator(tuple_of)], ...] | None, BeforeValidator(tuple_of)
    ] = None
    sqlstate: str | None = None

    def expected(self) -> str:
        """In a few words."""
        return _step_text(self.sqlstate, self.rows)

    def answer(self, sandbox: Sandbox, engine: str) -> SqlResult:
        """The result of the last statement."""
        return sandbox.sql(
            SqlRequest("db", self.database, self.statements, user=self.user, password=self.password, engine=engine)
        )[-1]

    def ask(self, sandbox: Sandbox, engine: str) -> tuple[str, str]:
        """What it came to in a few words, and what is wrong with that."""
        last = self.answer(sandbox, engine)
        told = _step_text(last.sqlstate, None if self.rows is None else last.rows)
        if last.sqlstate != self.sqlstate:
            return told, f"{last.error or 'it succeeded'}, should be {self.expected()}"
        if self.rows is not None and tuple(tuple(row) for row in last.rows) != self.rows:
            return told, f"rows {last.rows}, should be {self.rows}"
        return told, ""


class Commands(Model):
    """Commands for Redis one after the other, and the last one's reply or the code of its error."""

    user: str | None = None
    password: str | None = None
    database: int = 0
    commands: Annotated[tuple[Texts, ...], BeforeValidator(tuple_of), Field(min_length=1)]
    reply: JsonValue = None
    error: str | None = None

    def expected(self) -> str:
        """In a few words."""
        return _reply_text(self, self.error)

    def ask(self, sandbox: Sandbox, engine: str) -> tuple[str, str]:
        """What it came to in a few words, and what is wrong with that."""
        del engine
        request = RedisRequest("db", self.commands, database=self.database, user=self.user, password=self.password)
        return _replied(self, sandbox.redis(request)[-1])


class Documents(Model):
    """Commands for MongoDB one after the other, and the last one's reply or the name of its error."""

    server: Literal["app", "checks"] = "checks"
    database: str = "smoke"
    commands: Annotated[tuple[Mapping[str, JsonValue], ...], BeforeValidator(tuple_of), Field(min_length=1)]
    reply: JsonValue = None
    error: str | None = None

    def expected(self) -> str:
        """In a few words."""
        return _reply_text(self, self.error)

    def ask(self, sandbox: Sandbox, engine: str) -> tuple[str, str]:
        """What it came to in a few words, and what is wrong with that."""
        del engine
        texts = [json.dumps(command) for command in self.commands]
        return _replied(self, sandbox.mongodb(MongoRequest("db", texts, self.server, self.database))[-1])


def _reply_text(step: Commands | Documents, code: str | None) -> str:
    return code or ("a reply" if "reply" in step.model_fields_set else "done")


def _replied(step: Commands | Documents, last: CommandResult) -> tuple[str, str]:
    told = _reply_text(step, last.code)
    if last.code != step.error:
        return told, f"{last.error or 'it succeeded'}, should be {step.expected()}"
    asked = "reply" in step.model_fields_set and last.code is None
    if asked and json.loads(last.reply) != step.reply:
        return told, f"reply {last.reply}, should be {json.dumps(step.reply)}"
    return told, ""


def _form(step: object) -> str:
    """Whether commands of a step are lists of texts, or objects."""
    commands = step.get("commands") if isinstance(step, Mapping) else None
    return (
        "documents" if isinstance(commands, list) and any(isinstance(item, Mapping) for item in commands) else "words"
    )


_Asked = Annotated[
    Annotated[Commands, Tag("words")] | Annotated[Documents, Tag("documents")],
    Discriminator(_form),
]


class SmokeExpect(Model):
    """The content of a smoke case's ``expect.yaml``; runners/README.md describes every field."""

    verb: Literal["deps", "build", "serve", "test", "call", "scan", "check"] | None = None
    timeout: float = Field(default=60.0, gt=0)
    max_output: int = 4 << 20
    ending: str = Ending.EXITED.value
    exit: int | None = None
    stderr: str = ""
    network: bool = False
    then: Then | None = None
    records: Mapping[str, str] | None = None
    complete: bool = True
    message: str = ""
    tool: Slug | None = None
    findings: Mapping[str, Annotated[tuple[str, ...], BeforeValidator(tuple_of)]] | None = None
    app: str | None = None
    settings: Mapping[str, JsonValue] | None = None
    http: Http | None = None
    sql: Annotated[tuple[Step, ...], BeforeValidator(tuple_of)] = ()
    nosql: Annotated[tuple[_Asked, ...], BeforeValidator(tuple_of)] = ()

    @property
    def steps(self) -> Sequence[Step | Commands | Documents]:
        """What a service is asked."""
        return (*self.sql, *self.nosql)

    @model_validator(mode="after")
    def _asks_something(self) -> SmokeExpect:
        if (self.verb is not None) + bool(self.sql) + bool(self.nosql) != 1:
            raise ValueError("a case has either a `verb` or `sql` or `nosql`")
        if self.verb == "deps" and self.exit is None:
            raise ValueError("a case of `deps` needs `exit`")
        if (self.verb == "scan") != (self.tool is not None) or (self.tool is None) != (self.findings is None):
            raise ValueError("a case of `scan`, and no other, has `tool` and `findings`")
        if (self.verb == "check") != (self.app is not None) or (self.app is None) != (self.settings is None):
            raise ValueError("a case of `check`, and no other, has `app` and `settings`")
        return self


@dataclass(frozen=True, slots=True)
class SmokeCase:
    """A smoke case of a runner."""

    runner: Runner
    folder: Path
    expect: SmokeExpect

    @property
    def name(self) -> str:
        """``RUNNER/CASE``."""
        return f"{self.runner.name}/{self.folder.name}"


@dataclass(frozen=True, slots=True)
class Required:
    """A case that every runner of a kind must have, so that all are asked the same."""

    name: str
    verb: str
    """The verb that it asks; what it speaks (``sql``, ``nosql``) for services."""
    shows: str
    """What its expectation must say, in words for who writes a runner."""
    fits: Callable[[SmokeExpect], bool]


def _replies(step: Commands | Documents) -> bool:
    return "reply" in step.model_fields_set


def _outcomes(expect: SmokeExpect) -> set[str]:
    return set((expect.records or {}).values())


REQUIRED = (
    Required("pass", "test", "every test passed", lambda expect: _outcomes(expect) == {"passed"}),
    Required(
        "fail",
        "test",
        "tests failed, skipped and errored",
        lambda expect: {"failed", "skipped", "errored"} <= _outcomes(expect),
    ),
    Required("missing-dependency", "test", "errored tests only", lambda expect: _outcomes(expect) == {"errored"}),
    Required("no-tests", "test", "no records, complete", lambda expect: expect.records == {} and expect.complete),
    Required("crash", "test", "complete: false", lambda expect: not expect.complete and expect.ending == "exited"),
    Required("hang", "test", "ending: timeout", lambda expect: expect.ending == "timeout"),
    Required("huge-output", "test", "ending: output", lambda expect: expect.ending == "output"),
    Required(
        "unicode",
        "test",
        "a passed test whose id is not ASCII",
        lambda expect: any(not test.isascii() for test, got in (expect.records or {}).items() if got == "passed"),
    ),
    Required("tricks", "test", "a failed test that stays so", lambda expect: "failed" in _outcomes(expect)),
    Required(
        "split",
        "call",
        "tests that passed and tests that failed",
        lambda expect: {"passed", "failed"} <= _outcomes(expect) and expect.complete,
    ),
    Required(
        "no-dependencies", "deps", "exit: 0 without network", lambda expect: (expect.exit, expect.network) == (0, False)
    ),
    Required(
        "broken-dependencies",
        "deps",
        "exit: 2 without network",
        lambda expect: (expect.exit, expect.network) == (2, False),
    ),
    Required(
        "packages",
        "deps",
        "exit: 0 with network, and then",
        lambda expect: expect.exit == 0 and expect.network and expect.then is not None,
    ),
    Required(
        "unknown-package", "deps", "exit: 2 with network", lambda expect: (expect.exit, expect.network) == (2, True)
    ),
    Required(
        "wrong-version",
        "deps",
        "exit: 4 without network, and in stderr what the submission wants and the runner has",
        lambda expect: (expect.exit, expect.network) == (4, False) and "; this runner has " in expect.stderr,
    ),
    Required("broken-build", "build", "exit: 1", lambda expect: expect.exit == 1),
    Required("service", "serve", "http", lambda expect: expect.http is not None),
    Required("no-procfile", "serve", "exit: 3", lambda expect: expect.exit == _NOTHING_TO_SERVE),
    Required(
        "operations",
        "check",
        "operations that passed and operations that failed",
        lambda expect: {"passed", "failed"} <= _outcomes(expect) and expect.complete,
    ),
    Required("query", "sql", "rows", lambda expect: any(step.rows is not None for step in expect.sql)),
    Required("roles", "sql", "an SQLSTATE of what is denied", lambda expect: any(step.sqlstate for step in expect.sql)),
    Required(
        "exhaustion",
        "sql",
        "an SQLSTATE of what is too much, and rows after it",
        lambda expect: any(step.sqlstate for step in expect.sql) and expect.sql[-1].rows is not None,
    ),
    Required("query", "nosql", "replies", lambda expect: any(_replies(step) for step in expect.nosql)),
    Required("roles", "nosql", "errors of what is denied", lambda expect: any(step.error for step in expect.nosql)),
    Required(
        "exhaustion",
        "nosql",
        "an error of what is too much, and a reply after it",
        lambda expect: any(step.error for step in expect.nosql) and _replies(expect.nosql[-1]),
    ),
)
"""The conformance suite of runners: one list for all of them. Scanners are asked for each of their tools beside."""


def _required(runner: Runner) -> Iterator[Required]:
    asked = {"nosql" if runner.engine in _NOSQL else "sql"} if runner.engine is not None else set(runner.verbs)
    yield from (required for required in REQUIRED if required.verb in asked)
    for tool in runner.tools:
        yield Required(tool, "scan", f"tool: {tool}, findings of a file and none of another", partial(_proves, tool))


def _proves(tool: str, expect: SmokeExpect) -> bool:
    return expect.tool == tool and {bool(told) for told in (expect.findings or {}).values()} == {True, False}


def read_smoke(runners: Sequence[Runner]) -> tuple[SmokeCase, ...]:
    """The smoke cases of runners, by name.

    Raises:
        UsageError: an ``expect.yaml`` is wrong; all of them are told.
    """
    cases: list[SmokeCase] = []
    problems: list[Problem] = []
    for runner in runners:
        for path in sorted((runner.folder / "smoke").glob(f"*/{EXPECT}")):
            try:
                raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
                cases.append(SmokeCase(runner, path.parent, SmokeExpect.model_validate(raw)))
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                problems.append(Problem(str(path), f"it is not YAML: {' '.join(str(error).split())}"))
            except ValidationError as error:
                problems += (
                    Problem(f"{path}: {'.'.join(map(str, item['loc'])) or 'case'}", item["msg"])
                    for item in error.errors()
                )
    if problems:
        raise UsageError(*problems)
    return tuple(cases)


def _asks(expect: SmokeExpect) -> str:
    return expect.verb or ("sql" if expect.sql else "nosql")


def lacking(runner: Runner, cases: Sequence[SmokeCase]) -> list[Attempt]:
    """The required cases that a runner does not have, or that say something else, as attempts that came to nothing."""
    own = {case.folder.name: case.expect for case in cases if case.runner.name == runner.name}
    found = []
    for required in _required(runner):
        expect = own.get(required.name)
        if expect is None:
            complaint = (
                f"{runner.folder}/smoke/{required.name}: there is no such case; every runner with {required.verb}"
            )
            complaint += f" has one; add it, its expectation: {required.shows}"
        elif _asks(expect) != required.verb or not required.fits(expect):
            complaint = f"{runner.folder}/smoke/{required.name}: it does not ask what it must; {required.verb}, "
            complaint += f"{required.shows}; correct it"
        else:
            continue
        found.append(
            Attempt(f"{runner.name}/{required.name}", CLASS, required.shows, "no such case", 0.0, (complaint,))
        )
    return found


def smoke_expected(expect: SmokeExpect) -> str:
    """What a case should come to, in a few words."""
    if expect.steps:
        return "; ".join(step.expected() for step in expect.steps)
    if expect.http is not None:
        return f"HTTP {expect.http.status}"
    if expect.findings is not None:
        return findings_text(expect.findings)
    return result_text(expect.ending, expect.exit, expect.records, complete=expect.complete)


def _step_text(sqlstate: str | None, rows: Sequence[object] | None) -> str:
    return f"SQLSTATE {sqlstate}" if sqlstate else f"{len(rows)} rows" if rows is not None else "done"


def result_text(ending: str, code: int | None, records: Mapping[str, str] | None, *, complete: bool) -> str:
    """How a program ended, and what its tests came to, in a few words."""
    parts = [ending] if ending != Ending.EXITED else []
    if records is not None:
        counts = Counter(records.values())
        parts += [f"{counts[outcome]} {outcome}" for outcome in sorted(counts)] or ["no records"]
        parts += [] if complete else ["cut short"]
    elif code is not None:
        parts.append(f"exit {code}")
    return ", ".join(parts)


def findings_text(findings: Mapping[str, Sequence[str]]) -> str:
    """How many findings there are, of all files."""
    return f"{sum(map(len, findings.values()))} findings"
