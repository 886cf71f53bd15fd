"""Runners: the image folders of languages and services, read from disk and chosen by the files of a submission."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from gradekit.errors import InfrastructureError, Problem, SubmissionError, UsageError
from gradekit.language import Framework, Speech
from gradekit.model import Model, Slug, tuple_of

BASE = "debian:bookworm-slim"
"""The image that all runners start from, unless GRADEKIT_BASE_IMAGE names another."""
BIN = "/opt/gradekit/bin"
"""Where an image keeps its verbs."""
_LOADER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as quick where PyYAML has libyaml."""
_UNBUILT = ("smoke",)
"""Folders of a runner that are no part of its image."""
_Strings = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]
Verb = Literal["deps", "registries", "build", "serve", "test", "call", "check"]


class Deps(Model):
    """How the ``deps`` verb behaves; a report shows it."""

    network: Literal["registries"]
    runs_candidate_code: bool
    """True only where the language's resolver cannot work without running build scripts."""
    destination: str = Field(pattern=r"^/[A-Za-z0-9._/-]+$")
    """Where the fetched packages stand in later phases."""


class RunnerFile(Model):
    """The content of ``runner.yaml``."""

    gradekit: Literal[1]
    name: Slug
    kind: Literal["language", "service", "probe", "checker", "scanner"]
    title: str = Field(min_length=1)
    versions: _Strings = ()
    """Shell commands that print what is inside."""
    detect: _Strings = ()
    """File patterns that tell the language of a submission."""
    lock: _Strings = ()
    """Files of the submission that the ``deps`` verb reads, as far as they exist."""
    hints: _Strings = ()
    """Files that ``deps`` reads, too, and that want no package: they say which version of the language is meant."""
    verbs: Annotated[tuple[Verb, ...], BeforeValidator(tuple_of)] = ()
    deps: Deps | None = None
    calls: Speech | None = None
    """How checks of calls speak to submissions in this language."""
    frameworks: Annotated[tuple[Framework, ...], BeforeValidator(tuple_of)] = ()
    """How test frameworks that submissions in this language use tell of a run; the first that is recognised counts."""
    engine: Literal["postgres", "mariadb", "sqlite", "redis", "mongodb"] | None = None
    """For services: which client the probe speaks with."""
    official: str | None = Field(default=None, min_length=1)
    """For services: the image to build on where it is here or can be pulled. Elsewhere the build has the image that all
    runners start from, and installs what stands in."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """For services that apps reach: where they listen on loopback."""
    uid: int | None = Field(default=None, ge=10001, le=60000)
    data: str | None = None
    """For services: the folder that must be a writable tmpfs."""
    sockets: str | None = None
    """For services: the folder of the unix socket that only the probe shares."""
    files: str | None = None
    """For services whose data sets are files: the folder that they share with the app, at the same path in both."""
    administrator: str | None = None
    """For services: the role that only the unix socket lets in."""
    tools: Annotated[tuple[Slug, ...], BeforeValidator(tuple_of)] = ()
    """For scanners that have the program ``scan``: what it can be asked for."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> RunnerFile:
        if self.kind == "language" and (not self.verbs or not self.detect):
            raise ValueError("a language needs `verbs` and `detect`")
        if self.kind == "service" and None in (self.engine, self.uid, self.data, self.sockets):
            raise ValueError("a service needs `engine`, `uid`, `data` and `sockets`")
        if (self.kind == "checker") != ("check" in self.verbs):
            raise ValueError("a checker, and nothing else, has the verb `check`")
        if self.tools and self.kind != "scanner":
            raise ValueError("only a scanner has `tools`")
        if ("deps" in self.verbs) != (self.deps is not None):
            raise ValueError("`deps` must be described exactly when it is one of the verbs")
        if self.deps is not None and "registries" not in self.verbs:
            raise ValueError("`deps` needs the verb `registries`, which names the hosts that it may reach")
        return self


class Runner(RunnerFile):
    """A runner on disk: its description, its folder and the digest of all that makes its image."""

    folder: Path

    @cached_property
    def digest(self) -> str:
        """SHA-256, hex; of what the folder holds when it is first asked for."""
        return digest(self.folder, base_name())

    @property
    def tag(self) -> str:
        """The name of its image; another content is another name."""
        return f"gradekit/{self.name}:{self.digest[:12]}"

    def argv(self, verb: Verb) -> tuple[str, ...]:
        """The program of a verb inside the image."""
        return (f"{BIN}/{verb}",)


def base_name(environ: Mapping[str, str] = os.environ) -> str:
    """The image that runners are built on."""
    return environ.get("GRADEKIT_BASE_IMAGE") or BASE


