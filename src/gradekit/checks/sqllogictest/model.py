"""What a check of the kind ``sqllogictest`` says in YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from gradekit.checks.sqllogictest.records import Record, read
from gradekit.model import Duration, Model, RelativePath, tuple_of

MAX_RECORDS: Final = 2_000
"""Of all files of a check, on one engine."""


class SqlLogicTestSpec(Model):
    """Files of sqllogictest and the data set that they ask."""

    dataset: str = Field(description="The data set, with what the submission made in it; each file has a fresh copy.")
    files: Annotated[tuple[RelativePath, ...], BeforeValidator(tuple_of), Field(min_length=1)] = Field(
        description="Files of the challenge, or folders, which stand for all files below them."
    )
    timeout: Duration = Field(10.0, ge=0.1, le=60, description="For each record.")
    max_rows: int = Field(20_000, ge=1, le=100_000, description="Rows that a result may have.")
    scoring: Literal["all_or_nothing", "per_file", "per_record"] = Field(
        "all_or_nothing", description="Everything for all records, or a share for each file, or for each record."
    )

    def paths(self, files: Mapping[str, bytes]) -> tuple[str, ...]:
        """The paths of its files, each once; those of a folder sorted."""
        found: dict[str, None] = {}
        for path in self.files:
            inside = f"{path.rstrip('/')}/"
            found |= dict.fromkeys(
                [path] if path in files else sorted(name for name in files if name.startswith(inside))
            )
        return tuple(found)

    def records(self, files: Mapping[str, bytes], engine: str) -> Mapping[str, Sequence[Record]]:
        """By path of its files: the records that run on an engine."""
        return {path: read(files[path]).on(engine) for path in self.paths(files)}
