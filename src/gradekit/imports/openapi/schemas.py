"""Schemas of OpenAPI as JSON Schema 2020-12, each with all that it refers to in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from gradekit.checks.formats import FORMATS
from gradekit.checks.http.bodyschema import SchemaProblem, check_schema
from gradekit.checks.jsontext import Json
from gradekit.checks.regex import RegexProblem, compile_regex
from gradekit.imports.openapi.reading import Document, Object, items

Side = Literal["request", "response"]
_ONE: Final = ("not", "items", "additionalProperties", "contains", "if", "then", "else", "propertyNames")
_LIST: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAP: Final = ("properties", "patternProperties", "dependentSchemas", "$defs")
_KEPT: Final = frozenset(
    {
        "type",
        "const",
        "enum",
        "multipleOf",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "maxItems",
        "minItems",
        "uniqueItems",
        "maxContains",
        "minContains",
        "maxProperties",
        "minProperties",
        "dependentRequired",
    }
)
_HIDDEN: Final[Mapping[Side, str]] = {"request": "readOnly", "response": "writeOnly"}
"""What marks a member that the other side alone sends."""


def converted(document: Document, schema: Json, side: Side) -> Json:
    """A JSON Schema that stands alone.

    Raises:
        SchemaProblem: there is none that the kind http would take.
    """
    reference = schema.get("$ref") if isinstance(schema, Mapping) and len(schema) == 1 else None
    if not isinstance(reference, str):
        return _converted(document, schema, side)
    known = document.schemas
    if (reference, side) not in known:
        known[reference, side] = _converted(document, schema, side)
    return known[reference, side]


def _converted(document: Document, schema: Json, side: Side) -> Json:
    work = _Work(document, side)
    made = work.schema(schema)
    while work.waiting:
        reference = work.waiting.pop()
        work.definitions[work.names[reference]] = work.schema(document.at(reference))
    if work.definitions and isinstance(made, Mapping):
        made = {**made, "$defs": dict(sorted(work.definitions.items()))}
    check_schema(made)
    return made


@dataclass
class _Work:
    document: Document
    side: Side
    names: dict[str, str] = field(default_factory=dict)
    """Reference -> name among the definitions."""
    waiting: list[str] = field(default_factory=list)
    definitions: dict[str, Json] = field(default_factory=dict)

    def schema(self, value: Json) -> Json:
        """One schema, with references into the definitions."""
        self.document.take()
        if not isinstance(value, Mapping):
            return value if isinstance(value, bool) else True
        reference = value.get("$ref")
        if isinstance(reference, str):
            alone = {"$ref": f"#/$defs/{self._named(reference)}"}
            beside = {} if self.document.old else {key: child for key, child in value.items() if key != "$ref"}
            other = self.schema(beside)
            return {**other, **alone} if isinstance(other, Mapping) else alone
        made: dict[str, Json] = {key: child for key, child in value.items() if key in _KEPT}
        for key in _ONE:
            if key in value:
                made[key] = self.schema(value[key])
        for key in _LIST:
            if isinstance(value.get(key), list):
                made[key] = [self.schema(child) for child in items(value[key])]
        for key in _MAP:
            children = value.get(key)
            if isinstance(children, Mapping):
                made[key] = {name: self.schema(child) for name, child in children.items() if _usable(key, name)}
        self._details(value, made)
        return self._nullable(value, made)

    def _named(self, reference: str) -> str:
        if reference not in self.names:
            last = reference.rpartition("/")[2].replace("~1", "_").replace("~0", "_").replace("%", "_")
            base = name = "".join(char if char.isalnum() and char.isascii() else "_" for char in last) or "root"
            while name in self.names.values():
                name = f"{base}_{len(self.names)}"
            self.names[reference] = name
            self.waiting.append(reference)
        return self.names[reference]

    def _details(self, value: Object, made: dict[str, Json]) -> None:
        """What is kept only if it is of use, or for this side."""
        if value.get("format") in FORMATS:
            made["format"] = value["format"]
        pattern = value.get("pattern")
        if isinstance(pattern, str) and _compiles(pattern):
            made["pattern"] = pattern
        required = items(value.get("required"))
        properties = self.document.object(value.get("properties"))
        hidden = {
            name for name, child in properties.items() if self.document.object(child).get(_HIDDEN[self.side]) is True
        }
        if required:
            made["required"] = [name for name in required if name not in hidden]
        for limit, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(made.get(limit), bool):
                exclusive = made.pop(limit)
                if exclusive and bound in made:
                    made[limit] = made.pop(bound)

    def _nullable(self, value: Object, made: dict[str, Json]) -> Json:
        """As a type of JSON Schema, where OpenAPI 3.0 has a mark."""
        if value.get("nullable") is not True or not self.document.old:
            return made
        return {"anyOf": [made, {"type": "null"}]}


def _usable(key: str, name: str) -> bool:
    return key != "patternProperties" or _compiles(name)


def _compiles(pattern: str) -> bool:
    """Whether RE2 can search for it; a pattern that it cannot is left out, as nothing else would be safe."""
    try:
        compile_regex(pattern)
    except RegexProblem:
        return False
    return True


__all__ = ["SchemaProblem", "Side", "converted"]
