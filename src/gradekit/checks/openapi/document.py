"""An author's OpenAPI document: read, cut to the chosen operations, looked over; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import yaml

from gradekit.checks.bounded import BoundedLoader, Unbounded, whole
from gradekit.checks.jsontext import Json
from gradekit.texts import clean

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
"""Operations of a path; TRACE is none that an app has."""


class DocumentProblem(ValueError):  # noqa: N818 - it describes a text
    """Why a text is no OpenAPI document that can be used."""


def load(data: bytes) -> object:
    """What JSON or YAML says.

    Raises:
        DocumentProblem: it is neither, or too much.
    """
    try:
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            # A reader of YAML is far slower, and takes more.
            found = yaml.load(data.decode("utf-8-sig"), BoundedLoader)  # noqa: S506 - it is a safe one
        return whole(found)
    except Unbounded as problem:
        raise DocumentProblem(str(problem)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentProblem(f"it is neither YAML nor JSON: {clean(' '.join(str(error).split()))}") from None


def read(data: bytes) -> Mapping[str, Json]:
    """The document.

    Raises:
        DocumentProblem: it is not OpenAPI 3.0 or 3.1, or refers to what is not in it.
    """
    document: Any = load(data)
    version = document.get("openapi") if isinstance(document, dict) else None
    if not isinstance(version, str) or version[:4] not in {"3.0.", "3.1."}:
        found = clean(repr(version)) if version is not None else "missing"
        raise DocumentProblem(f"it is not OpenAPI 3.0 or 3.1: `openapi` is {found}, and has to be a text such as 3.1.0")
    if not isinstance(document.get("paths"), dict) or not operations(document):
        raise DocumentProblem("it has no operation below `paths`")
    for reference in _references(document):
        if not _leads(document, reference):
            raise DocumentProblem(f"$ref {clean(reference)} leads to nothing in the document")
    return cast("Mapping[str, Json]", document)


def operations(document: Mapping[str, Json]) -> Sequence[str]:
    """``METHOD /path`` of every operation, in the document's order."""
    paths = cast("Mapping[str, Json]", document["paths"])
    return [
        f"{method.upper()} {path}"
        for path, item in paths.items()
        if isinstance(item, Mapping)
        for method in item
        if method in METHODS
    ]


def chosen(document: Mapping[str, Json], include: Sequence[str], exclude: Sequence[str]) -> Mapping[str, Json]:
    """The document with the operations that are to be tested."""
    paths = {}
    for path, item in cast("Mapping[str, Mapping[str, Json]]", document["paths"]).items():
        kept = {
            key: value
            for key, value in item.items()
            if key not in METHODS
            or ((not include or f"{key.upper()} {path}" in include) and f"{key.upper()} {path}" not in exclude)
        }
        if any(key in METHODS for key in kept):
            paths[path] = kept
    return {**document, "paths": paths}


def _references(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            if key == "$ref" and isinstance(child, str):
                yield child
            else:
                yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def _leads(document: Json, reference: str) -> bool:
    if not reference.startswith("#/"):
        return False
    place = document
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(place, list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        elif isinstance(place, Mapping) and name in place:
            place = place[name]
        else:
            return False
    return True
