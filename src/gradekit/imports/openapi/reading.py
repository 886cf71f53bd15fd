"""An OpenAPI document of somebody else: read within bounds, with its references followed inside of it only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from gradekit.checks.jsontext import Json
from gradekit.checks.openapi.document import METHODS, DocumentProblem, load
from gradekit.imports.source import Source
from gradekit.texts import clean, quote

MAX_FILE: Final = 4 << 20
"""Bytes."""
MAX_VALUES: Final = 400_000
"""Values in it, each as often as it is used: an anchor of YAML can stand for many."""
MAX_DEPTH: Final = 100
MAX_OPERATIONS: Final = 300
_NAMED: Final = frozenset(
    {
        *("paths", "webhooks", "callbacks", "responses", "headers", "links", "examples", "encoding", "content"),
        *("schemas", "parameters", "requestBodies", "securitySchemes", "pathItems"),
        *("properties", "patternProperties", "dependentSchemas", "$defs", "definitions"),
    }
)
"""Keys of maps from names that the document's author chose."""
MAX_SCHEMAS: Final = 100_000
"""Schemas that are taken over, each as often as an operation reaches it."""
_FOLLOWED: Final = 20
"""References in a row."""

Object = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Document:
    """A document whose references all lead into it."""

    source: Source
    path: str
    """Of the file."""
    root: Object
    schemas: dict[tuple[str, str], Json] = field(default_factory=dict)
    """Reference and side -> what was made of the schema there."""
    taken: list[int] = field(default_factory=lambda: [0])
    """How many schemas were taken over."""

    def take(self) -> None:
        """Count a schema that is taken over.

        Raises:
            UsageError: there are too many.
        """
        self.taken[0] += 1
        if self.taken[0] > MAX_SCHEMAS:
            what = f"its operations reach more than {MAX_SCHEMAS} schemas"
            hint = "leave out operations, or references from schema to schema"
            raise self.source.refusal("", what, "each counted as often as an operation reaches it", hint)

    @property
    def old(self) -> bool:
        """Whether its schemas are those of OpenAPI 3.0, not JSON Schemas."""
        return str(self.root["openapi"]).startswith("3.0")

    def object(self, value: Json) -> Object:
        """The object that a value is, or that its references lead to; an empty one for what is none."""
        for _ in range(_FOLLOWED):
            if not isinstance(value, Mapping):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self.at(reference)
        return {}

    def at(self, reference: str) -> Json:
        """What a reference leads to; None for nothing."""
        place: Json = self.root
        for part in reference.removeprefix("#/").split("/"):
            name = _unescaped(part)
            if isinstance(place, list):
                place = place[int(name)] if name.isdecimal() and int(name) < len(place) else None
            else:
                place = place.get(name) if isinstance(place, Mapping) else None
        return place


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path."""

    method: str
    """In capitals."""
    path: str
    body: Object
    parameters: tuple[Object, ...]
    """Its own, and those of its path that it does not have itself."""

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.method} {self.path}"


def read(source: Source) -> Document:
    """Read the one file of a source.

    Raises:
        UsageError: it is no OpenAPI 3.0 or 3.1 in one file, or too much.
    """
    (path,) = source.files
    data = source.files[path]
    if len(data) > MAX_FILE:
        raise source.refusal("", f"is larger than {MAX_FILE >> 20} MiB", "", "leave out what is not asked for")
    try:
        found = load(data)
    except DocumentProblem as problem:
        raise source.refusal("", str(problem), "an OpenAPI document in JSON or YAML") from None
    version = found.get("openapi", found.get("swagger")) if isinstance(found, Mapping) else None
    if isinstance(version, float):
        version = str(version)
    if not isinstance(found, Mapping) or not isinstance(version, str) or version[:3] not in {"3.0", "3.1"}:
        what = "names no version of OpenAPI" if version is None else f"is of version {clean(str(version))}"
        raise source.refusal("", what, "OpenAPI 3.0 or 3.1", "convert it first")
    budget = [MAX_VALUES]
    try:
        root = _plain(found, budget, 0)
    except ValueError as error:
        raise source.refusal("", str(error)) from None
    assert isinstance(root, dict)  # noqa: S101 - for the type checker
    root["openapi"] = version if version.count(".") == 2 else f"{version}.0"  # noqa: PLR2004 - such as 3.1.0
    document = Document(source, path, root)
    for place, reference in _references(root, "#"):
        if not reference.startswith("#"):
            what = f"{clean(place)} refers to {quote(reference)}, which is not in it"
            raise source.refusal("", what, "one file", "bundle it first, as redocly bundle does")
        if reference != "#" and document.at(reference) is None:
            what = f"{clean(place)} refers to {quote(reference)}, and there is nothing"
            raise source.refusal("", what, "references to what is in it", "write it there, or leave the reference out")
    return document


def operations(document: Document) -> tuple[Operation, ...]:
    """All operations, in the document's order.

    Raises:
        UsageError: there is none, or there are too many.
    """
    found: list[Operation] = []
    for path, value in document.object(document.root.get("paths")).items():
        item = document.object(value)
        for method in METHODS:
            body = item.get(method)
            if isinstance(body, Mapping) and path.startswith("/"):
                found.append(Operation(method.upper(), path, body, _parameters(document, item, body)))
    if not 0 < len(found) <= MAX_OPERATIONS:
        what = f"has {len(found)} operations below `paths`"
        raise document.source.refusal("", what, f"1 to {MAX_OPERATIONS}", "leave out what is not asked for")
    return tuple(found)


def items(value: Json) -> tuple[Json, ...]:
    """The items of a list; none of anything else."""
    return tuple(value) if isinstance(value, list) else ()


def words(value: Json) -> str:
    """A text on one line; empty for anything else."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def _parameters(document: Document, item: Object, body: Object) -> tuple[Object, ...]:
    found: dict[tuple[str, str], Object] = {}
    for value in (*items(item.get("parameters")), *items(body.get("parameters"))):
        parameter = document.object(value)
        found[str(parameter.get("in")), str(parameter.get("name"))] = parameter
    return tuple(found.values())


