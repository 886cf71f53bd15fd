"""What may be asked of a store, and what may be expected of the answer."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue, WithJsonSchema, model_validator

from gradekit.checks.jsontext import Json, render
from gradekit.checks.match import Match
from gradekit.checks.sense import COUNT, LIST, PATHS
from gradekit.checks.stores.words import split
from gradekit.model import Loc, Model


def _words(value: object) -> object:
    """A command in one text, or as a list of words, in which a number stands for its digits."""
    if isinstance(value, str):
        return split(value)
    if isinstance(value, list):
        numbers = int | float
        return tuple(str(word) if isinstance(word, numbers) and not isinstance(word, bool) else word for word in value)
    return value


Command = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}},
            ]
        }
    ),
]
"""A command for Redis; each word may hold ``${...}``, whose value never becomes two words."""


Document = Annotated[Mapping[str, JsonValue], Field(min_length=1)]
"""A command for MongoDB, its name first; texts in it may hold ``${...}``, whose value never becomes an operator."""


def as_typed(command: Sequence[str] | Mapping[str, Json]) -> str:
    """A command as one would type it."""
    return render(command) if isinstance(command, Mapping) else shlex.join(command)


class Query(Model):
    """What a store is asked: exactly one of the fields."""

    redis: Command | None = Field(default=None, description="a command, as one text or as a list of words")
    keys: str | None = Field(default=None, min_length=1, description="a pattern of names, such as limit:*")

    mongodb: Document | None = Field(
        default=None, description="a command as an object, its name first, such as {find: products}; Extended JSON"
    )

    @model_validator(mode="after")
    def _one_question(self) -> Query:
        if [self.redis, self.keys, self.mongodb].count(None) != 2:  # noqa: PLR2004 - all but one
            raise ValueError("give exactly one of redis, keys, mongodb")
        return self

    @property
    def text(self) -> str:
        """The command as one would type it."""
        command = self.redis or self.mongodb
        return f"keys {self.keys}" if command is None else as_typed(command)


_OF_A_REPLY = frozenset({"reply", "paths"})
_MATCHES = frozenset({"reply", "count", "names", "type", "ttl"})


class Expect(Model):
    """What a store must answer."""

    reply: Match = Field(
        default=Match.anything(),
        description="to a command: a map is an object, a set a sorted list, what has scores a list of pairs; "
        "of MongoDB the list of documents, or the rest of the answer",
    )
    paths: Annotated[dict[str, Match], PATHS] = Field(
        default_factory=dict,
        alias="json",
        description="into a reply: JSONPath (RFC 9535) to expectation; a path to one place gives a value, else a list",
    )
    count: Annotated[Match, COUNT] = Field(default=Match.anything(), description="of keys: how many there are")
    names: Annotated[Match, LIST] = Field(default=Match.anything(), description="of keys: their names, sorted")
    type: Match = Field(default=Match.anything(), description="of keys: string, hash, list, set, zset or stream, each")
    ttl: Match = Field(
        default=Match.anything(), description="of keys: seconds until each expires; null for one that never does"
    )

    def problem(self, query: Query) -> str | None:
        """Why it does not go with a question, if it does not."""
        given = self.model_fields_set
        if query.keys is None and (not given or given - _OF_A_REPLY):
            return "a command is answered with a reply; give reply or json, and nothing of keys"
        if query.keys is not None and (not given or given - {"count", "names", "type", "ttl"}):
            return "of keys there are count, names, type and ttl; give some of them, and no reply"
        return None

    @property
    def sources(self) -> Iterator[tuple[Loc, Json]]:
        """Every expectation as it is written, with its place."""
        for name in sorted(self.model_fields_set & _MATCHES):
            yield (name,), getattr(self, name).source
        for path, match in self.paths.items():
            yield ("json", path), match.source
