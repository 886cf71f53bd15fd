"""SQL text cut into statements, by the lexical rules of an engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

POSTGRES: Final = "postgres"
_REST: Final = r"""
  | (?P<word>     [^\W\d][\w$]* )
  | (?P<space>    \s+ )
  | (?P<mark>     . )
"""
_TOKENS: Final = {
    POSTGRES: r"""
    (?P<comment>  --[^\n]* )
  | (?P<block>    /\* )
  | (?P<escaped>  \b[eE]'(?:[^'\\]|\\.|'')*+'? )
  | (?P<string>   '(?:[^']|'')*+'? )
  | (?P<quoted>   "(?:[^"]|"")*+"? )
  | (?P<dollar>   \$(?:[^\W\d]\w*)?\$ )
""",
    # What stands in /*! ... */ is run.
    "mariadb": r"""
    (?P<comment>  --(?=\s|\Z)[^\n]* | \#[^\n]* | /\*M?!\d* | /\*.*?(?:\*/|\Z) )
  | (?P<string>   '(?:[^'\\]|\\.|'')*+'? | "(?:[^"\\]|\\.|"")*+"? )
  | (?P<quoted>   `(?:[^`]|``)*+`? )
""",
    "sqlite": r"""
    (?P<comment>  --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<string>   '(?:[^']|'')*+'? )
  | (?P<quoted>   "(?:[^"]|"")*+"? | `(?:[^`]|``)*+`? | \[[^\]]*\]? )
""",
}
_LEXERS: Final = {engine: re.compile(text + _REST, re.VERBOSE | re.DOTALL) for engine, text in _TOKENS.items()}
ENGINES: Final = frozenset(_LEXERS)
_BLOCK = re.compile(r"/\*|\*/")
_ROUTINE = re.compile(r"create (?:or replace )?(?:function|procedure)\b")
_BODIES: Final = frozenset({"trigger", "procedure", "function", "event"})
_ENDED: Final = frozenset({"if", "loop", "while", "repeat", "case"})
"""What MariaDB's ``end`` may be followed by."""


def split(text: str, engine: str = POSTGRES) -> tuple[str, ...]:
    """The statements without their semicolons, in order; pieces of space and comments only are dropped.

    Semicolons in quotes, dollar quotes, comments, parentheses and bodies of routines and triggers do not end
    a statement. Text that is not closed runs to the end: the engine will say what is wrong with it.
    """
    lexer = _LEXERS[engine]
    deeper = _depth if engine == POSTGRES else _body_depth
    found: list[str] = []
    place = start = 0
    words: list[str] = []
    parentheses = blocks = 0
    solid = False
    while match := lexer.match(text, place):
        place = match.end()
        match match.lastgroup:
            case "space" | "comment":
                continue
            case "block":
                place = _after_comment(text, place)
                continue
            case "dollar":
                end = text.find(match[0], place)
                place = len(text) if end < 0 else end + len(match[0])
            case "word":
                word = match[0].lower()
                words.append(word)
                blocks = deeper(blocks, word, words)
        mark = match[0] if match.lastgroup == "mark" else ""
        parentheses = max(0, parentheses + (mark == "(") - (mark == ")"))
        if mark != ";" or parentheses or blocks:
            solid = True
            continue
        if solid:
            found.append(text[start : match.start()].strip())
        start, solid = place, False
        words.clear()
    if solid:
        found.append(text[start:].strip())
    return tuple(found)


def leading_word(statement: str, engine: str = POSTGRES) -> str:
    """The first word of a statement in small letters, past comments and parentheses; "" when there is none."""
    for kind, text in tokens(statement, engine):
        if kind == "word":
            return text.lower()
        if kind not in {"space", "comment"} and text != "(":
            break
    return ""


def leading_words(statement: str, count: int, engine: str = POSTGRES) -> tuple[str, ...]:
    """At most so many words at the beginning, in small letters, past comments; anything else ends them."""
    found: list[str] = []
    for kind, text in tokens(statement, engine):
        if kind == "word":
            found.append(text.lower())
        elif kind not in {"space", "comment"}:
            break
        if len(found) == count:
            break
    return tuple(found)


def tokens(text: str, engine: str = POSTGRES) -> Iterator[tuple[str, str]]:
    """Kind and text of each token: ``comment``, ``string``, ``quoted``, ``word``, ``space``, ``mark`` and so on."""
    lexer = _LEXERS[engine]
    place = 0
    while match := lexer.match(text, place):
        place = match.end()
        if match.lastgroup == "block":
            place = _after_comment(text, place)
            yield "comment", text[match.start() : place]
        elif match.lastgroup == "dollar":
            end = text.find(match[0], place)
            place = len(text) if end < 0 else end + len(match[0])
            yield "string", text[match.start() : place]
        else:
            yield str(match.lastgroup), match[0]


def _after_comment(text: str, place: int) -> int:
    """The place after a block comment that is open at ``place``; block comments nest."""
    depth = 1
    for match in _BLOCK.finditer(text, place):
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return match.end()
    return len(text)


def _depth(depth: int, word: str, words: list[str]) -> int:
    """How many ``begin`` and ``case`` of a routine's body in SQL are open after a word."""
    if word == "atomic" and words[-2:] == ["begin", "atomic"] and _ROUTINE.match(" ".join(words[:4])):
        return depth + 1
    if depth and word == "case":
        return depth + 1
    if depth and word == "end":
        return depth - 1
    return depth


def _body_depth(depth: int, word: str, words: list[str]) -> int:
    """The same for engines whose routines and triggers have their statements between ``begin`` and ``end``."""
    if len(words) > 1 and words[-2] == "end" and word in _ENDED:
        # That ``end`` closed no ``begin``; a ``case`` is counted like one.
        return depth if word == "case" else depth + 1
    body = words[0] == "create" and not _BODIES.isdisjoint(words)
    if (word == "begin" and body) or words == ["begin", "not", "atomic"] or (depth and word == "case"):
        return depth + 1
    return depth - 1 if depth and word == "end" else depth
