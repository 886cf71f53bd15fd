"""JSONPath (RFC 9535, strict) on bounded values: the one place that knows the library.

The library's own evaluation keeps every node with its full path, reads strings as JSON documents and
runs patterns through ``re``; a hostile body turns each of these into a way to exhaust us. Here nodes
know the node above them, not their path, their number is bounded, and patterns run in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError, JSONPathMatch, Parser
from jsonpath.filter import BaseExpression, RelativeFilterQuery, RootFilterQuery
from jsonpath.function_extensions import ExpressionType, FilterFunction
from jsonpath.stream import TokenStream
from jsonpath.token import TOKEN_SELF

from gradekit.checks.differences import Mismatch, member
from gradekit.checks.jsontext import Json
from gradekit.checks.regex import RegexProblem, compile_regex
from gradekit.checks.values import MISSING, Value
from gradekit.texts import clean

MAX_NODES = 200_000
"""Nodes that one query may visit, and values that what it finds may hold in all."""


class PathProblem(ValueError):  # noqa: N818 - it describes a text, like JsonProblem
    """Why a text is not JSONPath; ``column`` counts from 1."""

    def __init__(self, what: str, column: int) -> None:
        """Keep both."""
        self.what = what
        self.column = column
        super().__init__(f"{what} at column {column}")


class TooManyNodes(RuntimeError):  # noqa: N818 - an answer that judges turn into a mismatch
    """The query visits more of the value than we allow."""


_TOKEN = re.compile("'?TOKEN_([A-Z_]+)'?")
"""How the library names what it reads."""
_ITEM = re.compile(r"\[([0-9]+)\]")


@dataclass(frozen=True, slots=True)
class Found:
    """What a query leads to in a value."""

    value: Value
    """Of a singular query the one value, or MISSING; else the list of all."""
    _path: Path
    _nodes: Sequence[JSONPathMatch]

    def below(self, mismatch: Mismatch) -> Mismatch:
        """A mismatch of ``value``, seen from the value that was searched.

        What is wrong with one item of the list has that node's own path (RFC 9535, in its shorthand).
        """
        item = None if self._path.singular else _ITEM.match(mismatch.place)
        if item is None:
            return mismatch.below(self._path.text)
        return replace(mismatch, place=clean(_normal(self._nodes[int(item[1])])) + mismatch.place[item.end() :])


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled query."""

    text: str
    singular: bool
    """It leads to at most one place: the result is a value, not a list."""
    _query: JSONPath

    def find(self, value: Json) -> list[Json]:
        """The values of all nodes, in document order; empty when there is none.

        Raises:
            TooManyNodes: see MAX_NODES.
        """
        return _values(self._nodes(value))

    def look(self, value: Json) -> Found:
        """What an expectation is about.

        Raises:
            TooManyNodes: see MAX_NODES.
        """
        nodes = self._nodes(value)
        found = _values(nodes)
        if self.singular:
            return Found(found[0] if found else MISSING, self, nodes)
        return Found(found, self, nodes)

    def _nodes(self, value: Json) -> Sequence[JSONPathMatch]:
        try:
            nodes = list(self._query.finditer(cast("Any", value)))
        except JSONPathError as error:  # deeper than the library descends, or a type it cannot compare
            raise TooManyNodes(str(error.args[0])) from None
        # One value may hold the next, so that all of them together are far more than the body.
        if len(nodes) > 1 and _more_values(_values(nodes), MAX_NODES):
            raise TooManyNodes(f"the values that the query finds hold more than {MAX_NODES:,} values")
        return nodes


