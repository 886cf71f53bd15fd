"""What an author may write under ``nosql:``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from gradekit.checks.stores.questions import Command, Document, Expect, Query
from gradekit.model import Model, tuple_of
from gradekit.texts import one_line


class Ask(Query):
    """A question, with what must be answered."""

    name: str | None = Field(default=None, min_length=1, max_length=200, description="default: the question")
    expect: Expect = Field(description="what the server must answer, such as {value: 1}")

    @model_validator(mode="after")
    def _fitting(self) -> Ask:
        problem = self.expect.problem(self)
        if problem is not None:
            raise ValueError(problem)
        return self

    @property
    def title(self) -> str:
        """The name, or else the beginning of the question."""
        return self.name or one_line(self.text)


def _form(command: object) -> str:
    return "mongodb" if isinstance(command, Mapping) else "redis"


Step = Annotated[
    Annotated[Command, Tag("redis")] | Annotated[Document, Tag("mongodb")],
    Discriminator(_form),
]
"""A command that changes something."""


class NosqlSpec(Model):
    """Questions to a store."""

    dataset: str | None = Field(default=None, description="a fresh copy of this data set; default: what the app uses")
    before: Annotated[tuple[Step, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="commands that change something first; for MongoDB each an object"
    )
    ask: Annotated[tuple[Ask, ...], BeforeValidator(tuple_of)] = Field(
        min_length=1, description="questions in this order; they may only read"
    )
    scoring: Literal["per_question", "all_or_nothing"] = Field(
        default="all_or_nothing", description="a share for each question, or everything for all"
    )
