"""What became of the steps."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from gradekit.checks.http.evidence import Answered, Answers
from gradekit.model import Model, tuple_of


class Ran(Model):
    """A step."""

    step: str
    begun: bool = True
    """False where its session waited until all was over."""
    late: bool = False
    """Whether its session waited when it was due, so that it began later."""
    waited: bool = False
    """Whether others went on while it waited for a lock."""
    ended: bool = True
    """False where it still waited when all was over."""
    at: int = Field(default=1, ge=0)
    """Number of the statement that the answer is of."""
    answered: Answered = Answered()
    sqlstate: str | None = None


class Run(Model):
    """All steps in one order, as they began."""

    steps: Annotated[tuple[Ran, ...], BeforeValidator(tuple_of)] = ()
    after: Answers = ()

    @property
    def order(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(one.step for one in self.steps)


class SessionsEvidence(Model):
    """All orders."""

    sources: dict[str, str] = Field(default_factory=dict)
    """By step, the candidate's text."""
    flaw: str = ""
    """Why the candidate's text was not run."""
    runs: Annotated[tuple[Run, ...], BeforeValidator(tuple_of)] = ()
