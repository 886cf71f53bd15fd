"""JSON Schemas of challenge.yaml and of rubrics, for editors (draft-07: what YAML language servers read best)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gradekit.checks.kinds import KINDS
from gradekit.spec.challenge import ChallengeHead, CheckHead
from gradekit.spec.rubric import Rubric

DRAFT = "http://json-schema.org/draft-07/schema#"
_REF = "#/$defs/"

Schema = dict[str, Any]


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
        "checks": {"type": "array", "minItems": 1, "items": {"$ref": f"{_REF}check"}},
    }
    head["required"] = [*head["required"], "checks"]
    return _finished(head, "gradekit challenge", defs)


def rubric_schema() -> Schema:
    """The schema of a rubric file."""
    schema = Rubric.model_json_schema(by_alias=True)
    defs = schema.pop("$defs")
    return _finished(schema, "gradekit rubric", defs)


def _finished(schema: Schema, title: str, defs: dict[str, Schema]) -> Schema:
    whole = {"$schema": DRAFT, "title": title, **{key: schema[key] for key in schema if key != "title"}, "$defs": defs}
    plain: Schema = _plain(whole)
    return plain


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
        found[key] = _plain(value, names=key in {"properties", "patternProperties", "$defs"})
    if found.get("type") == "array" and "minLength" in found:  # what pydantic makes of min_length behind a validator
        found["minItems"] = found.pop("minLength")
    return found
