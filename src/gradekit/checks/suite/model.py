"""What an author writes of a hidden suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gradekit.model import Duration, Model, RelativePath, tuple_of


class Group(Model):
    """Tests that share points."""

    name: str = Field(min_length=1, description="For reports.")
    match: str = Field(min_length=1, description="A pattern of test ids with * and ?, such as test_basic.py::*.")
    points: int = Field(ge=0, description="The group's share of the check, against the other groups.")


class SuiteSpec(Model):
    """A hidden suite for the runner's ``test``."""

    files: RelativePath = Field(description="A folder of the challenge.")
    timeout: Duration = Field(60.0, description="For the whole suite.")
    scoring: Literal["proportional", "all_or_nothing"] = Field(
        "proportional", description="A share for each test, or everything for all."
    )
    twins: Literal["all", "off"] | Annotated[int, Field(ge=1, le=100)] = Field(
        5, description="How many test functions, at random, are also run with a changed expectation; or all, or off."
    )
    written_twins: RelativePath | None = Field(
        None,
        description="A folder of the challenge that mirrors files: each test function in it is the twin of the "
        "function of the suite with the same file and name.",
    )
    isolation: Literal["in-process", "split"] = Field(
        "in-process",
        description="split: the tests run in a container without the candidate's code, which they reach by calls that "
        "carry data only.",
    )
    groups: Annotated[tuple[Group, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Shares by group; a test belongs to the first group that matches, and each must match one."
    )


def has_twins(spec: SuiteSpec) -> bool:
    """Whether tests of the suite are run as twins at all."""
    return spec.isolation == "in-process" and spec.twins != "off"


def files_below(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a folder of the challenge, by path below it."""
    inside = folder.rstrip("/") + "/"
    return {path.removeprefix(inside): files[path] for path in sorted(files) if path.startswith(inside)}


def twin_files(spec: SuiteSpec, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with the author's twins."""
    return {} if spec.written_twins is None else files_below(spec.written_twins, files)
