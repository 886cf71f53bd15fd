"""The exported JSON Schemas: for editors, so they must agree with the loader."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from gradekit.checks.kinds import KINDS
from gradekit.checks.operators import MEANINGS, OPERATORS
from gradekit.cli.config import schema as config_schema
from gradekit.report import record
from gradekit.spec.reader import read_file
from gradekit.spec.schema import challenge_schema, rubric_schema

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCHEMAS = {"challenge": challenge_schema, "rubric": rubric_schema, "config": config_schema}
DRAFT_7 = {
    "$schema", "$defs", "$ref", "title", "description", "examples", "type", "properties", "required",
    "additionalProperties", "propertyNames", "patternProperties", "minProperties", "items", "minItems", "maxItems",
    "allOf", "anyOf", "oneOf", "const", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum",
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
        if names or key not in {"enum", "const", "required", "examples"}:
            found |= _keywords(value, names=not names and key in {"properties", "patternProperties", "$defs"})
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_only_plain_keywords_are_used(name: str) -> None:
    schema = SCHEMAS[name]()
    Draft7Validator.check_schema(schema)
    assert _keywords(schema) <= DRAFT_7


def _undescribed(schema: dict[str, Any], node: object, *, names: bool = False) -> Iterator[str]:
    """Keys without a description, their own or that of what they refer to."""
    if isinstance(node, list):
        for item in node:
            yield from _undescribed(schema, item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if names and not _described(schema, value):
                yield key
            if names or key not in {"enum", "const", "required", "examples"}:
                yield from _undescribed(schema, value, names=not names and key == "properties")


def _described(schema: dict[str, Any], node: dict[str, Any]) -> bool:
    name = node.get("$ref", "").removeprefix("#/$defs/")
    return "description" in node or (bool(name) and _described(schema, schema["$defs"][name]))


@pytest.mark.parametrize(
    "schema",
    [challenge_schema(), rubric_schema(), config_schema(), json.loads(record.schema())],
    ids=[*SCHEMAS, "report"],
)
def test_every_key_is_described(schema: dict[str, Any]) -> None:
    assert list(_undescribed(schema, schema)) == []
    assert list(_undescribed({"$defs": {}}, {"properties": {"a": {"properties": {"b": {}}}}})) == ["a", "b"]
    assert '"examples"' in json.dumps(schema)


def test_examples_are_valid() -> None:
    for schema in (challenge_schema(), rubric_schema(), config_schema()):
        for key, value in schema["properties"].items():
            for example in value.get("examples", ()):
                whole = {**schema, "required": []}
                assert list(Draft7Validator(whole).iter_errors({key: example})) == [], key


def test_operators_have_the_meanings_that_the_schema_tells() -> None:
    assert MEANINGS.keys() == OPERATORS.keys()


def test_shipped_challenges_and_rubrics_are_valid() -> None:
    challenges = sorted(
        [*ROOT.glob("challenges/*/challenge*.yaml"), *ROOT.glob("src/gradekit/templates/*/challenge.yaml")]
    )
    rubrics = sorted([*ROOT.glob("rubrics/*.yaml"), *ROOT.glob("challenges/*/rubric.yaml")])
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
        "lint-fields",
        "load-steps",
        "matchers",
        "min-tier-unknown",
        "misspelt-kind",
        "missing-keys",
        "no-criterion",
        "no-checks",
        "no-kind",
        "not-a-map",
        "other-version",
        "ready",
        "ready-form",
        "runner-names",
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


def test_a_placeholder_may_stand_where_a_value_is_put_in() -> None:
    check = {"id": "a", "criterion": "api", "timeout": "{{ variant.seconds }}s", "openapi": {"seed": "{{ variant.x }}"}}
    step = {"request": "GET /", "expect": {"status": "{{ variant.status }}", "json": {"$.a": "{{ variant.x }}"}}}
    whole = {
        "gradekit": 1, "id": "demo", "title": "Demo", "runner": "any", "rubric": "x",
        "variants": {"parameters": {"x": [1, 2], "y": {"from": 1, "to": 3}}, "together": {"t": [{"a": 1}, {"a": 2}]}},
        "app": {"port": "{{ variant.port }}"},
        "checks": [check, {"id": "b", "criterion": "api", "http": {"timeout": "{{variant.x}}", "steps": [step]}}],
    }  # fmt: skip
    validator = Draft7Validator(challenge_schema())
    assert [error.message for error in validator.iter_errors(whole)] == []
    wrong = [
        {**whole, "limits": {"pids": "{{ variant.x }}"}},
        {**whole, "checks": [{**check, "points": "{{ variant.x }}"}]},
        {**whole, "app": {"port": "{{ x }}"}},
    ]
    assert all(list(validator.iter_errors(each)) for each in wrong)