def runners_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the runners are: GRADEKIT_RUNNERS, a checkout's ``runners/``, or the package's own copy.

    Raises:
        UsageError: GRADEKIT_RUNNERS is not a folder.
        InfrastructureError: the installation has lost its runners.
    """
    chosen = environ.get("GRADEKIT_RUNNERS")
    if chosen:
        folder = Path(chosen)
        if not folder.is_dir():
            raise UsageError(
                Problem("GRADEKIT_RUNNERS", f"{chosen!r} is not a folder", hint="unset it to use the shipped runners")
            )
        return folder
    package = Path(__file__).resolve().parent
    for folder in (package.parents[1] / "runners", package / "_shipped" / "runners"):
        if (folder / "probe" / "runner.yaml").is_file():
            return folder
    raise InfrastructureError(
        Problem(
            "runners", "this installation has no runner images", hint="install gradekit again, or set GRADEKIT_RUNNERS"
        )
    )


def image_files(folder: Path) -> tuple[Path, ...]:
    """The files that make a runner's image, sorted by path; smoke cases and caches are not among them."""
    return tuple(
        sorted(
            path
            for path in folder.rglob("*")
            if path.is_file()
            and (parts := path.relative_to(folder).parts)
            and parts[0] not in _UNBUILT
            and "__pycache__" not in parts
        )
    )


def digest(folder: Path, base: str = BASE) -> str:
    """SHA-256 (hex) of a runner's files, their executable bits and the name of the base image."""
    entries = sorted(
        (
            path.relative_to(folder).as_posix(),
            "x" if path.stat().st_mode & 0o100 else "-",
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in image_files(folder)
    )
    lines = [f"base {base}", *(f"{mode} {content} {name}" for name, mode, content in entries)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def find(folder: Path, name: str) -> Runner:
    """Read the runner called ``name`` from a folder of runners.

    Raises:
        UsageError: there is none, or its ``runner.yaml`` is wrong.
    """
    place = folder / name / "runner.yaml"
    if "/" in name or name.startswith(".") or not place.is_file():
        known = ", ".join(_names(folder)) or "none"
        raise UsageError(Problem(f"runner {name}", f"there is no such folder in {folder}", f"known runners: {known}"))
    try:
        raw: Any = yaml.load(place.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - it is a safe one
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(Problem(str(place), f"it is not YAML: {' '.join(str(error).split())}")) from error
    if not isinstance(raw, dict):
        raise UsageError(Problem(str(place), "it is not a map", "a map of the fields of a runner"))
    if raw.get("name") != name:
        raise UsageError(Problem(str(place), f"name is {raw.get('name')!r}", f"it must be its folder's: {name}"))
    own = {"folder", "digest"} & raw.keys()
    if own:
        raise UsageError(Problem(str(place), f'unknown key "{min(own)}"'))
    try:
        return Runner.model_validate({**raw, "folder": place.parent})
    except ValidationError as error:
        raise UsageError(
            *(
                Problem(
                    f"{place}: {'.'.join(map(str, item['loc'])) or 'runner'}", item["msg"].removeprefix("Value error, ")
                )
                for item in error.errors()
            )
        ) from error


def load_all(folder: Path) -> tuple[Runner, ...]:
    """All runners of a folder, by name.

    Raises:
        UsageError: one of them is wrong.
    """
    return tuple(find(folder, name) for name in _names(folder))


def _names(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/runner.yaml"))


def detect(runners: Iterable[Runner], names: Iterable[str]) -> Runner:
    """Choose the one language whose ``detect`` patterns match a submission's files.

    Files in the root decide; only if they tell nothing, files in folders do.

    Raises:
        SubmissionError: none or several match.
    """
    languages = [runner for runner in runners if runner.kind == "language"]
    paths = [PurePosixPath(name) for name in names]
    for group in ([path for path in paths if len(path.parts) == 1], paths):
        found = [runner for runner in languages if _matches(runner.detect, group)]
        if len(found) == 1:
            return found[0]
        if found:
            both = " and ".join(runner.name for runner in found)
            raise SubmissionError(
                Problem("submission", f"its files look like {both}", "one language", "choose it with --runner NAME")
            )
    patterns = "; ".join(f"{runner.name}: {', '.join(runner.detect)}" for runner in languages) or "no language at all"
    raise SubmissionError(Problem("submission", "no language was recognised in its files", f"looked for {patterns}"))


def _matches(patterns: Sequence[str], paths: Sequence[PurePosixPath]) -> bool:
    return any(
        fnmatchcase(str(path) if "/" in pattern else path.name, pattern) for pattern in patterns for path in paths
    )
