"""What an author may write under ``openapi:``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from gradekit.checks.http.model import Step
from gradekit.checks.http.sending import Headers
from gradekit.model import Duration, Model, RelativePath, tuple_of

Asked = Literal[
    "not_a_server_error", "response_schema", "content_type", "status_code", "response_headers", "negative_data"
]
"""What an answer can be checked for."""
NAMES: Mapping[Asked, str] = {
    "not_a_server_error": "not_a_server_error",
    "response_schema": "response_schema_conformance",
    "content_type": "content_type_conformance",
    "status_code": "status_code_conformance",
    "response_headers": "response_headers_conformance",
    "negative_data": "negative_data_rejection",
}
"""As Schemathesis calls them."""

_OPERATION = re.compile(r"[A-Z]+ /\S*")


def _operations(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if _OPERATION.fullmatch(name) is None:
            raise ValueError(f'expected "METHOD /path" as in the document, got {name!r}')
    return value


class OpenapiSpec(Model):
    """Requests made from a document, and what every answer must be."""

    file: RelativePath = Field(description="the OpenAPI document (3.0 or 3.1) of the challenge, YAML or JSON")
    checks: Annotated[tuple[Asked, ...], BeforeValidator(tuple_of)] = Field(
        default=("not_a_server_error", "response_schema", "content_type"), min_length=1
    )
    include: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description='only these operations, such as "GET /orders/{id}"'
    )
    exclude: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(default=(), description="not these")
    max_examples: int = Field(default=20, ge=1, le=200, description="generated requests for each operation")
    seed: int = Field(default=1, ge=0, le=2**32 - 1, description="another one makes other requests")
    timeout: Duration = Field(default=5.0, ge=0.1, description="for each request")
    steps: Annotated[tuple[Step, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="requests before, as in the kind http, such as a login"
    )
    headers: Headers = Field(default_factory=dict, description="of all requests, such as a token that a step saved")
    scoring: Literal["per_operation", "all_or_nothing"] = "per_operation"

    _include = field_validator("include", "exclude")(_operations)
