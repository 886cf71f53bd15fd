"""What both sides know by name, and how a call fails that a test must not take for an answer."""

from __future__ import annotations

import builtins
import dataclasses
import decimal
import json
import re


class CallError(Exception):
    """A call that a test must not take for an answer."""


class CannotCrossError(CallError):
    """Something that only works within one process."""


class NoAnswerError(CallError):
    """The submission's process did not answer, or not in the protocol."""


def _exceptions() -> dict[str, type[Exception]]:
    """Exceptions that are the same on both sides, by their name on the wire."""
    found = [value for value in vars(builtins).values() if isinstance(value, type) and issubclass(value, Exception)]
    found = [value for value in found if not issubclass(value, BaseExceptionGroup)]
    found += [
        value for value in vars(decimal).values() if isinstance(value, type) and issubclass(value, ArithmeticError)
    ]
    found += [json.JSONDecodeError, dataclasses.FrozenInstanceError, re.error]
    return {f"{value.__module__}:{value.__qualname__}": value for value in found}


EXCEPTIONS = _exceptions()
TYPES: dict[str, type] = {
    f"builtins:{cls.__name__}": cls
    for cls in (
        object,
        type,
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        bytearray,
        list,
        tuple,
        dict,
        set,
        frozenset,
        range,
    )
}
