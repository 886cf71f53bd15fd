"""gradekit.toml: where challenges, rubrics and runners are; never read from a submission.

Precedence: option > environment > project file (from the current folder up to the git root) > user
file ($XDG_CONFIG_HOME/gradekit/config.toml) > default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gradekit.errors import Problem, UsageError
from gradekit.model import Model

PROJECT_FILE = "gradekit.toml"


class Config(Model):
    """The merged configuration; folders are absolute."""

    challenges: tuple[str, ...] = ()
    """Folders that hold challenge folders."""
    rubrics: tuple[str, ...] = ()
    """Folders that hold rubric files."""
    runners: str | None = None
    """The folder that holds runner folders."""
    ca_bundle: str | None = None
    """A PEM file that package clients inside images must trust."""
    index_url: str | None = None
    """A Python package index to use instead of the default one."""
    registries: tuple[str, ...] = ()
    """Hosts (HOST or HOST:PORT) that packages may come from beside those that the package clients know."""
    sources: Mapping[str, str] = {}
    """Key -> file or variable that it came from."""


_HOSTS = ("registries",)
_LISTS = ("challenges", "rubrics", *_HOSTS)
_FOLDERS = ("runners", "ca_bundle")
_TEXTS = (*_FOLDERS, "index_url")


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


def _read(path: Path) -> dict[str, Any]:
    """One file's keys, its folders made absolute.

    Raises:
        UsageError: it is no TOML, or a key or type is unknown.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(Problem(str(path), f"cannot be read ({error})", "a TOML file", "correct it")) from error
    problems = []
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key in _LISTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
            values[key] = tuple(item if key in _HOSTS else str(path.parent / item) for item in value)
        elif key in _TEXTS and isinstance(value, str):
            values[key] = str(path.parent / value) if key in _FOLDERS else value
        elif key in _LISTS or key in _TEXTS:
            kind = "a list of strings" if key in _LISTS else "a string"
            problems.append(Problem(str(path), f'"{key}" has the wrong type', f"{kind}", "correct it"))
        else:
            near = get_close_matches(key, (*_LISTS, *_TEXTS), 1)
            hint = f'did you mean "{near[0]}"?' if near else "remove it"
            problems.append(Problem(str(path), f'unknown key "{key}"', f"one of {', '.join((*_LISTS, *_TEXTS))}", hint))
    if problems:
        raise UsageError(*problems)
    return values


def load(env: Mapping[str, str] | None = None, start: Path | None = None) -> Config:
    """The configuration for a folder and an environment (default: the process's).

    Raises:
        UsageError: a file is not valid.
    """
    env = os.environ if env is None else env
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for path in (_user_file(env), _project_file(start or Path.cwd())):
        if path is not None:
            found = _read(path)
            values.update(found)
            sources.update(dict.fromkeys(found, str(path)))
    for key in (*_LISTS, *_TEXTS):
        name = f"GRADEKIT_{key.upper()}"
        if value := env.get(name):
            words = value.replace(",", " ").split() if key in _HOSTS else value.split(os.pathsep)
            values[key] = tuple(words) if key in _LISTS else value
            sources[key] = name
    return Config(**values, sources=sources)


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


def state_folder(env: Mapping[str, str] | None = None) -> Path:
    """Where runs are kept when no --out is given: $XDG_STATE_HOME/gradekit."""
    env = os.environ if env is None else env
    base = env.get("XDG_STATE_HOME") or f"{env.get('HOME', '/tmp')}/.local/state"  # noqa: S108 - no home at all
    return Path(base) / "gradekit"


def folders(config: Sequence[str]) -> tuple[Path, ...]:
    """Configured folders as paths."""
    return tuple(Path(item) for item in config)
