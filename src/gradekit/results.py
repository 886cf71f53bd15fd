"""What a grading yields, from the outcome of one case to the report: plain frozen data, no behaviour.

Everything that may differ between two gradings of one commit lives under ``Report.run``; the rest
of a report is equal whenever challenge, commit and images are.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gradekit.model import Model, Scalar, tuple_of


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

    status: Annotated[Status, Field(strict=False)] = Field(description="How it ended.")
    ratio: float = Field(default=0.0, ge=0.0, le=1.0, description="The earned share, from 0 to 1.", examples=[0.75])
    message: str = Field(
        default="",
        description="Why it did not pass, for people; empty where there is nothing to say.",
        examples=["1 of 2 steps failed"],
    )
    expected: str | None = Field(
        default=None,
        description="What should have been seen, as text; null where a message says it all.",
        examples=["status: 201"],
    )
    actual: str | None = Field(
        default=None,
        description="What was seen instead, as text: it is the submission's, and hostile.",
        examples=["status: 500 Internal Server Error"],
    )


class CaseResult(Model):
    """One row of a check: a step, a test, a data set, an assertion."""

    id: str = Field(description="Name inside the check, the same in every run.")
    title: str = Field(description="What a reader sees.")
    outcome: Outcome = Field(description="How the case ended.")


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

    title: str = Field(description="What it is.", examples=["POST /orders"])
    text: str = Field(description="Plain text, hostile: it is the submission's.")
    log: bool = Field(
        default=False,
        description="Whether its end tells most, as that of a log does: a view with little room leaves out its "
        "beginning.",
    )


class CheckResult(Model):
    """One graded check of a report."""

    id: str = Field(description="Name of the check in the challenge.", examples=["create-order"])
    title: str = Field(description="What a reader sees.")
    kind: str = Field(description="The kind of check.", examples=["http"])
    criterion: str = Field(description="Id of the criterion that its points count for.")
    points: int = Field(description="Weight inside the criterion; with 0 it is shown and not scored.")
    required: bool = Field(description="Whether the submission does not pass without it, whatever the total.")
    tier: Annotated[Tier, Field(strict=False)] = Field(description="How far the result can be trusted.")
    outcome: Outcome = Field(description="How the check ended.")
    cases: Cases = Field(default=(), description="Its parts, such as steps, tests or data sets, in order.")
    violations: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(),
        description="What shows that a result was forged, one sentence each; any of them withholds the score.",
    )
    notes: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="What a reader must know about how it was observed, one sentence each."
    )


class CriterionScore(Model):
    """One criterion of the rubric: ``ratio`` is None while it is pending, errored or has no checks."""

    id: str = Field(description="Name of the criterion in the rubric.")
    title: str = Field(description="What a reader sees.")
    weight: int = Field(description="Its share of the total, in points.")
    manual: bool = Field(default=False, description="Whether a person scores it.")
    required: bool = Field(
        default=False, description="Whether the submission does not pass unless all of it is earned."
    )
    state: Literal["scored", "pending", "errored"] = Field(
        description="scored: it has a ratio; pending: a review is awaited; errored: one of its checks errored."
    )
    ratio: float | None = Field(default=None, description="The earned share, from 0 to 1; null unless it is scored.")
    earned: float | None = Field(default=None, description="weight * ratio, unrounded; null unless it is scored.")


class Score(Model):
    """The weighted sum, or why there is none.

    ``complete``: ``total`` is set. ``provisional``: reviews are pending, ``earned`` of ``possible``
    is the automated part. ``incomplete``: a check errored, no number at all. ``withheld``: integrity
    violated, no number at all.
    """

    state: Literal["complete", "provisional", "incomplete", "withheld"] = Field(
        description="complete: there is a total; provisional: reviews are pending; incomplete: a check errored, "
        "so there is no number; withheld: integrity is in doubt, so there is no number."
    )
    total: float | None = Field(
        default=None, description="Points earned of all there are; null unless the state is complete.", examples=[87.5]
    )
    earned: float | None = Field(
        default=None, description="Points earned by what is scored so far, unrounded; null where there is no number."
    )
    possible: float | None = Field(default=None, description="Points that what is scored so far could have earned.")
    pass_mark: float | None = Field(
        default=None, description="The least total that passes; null where the rubric has none."
    )
    passed: bool | None = Field(
        default=None, description="Pass mark and required checks met; null when there is no number."
    )
    band: str | None = Field(default=None, description="The rubric's word for the total, if it has bands.")
    reasons: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="Why it is not complete or not passed, one sentence each."
    )
    pending: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="Ids of criteria that wait for a review."
    )
    errored: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="Ids of checks that errored."
    )


class Variant(Model):
    """One variant of a challenge: the values that its parameters have for some candidates."""

    number: int = Field(ge=1, description="Its number, from 1.")
    of: int = Field(ge=1, description="How many there are.")
    parameters: Mapping[str, Scalar] = Field(
        description="The values by name.", examples=[{"discount": 10, "currency": "EUR"}]
    )


class ChallengeRef(Model):
    """Which challenge it was; ``digest`` covers every file of it that can influence a grade."""

    id: str = Field(description="Name of the challenge.", examples=["orders-api"])
    title: str = Field(description="What a reader sees.")
    digest: str = Field(description="SHA-256 (hex) of every file of the challenge that can influence a grade.")
    lock: Literal["fresh", "stale", "missing", "not needed"] = Field(
        description="Whether challenge.lock belongs to the challenge as it was; not needed where no check uses it."
    )
    min_tier: Annotated[Tier, Field(strict=False)] = Field(
        default=Tier.IN_PROCESS, description="The lowest tier that the challenge allows for a check."
    )
    variant: Variant | None = Field(
        default=None,
        description="Which variant was graded; null where the challenge has none. The digest is of all variants.",
    )


class SubmissionRef(Model):
    """Which submission it was; ``commit`` is None for a plain folder, ``tree`` digests the graded files."""

    repo: str = Field(description="Address or folder, without credentials.", examples=["https://github.com/ana/orders"])
    ref: str | None = Field(default=None, description="Branch or tag that was asked for; null for the default.")
    commit: str | None = Field(default=None, description="Full id of the graded commit; null for a plain folder.")
    tree: str = Field(description="Digest of the graded files: equal for equal files.")
    candidate: str | None = Field(default=None, description="Name that the operator gave.")
    received_at: str | None = Field(
        default=None,
        description="When it was handed in, ISO 8601, as the operator says.",
        examples=["2026-01-31T12:00:00+00:00"],
    )
    files: int = Field(description="Number of graded files.")
    bytes: int = Field(description="Sum of their sizes.")
    dropped: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="Entries that never reach the sandbox (symlinks, submodules), with the reason."
    )


class Isolation(Model):
    """The isolation that the run really had."""

    engine: str = Field(description="Name and version.", examples=["docker 20.10.24"])
    runtime: str = Field(description="OCI runtime.", examples=["runc", "runsc"])
    rootless: bool = Field(default=False, description="Whether the engine runs without root.")
    userns: bool = Field(default=False, description="Whether the containers' users are others on the host.")
    seccomp: str = Field(description="Name and digest of the profile for system calls.")
    cgroup: str = Field(description="Version of control groups, which enforce the limits.", examples=["v1", "v2"])
    network: str = Field(default="none", description="What containers of the candidate could reach.", examples=["none"])


class Phase(Model):
    """A phase of the run, in order: clone, deps, build, services, checks."""

    name: str = Field(description="Which phase.", examples=["clone", "deps", "build", "services", "checks"])
    seconds: float = Field(description="How long it took.")
    detail: str = Field(default="", description="What a reader may want to know of it.")


class CheckRun(Model):
    """The part of a check's result that differs from run to run."""

    seconds: float = Field(description="How long the check took, the start of the app included.")
    evidence: str | None = Field(
        default=None, description="SHA-256 (hex) of the evidence file; null where nothing was observed."
    )
    exhibits: Annotated[tuple[Exhibit, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="The evidence made readable."
    )


class Run(Model):
    """When and how long: everything here may differ between two gradings of one commit."""

    id: str = Field(description="Name of the run, another one each time.")
    started_at: str = Field(description="UTC, ISO 8601.", examples=["2026-01-31T12:00:00+00:00"])
    seconds: float = Field(description="How long the grading took.")
    phases: Annotated[tuple[Phase, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="Its phases, in order."
    )
    checks: Mapping[str, CheckRun] = Field(
        default_factory=dict, description="Check id -> what differs from run to run."
    )


Versions = Mapping[str, Annotated[tuple[str, ...], BeforeValidator(tuple_of)]]


class Report(Model):
    """The record of one grading; all formats are views of it."""

    schema_version: Literal[1] = Field(default=1, description="Version of this format.")
    gradekit: str = Field(description="Version of gradekit that graded.", examples=["1.0.0"])
    challenge: ChallengeRef = Field(description="Which challenge it was.")
    rubric: str = Field(description="Id and digest of the rubric.", examples=["backend@1f2e3d4c5b6a"])
    submission: SubmissionRef = Field(description="Which submission it was.")
    isolation: Isolation | None = Field(
        default=None, description="The isolation that the run really had; null where nothing ran."
    )
    images: Mapping[str, str] = Field(default_factory=dict, description="Runner or service name -> image id.")
    versions: Versions = Field(
        default_factory=dict,
        description="Runner or service name -> what its image says of the programs inside, one line each.",
        examples=[{"python": ["Python 3.11.2"]}],
    )
    score: Score = Field(description="The result in numbers, or why there are none.")
    criteria: Annotated[tuple[CriterionScore, ...], BeforeValidator(tuple_of)] = Field(
        description="The criteria of the rubric, in order."
    )
    checks: Annotated[tuple[CheckResult, ...], BeforeValidator(tuple_of)] = Field(
        description="The checks, in the challenge's order."
    )
    notices: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = Field(
        default=(), description="What a reader must know beside the numbers, such as a stale lock."
    )
    run: Run = Field(description="When and how long: everything that may differ between two gradings of one commit.")
