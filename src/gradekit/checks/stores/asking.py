"""Puts a question to a store; decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradekit.checks.base import Role, Store
from gradekit.checks.jsontext import Json, render
from gradekit.checks.stores.answers import Found, KeyFact
from gradekit.checks.stores.questions import Query
from gradekit.checks.template import UnknownNameError, fill, fill_text, text_of
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.messages import CommandResult
from gradekit.texts import one_line

TIMEOUT = 10.0
"""Seconds for each command."""
MAX_KEYS = 1_000
"""Keys that are looked at, of those that a pattern finds."""
_DENIED = frozenset({"NOPERM", "NOAUTH", "WRONGPASS"})
_DOCUMENTS = "mongodb"
"""The engine whose commands are objects."""
_LOST = frozenset({"refused", "timeout", "closed", "protocol", "BUSY", "LOADING"})
"""The server did not get to answering."""


def ask(query: Query, store: Store, variables: Mapping[str, Json], *, role: Role) -> Found:
    """The answer of a store.

    Raises:
        Blocked, InfrastructureError: the server does not answer, or denies what we ask.
    """
    try:
        if query.mongodb is not None:
            return run([query.mongodb], store, variables, role=role)
        if query.redis is not None:
            return run([query.redis], store, variables, role=role)
        pattern = fill_text(query.keys or "", variables)
    except UnknownNameError as error:
        return Found(error=str(error))
    return _keys(pattern, store)


def results(
    commands: Sequence[Sequence[str] | Mapping[str, Json]], store: Store, variables: Mapping[str, Json], *, role: Role
) -> Sequence[CommandResult]:
    """The results of some commands, filled in, up to the first that fails.

    Raises:
        UnknownNameError: a name has no value.
        Blocked, InfrastructureError: as ``ask``.
    """
    return _results([_words(command, variables) for command in commands], store, role)


def run(
    commands: Sequence[Sequence[str] | Mapping[str, Json]], store: Store, variables: Mapping[str, Json], *, role: Role
) -> Found:
    """The reply to the last of some commands, filled in, or the first error.

    Raises:
        UnknownNameError: a name has no value.
        Blocked, InfrastructureError: as ``ask``.
    """
    last = results(commands, store, variables, role=role)[-1]
    return Found(error=last.error) if last.error is not None else Found(reply=last.reply)


def _words(command: Sequence[str] | Mapping[str, Json], variables: Mapping[str, Json]) -> Sequence[str]:
    """A command as it is sent: words for Redis, one text for MongoDB."""
    if isinstance(command, Mapping):
        return [render(_filled(command, variables))]
    return [fill_text(word, variables) for word in command]


def _filled(value: Json, variables: Mapping[str, Json]) -> Json:
    """A command for MongoDB with its names replaced.

    What was saved of an answer may be an object that the candidate chose: it becomes its text, never an operator.
    """
    if isinstance(value, str):
        found = fill(value, variables)
        return text_of(found) if isinstance(found, Mapping | list | tuple) else found
    if isinstance(value, Mapping):
        return {name: _filled(inner, variables) for name, inner in value.items()}
    return [_filled(inner, variables) for inner in value] if isinstance(value, list | tuple) else value


def _results(commands: Sequence[Sequence[str]], store: Store, role: Role) -> Sequence[CommandResult]:
    if {command[0].startswith("{") for command in commands} != {store.engine == _DOCUMENTS}:
        what = f"a question for another engine than {store.engine}"
        hint = "ask MongoDB with `mongodb`, Redis with `redis` and `keys`"
        raise InfrastructureError(Problem(one_line(" ".join(commands[0])), what, hint=hint))
    results = store.command(commands, role=role, timeout=TIMEOUT)
    last = results[-1]
    place = one_line(" ".join(commands[len(results) - 1]))
    if last.code in _DENIED:
        hint = "let questions only read, and put what changes something into `before`"
        raise InfrastructureError(Problem(place, f"the store denies it ({last.error})", hint=hint))
    if last.code in _LOST:
        raise store.fault(place, str(last.error), server=True)
    return results


def _keys(pattern: str, store: Store) -> Found:
    reply = run([["KEYS", pattern]], store, {}, role="reader")
    if reply.reply is None:
        return reply
    try:
        every = [name if isinstance(name, str) else f"base64:{name['base64']}" for name in json.loads(reply.reply)]
        names = sorted(every)[:MAX_KEYS]
        commands = [[command, name] for name in names for command in ("TYPE", "PTTL")]
        values = [json.loads(result.reply) for result in _results(commands, store, "reader")] if commands else []
        facts = tuple(_facts(names, values))
    except (TypeError, ValueError, LookupError, ArithmeticError):
        # Whoever got so far as to answer in the place of the server must not make that a fault of ours.
        raise store.fault(one_line(f"KEYS {pattern}"), "the replies are not those of Redis", server=True) from None
    # What expired while we looked is gone.
    return Found(keys=facts, count=len(every) - len(names) + len(facts))


def _facts(names: Sequence[str], values: Sequence[Any]) -> Iterator[KeyFact]:
    for name, kind, left in zip(names, values[::2], values[1::2], strict=True):
        if kind != "none" or name.startswith("base64:"):
            yield KeyFact(name=name, type=kind, ttl=None if left < 0 else left / 1000)
