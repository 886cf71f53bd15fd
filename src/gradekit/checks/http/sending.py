"""What an author may write of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from gradekit.model import Duration, Loc, Model, RelativePath, not_a_request, tuple_of, written

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that may be sent again without asking."""
_REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<target>(?:/|\$\{)\S*)")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def _parse_text_scalar(value: object) -> object:
    """Query and form values: numbers and booleans as the text that YAML showed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def check_header_names(value: object) -> object:
    """For maps by name of header.

    Raises:
        ValueError: a name is none of a header.
    """
    if isinstance(value, Mapping):
        for name in value:
            if not (isinstance(name, str) and _HEADER_NAME.fullmatch(name)):
                raise ValueError(f"{written(name)} is not the name of a header")
    return value


Text = Annotated[str, Field(max_length=1 << 20)]
Headers = Annotated[dict[str, Text], BeforeValidator(check_header_names)]
"""Names and values; the values may hold ``${...}``."""
TextScalar = Annotated[
    str, BeforeValidator(_parse_text_scalar), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Values = Annotated[tuple[TextScalar, ...], BeforeValidator(tuple_of)]
Fields = dict[str, TextScalar | Values]
"""Names and values of a query or a form; a list gives a name several times."""


class Basic(Model):
    """Who asks, as RFC 7617 has it."""

    user: Text
    password: Text


class Auth(Model):
    """An ``Authorization`` header."""

    bearer: Text | None = Field(default=None, description="a token")
    basic: Basic | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Auth:
        if (self.bearer is None) == (self.basic is None):
            raise ValueError("give exactly one of bearer, basic")
        return self


class Part(Model):
    """A part of a multipart form: a field, or a file with its name."""

    text: Text | None = Field(default=None, description="its content")
    file: RelativePath | None = Field(default=None, description="or: a file of the challenge")
    filename: Text | None = Field(default=None, description="default: that of the file; none for a text")
    type: Text | None = Field(default=None, description="its Content-Type")

    @model_validator(mode="after")
    def _one_content(self) -> Part:
        if (self.text is None) == (self.file is None):
            raise ValueError("give exactly one of text, file")
        return self


class Request(Model):
    """One request."""

    model_config = ConfigDict(populate_by_name=False)

    request: str = Field(description='"METHOD /target"')
    query: Fields = Field(default_factory=dict)
    payload: JsonValue = Field(default=None, alias="json", description="the body, as JSON")
    body: Text | None = Field(default=None, description="the body, as it is")
    form: Fields | None = Field(default=None, description="the body, as an HTML form")
    multipart: Annotated[dict[str, TextScalar | Part], Field(min_length=1)] | None = Field(
        default=None, description="the body, as a multipart form: fields and files"
    )
    file: RelativePath | None = Field(default=None, description="the body, a file of the challenge as it is")
    headers: Headers = Field(default_factory=dict)
    auth: Auth | Literal["none"] | None = Field(default=None, description="default: that of the check")
    timeout: Duration | None = Field(default=None, description="default: that of the check")

    @field_validator("request")
    @classmethod
    def _request_shape(cls, value: str) -> str:
        if _REQUEST.fullmatch(value) is None:
            raise ValueError(not_a_request(value))
        return value

    @property
    def method(self) -> str:
        """The method of ``request``."""
        return self.request.partition(" ")[0]

    @property
    def target(self) -> str:
        """The target of ``request``, as it is written."""
        return self.request.partition(" ")[2]

    @property
    def files(self) -> Mapping[Loc, str]:
        """The files of the challenge in its body."""
        parts = (self.multipart or {}).items()
        found: dict[Loc, str] = {
            ("multipart", name, "file"): part.file for name, part in parts if isinstance(part, Part) and part.file
        }
        return {("file",): self.file, **found} if self.file is not None else found


class Common(Model):
    """What all requests of a check have."""

    timeout: Duration = Field(default=5.0, description="for each request")
    headers: Headers = Field(default_factory=dict, description="for all steps")
    auth: Auth | None = Field(default=None, description="for all steps")
