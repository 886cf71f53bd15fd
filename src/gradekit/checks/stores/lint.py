"""What is wrong with a question to a store before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradekit.checks.base import Complaint
from gradekit.checks.jsonpath import PathProblem, compile_path
from gradekit.checks.jsontext import Json
from gradekit.checks.stores.documents import problem
from gradekit.checks.stores.questions import Expect, Query
from gradekit.model import Loc
from gradekit.texts import quote

_SESSION = frozenset({"auth", "hello", "monitor", "psubscribe", "quit", "reset", "select", "ssubscribe", "subscribe"})
"""Commands that change the session, or are answered by more than a reply."""


def session(loc: Loc, command: Sequence[str]) -> Iterator[Complaint]:
    """A complaint about a command that changes the session, which is ours."""
    if command and command[0].lower() in _SESSION:
        yield Complaint(loc, f"{quote(command[0])} is about the session, which gradekit opens itself", hint="remove it")


def document(loc: Loc, command: Mapping[str, Json], *, writing: bool) -> Iterator[Complaint]:
    """A complaint about a command for MongoDB that may not stand there."""
    wrong = problem(command, writing=writing)
    if wrong:
        yield Complaint(loc, wrong)


def complaints(loc: Loc, query: Query, *, writing: bool = False) -> Iterator[Complaint]:
    """What is wrong with a question, or with a command before the steps of a check (``writing``)."""
    if query.mongodb is not None:
        yield from document(loc, query.mongodb, writing=writing)
    else:
        yield from session(loc, query.redis or ())


def expected(loc: Loc, expect: Expect) -> Iterator[Complaint]:
    """Paths into a reply that are none."""
    for path in expect.paths:
        try:
            compile_path(path)
        except PathProblem as problem_of_path:
            yield Complaint((*loc, "json", path), f'"{path}" is not RFC 9535 JSONPath: {problem_of_path}')


def texts(query: Query) -> Json:
    """What of a question may hold ``${...}``."""
    if query.mongodb is not None:
        return {"mongodb": query.mongodb}
    return query.keys if query.redis is None else list(query.redis)
