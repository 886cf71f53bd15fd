"""What an author may write under ``http:``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from gradekit.checks.compare import Literals
from gradekit.checks.match import Match
from gradekit.checks.stores.questions import Expect as Found
from gradekit.checks.stores.questions import Query
from gradekit.model import Duration, Model, RelativePath, tuple_of
from gradekit.texts import one_line

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that may be sent again without asking."""

_REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<target>(?:/|\$\{)\S*)")
_STATUS = re.compile(r"[1-5]xx|\$\{[^{}]+\}")
_COUNTED = re.compile(r"[1-5](?:\d\d|xx)")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SAVE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SAVE_SOURCE = re.compile(r"status|body|(?:header|cookie):\S+|\$.*", re.DOTALL)

Text = Annotated[str, Field(max_length=1 << 20)]


def _parse_statuses(value: object) -> tuple[int | str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    for item in items:
        number = isinstance(item, int) and not isinstance(item, bool) and 100 <= item <= 599  # noqa: PLR2004
        if not number and not (isinstance(item, str) and _STATUS.fullmatch(item)):
            raise ValueError(f"{item!r} is not a status; write a code 100..599, a class like 2xx, or a list of them")
    if not items:
        raise ValueError("the list of statuses is empty; write at least one")
    return tuple(items)


def _check_counted(value: object) -> object:
    if isinstance(value, Mapping):
        for name in value:
            if not (isinstance(name, str) and _COUNTED.fullmatch(name)):
                raise ValueError(f'{name!r} is no status that can be counted; write "200" or 2xx')
    return value


def _parse_text_scalar(value: object) -> object:
    """Query and form values: numbers and booleans as the text that YAML showed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _parse_schema(value: object) -> object:
    if isinstance(value, str | dict | bool):
        return value
    raise ValueError("a path of the challenge or a JSON Schema is needed")


def _check_header_names(value: object) -> object:
    if isinstance(value, Mapping):
        for name in value:
            if not (isinstance(name, str) and _HEADER_NAME.fullmatch(name)):
                raise ValueError(f"{name!r} is not the name of a header")
    return value


_STATUS_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"type": "string", "pattern": r"^([1-5]xx|\$\{[^{}]+\})$"},
    ]
}
Statuses = Annotated[
    tuple[int | str, ...],
    BeforeValidator(_parse_statuses),
    WithJsonSchema({"anyOf": [*_STATUS_SCHEMA["anyOf"], {"type": "array", "minItems": 1, "items": _STATUS_SCHEMA}]}),
]
"""A status code, a class such as ``2xx``, or a list of them."""
Headers = Annotated[dict[str, Text], BeforeValidator(_check_header_names)]
"""Names and values; the values may hold ``${...}``."""
TextScalar = Annotated[
    str, BeforeValidator(_parse_text_scalar), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Schema = Annotated[JsonValue, BeforeValidator(_parse_schema), WithJsonSchema({"type": ["string", "object", "boolean"]})]
"""A path of the challenge, or a JSON Schema (draft 2020-12) in place."""


class Statement(Model):
    """SQL on the app's database, as the role that owns its tables; or a command for the app's store."""

    name: str | None = Field(default=None, min_length=1, max_length=200, description="default: the statement")
    sql: str | None = Field(default=None, min_length=1, description="one statement")
    file: RelativePath | None = Field(default=None, description="a .sql file of the challenge, one statement")
    nosql: Query | None = Field(
        default=None, description="a command, or after the steps a question, as in the kind nosql"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Statement:
        if [self.sql, self.file, self.nosql].count(None) != 2:  # noqa: PLR2004 - all but one
            raise ValueError("give exactly one of sql, file, nosql")
        return self

    @property
    def text(self) -> str:
        """The statement as it is written, or the path of its file."""
        return self.sql or self.file or (self.nosql.text if self.nosql is not None else "")

    def title(self, when: str) -> str:
        """The name, or else ``before`` or ``after`` with the beginning of the statement."""
        return self.name or f"{when}: {one_line(self.text)}"


class Answer(Found):
    """What a statement must answer."""

    value: Match = Field(default=Match.anything(), description="the only value of the only row")
    rows: Annotated[tuple[Literals, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="all rows, in any order"
    )

    @model_validator(mode="after")
    def _one_answer(self) -> Answer:
        if len(self.model_fields_set) != 1 and self.model_fields_set.isdisjoint(Found.model_fields):
            raise ValueError("give exactly one of value, rows")
        return self


class Question(Statement):
    """A question after the steps, with what must be answered."""

    expect: Answer

    @model_validator(mode="after")
    def _fitting(self) -> Question:
        if self.nosql is not None:
            problem = self.expect.problem(self.nosql)
        else:
            fits = self.expect.model_fields_set <= {"value", "rows"}
            problem = None if fits else "SQL is answered with value or rows; give exactly one of them"
        if problem is not None:
            raise ValueError(problem)
        return self


class Eventually(Model):
    """Send again until the whole ``expect`` holds."""

    timeout: Duration = Field(description="how long to try")
    interval: Duration = Field(default=0.2, description="pause between two attempts")
    unsafe: bool = Field(default=False, description="the method changes something, and may be sent again all the same")

    @field_validator("interval")
    @classmethod
    def _not_too_often(cls, value: float) -> float:
        if value < 0.01:  # noqa: PLR2004
            raise ValueError("the interval must be at least 10ms")
        return value


class Expect(Model):
    """What must hold of a response: everything that is given; every mismatch is reported."""

    model_config = ConfigDict(populate_by_name=False)

    status: Statuses | None = None
    headers: Annotated[dict[str, Match], BeforeValidator(_check_header_names)] = Field(default_factory=dict)
    paths: dict[str, Match] = Field(
        default_factory=dict,
        alias="json",
        description="JSONPath (RFC 9535) to expectation; a path to one place gives a value, any other a list",
    )
    equals: JsonValue = Field(default=None, description="the whole body, as JSON")
    includes: JsonValue = Field(
        default=None, description="part of the body, as JSON: objects may have more names, lists are of equal length"
    )
    json_schema: Schema = Field(default=None, alias="schema")
    text: Match = Field(default=Match.anything(), description="the body as text")
    time: Match = Field(default=Match.anything(), description="milliseconds until the whole body was there")
    statuses: Annotated[dict[str, Match], BeforeValidator(_check_counted)] = Field(
        default_factory=dict, description="with clients: a code or class such as 2xx to how many responses have it"
    )

    @property
    def any(self) -> bool:
        """Whether every answer will do (``expect: any``)."""
        return not self.model_fields_set


class _AnyOrMap:
    """Lets ``expect: any`` stand for a map without conditions, which may not be written itself."""

    @staticmethod
    def parse(value: object) -> object:
        if value == "any":
            return Expect()
        if isinstance(value, Mapping) and not value:
            raise ValueError("no condition; write `expect: any` if any answer will do")
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"const": "any"}, handler(schema)]}


class Step(Model):
    """One request, and what its response must be."""

    model_config = ConfigDict(populate_by_name=False)

    name: str | None = Field(default=None, min_length=1, max_length=200, description="default: the request")
    request: str = Field(description='"METHOD /target"')
    query: dict[str, TextScalar] = Field(default_factory=dict)
    payload: JsonValue = Field(default=None, alias="json", description="the body, as JSON")
    body: Text | None = Field(default=None, description="the body, as it is")
    form: dict[str, TextScalar] | None = Field(default=None, description="the body, as an HTML form")
    headers: Headers = Field(default_factory=dict)
    timeout: Duration | None = Field(default=None, description="default: that of the check")
    eventually: Eventually | None = None
    repeat: int = Field(default=1, ge=1, le=1000, description="send it so often; the last response is judged")
    clients: int | None = Field(
        default=None, ge=2, le=50, description="so many clients send it at once; expect.statuses counts the responses"
    )
    expect: Annotated[Expect, _AnyOrMap, BeforeValidator(_AnyOrMap.parse)]
    save: dict[str, str] = Field(
        default_factory=dict, description="variable to header:NAME, cookie:NAME, status, body, or a JSONPath"
    )

    @field_validator("request")
    @classmethod
    def _request_shape(cls, value: str) -> str:
        if _REQUEST.fullmatch(value) is None:
            raise ValueError(f'expected "METHOD /path", got {value!r}')
        return value

    @field_validator("save")
    @classmethod
    def _save_shape(cls, value: dict[str, str]) -> dict[str, str]:
        for name, source in value.items():
            if _SAVE_NAME.fullmatch(name) is None:
                raise ValueError(f"{name!r} is not the name of a variable; use letters, digits and _")
            if _SAVE_SOURCE.fullmatch(source) is None:
                raise ValueError(
                    f"{source!r} is not a source; write header:NAME, cookie:NAME, status, body or a JSONPath"
                )
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
    def title(self) -> str:
        """The name, or else the request."""
        return self.name or self.request


class HttpSpec(Model):
    """A scenario against the candidate's app."""

    timeout: Duration = Field(default=5.0, description="for each request")
    headers: Headers = Field(default_factory=dict, description="for all steps")
    cases: Annotated[tuple[dict[str, JsonValue], ...], BeforeValidator(tuple_of)] | None = Field(
        default=None, min_length=1, description="the steps run once for each; their values are ${case.NAME}"
    )
    before: Annotated[tuple[Statement, ...], BeforeValidator(tuple_of)] = ()
    steps: Annotated[tuple[Step, ...], BeforeValidator(tuple_of)] = Field(min_length=1)
    after: Annotated[tuple[Question, ...], BeforeValidator(tuple_of)] = ()
    scoring: Literal["all_or_nothing", "per_case", "per_step"] | None = Field(
        default=None, description="default: per_case with cases, else all_or_nothing"
    )
