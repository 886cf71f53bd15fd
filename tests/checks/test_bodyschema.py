"""Schemas that an author may write, on bodies that cost as much as they can."""

from __future__ import annotations

import resource
import time
from typing import Any

import pytest

from gradekit.checks import jsontext
from gradekit.checks.http.bodyschema import MAX_UNEVALUATED, mismatches

MANY = 99_000
TREE: Any = {"$ref": "#/$defs/n", "$defs": {"n": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/l"}]}}}
TREE["$defs"]["l"] = {"type": "array", "items": {"$ref": "#/$defs/n"}}
ONES: Any = jsontext.parse("[" + "1," * MANY + "1]")
STRINGS: Any = {f"a{number}": "x" for number in range(45_000)}


def texts(schema: Any, value: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - JSON
    return [(found.expected, found.actual, found.place) for found in mismatches(schema, value)]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"contains": {"minimum": 1}, "unevaluatedItems": False}, ONES),
        ({"unevaluatedItems": {"type": "integer"}}, ONES),
        ({"unevaluatedProperties": {"type": "string"}}, STRINGS),
        ({"allOf": [{"additionalProperties": {"type": "string"}}], "unevaluatedProperties": False}, STRINGS),
    ],
)
def test_what_nothing_else_looked_at_takes_no_square_of_time(schema: Any, value: Any) -> None:  # noqa: ANN401
    begun = time.process_time()
    ((expected, actual, _place),) = texts(schema, value)
    assert time.process_time() - begun < 5.0
    word = "unevaluatedItems" if isinstance(value, list) else "unevaluatedProperties"
    assert expected == f"at most {MAX_UNEVALUATED} values, as {word} is used"
    assert actual == f"{len(value)} values"


@pytest.mark.parametrize("word", ["anyOf", "oneOf"])
def test_alternatives_do_not_collect_what_is_wrong_with_each(word: str) -> None:
    schema: Any = {word: [{"items": {"type": "string"}}, {"items": {"maximum": 0}}, {"type": "object"}]}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ((expected, actual, place),) = texts(schema, ONES)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    assert expected.startswith(f"what fits {word}: ")
    assert actual.startswith("[1, 1, ")
    assert not place


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"anyOf": [{"type": "string"}, {"minimum": 2}]}, ["x", 2, None], [1]),
        ({"oneOf": [{"type": "string"}, {"minimum": 2}]}, [2, 3], [1, "x"]),
        ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, [1], [2]),
        ({"prefixItems": [{"type": "integer"}], "unevaluatedItems": False}, [[1], []], [[1, 2]]),
        ({"prefixItems": [True], "contains": {"const": 2}, "unevaluatedItems": False}, [[1, 2]], [[1, 2, 3]]),
        ({"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False}, [{"a": 1}, {}], [{"b": 1}]),
        ({"unevaluatedProperties": {"type": "string"}}, [{"a": "b"}, 1], [{"a": 1}]),
        (TREE, [None, [], [[None]]], [1, [[1]]]),
    ],
)
def test_the_keywords_of_our_own_mean_what_the_standard_says(
    schema: Any,  # noqa: ANN401
    right: list[Any],
    wrong: list[Any],
) -> None:
    for value in right:
        assert not mismatches(schema, value), value
    for value in wrong:
        assert mismatches(schema, value), value
