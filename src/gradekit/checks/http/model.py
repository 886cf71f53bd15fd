"""What an author may write under ``http:``: requests in order, and what must come back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from gradekit.checks.compare.model import Literals
from gradekit.checks.http.sending import Common, Request, check_header_names
from gradekit.checks.match import Match
from gradekit.checks.sense import AMOUNT, COUNT, GIVEN_COUNT, GIVEN_TEXT, PATHS, TEXT
from gradekit.checks.stores.questions import Expect as Found
from gradekit.checks.stores.questions import Query
from gradekit.model import Duration, Model, RelativePath, Scalar, Slug, tuple_of, written
from gradekit.texts import one_line

_STATUS = re.compile(r"[1-5]xx|\$\{[^{}]+\}")
_COUNTED = re.compile(r"[1-5](?:\d\d|xx)")
_SAVE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SAVE_SOURCE = re.compile(r"status|body|(?:header|cookie):\S+|\$.*", re.DOTALL)


def _parse_statuses(value: object) -> tuple[int | str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    for item in items:
        number = isinstance(item, int) and not isinstance(item, bool) and 100 <= item <= 599  # noqa: PLR2004
        if not number and not (isinstance(item, str) and _STATUS.fullmatch(item)):
            raise ValueError(
                f"{written(item)} is not a status; write a code 100..599, a class like 2xx, or a list of them"
            )
    if not items:
        raise ValueError("the list of statuses is empty; write at least one")
    return tuple(items)


def _check_counted(value: object) -> object:
    if isinstance(value, Mapping):
        for name in value:
            if not (isinstance(name, str) and _COUNTED.fullmatch(name)):
                raise ValueError(f'{written(name)} is no status that can be counted; write "200" or 2xx')
    return value


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple_of(value)


def _parse_schema(value: object) -> object:
    if isinstance(value, str | dict | bool):
        return value
    raise ValueError("a path of the challenge or a JSON Schema is needed")


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
Counted = Annotated[dict[str, Match], BeforeValidator(_check_counted), COUNT]
"""A code or a class of statuses to how many responses have it."""
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
    rows_affected: Annotated[Match, GIVEN_COUNT] = Field(
        default=Match.anything(), description="how many rows the statement changed"
    )

    @model_validator(mode="after")
    def _one_answer(self) -> Answer:
        if len(self.model_fields_set) != 1 and self.model_fields_set.isdisjoint(Found.model_fields):
            raise ValueError("give exactly one of value, rows, rows_affected")
        return self


class Ask(Statement):
    """A statement between requests, and what must be answered if that matters."""

    expect: Answer | None = Field(default=None, description="default: that it works")

    @model_validator(mode="after")
    def _fitting(self) -> Ask:
        if self.expect is None:
            return self
        if self.nosql is not None:
            problem = self.expect.problem(self.nosql)
        else:
            fits = self.expect.model_fields_set <= {"value", "rows", "rows_affected"}
            problem = None if fits else "SQL is answered with value, rows or rows_affected; give exactly one of them"
        if problem is not None:
            raise ValueError(problem)
        return self


class Question(Ask):
    """A question after the steps, with what must be answered."""

    expect: Answer = Field(description="what it must be answered with: one of {value}, {rows} and {rows_affected}")


class Restart(Model):
    """The app ends and is started again on the same data; its services stay."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    restart: Literal["app"]
    grace: Duration = Field(
        default=5.0, le=30, description="between the request to end (SIGTERM) and its death; 0s kills it at once"
    )

    @property
    def title(self) -> str:
        """The name, or else what happens."""
        return self.name or "restart the app"


