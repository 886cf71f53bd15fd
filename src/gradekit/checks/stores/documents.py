"""Commands for MongoDB as people write them: JSON objects, the command's name first, values as Extended JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

READING: Final = frozenset({"aggregate", "collStats", "count", "dbStats", "distinct", "find"}) | {
    "listCollections",
    "listIndexes",
}
"""Commands that only read, if a pipeline does not write."""
WRITING: Final = frozenset({"collMod", "create", "createIndexes", "delete", "drop", "dropIndexes", "findAndModify"}) | {
    "insert",
    "update",
}
"""Commands that change the data set that they are sent to, and nothing beside it."""
_WRITES: Final = frozenset({"$out", "$merge"})


def problem(command: Mapping[str, Any], *, writing: bool) -> str | None:
    """Why a command may not be sent, if it may not."""
    name = next(iter(command), "")
    allowed = WRITING if writing else READING
    if name not in allowed:
        return f'"{name}" is none of the commands that stand first here: {", ".join(sorted(allowed))}'
    if "$db" in command:
        return "$db is gradekit's to say"
    stages = command.get("pipeline")
    if isinstance(stages, list) and any(isinstance(stage, dict) and _WRITES & stage.keys() for stage in stages):
        return "a pipeline with $out or $merge writes; questions only read"
    return None


def commands(script: str) -> Iterator[str]:
    """The commands of a script, JSON objects one after the other, each as text on one line.

    Raises:
        ValueError: it is something else, or has a command that does more than fill a data set.
    """
    decoder = json.JSONDecoder()
    at = _after_blanks(script, 0)
    while at < len(script):
        command, end, wrong = _next(decoder, script, at)
        if wrong:
            raise ValueError(f"the command that begins in line {script.count(chr(10), 0, at) + 1}: {wrong}")
        yield json.dumps(command)
        at = _after_blanks(script, end)


def _next(decoder: json.JSONDecoder, script: str, at: int) -> tuple[object, int, str | None]:
    """The command at a place, where it ends, and what is wrong with it."""
    try:
        command, end = decoder.raw_decode(script, at)
    except RecursionError:
        return None, at, "it is nested too deep"
    except ValueError as error:
        return None, at, f"it is not JSON ({str(error).partition(':')[0]})"
    return command, end, problem(command, writing=True) if isinstance(command, dict) else "it is no JSON object"


def _after_blanks(script: str, at: int) -> int:
    while at < len(script) and script[at].isspace():
        at += 1
    return at
