"""SQL that a submission hands in: the text of a file or of a block of it, and what kinds of statements it may hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal

from gradekit.checks import statements
from gradekit.sandbox.plans import FileEntry

MAX_BYTES: Final = 256 << 10
"""Of a file."""

StatementClass = Literal["select", "insert", "update", "delete", "ddl", "call"]
Flaw = Literal["missing", "too large", "not text", "no block"]

FLAWS: Final[Mapping[Flaw, str]] = {
    "missing": "the submission has no file {file}",
    "too large": f"{{file}} is larger than {MAX_BYTES >> 10} KiB",
    "not text": "{file} is not UTF-8 text",
    "no block": "{file} has no block {block}, or has it twice; put one line `-- name: {block}` above that statement",
}
_CLASSES: Final[Mapping[str, StatementClass]] = {
    "select": "select",
    "values": "select",
    "table": "select",
    "insert": "insert",
    "replace": "insert",
    "update": "update",
    "delete": "delete",
    "create": "ddl",
    "alter": "ddl",
    "drop": "ddl",
    "comment": "ddl",
    "truncate": "ddl",
    "call": "call",
    "do": "call",
}
# What `with` leads to is up to the engine, and a transaction of one's own changes nothing by itself.
_ALWAYS: Final = frozenset({"with", "begin", "start", "commit", "end", "rollback", "savepoint", "release"})
_MARK: Final = re.compile(r"^--[ \t]*name:[ \t]*([\w-]+)[ \t]*\r?$", re.MULTILINE)


def unfit(error: str) -> str:
    """That a query of the challenge fails on what the submission made, with the database's words."""
    return (
        f"the challenge's own SQL, which the submission's is compared with, fails on the submission's tables: {error}; "
        "look whether they have the names and columns that the task asks for"
    )


class Flawed(Exception):  # noqa: N818 - of a text, no error of the program
    """Why a submission's text cannot be run; ``flaw`` is the kind, where there is no text."""

    def __init__(self, message: str, flaw: Flaw | None = None) -> None:
        """Keep both."""
        self.flaw = flaw
        super().__init__(message)


def source(submission: Mapping[str, FileEntry], path: str, name: str | None = None) -> str:
    """The text of a file, or of one block of it.

    Raises:
        Flawed: there is none.
    """

    def flawed(flaw: Flaw) -> Flawed:
        return Flawed(FLAWS[flaw].format(file=path, block=name), flaw)

    entry = submission.get(path)
    if entry is None:
        raise flawed("missing")
    if len(entry.data) > MAX_BYTES:
        raise flawed("too large")
    try:
        text = entry.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise flawed("not text") from None
    if "\0" in text:
        raise flawed("not text")
    found = text if name is None else _block(text, name)
    if found is None:
        raise flawed("no block")
    return found


def _block(text: str, name: str) -> str | None:
    """The lines of a block, or None where it is not there or is there twice."""
    parts = _MARK.split(text)
    found = [part for other, part in zip(parts[1::2], parts[2::2], strict=True) if other == name]
    return found[0] if len(found) == 1 else None


def disallowed(
    script: Sequence[str], allow: Collection[StatementClass], engine: str, *, besides: Collection[str] = ()
) -> str | None:
    """What is wrong with the first statement that is of no allowed kind; ``{file}`` stands for the file's name."""
    for number, statement in enumerate(script, start=1):
        word = statements.leading_word(statement, engine)
        if word not in _ALWAYS and word not in besides and _CLASSES.get(word) not in allow:
            what = f"starts with {word.upper()}" if word else "begins with no word of SQL"
            return f"statement {number} of {{file}} {what}; allowed: {', '.join(allow)}"
    return None
