"""The models of challenge.yaml, as authored; cross-references are checked in ``load``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, WithJsonSchema, model_validator

from gradekit.checks.kinds import KINDS
from gradekit.model import Duration, Model, RelativePath, Scalar, Size, Slug, not_a_request, tuple_of, written
from gradekit.results import Variant
from gradekit.spec.rubric import Rubric
from gradekit.spec.variants import Name, VariantsSpec
from gradekit.texts import meant

SERVICE_FACTS: Final = ("url", "host", "port", "user", "password", "database")
"""What ``${SERVICE.fact}`` in the app's environment may ask for."""
SERVICE_REFERENCE: Final = re.compile(r"\$\{(?P<service>[^{}.]*)(?:\.(?P<fact>[^{}]*))?\}")
"""``${db.url}`` inside a value of ``app.env``."""
PATCH_SUFFIXES: Final = (".patch", ".diff")
"""How names of solutions end that are unified diffs."""
RESERVED_VARIABLES: Final = ("run", "case")
"""Names that ``vars`` cannot take: ``${run.uuid}`` and ``${case.x}`` are made by gradekit."""

_SLUG: Final = {"type": "string", "pattern": r"^[a-z0-9][a-z0-9-]{0,62}$"}
Slugs = Annotated[tuple[Slug, ...], BeforeValidator(tuple_of)]
Globs = Annotated[tuple[RelativePath, ...], BeforeValidator(tuple_of)]
ImageReference = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}$")]
"""``registry.example/python:3.13``, ``python@sha256:...`` or ``sha256:...``."""


_VERSIONED = re.compile(r"(?P<name>[A-Za-z]+)(?:[-:@ ]?v?)(?P<version>\d+(?:\.\d+){0,2})")


def _runners(value: object) -> object:
    """One name stands for a list of one.

    Raises:
        ValueError: for a name with a version behind it, which has a place of its own.
    """
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, str) or re.fullmatch(_SLUG["pattern"], one):
            continue
        match = _VERSIONED.fullmatch(one)
        if match is not None:
            name = match["name"].lower()
            hint = f'versions stand below versions, such as versions: {{{name}: "{match["version"]}"}}'
            raise ValueError(f"{written(one)} is not the name of a runner; a name such as {written(name)}; {hint}")
    return (value,) if isinstance(value, str) and value not in {"any", "none"} else tuple_of(value)


def _one_or_more(value: object) -> object:
    """One name stands for a list of one, none for an empty one."""
    return () if value is None else (value,) if isinstance(value, str) else tuple_of(value)


def _images(value: object) -> object:
    """A plain reference is for the only runner."""
    return {"": value} if isinstance(value, str) else value


def _exactly_one(*names: str) -> ConfigDict:
    """Says to editors what a validator of the model says, too."""
    return ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in names]})


def _target(value: object) -> object:
    """``METHOD /path``; anything but text is left to the model.

    Raises:
        ValueError: when text has another form.
    """
    if isinstance(value, str) and not re.fullmatch(r"[A-Z]+ /\S*", value):
        raise ValueError(not_a_request(value, "GET /health"))
    return value


class SubmissionRules(Model):
    """What the candidate hands in: globs over paths, and caps."""

    required: Globs = Field((), description="Globs, each must match a file of the submission.")
    forbidden: Globs = Field((), description="Globs, none may match a file of the submission.")
    max_size: Size = Field(50 << 20, description="Largest sum of all files, such as 20MiB.")
    max_files: int = Field(10_000, ge=1, description="Largest number of files.")


class LimitsSpec(Model):
    """Caps of each candidate container, and of the whole run (``timeout``)."""

    cpus: float = Field(2.0, gt=0, le=64, description="Processor cores for each container.")
    memory: Size = Field(1 << 30, description="Memory for each container, swap included.")
    pids: int = Field(256, ge=16, le=65_535, description="Processes and threads for each container.")
    timeout: Duration = Field(600.0, gt=0, description="The whole run.")


class ServiceSpec(Model):
    """A service beside the app; its name is also its host name in the sandbox."""

    runner: Slug = Field(description="Name of a folder in runners/ of kind service.")


