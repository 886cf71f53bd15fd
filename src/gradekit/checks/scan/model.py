"""What an author writes of a scan: the tool, what it looks at, and what its findings cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradekit.model import Duration, Model, RelativePath, Slug, tuple_of

Level = Literal["error", "warning", "note", "none"]
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note", "none")
Names = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]
Share = Annotated[float, Field(ge=0, le=1, strict=False)]
Penalties = Mapping[Level, Share]


class ScanSpec(Model):
    """A tool that looks at the submission's files, and what its findings cost."""

    scanner: Slug = Field("scanners", description="Name of a folder in runners/ of kind scanner.")
    tool: Slug | None = Field(None, description="A tool of the scanner's program scan, such as ruff.")
    run: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Instead of tool: a line for /bin/sh that prints SARIF; the submission lies in /work."
    )
    timeout: Duration = Field(60.0, description="For a run of the tool.")
    starter: RelativePath | Annotated[Mapping[Slug, RelativePath], Field(min_length=1)] | None = Field(
        None,
        description="A folder of the challenge, what is found in it does not count; or a map of runners to folders.",
    )
    ignore: Names = Field(
        ("node_modules", "vendor", "*.min.js"),
        description="Names of files and folders, with * and ?, that are left out.",
    )
    levels: Mapping[str, Level] = Field(
        default_factory=dict,
        description="Rule, with * and ?, to the level of its findings: error, warning, note or none (left out).",
    )
    penalties: Penalties = Field(
        {"error": 0.2, "warning": 0.05}, description="Share of the points that each finding of a level costs."
    )
    caps: Penalties = Field({}, description="The most that all findings of a level cost together.")
    history: bool = Field(
        default=False,
        description="With tool: secrets, whether what stood in the files of earlier commits is looked at, too.",
    )
    starter_commits: Annotated[
        tuple[Annotated[str, Field(pattern="^[0-9a-f]{40}$")], ...], BeforeValidator(tuple_of)
    ] = Field((), description="With history, ids of commits that are the starter: what they have does not count.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.tool is None) == (self.run is None):
            raise ValueError("give exactly one of tool and run")
        if self.history and self.tool != "secrets":
            # Every other tool looks at whole files, and some show what they found.
            raise ValueError("history needs tool: secrets")
        if self.starter_commits and not self.history:
            raise ValueError("starter_commits needs history: true")
        return self

    @property
    def line(self) -> str:
        """What the shell runs in the scanner's container."""
        return self.run or f"exec /opt/gradekit/bin/scan {self.tool}"


def is_named(path: str, names: Sequence[str]) -> bool:
    """Whether the file, or a folder above it, has one of the names."""
    return any(fnmatchcase(part, name) for part in path.split("/") for name in names)
