"""Search with a regular expression in time linear in the text: no pattern and no text can hang it.

The syntax is that of ``re`` without look-around, back references, atomic groups and possessive
repeats. All ways through the pattern are followed at once (Thompson's construction), and the sets of
places reached are remembered per search, so that an ordinary search costs one look-up a character.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeAlias

MAX_TEXT = 1 << 16
"""Characters that are searched."""
MAX_NODES = 2_000
"""Size of a pattern after its counted repeats are written out."""
MAX_WORK = 1_000_000
"""Places visited in one search: about a second, and some 50 MB."""

_UNSUPPORTED = {
    "ASSERT": "look-ahead and look-behind",
    "ASSERT_NOT": "look-ahead and look-behind",
    "GROUPREF": "back references",
    "GROUPREF_EXISTS": "conditional groups",
    "ATOMIC_GROUP": "atomic groups",
    "POSSESSIVE_REPEAT": "possessive repeats",
}
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_UNBOUNDED = 1 << 30
_ALPHABETS = re.ASCII | re.UNICODE
_Tree: TypeAlias = Any
"""A syntax tree of the standard library, or a part of one; it has no public type."""
# The parser of the standard library: the one authority on the syntax of ``re``. It has no public name.
_parse: Callable[[str], Any] = import_module("re._parser").parse


class RegexProblem(ValueError):  # noqa: N818 - it describes a text, like JsonProblem
    """Why a pattern is refused; ``position`` is an index into it, when one is to blame."""

    def __init__(self, what: str, position: int | None = None) -> None:
        """Keep both."""
        self.what = what
        self.position = position
        super().__init__(what if position is None else f"{what} at column {position + 1}")


class TooMuchWork(RuntimeError):  # noqa: N818 - an answer that judges turn into a mismatch
    """The text is too long, or the search visited too many places."""


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands on both sides of a place in the text; None is the edge of the text."""

    before: str | None
    after: str | None
    last: bool
    """Whether ``after`` is the last character."""


_Assertion = Callable[[_Around], bool]


@dataclass(slots=True)
class _Node:
    """A place in the pattern: reads a character (``test``), or is passed when ``assertion`` allows."""

    outs: list[int]
    test: Callable[[str], object] | None = None
    assertion: _Assertion | None = None


@dataclass(frozen=True, slots=True)
class Regex:
    """A compiled pattern."""

    pattern: str
    _nodes: list[_Node] = field(repr=False)
    _start: int = field(repr=False)

    def search(self, text: str) -> bool:
        """Whether the pattern occurs somewhere in the text.

        Raises:
            TooMuchWork: when the text or the work exceeds the limits of this module.
        """
        if len(text) > MAX_TEXT:
            raise TooMuchWork(f"the text has more than {MAX_TEXT} characters")
        seen: dict[tuple[frozenset[int], str | None, str | None, bool], frozenset[int] | None] = {}
        work = 0
        state: frozenset[int] = frozenset()
        before: str | None = None
        for index in range(len(text) + 1):
            after = text[index] if index < len(text) else None
            last = index == len(text) - 1
            key = (state, before, after, last)
            if key in seen:
                following = seen[key]
            else:
                places = self._closure(state, _Around(before, after, last))
                work += len(places) + 1
                if work > MAX_WORK:
                    raise TooMuchWork("the search takes too much work")
                following = seen[key] = self._step(places, after)
            if following is None:
                return True
            state, before = following, after
        return False

    def _closure(self, state: Iterable[int], around: _Around) -> set[int]:
        todo = [self._start, *state]
        found = set(todo)
        while todo:
            node = self._nodes[todo.pop()]
            if node.test is None and (node.assertion is None or node.assertion(around)):
                fresh = [out for out in node.outs if out not in found]
                found.update(fresh)
                todo += fresh
        return found

    def _step(self, places: set[int], after: str | None) -> frozenset[int] | None:
        """The places after a character; None when the pattern was found before it."""
        if _FOUND in places:
            return None
        if after is None:
            return frozenset()
        nodes = (self._nodes[place] for place in places)
        return frozenset(node.outs[0] for node in nodes if node.test is not None and node.test(after))


_FOUND = 0
"""The node that stands for success."""


