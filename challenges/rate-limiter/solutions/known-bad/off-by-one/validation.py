"""Reads requests; whatever is not as it should be is an Invalid with a message for the caller."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLIENT = re.compile(r"[A-Za-z0-9._-]{1,99}")


class Invalid(Exception):
    """What is wrong, and the status that says so."""

    def __init__(self, message: str, status: int = 422) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True)
class Wanted:
    """A request that may be made."""

    client: str
    limit: int
    window_ms: int


def wanted(body: object) -> Wanted:
    """The request in a body."""
    if not isinstance(body, dict):
        raise Invalid("the body is not a JSON object", 400)
    return Wanted(
        name(body.get("client")), _number(body, "limit", 1, 1000), _number(body, "window_ms", 11, 3_600_001)
    )


def name(value: object) -> str:
    """The name of a client."""
    if not isinstance(value, str) or _CLIENT.fullmatch(value) is None:
        raise Invalid("client: 1 to 100 letters, digits, dots, hyphens and underscores are needed")
    return value


def _number(body: dict, field: str, least: int, most: int) -> int:
    value = body.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < most:
        raise Invalid(f"{field}: an integer from {least} to {most} is needed")
    return value
