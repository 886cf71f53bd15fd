"""SQL text cut into statements, by PostgreSQL's lexical rules."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<comment>  --[^\n]* )
  | (?P<block>    /\* )
  | (?P<escaped>  \b[eE]'(?:[^'\\]|\\.|'')*+'? )
  | (?P<string>   '(?:[^']|'')*+'? )
  | (?P<quoted>   "(?:[^"]|"")*+"? )
  | (?P<dollar>   \$(?:[^\W\d]\w*)?\$ )
  | (?P<word>     [^\W\d][\w$]* )
  | (?P<space>    \s+ )
  | (?P<mark>     . )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK = re.compile(r"/\*|\*/")
_ROUTINE = re.compile(r"create (?:or replace )?(?:function|procedure)\b")


def split(text: str) -> tuple[str, ...]:
    """The statements without their semicolons, in order; pieces of space and comments only are dropped.

    Semicolons in quotes, dollar quotes, comments, parentheses and ``begin atomic`` bodies do not end a
    statement. Text that is not closed runs to the end: the engine will say what is wrong with it.
    """
    found: list[str] = []
    place = start = 0
    words: list[str] = []
    parentheses = blocks = 0
    solid = False
    while match := _TOKEN.match(text, place):
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
                blocks = _depth(blocks, word, words)
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


def leading_word(statement: str) -> str:
    """The first word of a statement in small letters, past comments and parentheses; "" when there is none."""
    place = 0
    while match := _TOKEN.match(statement, place):
        place = match.end()
        if match.lastgroup == "block":
            place = _after_comment(statement, place)
        elif match.lastgroup == "word":
            return match[0].lower()
        elif match.lastgroup not in {"space", "comment"} and match[0] != "(":
            break
    return ""


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
