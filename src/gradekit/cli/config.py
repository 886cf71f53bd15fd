"""gradekit.toml: where challenges, rubrics and runners are; never read from the submission that is graded.

Precedence: option > environment > project file (from the current folder up to the git root) > user
file ($XDG_CONFIG_HOME/gradekit/config.toml) > default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from gradekit.errors import Problem, UsageError
from gradekit.model import Model, parse_size

if TYPE_CHECKING:
    from gradekit.submission import Access

PROJECT_FILE = "gradekit.toml"


class Config(Model):
    """The merged configuration; folders are absolute."""

    challenges: tuple[str, ...] = Field((), description="Folders that hold challenge folders.", examples=[["ours"]])
    rubrics: tuple[str, ...] = Field((), description="Folders that hold rubric files.", examples=[["ours/rubrics"]])
    runners: str | None = Field(None, description="The folder that holds runner folders.", examples=["runners"])
    ca_bundle: str | None = Field(
        None,
        description="A PEM file that git, and package clients inside images, must trust.",
        examples=["certificates.pem"],
    )
    index_url: str | None = Field(
        None,
        description="A Python package index to use instead of the default one.",
        examples=["https://mirror.example/simple"],
    )
    registries: tuple[str, ...] = Field(
        (),
        description="Hosts (HOST or HOST:PORT) that packages may come from beside those that the package clients know.",
        examples=[["packages.example:8443"]],
    )
    token_hosts: tuple[str, ...] = Field(
        (),
        description="Hosts (HOST or HOST:PORT) that GRADEKIT_TOKEN and the credential helper are for.",
        examples=[["git.example"]],
    )
    credential_helper: str | None = Field(
        None,
        description="A credential helper, as git's credential.helper has it, that is asked for those hosts.",
        examples=["store"],
    )
    runtime: str | None = Field(
        None,
        description="The OCI runtime of every container, such as runsc for gVisor; else the engine's own choice.",
        examples=["runsc"],
    )
    cache_size: str = Field(
        "10GiB",
        description="How much the cached packages of submissions may have together.",
        examples=["10GiB", "512MiB"],
        json_schema_extra={"pattern": r"^\d+(KiB|MiB|GiB)$"},
    )
    sources: Mapping[str, str] = {}
    """Key -> file or variable that it came from."""
    ignored: str | None = None
    """The project's file that is not read, for it is the candidate's."""

    @property
    def cache_bytes(self) -> int:
        """``cache_size`` in bytes."""
        return parse_size(self.cache_size)


_HOSTS = ("registries", "token_hosts")
_LISTS = ("challenges", "rubrics", *_HOSTS)
_FOLDERS = ("runners", "ca_bundle")
_TEXTS = (*_FOLDERS, "index_url", "credential_helper", "runtime", "cache_size")
_OWN = ("token_hosts", "credential_helper", "runtime")
"""Keys that run a program, give a secret away or take a wall down: somebody else may have written a project's file."""


