"""The rubric: weighted criteria, a pass mark, bands, anchored levels for what people score."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from gradekit.model import Model, Slug, tuple_of

WHOLE = 100
"""What the weights of a rubric sum to."""


class Level(Model):
    """One anchored level of a manual criterion; ``anchor`` says what a submission at it looks like."""

    level: int = Field(ge=0, le=10, description="Number of the level, each once; a higher one is better.")
    title: str = Field(min_length=1, description="For people, such as sound.")
    anchor: str = Field(min_length=1, description="What one sees in a submission at this level.")


class Criterion(Model):
    """A part of the rubric: checks earn points inside it, or people choose a level (``manual``)."""

    title: str = Field(min_length=1, description="For people.")
    weight: int = Field(ge=0, le=WHOLE, description="Its part of the 100; the weights of all criteria sum to that.")
    description: str = Field("", description="What it is about, in a sentence.")
    required: bool = Field(
        default=False, description="Below full marks the submission does not pass, whatever the score."
    )
    manual: bool = Field(default=False, description="People score it, by its levels; no check can name it.")
    levels: Annotated[tuple[Level, ...], BeforeValidator(tuple_of)] = Field(
        (), description="For manual criteria: at least two, of which people choose one."
    )

    @model_validator(mode="after")
    def _levels_belong_to_people(self) -> Self:
        if self.manual and len(self.levels) < 2:  # noqa: PLR2004 - one level is no choice
            raise ValueError("a manual criterion needs at least two levels; add levels: [{level, title, anchor}, ...]")
        if len({level.level for level in self.levels}) < len(self.levels):
            raise ValueError("two levels have the same number; number them 0, 1, 2, ...")
        if any(one.level > other.level for one, other in pairwise(self.levels)):
            raise ValueError(
                "the levels do not ascend; a higher one is better; list them from the lowest to the highest"
            )
        if not self.manual and self.levels:
            raise ValueError("levels are for manual criteria; add manual: true or remove levels")
        return self


class Band(Model):
    """A named range of totals, from ``from`` (inclusive) up to the next band."""

    name: str = Field(min_length=1, description="For reports.")
    from_: float = Field(
        alias="from", ge=0, le=WHOLE, strict=False, description="Score from which it begins, inclusive, up to the next."
    )


class Rubric(Model):
    """A rubric file, ``rubrics/NAME.yaml``; criteria keep the order of the file."""

    gradekit: Annotated[Literal[1], Field(description="Version of this format.")]
    id: Slug = Field(description="Name of the rubric, like the file's.", examples=["backend"])
    title: str = Field(min_length=1, description="For people.")
    pass_mark: Annotated[float, Field(ge=0, le=WHOLE, strict=False)] | None = Field(
        None, description="Score from which a submission passes; without it nothing fails by its score.", examples=[70]
    )
    criteria: Mapping[Slug, Criterion] = Field(
        min_length=1,
        description="Id -> criterion, in the order of reports.",
        examples=[{"api": {"title": "API", "weight": 100}}],
    )
    bands: Annotated[tuple[Band, ...], BeforeValidator(tuple_of)] = Field(
        (),
        description="Names for ranges of the score.",
        examples=[[{"name": "weak", "from": 0}, {"name": "good", "from": 70}]],
    )

    @field_validator("criteria")
    @classmethod
    def _weights_sum_to_whole(cls, criteria: Mapping[str, Criterion]) -> Mapping[str, Criterion]:
        total = sum(criterion.weight for criterion in criteria.values())
        if total != WHOLE:
            raise ValueError(f"weights sum to {total}, not {WHOLE}; change them so that they do")
        return criteria

    @field_validator("bands")
    @classmethod
    def _bands_are_distinct(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        if len({band.from_ for band in bands}) < len(bands) or len({band.name for band in bands}) < len(bands):
            raise ValueError("two bands have the same name or begin at the same total; make them distinct")
        return bands
