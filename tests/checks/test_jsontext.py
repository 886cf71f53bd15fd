from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.jsontext import MAX_DEPTH, MAX_VALUES, Json, JsonProblem, parse, render

SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_renders_what_it_reads(value: object) -> None:
    assert parse(render(value)) == value  # type: ignore[arg-type]
    assert json.loads(render(value)) == value  # type: ignore[arg-type]


@given(st.binary(max_size=60) | st.text('[]{}",:\\u0123eE+-.ntf ', max_size=60).map(str.encode))
def test_any_bytes_give_a_value_or_a_problem(data: bytes) -> None:
    with suppress(JsonProblem):
        render(parse(data))


def test_numbers_are_exact() -> None:
    assert parse("[1, 1.10, -0, 2e2]") == [1, Decimal("1.10"), 0, Decimal(200)]
    assert render(parse("[34.970]")) == "[34.970]"
    assert render({"a": (1, [], {})}) == '{"a": [1, [], {}]}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "value expected at line 1 column 1"),
        ("{'a': 1}", "line 1 column 2"),
        (b"\xff", "byte 0 is not UTF-8"),
        ("[" * (MAX_DEPTH + 1), "nested more than 64 levels deep"),
        ('{"a":' * 100_000, "nested more than 64 levels deep"),
        ("[" + "0," * MAX_VALUES, "more than 100000 values"),
        ("9" * 401, "more than 400 digits"),
        ("0." + "9" * 400, "more than 400 digits"),
        ("1e401", "an exponent beyond 400"),
        ("1e-99999999999", "an exponent beyond 400"),
        ("NaN", "NaN is not a JSON number"),
        ("[Infinity]", "Infinity is not a JSON number"),
        ('{"a": 1, "b": 2, "a": 3}', 'the name "a" is given twice'),
        (r'"\ud800"', "half of a surrogate pair"),
        (r'{"\udc00": 1}', "half of a surrogate pair"),
        (r'[{"a": ["\ud800"]}]', "half of a surrogate pair"),
    ],
)
def test_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(JsonProblem) as caught:
        parse(text)
    assert message in str(caught.value)


def test_render_with_a_limit_gives_a_beginning() -> None:
    value: Json = [{"a": "xyz", "b": [1, 2]}] * 1000
    for limit in (1, 10, 50):
        beginning = render(value, limit)
        assert limit < len(beginning) < limit + 10
        assert render(value).startswith(beginning)
    assert render([1], 100) == "[1]"


def test_brackets_in_strings_are_no_depth() -> None:
    assert parse(json.dumps(["[" * 1000, '\\"[' * 1000])) == ["[" * 1000, '\\"[' * 1000]
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert parse(r'"\ud83d\ude00"') == "😀"


@pytest.mark.timeout(5)
def test_an_open_string_is_looked_at_once() -> None:
    with pytest.raises(JsonProblem):
        parse('["' + '\\"' * 500_000)
