"""A new challenge: a template's folder, with the new name in it."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

import gradekit
from gradekit.errors import Problem, UsageError
from gradekit.model import Slug
from gradekit.texts import near

TEMPLATES: Final[Mapping[str, str]] = {
    "api": "a service with a database: http, schema and sql checks",
    "cli": "a program that reads and prints: command checks",
    "library": "functions, in any language: call checks",
    "sql": "queries alone: sql checks",
}
"""Name of a folder of templates/ -> what it is, in words."""

_FOLDER: Final = Path(gradekit.__file__).resolve().parent / "templates"
_ID: Final = "new-challenge"
_TITLE: Final = "New challenge"
_NAMED: Final = ("challenge.yaml", "rubric.yaml", "README.md")
"""Files of a template that say its id or its title."""
_SLUG: Final = TypeAdapter(Slug)
_SCHEMA: Final = Path("docs", "schema", "challenge.schema.json")


def folder_for(name: str, cwd: Path, place: str = "NAME") -> Path:
    """Where a new challenge goes: ``name`` is its id, or a path whose last part is that.

    Args:
        name: a bare id goes to ``challenges/`` where there is such a folder in ``cwd``, else to ``cwd``.
        cwd: where relative paths start.
        place: what messages call ``name``.

    Raises:
        UsageError: the id is none, or the folder is there already.
    """
    folder = Path(name)
    if len(folder.parts) == 1 and (cwd / "challenges").is_dir():
        folder = Path("challenges") / folder
    try:
        _SLUG.validate_python(folder.name)
    except ValidationError as error:
        what = f'"{folder.name}" is no name for a challenge'
        expected = "it has at most 63 small letters, digits and hyphens"
        raise UsageError(Problem(place, what, expected, "such as notes-api")) from error
    if os.path.lexists(cwd / folder):
        raise UsageError(
            Problem(
                str(folder),
                "is there already",
                "a new challenge gets a folder of its own",
                "choose another name, or remove it",
            )
        )
    return folder


def create(name: str, template: str, title: str | None, cwd: Path) -> Path:
    """Make the folder of a challenge.

    Args:
        name: the challenge's id, or a path whose last part is that. A bare id goes to ``challenges/`` where there is
            such a folder in ``cwd``, else to ``cwd``.
        template: one of ``TEMPLATES``.
        title: for people; made from the id when None.
        cwd: where relative paths start.

    Returns:
        The folder, as given or below ``cwd``.

    Raises:
        UsageError: the template is unknown, the id is none, the title is no line of text, or the folder is there
            already.
    """
    folder = folder_for(name, cwd)
    if template not in TEMPLATES:
        expected = f"one of {', '.join(TEMPLATES)}"
        raise UsageError(Problem("--template", f'"{template}" is unknown', expected, near(template, TEMPLATES)))
    title = folder.name.replace("-", " ").capitalize() if title is None else title.strip()
    if not title.isprintable() or not 0 < len(title) <= 120:  # noqa: PLR2004 - as the format says
        raise UsageError(Problem("--title", "is no title", "it is one line of 1 to 120 characters"))
    _fill(cwd / folder, _FOLDER / template, folder.name, title)
    return folder


def _fill(target: Path, template: Path, id_: str, title: str) -> None:
    """Copy a template, put the names in, and a canary into each hidden file; on failure nothing stays behind."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copytree(template, target, ignore=shutil.ignore_patterns("__pycache__"))
        for name in _NAMED:
            file = target / name
            quoted = title if name == "README.md" else _plain(title)
            text = file.read_text(encoding="utf-8").replace(_ID, id_).replace(_TITLE, quoted)
            if name == "challenge.yaml" and (schema := _schema(target)):
                text = f"# yaml-language-server: $schema={schema}\n{text}"
            file.write_text(text, encoding="utf-8")
        for file in (target / "hidden").rglob("*.sql"):
            text = file.read_text(encoding="utf-8")
            file.write_text(f"-- GK-CANARY-{secrets.token_hex(8)}\n{text}", encoding="utf-8")
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _plain(title: str) -> str:
    """A title as it may stand in YAML: words as they are, anything else quoted."""
    plain = re.fullmatch(r"[A-Z][A-Za-z0-9-]*( [A-Za-z0-9-]+)+", title)
    return title if plain else json.dumps(title, ensure_ascii=False)


def _schema(target: Path) -> str:
    """The way from a challenge to the schema in the nearest folder above that has it; empty when none has."""
    for up, folder in enumerate(target.resolve().parents, 1):
        if (folder / _SCHEMA).is_file():
            return "/".join([".."] * up + list(_SCHEMA.parts))
    return ""