@lru_cache(maxsize=1024)
def compile_path(text: str) -> Path:
    """Compile a query.

    Raises:
        PathProblem: when it is not RFC 9535.
    """
    try:
        query = _ENVIRONMENT.compile(text)
    except JSONPathError as error:
        token = error.token
        index = token.index if token is not None and token.index >= 0 else len(text)
        what = str(error.args[0]) if index or text.startswith("$") else "it has to begin with $"
        raise PathProblem(_TOKEN.sub(lambda token: token[1].lower().replace("_", " "), what), index + 1) from None
    plain = _Query(env=_ENVIRONMENT, segments=cast("JSONPath", query).segments)
    return Path(text, plain.singular_query(), plain)


def _values(nodes: Sequence[JSONPathMatch]) -> list[Json]:
    return [cast("Json", node.obj) for node in nodes]


def _normal(node: JSONPathMatch) -> str:
    """Where a node stands: ``$.lines[0].qty``."""
    steps: list[str] = []
    while node.parent is not None:
        key = node.parts[0]
        steps.append(member(key) if isinstance(key, str) else f"[{key}]")
        node = node.parent
    return "$" + "".join(reversed(steps))


def _more_values(values: Sequence[Json], limit: int) -> bool:
    """Whether values hold more than so many values, those that several of them hold counted each time."""
    todo: list[Iterable[Json]] = [values]
    while todo:
        for item in todo.pop():
            limit -= 1
            if isinstance(item, Mapping):
                todo.append(item.values())
            elif isinstance(item, list):
                todo.append(item)
        if limit < 0:
            return True
    return False


class _Budget:
    """Counts the nodes of one evaluation."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_NODES

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooManyNodes(f"the query visits more than {MAX_NODES:,} nodes")


class _Node(JSONPathMatch):
    """A node without path and without children, so that its size does not depend on the names above it.

    ``parts`` has its own name or index only.
    """

    __slots__ = ()

    def new_child(self, obj: object, key: int | str) -> _Node:
        context = self.filter_context()
        context["budget"].spend()
        return _Node(filter_context=context, obj=obj, parent=self, path="", parts=(key,), root=self.root)

    def add_child(self, *children: JSONPathMatch) -> None:
        """Children are not kept."""


class _Query(JSONPath):
    """A query whose nodes are ours and whose root is never parsed again."""

    __slots__ = ()

    def finditer(self, data: object, *, filter_context: Mapping[str, Any] | None = None) -> Iterable[JSONPathMatch]:
        context = filter_context or {"budget": _Budget()}
        nodes: Iterable[JSONPathMatch] = [
            _Node(filter_context=context, obj=data, parent=None, path="", parts=(), root=cast("Any", data))
        ]
        for segment in self.segments:
            nodes = segment.resolve(nodes)
        return nodes


class _Parser(Parser):
    """Makes our queries inside filters as well."""

    def parse_relative_query(self, stream: TokenStream) -> BaseExpression:
        stream.eat(TOKEN_SELF)
        return RelativeFilterQuery(_Query(env=self.env, segments=self.parse_query(stream)))

    def parse_absolute_query(self, stream: TokenStream) -> BaseExpression:
        stream.next()
        return RootFilterQuery(_Query(env=self.env, segments=self.parse_query(stream)))


class _Pattern(FilterFunction):
    """``search()``, or ``match()`` when ``whole``; a pattern that is none matches nothing (RFC 9535)."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - the library's attribute
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def __call__(self, value: object, pattern: object) -> bool:
        """Whether the pattern fits."""
        if not isinstance(value, str) or not isinstance(pattern, str):
            return False
        try:
            regex = compile_regex(pattern)
        except RegexProblem:
            return False
        return regex.fullmatch(value) if self._whole else regex.search(value)


class _Environment(JSONPathEnvironment):
    parser_class = _Parser

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _Pattern(whole=True)
        self.function_extensions["search"] = _Pattern(whole=False)

    def getitem(self, obj: Any, key: Any) -> Any:  # noqa: ANN401 - the library's signature
        # The library slices strings; in RFC 9535 a slice of a string selects nothing.
        return () if isinstance(obj, str) else super().getitem(obj, key)


_ENVIRONMENT = _Environment(strict=True)
