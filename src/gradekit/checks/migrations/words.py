"""Facts of the catalogue, which evidence holds as lines of cells, as a reader wants them."""

from __future__ import annotations

import json
import re
from typing import Final

_PLACE: Final = r"(\S+) (\S+)"
_LIST: Final = r"(\[.*?\]|-)"
_TABLE: Final = re.compile(rf"column {_PLACE} - - -")
_COLUMN: Final = re.compile(rf"column {_PLACE} (\S+) (.+) ([tf])")
_CONSTRAINT: Final = re.compile(rf"constraint {_PLACE} (\S+) ([pufc]) {_LIST} {_PLACE} {_LIST} (.*)")
_INDEX: Final = re.compile(rf"index {_PLACE} (\S+) ([tf]) ([tf]) {_LIST}")
_KINDS: Final = {"p": "primary key", "u": "unique constraint", "f": "foreign key", "c": "check"}


def worded(line: str) -> str:
    """A line such as ``column public customers note text f`` in words.

    One of another form stays as it is: names with blanks in them, or a line that was cut.
    """
    if found := _TABLE.fullmatch(line):
        return f"table {found[1]}.{found[2]}"
    if found := _COLUMN.fullmatch(line):
        return f"{found[1]}.{found[2]}.{found[3]} {found[4]}, {'not null' if found[5] == 't' else 'may be null'}"
    if found := _CONSTRAINT.fullmatch(line):
        schema, table, name, kind, columns, *other, text = found.groups()
        what = _KINDS[kind] if name == "-" else f"{_KINDS[kind]} {name}"
        there = f" to {other[0]}.{other[1]}{_names(other[2])}" if kind == "f" else ""
        return f"{what} on {schema}.{table}{_names(columns)}{there}{f': {text}' if kind == 'c' else ''}"
    if found := _INDEX.fullmatch(line):
        schema, table, name, unique, partial, columns = found.groups()
        what = f"{'unique ' if unique == 't' else ''}{'partial ' if partial == 't' else ''}index {name}"
        return f"{what} on {schema}.{table}{_names(columns)}"
    return line


def _names(text: str) -> str:
    if text == "-":
        return ""
    try:
        return f" ({', '.join(map(str, json.loads(text)))})"
    except ValueError:
        return f" {text}"
