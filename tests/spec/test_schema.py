"""The exported JSON Schemas: for editors, so they must agree with the loader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from gradekit.checks.kinds import KINDS
from gradekit.spec.reader import read_file
from gradekit.spec.schema import challenge_schema, rubric_schema

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCHEMAS = {"challenge": challenge_schema, "rubric": rubric_schema}
DRAFT_7 = {
    "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties",
    "propertyNames", "patternProperties", "minProperties", "items", "minItems", "maxItems", "anyOf", "oneOf", "const",
    "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
}  # fmt: skip


def _errors(schema: dict[str, object], path: Path) -> list[str]:
    return [error.message for error in Draft7Validator(schema).iter_errors(read_file(path).data)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schemas_are_the_generated_ones(name: str, golden: Callable[[Path, str], None]) -> None:
    text = json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"
    golden(ROOT / "docs" / "schema" / f"{name}.schema.json", text)


def _keywords(node: object, *, names: bool = False) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_keywords, node))
    if not isinstance(node, dict):
        return set()
    found = set() if names else set(node)
    for key, value in node.items():
        if names or key not in {"enum", "const", "required"}:
            found |= _keywords(value, names=not names and key in {"properties", "patternProperties", "$defs"})
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_only_plain_keywords_are_used(name: str) -> None:
    schema = SCHEMAS[name]()
    Draft7Validator.check_schema(schema)
    assert _keywords(schema) <= DRAFT_7


def test_shipped_challenges_and_rubrics_are_valid() -> None:
    challenges = sorted(ROOT.glob("challenges/*/challenge.yaml"))
    rubrics = sorted(ROOT.glob("rubrics/*.yaml"))
    assert challenges
    assert rubrics
    for path in challenges:
        assert _errors(challenge_schema(), path) == [], path
    for path in [*rubrics, *(HERE / "rubrics").iterdir()]:
        assert _errors(rubric_schema(), path) == [], path


@pytest.mark.parametrize(
    "name",
    [
        "bad-duration",
        "checks-not-a-list",
        "defaults",
        "defaults-not-a-map",
        "duplicate-key",
        "empty-checks",
        "http-values",
        "indented-too-little",
        "indented-too-much",
        "matchers",
        "misspelt-kind",
        "missing-keys",
        "no-criterion",
        "no-kind",
        "not-a-map",
        "other-version",
        "ready-form",
        "solution-claims",
        "sql-values",
        "step-without-expect",
        "two-kinds",
        "unknown-key-near-miss",
        "unknown-keys",
        "wrong-types",
        "yaml-1-1-traps",
    ],
)
def test_bad_shapes_are_rejected(name: str) -> None:
    assert _errors(challenge_schema(), HERE / "bad" / name / "challenge.yaml")


@pytest.mark.parametrize("name", ["rubric-fields", "rubric-version"])
def test_bad_rubrics_are_rejected(name: str) -> None:
    assert _errors(rubric_schema(), HERE / "bad" / name / "rubrics" / "wrong.yaml")


@pytest.mark.parametrize(
    "name", ["criterion-without-checks", "duplicate-id", "needs", "unknown-names", "unknown-variable"]
)
def test_good_shapes_with_wrong_references_are_accepted(name: str) -> None:
    found = _errors(challenge_schema(), HERE / "bad" / name / "challenge.yaml")
    assert [message for message in found if "a-b" not in message] == []


def test_each_kind_is_offered_in_checks_and_defaults() -> None:
    schema = challenge_schema()
    assert set(schema["properties"]["defaults"]["properties"]) == set(KINDS)
    assert set(KINDS) <= set(schema["$defs"]["check"]["properties"])
