"""What an author may write under ``security:``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, field_validator

from gradekit.checks.http.model import Statuses, Step
from gradekit.checks.http.sending import Headers, Text, TextScalar
from gradekit.model import Duration, Model, Size, not_a_request, tuple_of
from gradekit.texts import one_line

ProbeName = Literal[
    "sql_error",
    "sql_boolean",
    "sql_time",
    "path_traversal",
    "mass_assignment",
    "authentication",
    "authorisation",
    "jwt_none",
    "jwt_secret",
    "verbose_errors",
    "cors",
    "header_limit",
    "body_limit",
]
"""Rows of the table in ``probes``."""

_REQUEST = re.compile(r"[A-Z]+ /\S*")
_PLACE = re.compile(r"(?:query|form|path|header)\.[^.\s]+|json(?:\.[^.\s]+)+")
_MAX_HEADER = 1 << 20
_MAX_BODY = 8 << 20


class Account(Model):
    """Somebody who uses the app: how they log in and make what is theirs, and what their requests carry."""

    steps: Annotated[tuple[Step, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="requests in order, as in the kind http; what they save is known to all that follows"
    )
    headers: Headers = Field(default_factory=dict, description='such as {Authorization: "Bearer ${token}"}')


class Target(Model):
    """One request of the app that works, and the attacks to try on it."""

    model_config = ConfigDict(populate_by_name=False)

    name: str | None = Field(default=None, min_length=1, max_length=200, description="default: the request")
    request: str = Field(description='"METHOD /target"')
    probes: Annotated[tuple[ProbeName, ...], BeforeValidator(tuple_of)] = Field(
        min_length=1, description="names of what is tried on it"
    )
    account: str | None = Field(default=None, alias="as", description="the account whose request it is")
    path: dict[str, TextScalar] = Field(default_factory=dict, description="values of ${name} in the target")
    query: dict[str, TextScalar] = Field(default_factory=dict)
    payload: JsonValue = Field(default=None, alias="json", description="the body, as JSON")
    form: dict[str, TextScalar] | None = Field(default=None, description="the body, as an HTML form")
    headers: Headers = Field(default_factory=dict)
    status: Statuses = Field(default=("2xx",), description="what it answers when nobody attacks")
    inject: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="where a value is replaced: query.NAME, json.NAME, form.NAME, path.NAME, header.NAME"
    )
    others: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="accounts that must not be allowed this request"
    )
    leaks: Text | None = Field(
        default=None, description="text that only the rightful account's answer holds; default: any 2xx is too much"
    )
    extra: dict[str, JsonValue] = Field(
        default_factory=dict, description="members that the app must not take from a client"
    )
    read: str | None = Field(default=None, description='"GET /target" that shows the state after the request')
    max_header: Size = Field(default=1 << 16, ge=1 << 10, le=_MAX_HEADER, description="a longer one must be refused")
    max_body: Size = Field(default=1 << 20, ge=1 << 10, le=_MAX_BODY, description="a longer one must be refused")

    @field_validator("request", "read")
    @classmethod
    def _request_shape(cls, value: str | None) -> str | None:
        if value is not None and _REQUEST.fullmatch(value) is None:
            raise ValueError(not_a_request(value))
        return value

    @field_validator("inject")
    @classmethod
    def _place_shape(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for place in value:
            if _PLACE.fullmatch(place) is None:
                raise ValueError(
                    f"{place!r} is no place; write query.NAME, json.NAME, form.NAME, path.NAME, header.NAME"
                )
        return value

    @property
    def title(self) -> str:
        """The name, or else the request."""
        return self.name or one_line(self.request)


class SecuritySpec(Model):
    """Attacks on the candidate's app."""

    timeout: Duration = Field(default=5.0, description="for each request")
    headers: Headers = Field(default_factory=dict, description="of the requests of all targets")
    accounts: Mapping[str, Account] = Field(default_factory=dict)
    targets: Annotated[tuple[Target, ...], BeforeValidator(tuple_of)] = Field(
        min_length=1, max_length=50, description="requests, each with the probes that are tried on it"
    )
    scoring: Literal["all_or_nothing", "per_probe"] = Field(
        default="all_or_nothing", description="everything for all, or a share for each probe of each target and place"
    )
