"""The frozen model that all data shares, and the scalar types of the YAML files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema

AUTHORED: Final = "authored"
"""Validation context of what a person wrote: a duration or a size must have its unit."""

_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZE = re.compile(r"(?P<number>\d+)(?P<unit>KiB|MiB|GiB)")
_BYTES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class Model(BaseModel):
    """Frozen, closed-world plain data: an unknown key is an error, floats are finite, nothing is coerced silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False)


Scalar = str | int | float | bool
"""A value that is no list and no map, of an author's."""
Loc = tuple[str | int, ...]
"""Keys and indexes that lead to a part of a value."""


def written(value: object) -> str:
    """A value for a message about it, as an author wrote it; no more of a list or a map than that it is one."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=not value.isprintable())
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return "a map" if isinstance(value, Mapping) else "a list" if isinstance(value, list | tuple) else str(value)


_METHOD = re.compile(r"([A-Za-z]+) (\S+)")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?\s]*")


def not_a_request(value: str, example: str = "GET /orders") -> str:
    """A message about text that is no ``METHOD /path``: what is wrong with it, where that can be told."""
    match = _METHOD.fullmatch(value)
    hints = []
    if match is not None:
        method, target = match.groups()
        if method != method.upper():
            hints.append("the method in capitals")
        path = _HOST.sub("", target, count=1)
        if path != target:
            hints.append("the path alone, without scheme and host")
        if not path.startswith(("/", "${")):
            path = f"/{path}"
            hints.append('the path with a "/" at its beginning')
        example = f"{method.upper()} {path}" if hints else example
    hint = f"write {' and '.join(hints)}: {written(example)}" if hints else f"write it as {written(example)}"
    return f"{written(value)} is not a request; {hint}"


def parse_duration(value: object) -> float:
    """Seconds of ``250ms``, ``90s``, ``15m`` or ``4h``; a float passes (already parsed).

    Raises:
        ValueError: for anything else, a bare integer included.
    """
    return value if isinstance(value, float) else _written_duration(value)


def _written_duration(value: object) -> float:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = f"{written(value)} is not a duration; write 250ms, 90s, 15m or 4h"
        raise ValueError(message)
    return float(match["number"]) * _SECONDS[match["unit"]]


def parse_size(value: object) -> int:
    """Bytes of ``64KiB``, ``512MiB`` or ``2GiB``; an int passes (already parsed).

    Raises:
        ValueError: for anything else.
    """
    return value if isinstance(value, int) and not isinstance(value, bool) else _written_size(value)


def _written_size(value: object) -> int:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = f"{written(value)} is not a size; write 64KiB, 512MiB or 2GiB"
        raise ValueError(message)
    return int(match["number"]) * _BYTES[match["unit"]]


def _duration(value: object, info: ValidationInfo) -> float:
    return _written_duration(value) if info.context == AUTHORED else parse_duration(value)


def _size(value: object, info: ValidationInfo) -> int:
    return _written_size(value) if info.context == AUTHORED else parse_size(value)


def check_relative(value: object) -> str:
    """A path that stays inside its root: relative, with ``/``, without ``..`` or empty parts.

    Raises:
        ValueError: when it does not.
    """
    if not isinstance(value, str) or not value:
        message = "a relative path is needed"
        raise ValueError(message)
    parts = value.rstrip("/").split("/")
    if value.startswith("/") or "\0" in value or "\\" in value or ".." in parts or "" in parts:
        message = f"{written(value)} is not a path inside the folder; write it relative, with /, without .."
        raise ValueError(message)
    return value


def tuple_of(value: object) -> object:
    """YAML lists as tuples, so that strict models accept them; anything else is left to the model."""
    return tuple(value) if isinstance(value, list) else value


Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h)$", "examples": ["250ms", "90s", "15m", "4h"]}
    ),
]
"""Seconds, written with a unit."""
Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(KiB|MiB|GiB)$", "examples": ["64KiB", "20MiB", "2GiB"]}),
]
"""Bytes, written with a unit."""
RelativePath = Annotated[str, BeforeValidator(check_relative), WithJsonSchema({"type": "string", "minLength": 1})]
"""A path inside the challenge's or the submission's folder."""
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""An id: small letters, digits and hyphens."""
