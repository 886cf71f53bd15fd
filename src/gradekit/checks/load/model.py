"""What an author may write under ``load:``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, field_validator, model_validator

from gradekit.checks.http.model import Statuses, Step
from gradekit.checks.http.sending import Headers, Text, TextScalar
from gradekit.model import Duration, Model, not_a_request, tuple_of

Measure = Literal["p50", "p95", "p99", "throughput", "errors"]

_REQUEST = re.compile(r"[A-Z]+ (?:/|\$\{)\S*")


class Asked(Model):
    """A request that is sent again and again."""

    model_config = ConfigDict(populate_by_name=False)

    request: str = Field(description='"METHOD /target"')
    query: dict[str, TextScalar] = Field(default_factory=dict)
    payload: JsonValue = Field(default=None, alias="json", description="the body, as JSON")
    body: Text | None = Field(default=None, description="the body, as it is")
    form: dict[str, TextScalar] | None = Field(default=None, description="the body, as an HTML form")
    headers: Headers = Field(default_factory=dict)
    status: Statuses = Field(default=("2xx",), description="an answer with another one is an error")

    @field_validator("request")
    @classmethod
    def _request_shape(cls, value: str) -> str:
        if _REQUEST.fullmatch(value) is None:
            raise ValueError(not_a_request(value))
        return value

    def step(self) -> Step:
        """The request as a step of the kind http."""
        given = self.model_dump(by_alias=True, exclude_unset=True, exclude={"status"})
        return Step.model_validate({**given, "expect": "any"})


class Relative(Model):
    """A limit in multiples of the ratio that the author's reference gets."""

    times_reference: float = Field(gt=0, description="multiples of the ratio that challenge.lock has of the reference")


Positive = Annotated[float, Field(gt=0)]


class Limits(Model):
    """Ratios of the request to the baseline, and the share of errors; never a time."""

    p50: Positive | Relative | None = Field(
        default=None, description="the median time is at most so many times the baseline's"
    )
    p95: Positive | Relative | None = Field(
        default=None, description="19 of 20 times are at most so many times the baseline's"
    )
    p99: Positive | Relative | None = Field(default=None, description="99 of 100 times")
    throughput: Positive | Relative | None = Field(
        default=None, description="answers a second, at least this share of the baseline's"
    )
    errors: float = Field(default=0.01, ge=0, lt=1, description="at most this share of answers is wrong or missing")

    @model_validator(mode="after")
    def _some_ratio(self) -> Limits:
        if (self.p50, self.p95, self.p99, self.throughput) == (None,) * 4:
            raise ValueError("give at least one of p50, p95, p99, throughput")
        return self

    @property
    def of_ratios(self) -> Mapping[Measure, float | Relative]:
        """Those that are given, by measure."""
        given: Mapping[Measure, float | Relative | None] = {
            "p50": self.p50,
            "p95": self.p95,
            "p99": self.p99,
            "throughput": self.throughput,
        }
        return {measure: limit for measure, limit in given.items() if limit is not None}

    @property
    def relative(self) -> tuple[Measure, ...]:
        """Measures whose limit is relative to the reference."""
        return tuple(measure for measure, limit in self.of_ratios.items() if isinstance(limit, Relative))


class LoadSpec(Model):
    """A request under load, beside a baseline under the same load."""

    request: Asked = Field(description="what is sent again and again, such as {request: GET /orders}")
    baseline: Asked = Field(description="a request of the same app that costs what is to be compared with")
    limits: Limits = Field(description="what must hold of how fast it is answered")
    steps: Annotated[tuple[Step, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="requests before, as in the kind http, such as a login"
    )
    headers: Headers = Field(default_factory=dict, description="of all requests")
    clients: int = Field(default=4, ge=1, le=32, description="so many send at a time")
    rate: float | None = Field(
        default=None,
        gt=0,
        le=2000,
        description="requests a second in all; default: each client as fast as it is answered",
    )
    slice: Duration = Field(default=0.5, ge=0.1, le=10.0, description="one go of each of the two in a round")
    rounds: int = Field(default=5, ge=3, le=50, description="at least so many rounds")
    max_rounds: int = Field(
        default=15, ge=3, le=100, description="more, until the ratios are certain, but not more than these"
    )
    timeout: Duration = Field(default=5.0, gt=0, description="for each request")
    scoring: Literal["all_or_nothing", "per_limit"] = "all_or_nothing"
