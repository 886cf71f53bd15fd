"""What was sent and what came back: the transcript of a scenario."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from gradekit.checks.compare.model import Table
from gradekit.checks.stores.answers import Found
from gradekit.errors import Blocked
from gradekit.model import Model, tuple_of
from gradekit.sandbox.messages import HttpReply, HttpRequest, SqlResult

Pairs = Annotated[
    tuple[Annotated[tuple[str, str], BeforeValidator(tuple_of)], ...],
    BeforeValidator(tuple_of),
]


class Content(Model):
    """Bytes: as text when they are UTF-8, else in base64."""

    text: str | None = None
    base64: str | None = None

    @field_validator("text")
    @classmethod
    def _encodable(cls, value: str | None) -> str | None:
        try:
            (value or "").encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"not UTF-8: {error.reason}") from None
        return value

    @field_validator("base64")
    @classmethod
    def _decodable(cls, value: str | None) -> str | None:
        try:
            base64.b64decode(value or "", validate=True)
        except ValueError as error:
            raise ValueError(f"not base64: {error}") from None
        return value

    @classmethod
    def of(cls, data: bytes) -> Content:
        """The bytes in a form that JSON can hold."""
        try:
            return cls(text=data.decode())
        except UnicodeDecodeError:
            return cls(base64=base64.b64encode(data).decode())

    @property
    def data(self) -> bytes:
        """The bytes."""
        return base64.b64decode(self.base64) if self.base64 is not None else (self.text or "").encode()


class Sent(Model):
    """A request as it was sent."""

    method: str
    target: str
    headers: Pairs = ()
    body: Content = Content()

    @classmethod
    def of(cls, request: HttpRequest) -> Sent:
        """The parts of a request that tell it apart."""
        return cls(
            method=request.method,
            target=request.target,
            headers=tuple(request.headers),
            body=Content.of(request.body),
        )


class Received(Model):
    """A response as it came, or why there was none (``error``; ``status`` is then 0)."""

    status: int = Field(ge=0, le=999)
    reason: str = ""
    headers: Pairs = ()
    body: Content = Content()
    error: str | None = None
    detail: str = ""
    seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    @classmethod
    def of(cls, reply: HttpReply) -> Received:
        """The reply with every text made storable."""
        return cls(
            status=reply.status,
            reason=_storable(reply.reason),
            headers=tuple((_storable(name), _storable(value)) for name, value in reply.headers),
            body=Content.of(reply.body),
            error=reply.error,
            detail=_storable(reply.detail),
            seconds=reply.seconds,
        )


class Answered(Model):
    """The result of one statement, or the engine's message; ``columns`` and ``rows`` are in its text form."""

    table: Table = Table(rows=())
    affected: int | None = None
    """Rows that it changed; None for one that only reads."""
    found: Found | None = None
    """What a store answered."""
    error: str | None = None
    sqlstate: str | None = None
    """Of the error, where the engine gave one; evidence of earlier versions has none."""

    @classmethod
    def of(cls, result: SqlResult) -> Answered:
        """The result, or why there is none."""
        if result.error is not None:
            return cls(error=_storable(result.error), sqlstate=result.sqlstate)
        if result.truncated:
            return cls(error="the result has too many rows")
        columns = [{"name": _storable(column.name), "type": column.type} for column in result.columns]
        rows = [[cell if cell is None else _storable(cell) for cell in row] for row in result.rows]
        return cls(table=Table.model_validate({"columns": columns, "rows": rows}), affected=result.affected)


class Page(Model):
    """A page of a walk."""

    sent: Sent
    received: Received


class Restarted(Model):
    """The app was stopped and started again."""

    ending: str = ""
    """How it ended, in words."""
    seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Until it was ready again."""
    error: str | None = None
    """Why it was not."""
    detail: str = ""


class Exchange(Model):
    """One step: its last request and response, what it did instead of a request, or why it did nothing."""

    sent: Sent | None = None
    received: Received | None = None
    statuses: Annotated[tuple[int, ...], BeforeValidator(tuple_of)] = ()
    """With ``clients`` or ``repeat``: of each response, 0 where there was none."""
    pages: Annotated[tuple[Page, ...], BeforeValidator(tuple_of)] = ()
    """With ``paginate``, all of them."""
    answered: Answered | None = None
    """Of a statement."""
    restarted: Restarted | None = None
    switched: Literal["off", "on"] | None = None
    """What became of a service."""
    attempts: int = Field(default=0, ge=0)
    """Requests that the step sent in all."""
    unsent: str = ""
    """Why nothing was sent."""


Answers = Annotated[tuple[Answered, ...], BeforeValidator(tuple_of)]


class CaseRun(Model):
    """The steps, once."""

    before: Answers = ()
    exchanges: Annotated[tuple[Exchange, ...], BeforeValidator(tuple_of)] = ()
    after: Answers = ()


class HttpEvidence(Model):
    """All cases of a check, in the order of the spec; one without ``cases`` has a single run."""

    uuid: str
    """``${run.uuid}`` of this run of the check."""
    runs: Annotated[tuple[CaseRun, ...], BeforeValidator(tuple_of)] = ()


def restarted(error: Blocked, seconds: float) -> Restarted:
    """That the app did not come back."""
    return Restarted(seconds=seconds, error=_storable(error.message), detail=_storable(error.detail))


def failure(answers: Sequence[Answered]) -> tuple[int, str] | None:
    """The first statement that the engine refused: its index and the engine's message."""
    return next(((index, answer.error) for index, answer in enumerate(answers) if answer.error is not None), None)


def _storable(text: str) -> str:
    """Text without lone surrogates, which JSON in UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode()
