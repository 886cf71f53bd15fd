"""What an author may write under ``plan:``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradekit.model import Duration, Model, RelativePath, tuple_of

Tables = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]
Files = Annotated[tuple[RelativePath, ...], BeforeValidator(tuple_of)]
Helping = Literal["create_index", "analyze"]


class Band(Model):
    """A share of the points for work up to a limit."""

    work_ratio: float = Field(gt=0, description="At most so many times the reference's work.")
    share: float = Field(gt=0, le=1, description="Of the points for the work.")


class PlanExpect(Model):
    """What must hold of the plan; at least one of the fields."""

    work_ratio: float | None = Field(None, gt=0, description="At most so many times the work of the reference.")
    no_full_scan: Tables = Field((), description="Tables that must not be read from end to end.")
    uses_index: Tables = Field((), description="Tables that must be read through an index, its primary key included.")
    new_indexes: int | None = Field(None, ge=0, description="Indexes that the files of `apply` may make.")


class PlanSpec(Model):
    """A query of the candidate, and how much work it may be."""

    file: RelativePath = Field(description="A file of the submission with one query.")
    dataset: str = Field(description="A large data set.")
    reference: RelativePath = Field(description="A query of the challenge, whose work is the measure.")
    reference_apply: Files = Field((), description="Files of the challenge that make indexes for the reference.")
    apply: Files = Field(
        (), description="Files of the submission that run first; those that it has not got are left out."
    )
    apply_allow: Annotated[tuple[Helping, ...], BeforeValidator(tuple_of), Field(min_length=1)] = Field(
        ("create_index", "analyze"), description="Statements that the files of `apply` may hold."
    )
    expect: PlanExpect = Field(PlanExpect(), description="What must hold.")
    bands: Annotated[tuple[Band, ...], BeforeValidator(tuple_of)] = Field(
        (), description="In the place of `expect.work_ratio`: shares for less work."
    )
    timeout: Duration = Field(10.0, description="For each statement, at least; a slow machine gives more.")
    scoring: Literal["per_assertion", "all_or_nothing"] = Field(
        "all_or_nothing", description="A share for each assertion, or everything for all."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.expect.model_fields_set and not self.bands:
            raise ValueError("nothing is expected: give expect or bands")
        if self.bands and self.expect.work_ratio is not None:
            raise ValueError("give one of bands and expect.work_ratio")
        if self.bands and self.scoring == "all_or_nothing":
            raise ValueError("bands give shares: they need scoring: per_assertion")
        return self
