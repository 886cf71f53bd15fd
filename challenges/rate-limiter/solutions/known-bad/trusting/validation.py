"""Reads requests; whatever is not as it should be is an Invalid with a message for the caller."""

from __future__ import annotations

from dataclasses import dataclass



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
        raise Invalid("the body is not a JSON object")
    return Wanted(
        name(body.get("client")), _number(body, "limit"), _number(body, "window_ms")
    )


def name(value: object) -> str:
    """The name of a client."""
    if not value:
        raise Invalid("client: 1 to 100 letters, digits, dots, hyphens and underscores are needed")
    return str(value)


def _number(body: dict, field: str) -> int:
    value = body.get(field)
    if value is None:
        raise Invalid(f"{field} is needed")
    return int(value)
