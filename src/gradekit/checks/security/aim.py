"""From a target and what a probe wants of it to a request; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from gradekit.checks.http.model import HttpSpec, Step
from gradekit.checks.http.requests import build
from gradekit.checks.jsontext import Json
from gradekit.checks.security.model import SecuritySpec, Target
from gradekit.checks.template import fill, text_of
from gradekit.sandbox.messages import HttpRequest

MAX_BODY = 1 << 20
"""Bytes of a response that are taken."""

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Shot:
    """One request that a probe wants, as what is different from the target's own."""

    label: str
    place: str = ""
    value: str = ""
    """Stands at ``place`` instead of the usual value."""
    raw: bool = False
    """In a path the value stands as it is, slashes too."""
    account: str | None = None
    """Whose request it is instead; empty for nobody's."""
    swap: str = ""
    """Stands for the account's token."""
    extra: Mapping[str, Json] = field(default_factory=dict)
    """Members added to the JSON body."""
    headers: tuple[tuple[str, str], ...] = ()
    pad: int = 0
    """Blanks behind the body."""
    body: bytes | None = None
    """Is the body instead."""
    read: bool = False
    """The request that shows the state instead."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A target with the values of its names."""

    spec: SecuritySpec
    target: Target
    variables: Mapping[str, Json]

    def value(self, place: str) -> str:
        """What usually stands at a place, as text.

        Raises:
            UnknownNameError: it uses a name without a value.
        """
        part, _, name = place.partition(".")
        target = self.target
        if part == "json":
            found: Json = target.payload
            for key in name.split("."):
                found = _child(found, key)
        else:
            values = {"query": target.query, "form": target.form or {}, "path": target.path, "header": target.headers}
            found = values[part].get(name, "")
        return text_of(fill(found, self.variables))

    def token(self) -> str:
        """The JSON Web Token among the account's headers; empty where there is none.

        Raises:
            UnknownNameError: a header uses a name without a value.
        """
        for value in self._headers(None).values():
            found = _JWT.search(text_of(fill(value, self.variables)))
            if found:
                return found[0]
        return ""

    def build(self, shot: Shot, number: int) -> HttpRequest:
        """The request; ``${shot}`` is its number.

        Raises:
            Unsendable: for a name without a value, or a value that cannot stand where it is used.
        """
        variables = {**self.variables, "shot": number, **self._path(shot)}
        step = Step.model_validate(dict(self._step(shot)))
        spec = HttpSpec(timeout=self.spec.timeout, headers={**self.spec.headers, **self._headers(shot)}, steps=(step,))
        request = build(spec, step, variables, {})
        headers = [*request.headers, *shot.headers]
        if shot.swap:
            token = self.token()
            headers = [(name, value.replace(token, shot.swap)) for name, value in headers]
        body = (request.body if shot.body is None else shot.body) + b" " * shot.pad
        return replace(request, headers=tuple(headers), body=body, max_body=MAX_BODY)

    def _headers(self, shot: Shot | None) -> Mapping[str, str]:
        given = None if shot is None else shot.account
        account = self.target.account if given is None else given
        headers = self.spec.accounts[account].headers if account else {}
        return {**headers, **self.target.headers}

    def _path(self, shot: Shot) -> Mapping[str, Json]:
        values = {name: text_of(fill(value, self.variables)) for name, value in self.target.path.items()}
        encoded: dict[str, Json] = {name: quote(value, safe="") for name, value in values.items()}
        part, _, name = shot.place.partition(".")
        if part == "path":
            encoded[name] = shot.value if shot.raw else quote(shot.value, safe="")
        return encoded

    def _step(self, shot: Shot) -> Iterator[tuple[str, object]]:
        target = self.target
        yield "expect", "any"
        if shot.read:
            yield "request", target.read
            return
        part, _, name = shot.place.partition(".")
        value = shot.value.replace("${", "$${")
        yield "request", target.request
        yield "query", {**target.query, **({name: value} if part == "query" else {})}
        yield "headers", {name: value} if part == "header" else {}
        if target.form is not None:
            yield "form", {**target.form, **({name: value} if part == "form" else {})}
        elif "payload" in target.model_fields_set:
            body: Json = target.payload
            if part == "json":
                body = _replaced(body, name.split("."), value)
            if shot.extra and isinstance(body, Mapping):
                body = {**body, **shot.extra}
            yield "json", body


def _child(value: Json, key: str) -> Json:
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
        child: Json = value[int(key)]
        return child
    return None


def _replaced(value: Json, keys: list[str], new: str) -> Json:
    """The value with another one below it; a list keeps its length."""
    if not keys:
        return new
    child = _replaced(_child(value, keys[0]), keys[1:], new)
    if isinstance(value, list) and keys[0].isdecimal():
        return [child if index == int(keys[0]) else item for index, item in enumerate(value)]
    return {**(value if isinstance(value, Mapping) else {}), keys[0]: child}