class LoadStep(Model):
    """One source of a data set: files of the submission (a glob, sorted) or one file of the challenge."""

    model_config = _exactly_one("submission", "challenge")

    submission: RelativePath | None = Field(None, description="Glob over the candidate's files, sorted by path.")
    challenge: RelativePath | None = Field(None, description="A file of the challenge's folder.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.submission is None) == (self.challenge is None):
            raise ValueError("a step loads exactly one thing; give one of submission, challenge")
        return self


class DatasetSpec(Model):
    """A named state of a service's data; every use of it is a fresh copy."""

    service: Slug = Field(description="The service it lives in.")
    load: Annotated[tuple[LoadStep, ...], BeforeValidator(tuple_of)] = Field(
        (), description="SQL files, run in order as the owner."
    )


class Ready(Model):
    """When the app is ready: an HTTP answer, or that its port accepts connections."""

    model_config = _exactly_one("http", "tcp")

    http: Annotated[str, BeforeValidator(_target)] | None = Field(None, description='Request, such as "GET /health".')
    status: int = Field(200, ge=100, le=599, description="Status that the request must have.")
    tcp: Literal[True] | None = Field(None, description="Ready as soon as the port accepts a connection.")
    timeout: Duration = Field(30.0, gt=0, description="How long the app may take to get ready.")

    @model_validator(mode="after")
    def _one_probe(self) -> Self:
        if (self.http is None) == (self.tcp is None):
            what = "it has to say in one way how to see that the app is ready"
            raise ValueError(f'{what}; give exactly one of http: "GET /health", tcp: true')
        if self.tcp and "status" in self.model_fields_set:
            raise ValueError("status is for http; remove it")
        return self


class AppSpec(Model):
    """The candidate's service under test."""

    start: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Shell command, by default the serve script of the runner (the web: line of a Procfile)."
    )
    port: int = Field(8080, ge=1024, le=65_535, description="Where it listens, also in PORT.")
    env: Mapping[Name, str] = Field(
        default_factory=dict,
        description="Environment, where ${SERVICE.url|host|port|user|password|database} is filled in.",
    )
    dataset: Annotated[
        Slugs,
        BeforeValidator(_one_or_more),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    ] = Field((), description="The app's database is a fresh copy of this data set; a list has one for each service.")
    ready: Ready = Field(Ready(tcp=True), description="When checks may start.")


class CheckHead(Model):
    """What every check has, whatever its kind."""

    id: Slug = Field(description="Unique name of the check, shown in reports.")
    title: str | None = Field(None, min_length=1, max_length=120, description="Shown in reports, by default the id.")
    criterion: Slug = Field(description="Criterion of the rubric that its points count for.")
    points: int = Field(
        1, ge=0, le=10_000, description="Weight inside the criterion; 0 by default for kinds that advise only."
    )
    required: bool = Field(default=False, description="If it fails, the submission does not pass, whatever the total.")
    need: Slugs = Field((), description="Earlier checks: if one is not passed, this one is skipped.")
    fresh: bool = Field(default=False, description="Restart the app on a fresh copy of its data before it.")
    timeout: Duration = Field(60.0, gt=0, description="The whole check.")


class Check(CheckHead):
    """A check with its kind: ``body`` is an instance of the model of ``KINDS[kind]``."""

    kind: str
    body: SerializeAsAny[BaseModel]

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or self.id


class Bounds(Model):
    """Bounds of the earned share of the possible points, in percent, both inclusive."""

    gte: float | None = Field(None, ge=0, le=100, description="At least.")
    lte: float | None = Field(None, ge=0, le=100, description="At most.")


class Expectation(Model):
    """What a solution must get: all checks passed, exactly the named ones not, or nothing at all."""

    model_config = _exactly_one("passes", "fails")

    passes: Literal["all", "none"] | None = Field(
        None,
        description="all: every check passes. none: it cheats, and gets no points, or its score is withheld.",
    )
    fails: Annotated[tuple[Slug, ...], Field(min_length=1), BeforeValidator(tuple_of)] | None = Field(
        None, description="Exactly these checks do not pass."
    )
    may_fail: Slugs = Field(
        (), description="Beside fails: checks that pass or fail as it happens, such as one that looks for a race."
    )
    criteria: Annotated[tuple[Slug, ...], BeforeValidator(tuple_of)] | None = Field(
        None, description="Beside fails: exactly these criteria of the rubric lose points."
    )
    score: Bounds | None = Field(None, description="Percent earned of the points that checks can give.")

    @model_validator(mode="after")
    def _one_claim(self) -> Self:
        if (self.passes is None) == (self.fails is None):
            what = "it has to say in one way what the solution must get"
            raise ValueError(f"{what}; give exactly one of passes: all, passes: none, fails: [check ids]")
        beside = [name for name in ("may_fail", "criteria") if getattr(self, name)]
        if self.passes is not None and beside:
            raise ValueError(f"{beside[0]} stands beside fails only; remove it")
        both = [name for name in self.may_fail if name in (self.fails or ())]
        if both:
            raise ValueError(f"{both[0]} stands in fails and in may_fail; remove it from one of them")
        return self


