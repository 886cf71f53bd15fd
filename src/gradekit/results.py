"""What a grading yields, from the outcome of one case to the report: plain frozen data, no behaviour.

Everything that may differ between two gradings of one commit lives under ``Report.run``; the rest
of a report is equal whenever challenge, commit and images are.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gradekit.model import Model, tuple_of


class Status(StrEnum):
    """How a case or a check ended; ``errored`` is our fault and never counts as zero."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERRORED = "errored"


class Tier(StrEnum):
    """How far a result can be trusted, the highest first: see docs/security.md."""

    BLACK_BOX = "black-box"
    SPLIT = "split"
    IN_PROCESS = "in-process"


class Outcome(Model):
    """The judgement of a case or a check; ``ratio`` is the earned share, 0.0 to 1.0."""

    status: Annotated[Status, Field(strict=False)]
    ratio: float = Field(default=0.0, ge=0.0, le=1.0)
    message: str = ""
    expected: str | None = None
    actual: str | None = None


class CaseResult(Model):
    """One row of a check: a step, a test, a data set, an assertion."""

    id: str
    title: str
    outcome: Outcome


Cases = Annotated[tuple[CaseResult, ...], BeforeValidator(tuple_of)]


class Judgement(Model):
    """What a judge returns: the check's outcome and that of its cases."""

    outcome: Outcome
    cases: Cases = ()
    violations: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """What shows that a result was forged, one sentence each; any of them withholds the score."""
    notes: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """What a reader must know about how it was observed, one sentence each; equal in every run of one commit."""


class Exhibit(Model):
    """A piece of evidence made readable: plain text (hostile!), such as a request and its response."""

    title: str
    text: str
    log: bool = False
    """Whether its end tells most, as that of a log does: a view with little room leaves out its beginning."""


class CheckResult(Model):
    """One graded check of a report."""

    id: str
    title: str
    kind: str
    criterion: str
    points: int
    required: bool
    tier: Annotated[Tier, Field(strict=False)]
    outcome: Outcome
    cases: Cases = ()
    violations: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    notes: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """What a reader must know about how it was observed, one sentence each."""


class CriterionScore(Model):
    """One criterion of the rubric: ``ratio`` is None while it is pending, errored or has no checks."""

    id: str
    title: str
    weight: int
    manual: bool = False
    required: bool = False
    state: Literal["scored", "pending", "errored"]
    ratio: float | None = None
    earned: float | None = None
    """``weight * ratio``, unrounded."""


class Score(Model):
    """The weighted sum, or why there is none.

    ``complete``: ``total`` is set. ``provisional``: reviews are pending, ``earned`` of ``possible``
    is the automated part. ``incomplete``: a check errored, no number at all. ``withheld``: integrity
    violated, no number at all.
    """

    state: Literal["complete", "provisional", "incomplete", "withheld"]
    total: float | None = None
    earned: float | None = None
    possible: float | None = None
    pass_mark: float | None = None
    passed: bool | None = None
    """Pass mark and required checks met; None when there is no number."""
    band: str | None = None
    reasons: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """Why it is not complete or not passed, one sentence each."""
    pending: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """Ids of criteria that wait for a review."""
    errored: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """Ids of checks that errored."""


class ChallengeRef(Model):
    """Which challenge it was; ``digest`` covers every file of it that can influence a grade."""

    id: str
    title: str
    digest: str
    lock: Literal["fresh", "stale", "missing", "not needed"]
    min_tier: Annotated[Tier, Field(strict=False)] = Tier.IN_PROCESS
    """The lowest tier that the challenge allows for a check."""


class SubmissionRef(Model):
    """Which submission it was; ``commit`` is None for a plain folder, ``tree`` digests the graded files."""

    repo: str
    ref: str | None = None
    commit: str | None = None
    tree: str
    candidate: str | None = None
    received_at: str | None = None
    files: int
    bytes: int
    dropped: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """Entries that never reach the sandbox (symlinks, submodules), with the reason."""


class Isolation(Model):
    """The isolation that the run really had."""

    engine: str
    """Name and version, such as ``docker 20.10.24``."""
    runtime: str
    """OCI runtime, such as ``runc`` or ``runsc``."""
    rootless: bool = False
    userns: bool = False
    seccomp: str
    """Name and digest of the profile."""
    cgroup: str
    """``v1`` or ``v2``."""
    network: str = "none"


class Phase(Model):
    """A phase of the run, in order: clone, deps, build, services, checks."""

    name: str
    seconds: float
    detail: str = ""


class CheckRun(Model):
    """The part of a check's result that differs from run to run."""

    seconds: float
    evidence: str | None = None
    """SHA-256 of the evidence file, hex."""
    exhibits: Annotated[tuple[Exhibit, ...], BeforeValidator(tuple_of)] = ()


class Run(Model):
    """When and how long: everything here may differ between two gradings of one commit."""

    id: str
    started_at: str
    """UTC, ISO 8601."""
    seconds: float
    phases: Annotated[tuple[Phase, ...], BeforeValidator(tuple_of)] = ()
    checks: Mapping[str, CheckRun] = Field(default_factory=dict)


Versions = Mapping[str, Annotated[tuple[str, ...], BeforeValidator(tuple_of)]]


class Report(Model):
    """The record of one grading; all formats are views of it."""

    schema_version: Literal[1] = 1
    gradekit: str
    challenge: ChallengeRef
    rubric: str
    """Id and digest, ``backend@1f2e...``."""
    submission: SubmissionRef
    isolation: Isolation | None = None
    images: Mapping[str, str] = Field(default_factory=dict)
    """Runner or service name -> image id."""
    versions: Versions = Field(default_factory=dict)
    """Runner or service name -> what its image says of the programs inside, one line each."""
    score: Score
    criteria: Annotated[tuple[CriterionScore, ...], BeforeValidator(tuple_of)]
    checks: Annotated[tuple[CheckResult, ...], BeforeValidator(tuple_of)]
    notices: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """What a reader must know beside the numbers, such as a stale lock."""
    run: Run
