"""JSON Schemas of challenge.yaml and of rubrics, for editors (draft-07: what YAML language servers read best)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from gradekit.checks.kinds import KINDS
from gradekit.checks.match import Match
from gradekit.spec.challenge import ChallengeHead, CheckHead
from gradekit.spec.expand import FIXED, OPEN
from gradekit.spec.rubric import Rubric

DRAFT = "http://json-schema.org/draft-07/schema#"
_REF = "#/$defs/"

_EXPECTATION: Final = "expectation"
_PLACEHOLDER: Final = "placeholder"
_VALUES: Final = ("examples", "required", "$ref", "type", "description", "oneOf")
"""Keywords below which there is no schema of a value; ``oneOf`` says which keys exclude each other."""

Schema = dict[str, Any]

_MATCH: Final[Schema] = TypeAdapter(Match).json_schema()

_DESCRIPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "Asked": {"headers": "Name -> value.", "query": "Name -> value; a list is given several times."},
    "Auth": {"basic": "User and password."},
    "Basic": {"user": "The user's name.", "password": "The user's password."},
    "CookieExpect": {
        "value": "Its value.",
        "domain": "Its Domain.",
        "path": "Its Path.",
        "secure": "Whether it is sent over TLS only.",
        "http_only": "Whether scripts cannot read it.",
    },
    "ForeignKey": {"columns": "The columns that refer to another table."},
    "Fraction": {"min": "Least value.", "max": "Greatest value.", "decimals": "Digits behind the point."},
    "Items": {"min_length": "Least number of items.", "max_length": "Greatest number of items."},
    "ItemsExpect": {"count": "How many there are."},
    "Outage": {"name": "For reports."},
    "Restart": {"name": "For reports.", "restart": "How the app is stopped before it is started again."},
    "Step": {
        "query": "Name -> value; a list is given several times.",
        "headers": "Name -> value.",
        "expect": "What must hold of the response, or any.",
        "eventually": "The request is sent again until the expectation holds.",
        "paginate": "Pages one after the other, up to the last one.",
    },
    "StretchSpec": {"delay": "How long each writing statement waits."},
    "Target": {
        "query": "Name -> value; a list is given several times.",
        "headers": "Name -> value.",
        "probes": "What is tried on it; by default all that fit.",
    },
    "Text": {
        "alphabet": "The characters that it is made of.",
        "min_length": "Least number of characters.",
        "max_length": "Greatest number of characters.",
    },
    "TimeRatio": {"ratio": "Multiples of the other step's time."},
    "Whole": {"min": "Least value.", "max": "Greatest value."},
    "gradekit__checks__http__model__Expect": {
        "status": "A code, a class such as 2xx, or a list of them.",
        "headers": "Name -> expectation.",
        "schema": "A JSON Schema for the body: a file of the challenge, or the schema itself.",
        "time_ratio": "The time in multiples of another step's.",
    },
    "kind-call": {"cases": "Calls with what they must return."},
    "kind-http": {
        "before": "Statements on the app's data before the steps.",
        "steps": "Requests, and statements on the app's data, in order.",
        "after": "Statements on the app's data after the steps, with what they must answer.",
    },
    "kind-load": {"scoring": "Everything for all limits, or a share for each."},
    "kind-n_plus_one": {"query": "Name -> value; a list is given several times.", "headers": "Name -> value."},
    "kind-openapi": {"checks": "What is looked for.", "scoring": "Everything, or a share for each case."},
    "kind-race": {
        "query": "Name -> value; a list is given several times.",
        "headers": "Name -> value.",
        "rounds": "How often it is done.",
    },
    "kind-sessions": {"dataset": "The data set of which it has a fresh copy."},
    "kind-security": {"accounts": "Who can sign in.", "targets": "The requests that are probed."},
}
"""What the models of kinds do not say of their own fields."""


def challenge_schema() -> Schema:
    """The schema of challenge.yaml; every file that ``load_challenge`` accepts is valid against it.

    Fields of a kind are never required in it, as ``defaults`` may give them.
    """
    models: list[type[BaseModel]] = [ChallengeHead, CheckHead, *(kind.spec for kind in KINDS.values())]
    refs, whole = models_json_schema([(model, "validation") for model in models], by_alias=True)
    defs: dict[str, Schema] = whole["$defs"]

    def definition(model: type[BaseModel]) -> Schema:
        return defs.pop(refs[model, "validation"]["$ref"].removeprefix(_REF))

    head, check = definition(ChallengeHead), definition(CheckHead)
    for name, kind in KINDS.items():
        body = definition(kind.spec)
        body.pop("required", None)
        defs[f"kind-{name}"] = body
    kinds = {name: {"$ref": f"{_REF}kind-{name}"} for name in KINDS}
    check["properties"] |= kinds
    check["oneOf"] = [{"required": [name]} for name in KINDS]
    defs["check"] = check
    defaults = {name: {"$ref": ref["$ref"]} for name, ref in kinds.items()}
    head["properties"] |= {
        "defaults": {
            "type": "object",
            "description": "Default fields by kind of check.",
            "properties": defaults,
            "additionalProperties": False,
        },
        "checks": {
            "type": "array",
            "description": "What is looked at, each with its points.",
            "minItems": 1,
            "items": {"$ref": f"{_REF}check"},
        },
    }
    head["required"] = [*head["required"], "checks"]
    for owner, fields in _DESCRIPTIONS.items():
        for field, text in fields.items():
            defs[owner]["properties"][field].setdefault("description", text)
    schema = _finished(head, "gradekit challenge", defs)
    what = "A literal, which is equality, or operators that must all hold."
    schema["$defs"][_EXPECTATION] = {"description": what, **_MATCH}
    return _with_placeholders(schema)


def _with_placeholders(schema: Schema) -> Schema:
    """Lets a placeholder stand for every value below the keys in which a variant's values are put in."""
    defs, fields = schema["$defs"], schema["properties"]
    reached: set[str] = set()
    waiting = [fields[key] for key in OPEN if key in fields]
    while waiting:
        names = set(_references(waiting.pop())) - reached
        reached |= names
        waiting += [defs[name] for name in names]
    check = defs["check"]["properties"]
    same = {name: check[name] for name in FIXED}
    schema["properties"] = fields | {key: _relaxed(fields[key]) for key in OPEN if key in fields}
    schema["$defs"] = defs | {name: _relaxed(defs[name]) for name in reached}
    schema["$defs"]["check"]["properties"] |= same
    what = "A value of the candidate's variant."
    schema["$defs"][_PLACEHOLDER] = {"description": what, "type": "string", "pattern": r"\{\{[ \t]*variant\."}
    return schema