def _project_file(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder / PROJECT_FILE
        if (folder / ".git").exists():
            return None
    return None


def _user_file(env: Mapping[str, str]) -> Path | None:
    base = env.get("XDG_CONFIG_HOME") or (f"{env['HOME']}/.config" if env.get("HOME") else None)
    path = Path(base) / "gradekit" / "config.toml" if base else None
    return path if path is not None and path.is_file() else None


def _read(path: Path, *, project: bool) -> dict[str, Any]:
    """One file's keys, its folders made absolute.

    Raises:
        UsageError: it is no TOML, a key or type is unknown, or a project file has a user's key.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            Problem(str(path), f"cannot be read ({error})", "it has to be a TOML file", "correct it")
        ) from error
    problems = []
    values: dict[str, Any] = {}
    for key, value in data.items():
        if project and key in _OWN:
            name = f"GRADEKIT_{key.upper()}"
            hint = f"move it to ~/.config/gradekit/config.toml, or set {name}"
            problems.append(Problem(str(path), f'"{key}" is not read from a project\'s file', "", hint))
        elif key in _LISTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
            values[key] = tuple(item if key in _HOSTS else str(path.parent / item) for item in value)
        elif key in _TEXTS and isinstance(value, str):
            values[key] = str(path.parent / value) if key in _FOLDERS else value
        elif key in _LISTS or key in _TEXTS:
            kind = "a list of strings" if key in _LISTS else "a string"
            problems.append(Problem(str(path), f'"{key}" has the wrong type', f"it has to be {kind}", "correct it"))
        else:
            near = get_close_matches(key, (*_LISTS, *_TEXTS), 1)
            hint = f'did you mean "{near[0]}"?' if near else "remove it"
            problems.append(Problem(str(path), f'unknown key "{key}"', f"one of {', '.join((*_LISTS, *_TEXTS))}", hint))
    if problems:
        raise UsageError(*problems)
    return values


def load(env: Mapping[str, str] | None = None, start: Path | None = None, *, foreign: Path | None = None) -> Config:
    """The configuration for a folder and an environment (default: the process's).

    No project's file in the folder ``foreign`` is read: the candidate wrote it.

    Raises:
        UsageError: a file is not valid.
    """
    env = os.environ if env is None else env
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    project_file = _project_file(start or Path.cwd())
    ignored = None
    if project_file is not None and foreign is not None and project_file.resolve().is_relative_to(foreign):
        project_file, ignored = None, str(project_file)
    for path, project in ((_user_file(env), False), (project_file, True)):
        if path is not None:
            found = _read(path, project=project)
            values.update(found)
            sources.update(dict.fromkeys(found, str(path)))
    for key in (*_LISTS, *_TEXTS):
        name = f"GRADEKIT_{key.upper()}"
        if value := env.get(name):
            words = value.replace(",", " ").split() if key in _HOSTS else value.split(os.pathsep)
            values[key] = tuple(words) if key in _LISTS else value
            sources[key] = name
    config = Config(**values, sources=sources, ignored=ignored)
    try:
        parse_size(config.cache_size)
    except ValueError as error:
        raise UsageError(Problem(f"{sources['cache_size']}: cache_size", str(error))) from None
    return config


def schema() -> dict[str, Any]:
    """The JSON Schema of gradekit.toml, and of a user's config.toml, which may have more keys."""
    fields = Config.model_json_schema()["properties"]
    text = {"type": "string", "minLength": 1}
    keys = {}
    for key in (*_LISTS, *_TEXTS):
        kind: dict[str, Any] = {"type": "array", "items": text} if key in _LISTS else text
        said = {name: fields[key][name] for name in ("description", "pattern", "examples") if name in fields[key]}
        if key in _OWN:
            said["description"] += " Only in the user's own file, never in a project's."
        keys[key] = {**kind, **said}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "gradekit config",
        "description": "gradekit.toml of a project, or a user's ~/.config/gradekit/config.toml.",
        "type": "object",
        "properties": keys,
        "additionalProperties": False,
    }


def shown(config: Config) -> dict[str, dict[str, Any]]:
    """Every key with its value and its source, for people."""
    return {
        key: {"value": getattr(config, key), "source": config.sources.get(key, "default")} for key in (*_LISTS, *_TEXTS)
    }


def environment(config: Config, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment with what the configuration says, under the names that the layers below read."""
    known = {
        "GRADEKIT_RUNNERS": config.runners,
        "GRADEKIT_CA_BUNDLE": config.ca_bundle,
        "PIP_INDEX_URL": config.index_url,
    }
    return {**(os.environ if env is None else env), **{name: value for name, value in known.items() if value}}


def access(config: Config, env: Mapping[str, str] | None = None) -> Access:
    """How repositories are reached: the token is in the environment only, where it is for in the configuration.

    Raises:
        UsageError: the token or a host cannot be one.
    """
    from gradekit.submission import Access

    token = (os.environ if env is None else env).get("GRADEKIT_TOKEN") or None
    return Access(token, config.token_hosts, config.credential_helper, config.ca_bundle)


def state_folder(env: Mapping[str, str] | None = None) -> Path:
    """Where runs are kept when no --out is given: $XDG_STATE_HOME/gradekit."""
    env = os.environ if env is None else env
    base = env.get("XDG_STATE_HOME") or f"{env.get('HOME', '/tmp')}/.local/state"  # noqa: S108 - no home at all
    return Path(base) / "gradekit"


def folders(config: Sequence[str]) -> tuple[Path, ...]:
    """Configured folders as paths."""
    return tuple(Path(item) for item in config)