class Solution(Model):
    """A submission whose result the author knows; it proves the challenge before candidates meet it."""

    path: RelativePath = Field(
        description="A folder below the challenge's, or a unified diff (.patch, .diff) that is put on a copy of base."
    )
    base: RelativePath | None = Field(
        None, description="Another folder, such as the reference's: files of path are put over a copy of it."
    )
    expect: Expectation = Field(
        description="What it must get: {passes: all}, {passes: none} or {fails: [ids of checks]}."
    )

    @property
    def is_reference(self) -> bool:
        """Whether it is right, so that others are compared with it."""
        return self.expect.passes == "all"

    @property
    def is_patch(self) -> bool:
        """Whether it is told by what it changes in its base."""
        return self.path.endswith(PATCH_SUFFIXES)

    @property
    def folders(self) -> tuple[str, ...]:
        """Where its whole files are; those of a later folder go over those of an earlier one."""
        parts = (self.base, None if self.is_patch else self.path)
        return tuple(part for part in parts if part is not None)


class Ignored(Model):
    """Mutants that nothing can tell apart from what is right."""

    mutant: str = Field(
        min_length=1, description="As verify names it; *, ? and [12] match as in names of files: *: distinct added *"
    )
    reason: str = Field(min_length=1, description="Why it is right, too.")


class MutationSpec(Model):
    """Mistakes put into the reference queries: the data sets must tell them apart."""

    min_killed: float = Field(0.9, ge=0, le=1, description="Least share of mutants that some data set tells apart.")
    min_score: float | None = Field(
        None, ge=0, le=1, description="Least share of the reference's mutants that some check notices (--mutants)."
    )
    ignore: Annotated[tuple[Ignored, ...], BeforeValidator(tuple_of)] = Field((), description="Mutants left out.")


WarningName = Literal[
    "absolute-time",
    "empty-value",
    "folder-name",
    "in-process-weight",
    "large-file",
    "leaked-canary",
    "leaked-text",
    "link-out",
    "need-advice",
    "need-twice",
    "no-lock",
    "no-points",
    "no-reference",
    "no-solutions",
    "no-weight",
    "no-wrong-solution",
    "secret",
    "stale-lock",
    "tight-limit",
    "timeout",
    "unknown-status",
    "unlisted-template",
    "unmatched-path",
    "unused-app",
    "unused-case",
    "unused-dataset",
    "unused-default",
    "unused-file",
    "unused-ignore",
    "unused-parameter",
    "unused-save",
    "unused-service",
    "unused-solution",
    "unused-var",
    "vacuous",
]
"""What lint warns of; these names are part of the format."""


_EACH: Final = ("leaked-canary", "secret")
"""Warnings of which a later one must not be silenced along with the first."""


