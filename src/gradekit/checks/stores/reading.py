"""What is wrong with an answer of a store: pure, and total for every answer."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from gradekit.checks import template
from gradekit.checks.differences import Mismatch
from gradekit.checks.jsonpath import TooManyNodes, compile_path
from gradekit.checks.jsontext import Json, JsonProblem, parse
from gradekit.checks.match import Match, of_the_author, unset
from gradekit.checks.stores.answers import Found
from gradekit.checks.stores.lint import texts
from gradekit.checks.stores.questions import Expect, Query
from gradekit.checks.template import UnknownNameError
from gradekit.checks.values import Value
from gradekit.texts import clean, one_line

_SHOWN = 32
"""Bytes of a reply that are shown."""
_MALFORMED = re.compile(
    r"ERR (?:unknown (?:sub)?command|wrong number of arguments|syntax error)"
    r"|(?:\w+: )?(?:unknown (?:top level )?operator|no such command|Unrecognized pipeline stage name)"
    r"|(?:\w+: )?(?:BSON field '[^']{0,200}' is an unknown field|the command is no Extended JSON)"
)
"""Refusals of commands that no store would take, whatever is in it."""
_OTHER_VALUE = "the key already held something else, left by the app or by an earlier step"
_LED_TO = {
    "OOM command not allowed": "the store is full: the app filled it, or its memory in the challenge is too small",
    "WRONGTYPE": _OTHER_VALUE,
    "value is not an integer": _OTHER_VALUE,
    "value is not a valid float": _OTHER_VALUE,
}
"""Beginnings and parts of refusals that depend on what is in the store, and what led to them."""
_REFUSED = "the store refused the challenge's command and said"
_LOOK = "see whether what the app stores is as the task says"
_EXTENDED = {"$numberDecimal": "a decimal (Decimal128)", "$date": "a date", "$oid": "an ObjectId"}
"""How MongoDB's JSON writes values for which JSON has no type."""
_ITEM = re.compile(r"\[([0-9]+)\]")
_OBJECT = re.compile(r'(\{"(\$numberDecimal|\$date|\$oid)": .*\}) \(an object, not [a-z ]+\)')


def mismatches(query: Query, expect: Expect, found: Found, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    """Every way in which an answer to a question is not what it should be."""
    if found.error is not None:
        name = template.unset(found.error, texts(query), variables)
        if name is not None:
            yield Mismatch("", f"the command was not sent: {found.error}", names=(name,))
        else:
            yield refused(found.error, fixed=not any(template.uses(texts(query))))
    elif found.keys is not None:
        yield from _keys(query, expect, found, variables)
    elif found.reply is not None:
        try:
            value = parse(found.reply)
        except JsonProblem as problem:
            yield Mismatch("a reply that is read as JSON", f"not read as JSON ({clean(str(problem))})")
        else:
            told = None if query.redis is None else _bytes(value)
            for mismatch in _match("", expect.reply, value, variables):
                if mismatch.place:
                    yield mismatch.below("$")
                else:
                    whole = mismatch if told is None or mismatch.names else replace(mismatch, actual=told)
                    yield whole.below(f"reply to {one_line(query.text)}")
            for path, match in expect.paths.items():
                yield from _path(path, match, value, variables)
    else:
        what = f"the evidence has nothing about the question {clean(query.text)}; grade the submission again"
        yield Mismatch("", what, ours=True)


def refusal(error: str) -> str:
    """That a store refused a command, and what may have led to it."""
    hint = next((words for sign, words in _LED_TO.items() if sign in error), _LOOK)
    return f"{_REFUSED}: {clean(error).rstrip('.')}; {hint}"


def refused(error: str, *, fixed: bool) -> Mismatch:
    """That a store refused a command; ``fixed``: nothing of the candidate's stands in it."""
    if fixed and _MALFORMED.match(error):
        return of_the_author(Mismatch("", f"{_REFUSED}: {clean(error)}"))
    return Mismatch("", refusal(error))


def _bytes(reply: Json) -> str | None:
    """A reply that is not UTF-8, in words."""
    if not isinstance(reply, Mapping) or reply.keys() != {"base64"}:
        return None
    try:
        data = base64.b64decode(str(reply["base64"]), validate=True)
    except ValueError:
        return "bytes that are not UTF-8 text"
    more = " ..." if len(data) > _SHOWN else ""
    return f"{len(data)} bytes that are not UTF-8 text: {data[:_SHOWN].hex(' ')}{more}"


def _keys(query: Query, expect: Expect, found: Found, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    given, facts = expect.model_fields_set, found.keys or ()
    if not found.count and given.isdisjoint({"count", "names"}):
        # Whatever is asked of each holds of none, which nobody meant.
        yield Mismatch("at least one key", "none")
    place = f"number of keys in the store that match {one_line(query.keys or '')}"
    yield from _match(place, expect.count, found.count, variables)
    if "names" in given:
        for mismatch in _match("", expect.names, [fact.name for fact in facts], variables):
            one = _ITEM.fullmatch(mismatch.place)
            place = f"name of key {int(one[1]) + 1} (sorted by name)" if one is not None else "names of keys"
            yield replace(mismatch, place=place if one is not None else place + mismatch.place)
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
        yield unset(error, place)
        return
    for mismatch in filled.check(value):
        object_of = _OBJECT.fullmatch(mismatch.actual)
        kind = None if object_of is None else f"{object_of[1]}, which is {_EXTENDED[object_of[2]]}"
        yield (mismatch if kind is None else replace(mismatch, actual=kind)).below(place)
