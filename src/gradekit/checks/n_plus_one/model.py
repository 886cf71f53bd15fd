"""What an author may write under ``n_plus_one:``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from gradekit.checks.http.model import Expect, Statement, Step
from gradekit.checks.http.sending import Common, Request
from gradekit.checks.match import Match
from gradekit.checks.sense import COUNT, WHOLE
from gradekit.model import Model, tuple_of

PATIENCE = 10.0
"""Seconds for each request by default."""


class Growth(Model):
    """What must hold of the statements that the app sends to its database."""

    growth: Annotated[Match, WHOLE] = Field(
        default=Match.parse({"lte": 1}), description="statements at the big size minus statements at the small one"
    )
    queries: Annotated[Match, COUNT] = Field(default=Match.parse({"gte": 1}), description="statements at the big size")
    inside: Annotated[Match, WHOLE] = Field(
        default=Match.anything(),
        description="growth of the statements that functions, procedures and triggers in the database run",
    )


class NPlusOneSpec(Request):
    """One request at two sizes; ``${n}`` is the size."""

    sizes: Annotated[tuple[Annotated[int, Field(ge=1, le=10_000)], ...], BeforeValidator(tuple_of)] = Field(
        default=(5, 50), min_length=2, max_length=2, description="what ${n} is: the small size, then the big one"
    )
    rounds: int = Field(default=3, ge=1, le=20, description="so often each size; the fewest statements count")
    steps: Annotated[tuple[Step, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="requests before all rounds, as in the kind http, such as a login"
    )
    before: Annotated[tuple[Statement, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="statements before each request, which are not counted"
    )
    items: str | None = Field(
        default=None, description="JSONPath to the items of the response, of which n must be there"
    )
    response: Expect = Field(
        default=Expect(), description="what else must hold of each response; status is 2xx if it says none"
    )
    expect: Growth = Growth()

    @field_validator("sizes")
    @classmethod
    def _two_sizes(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if value[0] >= value[1]:
            raise ValueError(f"a small size and then a bigger one are needed, not {value[0]} and {value[1]}")
        return value

    @property
    def common(self) -> Common:
        """What a scenario would say of all its steps."""
        return Common(timeout=PATIENCE)

    @property
    def step(self) -> Step:
        """The request as a step of the kind http, with what its response must be."""
        expect = self.response
        if expect.status is None:
            expect = expect.model_copy(update={"status": ("2xx",)})
        return Step(request=self.request, expect=expect)
