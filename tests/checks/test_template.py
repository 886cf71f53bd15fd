from __future__ import annotations

from decimal import Decimal

import pytest

from gradekit.checks.jsontext import Json
from gradekit.checks.template import UnknownNameError, fill, fill_text, problem, uses

VARIABLES: dict[str, Json] = {
    "n": 3,
    "price": Decimal("1E+3"),
    "flag": True,
    "none": None,
    "list": [1, {"a": "x"}],
    "text": "a b",
    "run.uuid": "u-1",
}


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("${n}", 3),
        ("${list}", [1, {"a": "x"}]),
        ("${none}", None),
        ("/orders/${n}", "/orders/3"),
        ("${n}${n}", "33"),
        ("${price} ${flag} ${none}", "1000 true null"),
        ("=${list}", '=[1, {"a": "x"}]'),
        ("$${n} $ {n} $n", "${n} $ {n} $n"),
        ({"a": ["${text}", 1, None], "${n}": "${run.uuid}"}, {"a": ["a b", 1, None], "${n}": "u-1"}),
        (("${n}", 1.5), [3, 1.5]),
        ("$${", "${"),
    ],
)
def test_fill(value: Json, filled: Json) -> None:
    assert fill(value, VARIABLES) == filled


def test_text_is_encoded_where_it_is_put_in() -> None:
    assert fill_text("q=${text}&x", VARIABLES, lambda text: text.replace(" ", "+")) == "q=a+b&x"


@pytest.mark.parametrize(
    ("value", "name"), [("${nope}", "nope"), (["x ${nope.y} z"], "nope.y"), ("${", ""), ("x${", "")]
)
def test_a_name_without_a_value(value: Json, name: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        fill(value, VARIABLES)
    assert caught.value.name == name


def test_uses_tells_names_and_places() -> None:
    value: Json = {"a": ["x", "${n} ${case.b}"], "b": ("$${n}", "${a b}", "${"), "c": 1}
    assert list(uses(value, ("json",))) == [
        (("json", "a", 1), "n"),
        (("json", "a", 1), "case.b"),
        (("json", "b", 1), "${a b}"),
        (("json", "b", 2), "${"),
    ]


def test_problem() -> None:
    assert problem("case.first-name") is None
    assert problem("${a b}") == '"${a b}" is not a variable; write ${name}, or $${ for the two characters themselves'