def _references(node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """The definitions that a schema refers to."""
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(_REF)
        for value in node.values():
            yield from _references(value)


def _relaxed(node: Any, *, names: bool = False) -> Any:  # noqa: ANN401 - any JSON
    """A schema in which a placeholder may stand for every value that is not any text."""
    if isinstance(node, list):
        return [_relaxed(item) for item in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {key: _relaxed(value) for key, value in node.items()}
    typed = any(node.get("type") == name for name in ("integer", "number", "boolean"))
    if typed or {"enum", "const", "pattern"} & node.keys():
        said = {key: node[key] for key in ("description",) if key in node}
        bare = {key: value for key, value in node.items() if key not in said}
        return {**said, "anyOf": [bare, {"$ref": f"{_REF}{_PLACEHOLDER}"}]}
    below = {"properties", "patternProperties"}
    return {key: value if key in _VALUES else _relaxed(value, names=key in below) for key, value in node.items()}


def rubric_schema() -> Schema:
    """The schema of a rubric file."""
    schema = Rubric.model_json_schema(by_alias=True)
    defs = schema.pop("$defs")
    return _finished(schema, "gradekit rubric", defs)


def _finished(schema: Schema, title: str, defs: dict[str, Schema]) -> Schema:
    whole = {"$schema": DRAFT, "title": title, **{key: schema[key] for key in schema if key != "title"}, "$defs": defs}
    plain: Schema = _plain(whole)
    return plain


def _shared(found: Schema) -> Schema:
    """An expectation as a reference: it stands in many places, and is long."""
    if found.get("anyOf") != _MATCH["anyOf"]:
        return found
    reference = {"$ref": f"{_REF}{_EXPECTATION}"}
    rest = {key: value for key, value in found.items() if key != "anyOf"}
    return {**rest, "allOf": [reference]} if rest else reference


def _plain(node: Any, *, names: bool = False) -> Any:  # noqa: ANN401 - any JSON
    """Without titles that only repeat names and without defaults, which are written in another form.

    ``names``: the keys of the node are names of an author's, not keywords.
    """
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {key: _plain(value) for key, value in node.items()}
    found: Schema = {}
    for key, value in node.items():
        if key in {"default", "discriminator"} or (key == "title" and "$schema" not in node):
            continue
        below = key in {"properties", "patternProperties", "$defs"}
        found[key] = value if key == "examples" else _plain(value, names=below)
    if found.get("type") == "array" and "minLength" in found:  # what pydantic makes of min_length behind a validator
        found["minItems"] = found.pop("minLength")
    return _shared(found)