@lru_cache(maxsize=256)
def compile_regex(pattern: str) -> Regex:
    """Compile a pattern in the syntax of ``re``.

    Raises:
        RegexProblem: for bad syntax, for what linear search cannot do, and for huge counted repeats.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
            tree = _parse(pattern)
    except re.error as error:
        raise RegexProblem(error.msg, error.pos) from None
    except Warning as warning:
        raise RegexProblem(str(warning)) from None
    except (RecursionError, OverflowError):
        raise RegexProblem("the pattern is too deeply nested or counts too far") from None
    builder = _Builder()
    start = builder.sequence(tree, tree.state.flags, _FOUND)
    return Regex(pattern, builder.nodes, start)


class _Builder:
    """Turns a syntax tree into nodes, from its end to its beginning."""

    def __init__(self) -> None:
        self.nodes = [_Node([])]

    def _add(self, node: _Node) -> int:
        if len(self.nodes) >= MAX_NODES:
            raise RegexProblem(f"written out, the pattern has more than {MAX_NODES} places; use smaller counts")
        self.nodes.append(node)
        return len(self.nodes) - 1

    def sequence(self, tree: _Tree, flags: int, following: int) -> int:
        for operation, argument in reversed(list(tree)):
            following = self._item(operation.name, argument, flags, following)
        return following

    def _item(self, name: str, argument: _Tree, flags: int, following: int) -> int:
        if name in _UNSUPPORTED:
            raise RegexProblem(f"{_UNSUPPORTED[name]} cannot be used")
        if name == "BRANCH":
            return self._add(_Node([self.sequence(branch, flags, following) for branch in argument[1]]))
        if name == "SUBPATTERN":
            _, added, removed, inner = argument
            if added & _ALPHABETS:
                flags &= ~_ALPHABETS
            return self.sequence(inner, (flags | added) & ~removed, following)
        if name in {"MAX_REPEAT", "MIN_REPEAT"}:
            return self._repeat(argument, flags, following)
        if name == "AT":
            return self._add(_Node([following], assertion=_assertion(argument.name, flags)))
        return self._add(_Node([following], test=_character(name, argument, flags)))

    def _repeat(self, argument: _Tree, flags: int, following: int) -> int:
        least, most, inner = argument
        end = following
        if most >= _UNBOUNDED:
            loop = self._add(_Node([following]))
            self.nodes[loop].outs.append(self.sequence(inner, flags, loop))
            following = loop
        else:
            for _ in range(most - least):
                start = self.sequence(inner, flags, following)
                if start == following:  # it matches only the empty text: more of it changes nothing
                    break
                following = self._add(_Node([start, end]))
        for _ in range(least):
            start = self.sequence(inner, flags, following)
            if start == following:
                break
            following = start
        return following


def _character(name: str, argument: _Tree, flags: int) -> Callable[[str], object]:
    """A test for one character, made by ``re`` itself so that case and classes are exactly its own."""
    if name == "ANY":
        source = "."
    elif name == "IN":
        source = f"[{''.join(_member(operation.name, value) for operation, value in argument)}]"
    else:
        source = f"[{'^' if name == 'NOT_LITERAL' else ''}\\U{argument:08x}]"
    return _one_character(source, flags & ~re.VERBOSE).fullmatch


@lru_cache(maxsize=1024)
def _one_character(source: str, flags: int) -> re.Pattern[str]:
    return re.compile(source, flags)


def _member(name: str, value: _Tree) -> str:
    if name == "NEGATE":
        return "^"
    if name == "CATEGORY":
        return _CATEGORIES[value.name]
    if name == "RANGE":
        return f"\\U{value[0]:08x}-\\U{value[1]:08x}"
    return f"\\U{value:08x}"


def _assertion(name: str, flags: int) -> _Assertion:
    lines = bool(flags & re.MULTILINE)
    if name == "AT_BEGINNING" and lines:
        return lambda around: around.before in {None, "\n"}
    if name in {"AT_BEGINNING", "AT_BEGINNING_STRING"}:
        return lambda around: around.before is None
    if name == "AT_END" and lines:
        return lambda around: around.after in {None, "\n"}
    if name == "AT_END":
        return lambda around: around.after is None or (around.last and around.after == "\n")
    if name == "AT_END_STRING":
        return lambda around: around.after is None
    word = re.compile(r"\w", flags & _ALPHABETS).match
    inside = name == "AT_NON_BOUNDARY"

    def boundary(around: _Around) -> bool:
        before = around.before is not None and word(around.before) is not None
        after = around.after is not None and word(around.after) is not None
        return (before == after) == inside and not (inside and around.before is None and around.after is None)

    return boundary