class Silenced(Model):
    """A warning of lint that is right about the challenge, and wanted so."""

    warning: WarningName = Field(description="Name of the warning, which stands behind it in brackets.")
    at: str | None = Field(
        None,
        min_length=1,
        description="What it is about, as the brackets say it; *, ? and [12] match as in names of files. Default: all.",
    )
    reason: str = Field(min_length=1, description="Why it is wanted so.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.at is None and self.warning in _EACH:
            raise ValueError(f"{self.warning} is silenced for one thing at a time; add at, as the brackets say it")
        return self

    def covers(self, warning: WarningName, at: str) -> bool:
        """Whether a warning about something is meant."""
        return self.warning == warning and (self.at is None or meant(at, self.at))


class LintSpec(Model):
    """What lint is not to warn of; it changes no grade, so it does not change the challenge's digest either."""

    ignore: Annotated[tuple[Silenced, ...], BeforeValidator(tuple_of)] = Field((), description="Warnings left out.")


class ChallengeHead(Model):
    """Everything of a challenge but its checks."""

    gradekit: Annotated[Literal[1], Field(description="Version of this format.")]
    id: Slug = Field(description="Name of the challenge in reports.")
    title: str = Field(min_length=1, max_length=120, description="For people.")
    brief: RelativePath | None = Field(None, description="What the candidate reads, for authors' reference.")
    time_budget: Duration | None = Field(None, description="Shown only.")
    runner: Annotated[
        Literal["any", "none"] | Annotated[tuple[Slug, ...], Field(min_length=1)],
        BeforeValidator(_runners),
        WithJsonSchema({"anyOf": [_SLUG, {"type": "array", "items": _SLUG, "minItems": 1}]}),
    ] = Field(
        examples=["any", ["python", "node"]],
        description='Runners of languages that a submission may use, "any", or "none": no check runs code of it.',
    )
    image: Annotated[
        Mapping[Slug | Literal[""], ImageReference],
        BeforeValidator(_images),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}),
    ] = Field(
        default_factory=dict,
        description="An image of your own instead of the runner's: a local name or id; or a map of runners to images.",
    )
    versions: Mapping[Slug, Annotated[str, Field(pattern=r"^\d{1,6}(\.\d{1,6}){0,2}$")]] = Field(
        default_factory=dict,
        description='Runner -> version of the language that candidates were told, such as "3.11"; the image has it.',
    )
    rubric: Annotated[str, Field(min_length=1)] = Field(
        examples=["backend", "rubric.yaml"],
        description="Name of a file in rubrics/, or a path ending .yaml relative to the challenge.",
    )
    min_tier: Literal["black-box", "split", "in-process"] = Field(
        "in-process", description="How far every result can be trusted at least; a check of a lower tier is refused."
    )
    submission: SubmissionRules = SubmissionRules()
    limits: LimitsSpec = LimitsSpec()
    services: Mapping[Slug, ServiceSpec] = Field(
        default_factory=dict, description="Name -> service beside the app.", examples=[{"db": {"runner": "postgres"}}]
    )
    datasets: Mapping[Slug, DatasetSpec] = Field(
        default_factory=dict,
        description="Name -> state of a service's data.",
        examples=[{"shop": {"service": "db", "load": [{"challenge": "hidden/seed.sql"}]}}],
    )
    app: AppSpec | None = Field(None, description="The candidate's service under test.")
    vars: Mapping[Name, Scalar] = Field(default_factory=dict, description="${name} in checks.")
    variants: VariantsSpec | None = Field(
        None, description="Parameters whose values differ from candidate to candidate: {{ variant.NAME }}."
    )
    mutation: MutationSpec | None = Field(None, description="Mutants of the reference queries, run by verify.")
    lint: LintSpec = Field(LintSpec(), description="Warnings of lint that are wanted so.")
    solutions: Annotated[tuple[Solution, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Submissions whose result the author knows; verify grades them."
    )

    def images(self) -> Mapping[str, str]:
        """Runner -> the image that stands for its own."""
        names = () if isinstance(self.runner, str) else self.runner
        return {name or names[0]: reference for name, reference in self.image.items()}


class ChallengeSpec(ChallengeHead):
    """A challenge as authored; ``defaults`` are merged into the checks already."""

    checks: tuple[Check, ...] = Field(min_length=1)

    @property
    def scanners(self) -> tuple[str, ...]:
        """Runners of kind scanner that its checks need."""
        named = (KINDS[check.kind].scanner(check.body) for check in self.checks)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    @property
    def reads_history(self) -> bool:
        """Whether a check looks at the commits before the graded one."""
        return any(KINDS[check.kind].reads_history for check in self.checks)

    @property
    def reads_lines_without(self) -> frozenset[str] | None:
        """Names of files that no check looks at which looks at lines of earlier commits; None where none does."""
        given = (KINDS[check.kind].reads_lines_without(check.body) for check in self.checks)
        named = [frozenset(names) for names in given if names is not None]
        return frozenset.intersection(*named) if named else None

    def ignored(self, *, of_code: bool) -> tuple[str, ...]:
        """Patterns of ``mutation.ignore``: those about mutants of a solution, or those about mutants of queries."""
        entries = () if self.mutation is None else self.mutation.ignore
        folders = tuple(f"{solution.path}/" for solution in self.solutions)
        return tuple(entry.mutant for entry in entries if entry.mutant.startswith(folders) is of_code)

    def check(self, check_id: str) -> Check:
        """The check with this id.

        Raises:
            KeyError: if there is none.
        """
        for check in self.checks:
            if check.id == check_id:
                return check
        raise KeyError(check_id)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge that has been read and found right: all that grading needs of its folder."""

    spec: ChallengeSpec
    rubric: Rubric
    source: Path
    """The YAML file, as the user gave it."""
    files: Mapping[str, bytes]
    """Every file that checks and data sets refer to, by path relative to ``root``; with the variant's values put in."""
    digest: str
    """SHA-256 (hex) over spec, rubric and files, as far as they grade: equal digests give equal grades."""
    rubric_digest: str
    variant: Variant | None = None
    """Which one this is, where the challenge has variants; the digest is of all of them."""
    proving: Mapping[str, str] = field(default_factory=dict)
    """Digests of what proves the checks and grades nobody, see ``spec.digests.proving``."""

    @property
    def root(self) -> Path:
        """The challenge's folder."""
        return self.source.parent

    @property
    def place(self) -> Path:
        """What finds it again: its folder, or the file of an edition."""
        return self.root if self.source.name == "challenge.yaml" else self.source

    @property
    def lock_path(self) -> Path:
        """Where ``challenge verify`` writes what it recorded: each edition of a challenge has its own."""
        return self.source.with_suffix(".lock")

    def render(self, path: str, data: bytes) -> bytes:
        """A file of the folder as it is in this variant."""
        if self.spec.variants is None or self.variant is None:
            return data
        return self.spec.variants.rendered(path, data, self.variant)

    @property
    def rubric_name(self) -> str:
        """``backend@1f2e3d4c5b6a``, for reports."""
        return f"{self.rubric.id}@{self.rubric_digest[:12]}"
