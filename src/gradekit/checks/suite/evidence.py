"""What the runs of a suite reported, and which tests passed in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gradekit.checks.twins.model import Point
from gradekit.model import Model, tuple_of
from gradekit.sandbox.plans import Ending


class Record(Model):
    """A line of the runner: a test and how it ended."""

    test: str = Field(min_length=1, max_length=1000)
    outcome: Literal["passed", "failed", "skipped", "errored"]
    message: str = ""
    seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class Ran(Model):
    """What the runner reported in one run of the suite, and how it ended."""

    ending: Annotated[Ending, Field(strict=False)]
    exit_code: int | None = None
    records: Annotated[tuple[Record, ...], BeforeValidator(tuple_of)] = ()
    """In order, up to the end record."""
    end: int | None = None
    """The count of the end record; None when there is none."""
    late: int = 0
    """Lines after the end record."""
    garbage: int = 0
    """Lines that are no record."""
    stderr: str = ""
    """The end of it; hostile text."""
    seconds: float = 0.0


class TwinRun(Ran):
    """A run of the suite in which some tests were twins: a right program fails exactly those."""

    seed: int
    points: Mapping[str, Point]
    """Test function -> which of its points was changed; None: a written twin."""
    renamed: Mapping[str, str] = Field(default_factory=dict)
    """Id of a test -> its id in this run."""
    confirms: bool = False
    """Whether it was made because a twin had passed in one of the first two: to tell luck from forging."""
    tries: bool = False
    """Whether it was made on the reference, to learn which points have a twin that fails."""
    changes: Mapping[str, str] = Field(default_factory=dict)
    """Test function -> its lines that differ, ``-`` as they are in the suite, ``+`` as they were in this run."""
    must_fail: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """Ids of tests that no right program passes in this run, as far as the lock knew them."""


class SuiteEvidence(Ran):
    """What the runs say of the unchanged tests, and the runs themselves where there were twins in them."""

    twin_runs: Annotated[tuple[TwinRun, ...], BeforeValidator(tuple_of)] = ()


def unit_of(test: str) -> str:
    """The test function of a test: its id without parameters."""
    return test.partition("[")[0]


def passed_once(run: Ran) -> set[str]:
    """Ids of the tests that passed exactly once."""
    counts = Counter(record.test for record in run.records)
    return {record.test for record in run.records if record.outcome == "passed" and counts[record.test] == 1}


def passed_of(run: TwinRun, tests: Iterable[str]) -> set[str]:
    """Which of the tests passed in a run, as twins or not, by the ids that they have in the suite."""
    right = passed_once(run)
    return {test for test in tests if run.renamed.get(test, test) in right}