def _plain(value: object, budget: list[int], depth: int) -> Json:
    """The value as JSON has it, without anything that stands in it twice."""
    budget[0] -= 1
    if budget[0] < 0:
        raise ValueError(f"holds more than {MAX_VALUES} values")
    if depth > MAX_DEPTH:
        raise ValueError(f"is nested more than {MAX_DEPTH} deep")
    if isinstance(value, Mapping):
        return {str(name): _plain(child, budget, depth + 1) for name, child in value.items()}
    if isinstance(value, list):
        return [_plain(child, budget, depth + 1) for child in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _references(value: Json, place: str, *, names: bool = False) -> Iterator[tuple[str, str]]:
    """All references, each after its place, but those in examples, which are values of somebody's own.

    With ``names``, the keys are names that the document's author chose.
    """
    if isinstance(value, Mapping):
        for key, child in value.items():
            if key == "$ref" and isinstance(child, str) and not names:
                yield place, child
            elif names or key not in {"example", "value", "default"}:
                below = f"{place}/{key.replace('~', '~0').replace('/', '~1')}"
                yield from _references(child, below, names=not names and key in _NAMED)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _references(child, f"{place}/{index}")


def _unescaped(part: str) -> str:
    text = re.sub("%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), part)
    return text.replace("~1", "/").replace("~0", "~")


def as_json(document: Document) -> bytes:
    """The document without what says where it is served."""

    def served(value: Json) -> Json:
        if isinstance(value, Mapping):
            return {name: served(child) for name, child in value.items() if name != "servers" or not _listed(child)}
        return [served(child) for child in value] if isinstance(value, list) else value

    return (json.dumps(served(document.root), indent=1, ensure_ascii=False) + "\n").encode()


def _listed(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) and "url" in item for item in value)
