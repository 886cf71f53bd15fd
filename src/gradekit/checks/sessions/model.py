"""What an author may write under ``sessions:``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import factorial, prod
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from gradekit.checks.http.model import Answer, Question
from gradekit.checks.submitted import StatementClass
from gradekit.model import Duration, Model, RelativePath, tuple_of
from gradekit.texts import one_line

MAX_SESSIONS = 5
MAX_STEPS = 50
MAX_ORDERS = 20
"""Orders that ``all`` may be."""

ErrorClass = Literal[
    "none",
    "serialization",
    "deadlock",
    "lock_timeout",
    "unique",
    "foreign_key",
    "not_null",
    "check",
    "timeout",
    "any",
]
CLASSES: Mapping[str, str] = {
    "40001": "serialization",
    "40P01": "deadlock",
    "55P03": "lock_timeout",
    "23505": "unique",
    "23503": "foreign_key",
    "23502": "not_null",
    "23514": "check",
    "57014": "timeout",
}
"""By SQLSTATE."""
_NAME = re.compile(r"[a-z]+")


class Submitted(Model):
    """A step: statements of a file, run one after the other."""

    submission: RelativePath | None = Field(default=None, description="a file of the submission")
    block: str | None = Field(
        default=None,
        pattern=r"^[\w-]+$",
        description="a part of it: from the line `-- name: BLOCK` to the next such line",
    )
    file: RelativePath | None = Field(default=None, description="or: a file of the challenge")

    @model_validator(mode="after")
    def _one_source(self) -> Submitted:
        if (self.submission is None) == (self.file is None):
            raise ValueError("give exactly one of submission, file")
        return self

    @property
    def text(self) -> str:
        """The file, and the part of it."""
        return f"{self.submission or self.file}{f', block {self.block}' if self.block else ''}"


def _classes(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple_of(value)


Errors = Annotated[tuple[ErrorClass, ...], BeforeValidator(_classes), Field(min_length=1)]
Step = str | Submitted
Steps = Annotated[
    tuple[Annotated[str, Field(min_length=1)] | Submitted, ...], BeforeValidator(tuple_of), Field(min_length=1)
]


class SessionsExpect(Model):
    """What must hold of the steps, which are named by their session and number."""

    waits: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] | None = Field(
        default=None, description="the steps that must wait for another session; all others must not"
    )
    errors: dict[str, Errors] = Field(
        default_factory=dict,
        description="step to the kind of its error, or a list of which one will do, with none for no error; "
        "all others must have none",
    )
    victim: ErrorClass | None = Field(
        default=None, description="exactly one session fails, whichever it is, with this kind of error"
    )
    results: dict[str, Answer] = Field(default_factory=dict, description="step to what its last statement must answer")


class SessionsSpec(Model):
    """Sessions, their steps, and the order in which these begin."""

    dataset: str = Field(description="name of the data set in whose copy the sessions work")
    sessions: Annotated[dict[str, Steps], Field(min_length=2)] = Field(
        description="name, of small letters, to steps: SQL, or a file"
    )
    order: Literal["all"] | Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        description="all steps, such as [a1, b1, b2, a2], or `all` orders, each on a fresh copy of the data"
    )
    expect: SessionsExpect = SessionsExpect()
    after: Annotated[tuple[Question, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="questions afterwards, in a session of their own"
    )
    allow: Annotated[tuple[StatementClass, ...], BeforeValidator(tuple_of), Field(min_length=1)] = Field(
        default=("select", "insert", "update", "delete"),
        description="kinds of statements that files of the submission may hold, besides those of transactions",
    )
    max_statements: int = Field(default=10, ge=1, le=100, description="that such a step may have")
    timeout: Duration = Field(default=10.0, ge=1, le=60, description="for each statement, with its waiting")

    @field_validator("sessions")
    @classmethod
    def _named(cls, value: dict[str, Sequence[Step]]) -> dict[str, Sequence[Step]]:
        for name in value:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a session; use small letters, such as a")
        if len(value) > MAX_SESSIONS or sum(map(len, value.values())) > MAX_STEPS:
            raise ValueError(f"at most {MAX_SESSIONS} sessions with {MAX_STEPS} steps in all are allowed")
        return value

    @property
    def steps(self) -> dict[str, Step]:
        """The steps by their names, session by session."""
        return {f"{name}{at}": step for name, steps in self.sessions.items() for at, step in enumerate(steps, 1)}

    def count(self) -> int:
        """How many orders there are in all."""
        lengths = [len(steps) for steps in self.sessions.values()]
        return factorial(sum(lengths)) // prod(map(factorial, lengths))

    def orders(self) -> tuple[tuple[str, ...], ...]:
        """The orders to run."""
        if self.order != "all":
            return (self.order,)
        return tuple(_merged({name: len(steps) for name, steps in self.sessions.items()}, {}))

    def title(self, step: str) -> str:
        """A step in words."""
        written = self.steps.get(step, "")
        return one_line(written if isinstance(written, str) else written.text)


def session_of(step: str) -> str:
    """The session of a step, by its name."""
    return step.rstrip("0123456789")


def _merged(lengths: Mapping[str, int], taken: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """All ways to go on, each session in its own order."""
    left = [name for name, length in lengths.items() if taken.get(name, 0) < length]
    if not left:
        yield ()
    for name in left:
        number = taken.get(name, 0) + 1
        for rest in _merged(lengths, {**taken, name: number}):
            yield (f"{name}{number}", *rest)
