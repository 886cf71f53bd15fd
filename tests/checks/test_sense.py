"""Expectations that nothing meets: what is called so, and that nothing is called so which some value meets."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks import sense
from gradekit.checks.base import Scope
from gradekit.checks.http import KIND
from gradekit.checks.http.bodyschema import SchemaProblem, check_schema
from gradekit.checks.http.model import Expect, HttpSpec
from gradekit.checks.jsontext import Json
from gradekit.checks.match import Match
from gradekit.checks.operators import OPERATORS
from gradekit.checks.values import MISSING
from gradekit.model import AUTHORED

SMALL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 4),
    st.sampled_from([0.5, 1.0, 2.5]),
    st.sampled_from(["", "a", "ab", "b", "1", "2.50", "2026-01-01", "2026-01-02", "${x}", "$${x}"]),
)
VALUES = st.one_of(SMALL, st.lists(SMALL, max_size=3), st.dictionaries(st.sampled_from("ab"), SMALL, max_size=2))
ENDS = st.one_of(st.integers(-2, 4), st.sampled_from([0.5, 2.5]), st.sampled_from(["2026-01-01", "2026-01-02"]))
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])
PARTS = st.sampled_from(["", "a", "ab", "${x}"])
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "eq": VALUES,
    "ne": VALUES,
    **dict.fromkeys(("gt", "gte", "lt", "lte"), ENDS),
    "between": st.lists(st.integers(-2, 4), min_size=2, max_size=2),
    "in": st.lists(VALUES, max_size=3),
    "approx": st.fixed_dictionaries({"value": st.integers(-2, 4)}, optional={"abs": st.integers(0, 2)}),
    "decimal": st.sampled_from([1, 2.5, "2.5"]),
    "type": st.one_of(TYPES, st.lists(TYPES, min_size=1, max_size=2)),
    "format": st.just("date"),
    "matches": st.sampled_from([".*", "^a", "^$", "b"]),
    **dict.fromkeys(("contains", "starts_with", "ends_with"), PARTS),
    **dict.fromkeys(("exists", "empty", "unique"), st.booleans()),
    **dict.fromkeys(("unordered", "includes"), st.lists(SMALL, max_size=3)),
    "sorted": st.sampled_from([True, "asc", "desc"]),
}
LENGTHS = st.one_of(
    st.integers(-1, 3),
    st.dictionaries(st.sampled_from(["gte", "lte", "gt", "lt"]), st.integers(-1, 3), min_size=1, max_size=2),
)


def _matches(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    known = {
        **PLAIN,
        **dict.fromkeys(("length", "count"), LENGTHS),
        **dict.fromkeys(("each", "not"), inner),
        "any_of": st.lists(inner, min_size=1, max_size=2),
    }
    names = st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=4, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: known[name] for name in chosen}))


SOURCES = st.recursive(SMALL, _matches, max_leaves=4)


def parsed(source: object) -> Match:
    return Match.parse(source)


@given(SOURCES, st.lists(st.one_of(VALUES, st.just(MISSING)), min_size=1, max_size=8))
def test_what_some_value_meets_is_not_called_impossible(source: object, values: list[Any]) -> None:
    match = parsed(source)
    filled = match.fill({"x": "a"})
    if any(not filled.check(value) for value in values):
        assert sense.impossible(match) is None


@given(SOURCES, st.lists(VALUES, min_size=1, max_size=4))
def test_what_is_called_idle_is_met_by_all_texts_and_lists(source: object, values: list[Any]) -> None:
    """A top-level operator that is told to say nothing fails no value of the sort that it is for."""
    match = parsed(source)
    for found in sense.vacuous(match, sense.ANY):
        name = found.loc[0] if found.loc else "eq"
        alone = next(operand for operator, operand in match.tests if operator == name)
        if name in {"matches", "contains", "starts_with", "ends_with"}:
            assert not [text for text in values if isinstance(text, str) and list(OPERATORS[name].check(alone, text))]


def test_lengths_of_lengths_take_no_time() -> None:
    source: object = {"length": 1}
    for _ in range(25):
        source = {"length": {"any_of": [source, 3], "gte": 0, "lte": 5}, "empty": False, "ne": 0}
    begun = time.process_time()
    assert sense.impossible(parsed(source)) is None
    assert sense.impossible(parsed({"length": source})) is not None
    assert list(sense.vacuous(parsed(source), sense.ANY))
    assert time.process_time() - begun < 1


def test_every_operator_is_known() -> None:
    assert sense._ASKED.keys() == OPERATORS.keys()


@pytest.mark.parametrize(
    ("source", "domain", "place", "what"),
    [
        ({"any_of": [{"gt": 5}, "x"], "lt": 3, "type": "number"}, sense.ANY, ("any_of",), "any_of: "),
        ({"gte": 1, "lte": 5, "type": "integer", "any_of": [0.5, {"between": [1.2, 1.8]}]}, sense.ANY, (), ""),
        ({"unordered": [1, 2], "includes": [3]}, sense.ANY, ("unordered",), "unordered"),
        ({"unordered": [1, 2], "unique": False}, sense.ANY, ("unordered",), "unordered"),
        ({"in": ["a", 5], "starts_with": "b"}, sense.TEXT, ("in",), "starts_with"),
        ({"length": {"in": [-1]}}, sense.ANY, ("length", "in"), "no whole number from 0 meets `in: [-1]`"),
        ({"eq": None, "type": "boolean"}, sense.ANY, ("eq",), "null"),
        ({"eq": {"a": 1}, "count": 2}, sense.ANY, ("eq",), "count: 2"),
        ({"lt": 3.5, "gt": 3}, sense.WHOLE, ("lt",), "cannot hold together"),
        ({"length": 3}, sense.COUNT, ("length",), "no whole number from 0 meets `length: 3`"),
        ({"exists": False}, sense.TEXT, ("exists",), "no text meets"),
    ],
)
def test_what_is_impossible(source: object, domain: sense.Domain, place: tuple[str, ...], what: str) -> None:
    found = sense.impossible(parsed(source), domain)
    assert found is not None
    if what:
        assert found.loc == place
        assert what in found.what


@pytest.mark.parametrize(
    "source",
    [
        "${x}",
        {"eq": "${x}", "length": 2},
        {"eq": "$${", "length": 2},
        {"length": {"gte": "${x}", "lte": 3}},
        {"includes": [1, 1], "unique": False},
        {"includes": [1], "each": {"any_of": [1, 2]}},
        {"length": {"any_of": [1, 2]}},
        {"type": ["integer", "number"], "gt": 1, "lt": 2},
        {"not": {"gte": 5, "lte": 3}},
    ],
)
def test_what_is_not(source: object) -> None:
    assert sense.impossible(parsed(source)) is None


def test_paths_that_are_none_are_left_to_their_kind() -> None:
    expect = {"status": 200, "json": {"$.a[": 5}, "equals": {"a": 5}}
    spec = HttpSpec.model_validate({"steps": [{"request": "GET /a", "expect": expect}]}, context=AUTHORED)
    assert not list(sense.contradictions(spec))
    assert not list(sense.unmet({"$.a[": Match.parse(5), "$.b": Match.parse("${x}")}, {"a": 1}, "equals"))


def test_defaults_are_not_looked_at() -> None:
    assert not list(sense.expectations(Expect()))


def test_what_goes_with_a_whole_body_is_not_complained_about() -> None:
    """Or is told by somebody else, as a schema that is none."""
    wanted = {"equals": {"a": 1}, "includes": {"a": 1}, "schema": {"required": ["a"]}, "json": {"$.a": 1}}
    broken = {"equals": {"a": 1}, "schema": "none.json"}
    steps = [
        {"request": "GET /a", "headers": {"X-A": "b"}, "expect": wanted},
        {"request": "GET /b", "expect": broken},
        {"request": "HEAD /c", "expect": {"text": ""}},
    ]
    spec = HttpSpec.model_validate({"steps": steps}, context=AUTHORED)
    assert not list(KIND.lint(spec, Scope({}, {})))
    assert not list(sense.contradictions(spec))


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        ({"const": 1, "type": "integer", "minimum": 1}, None),
        ({"const": 1, "$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, None),
        ({"minItems": 2, "maxItems": 2, "exclusiveMinimum": 1, "maximum": 1.5}, None),
        ({"enum": []}, "at /: enum is empty"),
        ({"required": ["a"], "additionalProperties": False, "patternProperties": {"^a": {}}}, None),
    ],
)
def test_schemas_that_nothing_fits(schema: Json, what: str | None) -> None:
    with nullcontext() if what is None else pytest.raises(SchemaProblem, match=what):
        check_schema(schema)


def test_what_nothing_meets_is_not_called_idle_too() -> None:
    steps = [{"request": "GET /a", "expect": {"text": {"contains": "", "empty": True, "length": 1}}}]
    spec = HttpSpec.model_validate({"steps": steps}, context=AUTHORED)
    assert len(list(sense.contradictions(spec))) == 1
    assert not list(sense.idle(spec))