class Outage(Model):
    """A service of the app's is taken away from it from here on, or given back; its data stay."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    stop: Slug | None = Field(
        default=None, description="a service: the app's sessions on it end, and new ones are refused"
    )
    start: Slug | None = Field(default=None, description="a service that an earlier step stopped")

    @model_validator(mode="after")
    def _one_way(self) -> Outage:
        if (self.stop is None) == (self.start is None):
            raise ValueError("give exactly one of stop, start")
        return self

    @property
    def service(self) -> str:
        """Which one."""
        return self.stop or self.start or ""

    @property
    def title(self) -> str:
        """The name, or else what happens."""
        return self.name or f"{'start' if self.stop is None else 'stop'} {self.service}"


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


class CookieExpect(Model):
    """What must hold of a cookie that the response sets."""

    exists: bool = Field(default=True, description="false: it must not be set")
    value: Annotated[Match, TEXT] = Match.anything()
    path: Annotated[Match, GIVEN_TEXT] = Match.anything()
    domain: Annotated[Match, GIVEN_TEXT] = Match.anything()
    max_age: Match = Field(default=Match.anything(), description="seconds, a number")
    expires: Annotated[Match, GIVEN_TEXT] = Field(default=Match.anything(), description="as it is written")
    same_site: Annotated[Match, GIVEN_TEXT] = Field(
        default=Match.anything(), description="in small letters: strict, lax or none"
    )
    secure: bool | None = None
    http_only: bool | None = None

    @model_validator(mode="after")
    def _not_of_nothing(self) -> CookieExpect:
        if not self.exists and self.model_fields_set != {"exists"}:
            raise ValueError("a cookie that must not be set has nothing else")
        return self


class TimeRatio(Model):
    """The time until the whole body was there, in multiples of that of an earlier step."""

    step: str = Field(min_length=1, description="the name of the earlier step")
    ratio: Annotated[Match, AMOUNT]
    floor: Duration = Field(
        default=0.02, ge=0.001, description="shorter times count as this: they say more of the machine than of the app"
    )


class ItemsExpect(Model):
    """What must hold of all items of a walk, in the order in which they came."""

    model_config = ConfigDict(populate_by_name=False)

    count: Annotated[Match, COUNT] = Match.anything()
    unique_by: str | None = Field(default=None, description="JSONPath in an item, to what no other item has")
    sorted_by: Annotated[tuple[str, ...], BeforeValidator(_one_or_more)] = Field(
        default=(), description="JSONPaths in an item, the first first; `-$.x` for descending"
    )
    paths: Annotated[dict[str, Match], PATHS] = Field(
        default_factory=dict, alias="json", description="JSONPath in the list of all items to expectation"
    )


class Paginate(Model):
    """Pages one after the other, up to the last one."""

    items: str = Field(description="JSONPath to the items of a page")
    next: str = Field(
        description="JSONPath to the next cursor or URL, null on the last page; or `link` (RFC 8288); or `page`, which "
        "counts pages until one is empty"
    )
    param: str | None = Field(
        default=None,
        min_length=1,
        description="query parameter for the cursor, without one it is a URL; with `page` its name",
    )
    first: int = Field(default=1, ge=0, le=1, description="with `page`: the number of the first page")
    max_pages: int = Field(default=20, ge=1, le=100, description="a walk that does not end then fails")


class Expect(Model):
    """What must hold of a response: everything that is given; every mismatch is reported."""

    model_config = ConfigDict(populate_by_name=False)

    status: Statuses | None = None
    headers: Annotated[dict[str, Match], BeforeValidator(check_header_names), GIVEN_TEXT] = Field(default_factory=dict)
    paths: Annotated[dict[str, Match], PATHS] = Field(
        default_factory=dict,
        alias="json",
        description="JSONPath (RFC 9535) to expectation; a path to one place gives a value, any other a list",
    )
    equals: JsonValue = Field(default=None, description="the whole body, as JSON")
    includes: JsonValue = Field(
        default=None, description="part of the body, as JSON: objects may have more names, lists are of equal length"
    )
    json_schema: Schema = Field(default=None, alias="schema")
    cookies: dict[str, CookieExpect] = Field(default_factory=dict, description="name to what holds of it")
    text: Annotated[Match, TEXT] = Field(default=Match.anything(), description="the body as text")
    time: Annotated[Match, AMOUNT] = Field(
        default=Match.anything(), description="milliseconds until the whole body was there"
    )
    statuses: Counted = Field(
        default_factory=dict,
        description="with clients or repeat: a code or class such as 2xx to how many responses have it",
    )
    time_ratio: TimeRatio | None = None
    pages: Annotated[Match, COUNT] = Field(default=Match.anything(), description="with paginate: how many there are")
    items: ItemsExpect | None = Field(default=None, description="with paginate: all of them")

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
        if isinstance(value, Scalar):
            likely = re.fullmatch(r"[1-5](xx|\d\d)", str(value))
            hint = f"write {{status: {value}}}" if likely else "write a map such as {status: 200}"
            raise ValueError(f"must be any or a map, not {written(value)}; {hint}")  # noqa: TRY004
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"const": "any"}, handler(schema)]}


class Step(Request):
    """One request, and what its response must be."""

    name: str | None = Field(default=None, min_length=1, max_length=200, description="default: the request")
    cookies: bool | None = Field(default=None, description="default: that of the check")
    eventually: Eventually | None = None
    paginate: Paginate | None = None
    repeat: int = Field(
        default=1, ge=1, le=1000, description="send it so often, ${repeat.index} is 1, 2, ...; the last one is judged"
    )
    clients: int | None = Field(
        default=None, ge=2, le=50, description="so many clients send it at once; expect.statuses counts the responses"
    )
    expect: Annotated[Expect, _AnyOrMap, BeforeValidator(_AnyOrMap.parse)] = Field(
        description="what must hold of the response, such as {status: 200}; or any"
    )
    save: dict[str, str] = Field(
        default_factory=dict, description="variable to header:NAME, cookie:NAME, status, body, or a JSONPath"
    )

    @field_validator("save")
    @classmethod
    def _save_shape(cls, value: dict[str, str]) -> dict[str, str]:
        for name, source in value.items():
            if _SAVE_NAME.fullmatch(name) is None:
                raise ValueError(f"{written(name)} is not the name of a variable; use letters, digits and _")
            if _SAVE_SOURCE.fullmatch(source) is None:
                raise ValueError(
                    f"{written(source)} is not a source; write header:NAME, cookie:NAME, status, body or a JSONPath"
                )
        return value

    @property
    def retries(self) -> int | None:
        """How often it is sent again at most; None for no limit but that of ``eventually``."""
        return None

    @property
    def delay(self) -> float:
        """Seconds to wait before it is sent."""
        return 0.0

    @property
    def title(self) -> str:
        """The name, or else the request."""
        return self.name or self.request


def _which(value: object) -> str:
    """The model of a step, by the key that only it has."""
    keys: object = value if isinstance(value, Mapping) else type(value).model_fields if isinstance(value, Model) else ()
    if not isinstance(keys, Mapping) or "request" in keys:
        return "Step"
    return next((sort for sort, own in _OWN_KEYS.items() if not own.isdisjoint(keys)), "Step")


_OWN_KEYS = {
    "Restart": frozenset({"restart"}),
    "Outage": frozenset({"stop", "start"}),
    "Ask": frozenset({"sql", "file", "nosql"}),
}
"""What each sort of a step has that no other sort has; all others are requests."""
AnyStep = Annotated[
    Annotated[Step, Tag("Step")]
    | Annotated[Restart, Tag("Restart")]
    | Annotated[Outage, Tag("Outage")]
    | Annotated[Ask, Tag("Ask")],
    Discriminator(_which),
]


class HttpSpec(Common):
    """A scenario against the candidate's app."""

    cookies: bool = Field(default=True, description="send back the cookies that earlier responses set")
    cases: Annotated[tuple[dict[str, JsonValue], ...], BeforeValidator(tuple_of)] | None = Field(
        default=None, min_length=1, description="the steps run once for each; their values are ${case.NAME}"
    )
    before: Annotated[tuple[Statement, ...], BeforeValidator(tuple_of)] = ()
    hurl: RelativePath | None = Field(default=None, description="in the place of steps: a .hurl file of the challenge")
    steps: Annotated[tuple[AnyStep, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="requests in order"
    )
    after: Annotated[tuple[Question, ...], BeforeValidator(tuple_of)] = ()
    scoring: Literal["all_or_nothing", "per_case", "per_step"] | None = Field(
        default=None, description="default: per_case with cases, else all_or_nothing"
    )

    @model_validator(mode="after")
    def _one_scenario(self) -> HttpSpec:
        if bool(self.steps) == (self.hurl is not None):
            what = "has both steps and hurl" if self.steps else "has neither steps nor hurl"
            raise ValueError(f"{what}; give exactly one of the two")
        return self
