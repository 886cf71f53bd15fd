"""What is wrong with an answer of a store: pure, and total for every answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gradekit.checks.differences import Mismatch
from gradekit.checks.jsonpath import TooManyNodes, compile_path
from gradekit.checks.jsontext import Json, JsonProblem, parse
from gradekit.checks.match import Match
from gradekit.checks.stores.answers import Found, KeyFact
from gradekit.checks.stores.questions import Expect
from gradekit.checks.template import UnknownNameError
from gradekit.checks.values import Value, show
from gradekit.texts import clean

_UNRECORDED = Mismatch("", "the evidence has nothing about this question; grade the submission again", ours=True)


def mismatches(expect: Expect, found: Found, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    """Every way in which an answer is not what it should be."""
    if found.error is not None:
        yield Mismatch("", f"the store refused the command: {clean(found.error)}")
    elif found.keys is not None:
        yield from _keys(expect, found.keys, found.count, variables)
    elif found.reply is not None:
        try:
            value = parse(found.reply)
        except JsonProblem as problem:
            yield Mismatch("a reply that is read as JSON", f"not read as JSON ({clean(str(problem))})")
        else:
            for mismatch in _match("", expect.reply, value, variables):
                yield mismatch.below("$") if mismatch.place else mismatch
            for path, match in expect.paths.items():
                yield from _path(path, match, value, variables)
    else:
        yield _UNRECORDED


def _keys(expect: Expect, facts: tuple[KeyFact, ...], count: int, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    given = expect.model_fields_set
    if not count and given.isdisjoint({"count", "names"}):
        # Whatever is asked of each holds of none, which nobody meant.
        yield Mismatch("at least one key", "none")
    yield from _match("number of keys", expect.count, count, variables)
    if "names" in given:
        yield from _match("names", expect.names, [fact.name for fact in facts], variables)
    for fact in facts:
        place = clean(fact.name)
        yield from _match(f"type of {place}", expect.type, fact.type, variables)
        for mismatch in _match(f"ttl of {place} in seconds", expect.ttl, fact.ttl, variables):
            yield replace(mismatch, actual="none: it never expires") if fact.ttl is None else mismatch


def _path(path: str, match: Match, reply: Json, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    try:
        found = compile_path(path).look(reply)
    except TooManyNodes as reason:
        yield Mismatch("a reply that the path can be applied to", str(reason), path)
        return
    for mismatch in _match("", match, found.value, variables):
        yield found.below(mismatch)


def _match(place: str, match: Match, value: Value, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    try:
        filled = match.fill(variables)
    except UnknownNameError as error:
        yield Mismatch(show(match.source), str(error), place)
        return
    for mismatch in filled.check(value):
        yield mismatch.below(place)
