"""Cookies, as far as a scenario needs them: what a response sets, and what later requests send back (RFC 6265)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

MAX_COOKIES = 50
MAX_COOKIE = 4096
"""Characters of a name with its value; a longer one is not kept."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A ``Set-Cookie`` header."""

    name: str
    value: str
    attributes: Mapping[str, str]
    """Names in small letters."""

    def attribute(self, name: str) -> str | None:
        """The value of an attribute; None where it is not given."""
        return self.attributes.get(name)

    @property
    def gone(self) -> bool:
        """Whether it is set only to be forgotten."""
        age, expires = self.attribute("max-age"), self.attribute("expires")
        if age is not None and age.lstrip("-").isdecimal():
            return age.startswith("-") or not age.strip("0")
        try:
            moment = parsedate_to_datetime(expires or "")
        except (ValueError, OverflowError):
            return False
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= datetime(2000, 1, 1, tzinfo=UTC)


def cookies(headers: Iterable[tuple[str, str]]) -> Iterator[Cookie]:
    """The cookies that a response sets, in order."""
    for key, text in headers:
        if key.lower() == "set-cookie":
            pair, *rest = text.split(";")
            name, _, value = pair.partition("=")
            attributes = (part.partition("=") for part in rest)
            yield Cookie(
                name.strip(),
                value.strip().removeprefix('"').removesuffix('"'),
                {word.strip().lower(): what.strip() for word, _, what in attributes},
            )


class Jar:
    """The cookies of a scenario; there is one host, so that domains do not matter."""

    def __init__(self) -> None:
        """It is empty."""
        self._kept: dict[tuple[str, str], str] = {}

    def keep(self, headers: Iterable[tuple[str, str]]) -> None:
        """Take what a response sets."""
        for cookie in cookies(headers):
            place = (cookie.name, cookie.attribute("path") or "/")
            self._kept.pop(place, None)
            sendable = cookie.name.isprintable() and cookie.value.isprintable()
            size = len(cookie.name) + len(cookie.value)
            if cookie.name and sendable and size <= MAX_COOKIE and len(self._kept) < MAX_COOKIES and not cookie.gone:
                self._kept[place] = cookie.value

    def header(self, target: str) -> str:
        """The value of ``Cookie`` for a target; empty for none."""
        path = urlsplit(target).path or "/"
        return "; ".join(f"{name}={value}" for (name, below), value in self._kept.items() if _covers(below, path))


def _covers(below: str, path: str) -> bool:
    return path == below or path.startswith(below if below.endswith("/") else f"{below}/")
