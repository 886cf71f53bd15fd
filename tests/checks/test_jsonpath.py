from __future__ import annotations

import time
from decimal import Decimal

import pytest

from gradekit.checks import jsonpath
from gradekit.checks.differences import Mismatch
from gradekit.checks.jsonpath import PathProblem, TooManyNodes, compile_path
from gradekit.checks.jsontext import Json, parse

DOCUMENT: Json = {
    "items": [{"sku": "A-1", "qty": 2, "price": Decimal("1.5")}, {"sku": "B-7", "qty": None}],
    "name": "abc",
    "none": None,
    "want": "B-7",
}


@pytest.mark.parametrize(
    ("path", "singular", "found"),
    [
        ("$", True, [DOCUMENT]),
        ("$.name", True, ["abc"]),
        ("$.none", True, [None]),
        ("$.nope", True, []),
        ("$['items'][0]['sku']", True, ["A-1"]),
        ("$.items[-1].qty", True, [None]),
        ("$.items[*].sku", False, ["A-1", "B-7"]),
        ("$..sku", False, ["A-1", "B-7"]),
        ("$.items[0:1].sku", False, ["A-1"]),
        ("$.items[?@.qty == 2].sku", False, ["A-1"]),
        ("$.items[?@.price > 1.25].sku", False, ["A-1"]),
        ("$.items[?@.sku == $.want].sku", False, ["B-7"]),
        ("$.items[?match(@.sku, 'A-[0-9]')].sku", False, ["A-1"]),
        ("$.items[?match(@.sku, 'A')].sku", False, []),
        ("$.items[?search(@.sku, '-7$')].sku", False, ["B-7"]),
        ("$.items[?search(@.sku, '(')].sku", False, []),
        ("$.items[?search(@.sku, '(?=A)')].sku", False, []),
        ("$.items[?search(@.qty, 'A')].sku", False, []),
        ("$.items[?length(@.sku) == 3].qty", False, [2, None]),
        ("$.name[0:2]", False, []),
        ("$.name[0]", True, []),
    ],
)
def test_find(path: str, singular: bool, found: list[Json]) -> None:
    compiled = compile_path(path)
    assert compiled.singular is singular
    assert compiled.find(DOCUMENT) == found


@pytest.mark.parametrize(
    ("path", "place", "told"),
    [
        ("$.items[*].sku", "[1]", "$.items[1].sku"),
        ("$..qty", "[0].x", "$.items[0].qty.x"),
        ("$.items[?@.sku == 'B-7'].sku", "[0]", "$.items[1].sku"),
        ("$['a b'][*]", "[0]", '$["a b"][0]'),
        ("$.items[*].sku", "", "$.items[*].sku"),
        ("$.items[*].sku", ": x", "$.items[*].sku: x"),
        ("$.items", "[1].sku", "$.items[1].sku"),
        ("$.nope", "", "$.nope"),
    ],
)
def test_a_mismatch_of_an_item_stands_at_the_path_of_its_node(path: str, place: str, told: str) -> None:
    document = {**DOCUMENT, "a b": [0]} if isinstance(DOCUMENT, dict) else None
    assert compile_path(path).look(document).below(Mismatch("", "", place)).place == told


def test_the_path_of_a_node_is_capped() -> None:
    deep: Json = 1
    for _ in range(60):
        deep = {"n" * 100: deep}
    place = compile_path("$..*").look(deep).below(Mismatch("", "", "[59]")).place
    assert len(place) == 200


@pytest.mark.parametrize("root", ["[1, 2", "{", '{"a": 1}', "text", 5, None])
def test_a_root_that_is_no_container_is_not_read_as_json(root: Json) -> None:
    assert compile_path("$").find(root) == [root]
    assert compile_path("$.a").find(root) == []


@pytest.mark.parametrize(
    ("path", "message", "column"),
    [
        ("$.items.[0]", "expected a shorthand selector", 9),
        ("items", "it has to begin with $", 1),
        ("", "it has to begin with $", 1),
        ("$['a'", "unexpected end", 6),
        ("$.a | $.b", "unexpected token", 5),
        ("$.a ", "whitespace", 4),
        ("$[?foo(@)]", "not defined", 4),
        ("$[99999999999999999999]", "out of range", 3),
        ("$[" * 5000, "", 10001),
    ],
)
def test_refused(path: str, message: str, column: int) -> None:
    with pytest.raises(PathProblem) as caught:
        compile_path(path)
    assert message in caught.value.what
    assert caught.value.column == column


def test_the_number_of_nodes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath, "MAX_NODES", 1000)
    many: Json = [[0] * 40 for _ in range(40)]
    with pytest.raises(TooManyNodes, match="more than 1,000 nodes"):
        compile_path("$[*][*]").find(many)
    with pytest.raises(TooManyNodes, match="more than 1,000 nodes"):
        compile_path("$[?@[?@ == 0]]").find(many)


def test_what_is_deeper_than_the_library_descends_is_an_answer() -> None:
    deep: list[Json] = []
    for _ in range(150):
        deep = [deep]
    with pytest.raises(TooManyNodes):
        compile_path("$..a").find(deep)


@pytest.mark.timeout(20)
def test_a_long_name_above_many_nodes_costs_nothing() -> None:
    document = parse('{"' + "k" * 500_000 + '": [' + ",".join(["[]"] * 45_000) + "]}")
    start = time.monotonic()
    assert len(compile_path("$.*.*").find(document)) == 45_000
    assert time.monotonic() - start < 10


@pytest.mark.timeout(20)
def test_patterns_cannot_hang() -> None:
    document: Json = [{"a": "a" * 30_000 + "!", "p": "(a+)+$"}]
    assert compile_path("$[?search(@.a, @.p)]").find(document) == []
    assert compile_path("$[?match(@.a, '(a|a)*')]").find(document) == []


def test_what_many_nodes_hold_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath, "MAX_NODES", 1000)
    inside: Json = {"a": [0] * 100}
    for _ in range(20):
        inside = {"a": inside}
    with pytest.raises(TooManyNodes, match="hold more than 1,000 values"):
        compile_path("$..a").find(inside)
    assert compile_path("$.a.a").find(inside)
    assert compile_path("$..[?@ == 0]").find(inside) == [0] * 100
