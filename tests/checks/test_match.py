from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gradekit.checks.differences import Mismatch, differences
from gradekit.checks.formats import EXAMPLES, FORMATS, has_format
from gradekit.checks.jsontext import Json, parse
from gradekit.checks.match import Match
from gradekit.checks.operators import OPERATORS
from gradekit.checks.template import UnknownNameError
from gradekit.checks.values import MISSING, TYPES, Value, canonical, show
from gradekit.model import Model
from gradekit.texts import clean

ADAPTER = TypeAdapter(Match)

HOLDS: list[tuple[Any, Value]] = [
    (1, 1),
    (1, Decimal("1.0")),
    (34.97, Decimal("34.970")),
    (None, None),
    ("x", "x"),
    ([1, {"a": None}], [1, {"a": None}]),
    ({"eq": {"type": "x"}}, {"type": "x"}),
    ({"eq": {}}, {}),
    ({"ne": 1}, "1"),
    ({"ne": 1}, True),
    ({"gt": 1, "lt": 2}, Decimal("1.5")),
    ({"gte": 1, "lte": 1}, 1),
    ({"gt": "2024-01-01"}, "2024-01-01T00:00:01Z"),
    ({"lte": "2024-01-01T02:00:00+02:00"}, "2024-01-01T00:00:00"),
    ({"between": [1, 3]}, 3),
    ({"between": ["2024-01-01", "2024-12-31"]}, "2024-02-29"),
    ({"in": [1, "a", None]}, None),
    ({"approx": {"value": 0.1}}, Decimal("0.1000000001")),
    ({"approx": {"value": 100, "rel": 0.01}}, 101),
    ({"approx": {"value": 100, "abs": 2}}, 98),
    ({"decimal": "34.97"}, "34.970"),
    ({"decimal": "34.97"}, Decimal("34.97")),
    ({"decimal": 5}, "+5"),
    ({"type": "integer"}, Decimal("1.0")),
    ({"type": "integer"}, Decimal("1e400")),
    ({"type": ["string", "null"]}, None),
    ({"type": "object"}, {}),
    ({"type": "array"}, []),
    ({"type": "boolean"}, False),
    ({"type": "number"}, Decimal("0.5")),
    ({"format": "uuid"}, "6F3C1A52-6c0e-4b53-9a76-0d2f3a8f5f10"),
    ({"format": "date-time"}, "2024-02-29t23:59:60.123456789z"),
    ({"format": "date-time"}, "2024-02-29 10:00:00-05:30"),
    ({"format": "date"}, "2024-02-29"),
    ({"format": "email"}, "a.b+c@example.co.uk"),
    ({"format": "uri"}, "https://example.com/a?b=c#d"),
    ({"format": "ipv4"}, "127.0.0.1"),
    ({"matches": "^/orders/\\d+$"}, "/orders/12"),
    ({"contains": "b", "starts_with": "a", "ends_with": "c"}, "abc"),
    ({"length": 2}, "äö"),
    ({"length": {"gt": 0, "lt": 3}}, [1, 2]),
    ({"count": 1}, {"a": 1}),
    ({"exists": True}, None),
    ({"exists": False}, MISSING),
    ({"empty": True}, ""),
    ({"empty": False}, {"a": 1}),
    ({"unordered": [1, "a", 1]}, ["a", 1, Decimal("1.0")]),
    ({"includes": [{"a": 1}, 2]}, [2, 3, {"a": 1}]),
    ({"unique": True}, [1, "1", True, None]),
    ({"unique": False}, [1, 1]),
    ({"sorted": True}, [1, 1, Decimal("1.5")]),
    ({"sorted": "asc"}, ["a", "b"]),
    ({"sorted": "desc"}, [3, 2, 2]),
    ({"sorted": True}, []),
    ({"each": {"type": "integer", "gt": 0}}, [1, 2]),
    ({"each": {"type": "integer"}}, []),
    ({"any_of": [1, {"type": "string"}]}, "x"),
    ({"any_of": [1, {"exists": False}]}, MISSING),
    ({"not": {"contains": "x"}}, "abc"),
    ({"not": {"exists": True}}, MISSING),
]


@pytest.mark.parametrize(("source", "value"), HOLDS)
def test_holds(source: object, value: Value) -> None:
    assert Match.parse(source).check(value) == []


FAILS: list[tuple[Any, Value, str]] = [
    (34.97, "34.97", 'expected 34.97, got "34.97" (a string, not a number)'),
    ("1", 1, 'expected "1", got 1 (a number, not a string)'),
    (1, True, "expected 1, got true (a boolean, not a number)"),
    (None, MISSING, "expected null, got missing"),
    (None, 0, "expected null, got 0 (a number, not null)"),
    ("x", None, 'expected "x", got null'),
    ([1, 2], [1], "expected [1, 2] (2 items), got [1] (1 item)"),
    ([1], [], "expected [1] (1 item), got [] (0 items)"),
    ([1, 2], [1, 3], "at [1]: expected 2, got 3"),
    ({"eq": {"a": 1, "b": {"c": 2}}}, {"a": "1", "b": {}}, 'at .a: expected 1, got "1" (a string, not a number)'),
    ({"eq": {"a-b": 1}}, {}, 'at ["a-b"]: expected 1, got missing'),
    ({"eq": {}}, {"b": 1}, "at .b: expected no value (the expected object has no such name), got 1"),
    ({"ne": 1}, Decimal("1.0"), "expected a value other than 1, got 1.0"),
    ({"gt": 1}, 1, "expected more than 1, got 1"),
    ({"gte": 1}, "2", 'expected at least 1, got "2" (a string, not a number)'),
    ({"lt": 1}, None, "expected less than 1, got null"),
    ({"lte": "2024-01-01"}, "2024-01-02", 'expected at most "2024-01-01", got "2024-01-02"'),
    ({"lt": "2024-01-01"}, 5, 'expected less than "2024-01-01" (a date), got 5, which is not a date'),
    (
        {"gt": "2024-01-01"},
        "2024-13-01",
        'expected more than "2024-01-01" (a date), got "2024-13-01", which is not a date',
    ),
    ({"gt": "2024-01-01"}, "0001-01-01T00:00+23:00", "which is not a date"),
    ({"between": [1, 3]}, 4, "expected from 1 to 3, got 4"),
    ({"between": [1, 3]}, "2", 'expected from 1 to 3, got "2" (a string, not a number)'),
    ({"in": [1, 2]}, "1", 'expected one of [1, 2], got "1" (a string)'),
    ({"approx": {"value": 1, "abs": 0.1}}, Decimal("1.2"), "expected 1, at most 0.1 off, got 1.2"),
    ({"approx": {"value": 1}}, "1", 'expected 1, at most 0.000000001 off, got "1" (a string, not a number)'),
    ({"decimal": "1.5"}, "1.50.0", 'expected the decimal number 1.5, as a number or as text, got "1.50.0"'),
    ({"decimal": 1.5}, 2, "expected the decimal number 1.5, as a number or as text, got 2"),
    ({"type": "integer"}, Decimal("1.5"), "expected an integer, got 1.5 (a number)"),
    ({"type": "number"}, True, "expected a number, got true (a boolean)"),
    ({"type": ["string", "null"]}, [], "expected a string or null, got [] (a list)"),
    ({"format": "date"}, "2024-02-30", 'expected a string of the format date, such as 2024-02-29, got "2024-02-30"'),
    ({"format": "date"}, "20240229", "expected a string of the format date"),
    ({"format": "date-time"}, "2024-02-30T10:00:00Z", "expected a string of the format date-time"),
    ({"format": "date-time"}, "2024-02-29T10:00:00", "expected a string of the format date-time"),
    ({"format": "uri"}, "not a uri", "expected a string of the format uri"),
    ({"format": "uri"}, "http://[", "expected a string of the format uri"),
    ({"format": "ipv4"}, "300.1.1.1", "expected a string of the format ipv4"),
    ({"format": "email"}, "a@" + "b" * 5000, "expected a string of the format email"),
    (
        {"format": "uuid"},
        5,
        "-426614174000, got 5 (a number, not a string)",
    ),
    ({"matches": "^a$"}, "b", 'expected text that matches the pattern /^a$/, got "b"'),
    ({"matches": "a"}, 1, "expected text that matches the pattern /a/, got 1 (a number, not a string)"),
    ({"matches": "^a$"}, "a\n", 'expected text that matches the pattern /^a$/, got "a\\n"'),
    ({"contains": "b"}, "a", 'expected text that contains "b", got "a"'),
    ({"contains": "b"}, ["b"], 'expected text that contains "b", got ["b"] (a list, not a string)'),
    ({"length": 2}, "abc", 'expected a length of 2, got a length of 3: "abc"'),
    ({"length": {"gt": 2}}, [], "expected a length of more than 2, got a length of 0: []"),
    ({"length": 2}, 12, "expected a length of 2, got 12 (a number)"),
    ({"count": 1}, "a", 'expected a count of 1, got "a" (a string)'),
    ({"exists": True}, MISSING, "expected a value, got missing"),
    ({"exists": False}, None, "expected no value, got null"),
    ({"empty": True}, [1], "expected a string, list or object that is empty, got [1]"),
    ({"empty": False}, None, "expected a string, list or object that is not empty, got null"),
    (
        {"unordered": [1, 2]},
        [2, 3],
        "expected [1, 2], in any order, got [2, 3]; missing [1]; not expected [3]",
    ),
    ({"unordered": [1, 1]}, [1], "got [1]; missing [1]"),
    ({"unordered": [1]}, {}, "got {} (an object, not a list)"),
    ({"includes": [1, 1]}, [1, 2], "expected a list with all of [1, 1], got [1, 2]; missing [1]"),
    (
        {"unique": True},
        [1, 2, Decimal("1.0")],
        "expected a list without duplicates, got the value 1.0 occurs 2 times in [1, 2, 1.0]",
    ),
    ({"unique": False}, [1, 2], "expected a list with duplicates, got [1, 2]"),
    ({"unique": True}, 1, "expected a list without duplicates, got 1 (a number, not a list)"),
    ({"sorted": True}, [1, 3, 2], "expected a list in ascending order, got item 2 is 3, item 3 is 2"),
    ({"sorted": "desc"}, ["b", "c"], 'expected a list in descending order, got item 1 is "b", item 2 is "c"'),
    ({"sorted": "asc"}, [1, "a"], "expected a list in ascending order, of numbers or of strings, got [1, "),
    ({"sorted": "asc"}, None, "expected a list in ascending order, got null"),
    ({"each": {"gt": 0}}, [1, 0], "at [1]: expected more than 0, got 0"),
    ({"each": [1]}, [[1], [2]], "at [1][0]: expected 1, got 2"),
    ({"each": 1}, "11", 'expected a list, got "11" (a string, not a list)'),
    ({"any_of": [1, {"gt": 5}]}, 2, "expected 1 or more than 5, got 2"),
    ({"not": {"type": "null"}}, None, "expected anything but null, got null"),
    ({"type": "string"}, MISSING, "expected a string, got missing"),
    ({"any_of": [1, 2]}, MISSING, "expected 1 or 2, got missing"),
    ("a" * 300, "b", "…, got"),
    ({"ne": 1}, MISSING, "expected a value other than 1, got missing"),
    ({"gt": "2024-01-01"}, MISSING, 'expected more than "2024-01-01" (a date), got missing'),
    ({"empty": False}, MISSING, "expected a string, list or object that is not empty, got missing"),
    ({"format": "date"}, MISSING, "expected a string of the format date, such as 2024-02-29, got missing"),
    ({"count": {"gt": 2}}, MISSING, "expected a count of more than 2, got missing"),
    ({"in": [1]}, MISSING, "expected one of [1], got missing"),
    ({"each": 1}, MISSING, "expected a list, got missing"),
    ({"not": {"type": "string", "empty": True}}, "", "expected anything but a string and a string, list or object"),
    ({"not": {"exists": False}}, MISSING, "expected anything but no value, got missing"),
    ({"not": {"not": {"eq": 1}}}, 2, 'expected anything but {"not": {"eq": 1}}, got 2'),
]


@pytest.mark.parametrize("name", OPERATORS)
def test_a_missing_value_is_told_in_words(name: str) -> None:
    """No operator raises for it, and none is shown by its name in YAML."""
    match = Match.parse({name: OPERANDS[name]})
    for mismatch in match.check(MISSING):
        assert mismatch.actual == "missing"
        assert "{" not in mismatch.expected
        assert not mismatch.expected.startswith(f"{name} ")


OPERANDS: dict[str, Any] = {
    **dict.fromkeys(("gt", "gte", "lt", "lte", "eq", "ne", "decimal", "length", "count", "each", "not"), 1),
    **{name: [1] for name in ("in", "unordered", "includes", "any_of")},
    **dict.fromkeys(("contains", "starts_with", "ends_with", "matches"), "a"),
    **dict.fromkeys(("exists", "empty", "unique", "sorted"), True),
    "between": [1, 2],
    "approx": {"value": 1},
    "type": "array",
    "format": "email",
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_example_of_a_format_has_it(name: str) -> None:
    assert has_format(name, EXAMPLES[name])


def told(mismatch: Mismatch) -> str:
    """A mismatch as one sentence."""
    place = f"at {mismatch.place}: " if mismatch.place else ""
    return f"{place}expected {mismatch.expected}, got {mismatch.actual}"


@pytest.mark.parametrize(("source", "value", "message"), FAILS)
def test_fails(source: object, value: Value, message: str) -> None:
    mismatches = Match.parse(source).check(value)
    assert mismatches
    assert message in told(mismatches[0])


def test_every_mismatch_is_reported() -> None:
    mismatches = Match.parse({"type": "string", "gt": 5, "in": [1]}).check(3)
    assert [mismatch.expected for mismatch in mismatches] == ["a string", "more than 5", "one of [1]"]


def test_many_mismatches_are_counted() -> None:
    mismatches = Match.parse({"each": {"gt": 0}}).check([0] * 50)
    assert len(mismatches) == 21
    assert mismatches[-1] == Mismatch("", "30 more differences", count=30)
    twice = Match.parse({"each": {"each": {"gt": 0}}}).check([[0] * 21, [0]])
    assert (len(twice), twice[-1]) == (21, Mismatch("", "2 more differences", count=2))
    assert Match.parse({"each": {"gt": 0}}).check([0] * 21)[-1].actual == "1 more difference"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"matchs": 1}, 'unknown operator "matchs"; did you mean "matches"?'),
        ({"total": 1}, "any_of, not; a literal object is written under `eq:`"),
        ({"regex": "x"}, 'unknown operator "regex"; did you mean "matches"?'),
        ({"greaterThan": 1}, 'unknown operator "greaterThan"; did you mean "gt"?'),
        ({"not equal": 1}, 'unknown operator "not equal"; did you mean "ne"?'),
        ({1: 1}, 'unknown operator "1"'),
        ({}, "no operator; write `eq: {}` for an empty object"),
        ({"gt": "x"}, 'gt: needs a number or a date, not "x"'),
        ({"gt": float("nan")}, "gt: needs a number or a date, not NaN"),
        ({"between": [1]}, "between: needs two values"),
        ({"between": 1}, "between: needs two values"),
        ({"between": [1, "2024-01-01"]}, "cannot be ordered"),
        ({"in": 1}, "in: needs a list, not 1"),
        ({"approx": 1}, "approx: needs {value: NUMBER"),
        ({"approx": {"abs": 1}}, "approx: needs {value: NUMBER"),
        ({"approx": {"value": 1, "rell": 1}}, 'approx: unknown key "rell"; did you mean "rel"?'),
        ({"approx": {"value": 1, "rel": -1}}, "rel must be a number that is not negative, not -1"),
        ({"approx": {"value": 1, "abs": "1"}}, "abs must be a number"),
        ({"decimal": "1,5"}, 'decimal: "1,5" is not a decimal number'),
        ({"type": "strin"}, 'type: "strin" is not a type; did you mean "string"?'),
        ({"type": []}, "type: [] is not a type"),
        ({"type": ["string", 1]}, "type: 1 is not a type; it takes object, array"),
        ({"format": "uid"}, 'did you mean "uuid"?'),
        ({"format": 1}, "format: 1 is not a format"),
        ({"matches": "("}, 'matches: "(" is not a regular expression that can be used: missing )'),
        ({"matches": 1}, "matches: needs a regular expression, not 1"),
        ({"contains": 1}, "contains: needs a string, not 1"),
        ({"length": "2"}, 'length: needs a number, not "2"'),
        ({"length": {"gtt": 1}}, 'length: unknown operator "gtt"; did you mean "gt"?'),
        ({"exists": 1}, "exists: needs true or false, not 1"),
        ({"unordered": {}}, "unordered: needs a list, not {}"),
        ({"sorted": "up"}, 'sorted: needs true, "asc" or "desc", not "up"'),
        ({"sorted": False}, "sorted: needs true"),
        ({"any_of": 1}, "any_of: needs a list of expectations, not 1"),
        ({"any_of": []}, "any_of: needs a list of expectations, not []"),
        ({"any_of": [{"x": 1}]}, 'any_of: unknown operator "x"'),
        ({"not": {}}, "not: no operator"),
    ],
)
def test_refused(source: object, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(source)
    assert message in caught.value.errors()[0]["msg"]


def test_names_are_filled_in_and_never_become_operators() -> None:
    match = Match.parse(
        {"any_of": ["${x}", {"gt": "${n}", "length": {"eq": "${n}"}}], "not": "${n}", "in": ["a", "${x}"], "gt": "${n}"}
    )
    assert [name for _, name in match.uses()] == ["x", "n", "n", "n", "x", "n"]
    filled = match.fill({"x": {"exists": True}, "n": 1})
    assert filled.tests[0][1] == (
        Match("${x}", (("eq", {"exists": True}),)),
        Match(
            {"gt": "${n}", "length": {"eq": "${n}"}},
            (("gt", 1), ("length", Match({"eq": "${n}"}, (("eq", 1),)))),
        ),
    )
    assert filled.tests[2] == ("in", ["a", {"exists": True}])
    with pytest.raises(UnknownNameError):
        match.fill({"n": 1})


def test_an_operand_that_does_not_fit_once_filled_in_is_a_mismatch() -> None:
    match = Match.parse({"gt": "${x}", "type": "${x}"}).fill({"x": [1]})
    assert [told(mismatch) for mismatch in match.check(1)] == [
        f'expected "{name}" of ${{x}}, got not compared, because "{name}" cannot take the value of ${{x}}: {why}'
        for name, why in (
            ("gt", "needs a number or a date, not [1]"),
            ("type", f"1 is not a type; it takes {', '.join(TYPES)}"),
        )
    ]


def test_anything() -> None:
    assert Match.anything().check(MISSING) == []
    assert Match.parse(Match.anything()) == Match.anything()


def test_in_a_model() -> None:
    class Holder(Model):
        match: Match = Match.anything()

    holder = Holder.model_validate({"match": {"length": {"gt": 1}}})
    assert holder.model_dump() == {"match": {"length": {"gt": 1}}}
    assert Holder.model_validate(holder.model_dump()) == holder
    assert Holder.model_validate({"match": None}).match.check(None) == []
    schema = Holder.model_json_schema()["properties"]["match"]
    assert set(schema["anyOf"][1]["properties"]) == set(OPERATORS)


def test_differences() -> None:
    expected: Json = {"a": 1, "list": [{"b": 2}, 3]}
    actual: Json = {"a": 2, "list": [{"b": 2, "c": 4}, 3], "more": 1}
    assert [mismatch.place for mismatch in differences(expected, actual, place="$")] == ["$.a", "$.list[0].c", "$.more"]
    assert [mismatch.place for mismatch in differences(expected, actual, partially=True)] == [".a"]
    assert [told(mismatch) for mismatch in differences([1], {"0": 1})] == [
        'expected [1], got {"0": 1} (an object, not a list)',
    ]


def test_shown_text_is_printable_and_short() -> None:
    assert clean("a\x1b[2J\u202e\n\U000e0001é…") == "a\\x1b[2J\\u202e\\n\\U000e0001é…"
    assert show("x" * 10_000) == '"' + "x" * 200 + '"…'
    assert len(show(["x" * 10_000])) == 200
    assert repr(MISSING) == "MISSING"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals(-1000, 1000) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(name=st.sampled_from(sorted(OPERATORS)), operand=JSON, value=JSON | st.just(MISSING))
def test_any_operator_on_any_value_gives_mismatches_or_none(name: str, operand: Json, value: Value) -> None:
    match = Match.parse({name: "${operand}"}) if name != "any_of" else Match.parse({name: ["${operand}"]})
    for mismatch in match.fill({"operand": operand}).check(value):
        assert told(mismatch).isprintable()


@given(source=JSON, value=JSON)
def test_what_parses_can_be_checked(source: object, value: Value) -> None:
    try:
        match = Match.parse(source)
    except ValueError:
        return
    match.check(value)


@given(JSON)
def test_a_value_equals_itself(value: Json) -> None:
    if "NaN" not in show(value) and "Infinity" not in show(value):
        assert canonical(value) == canonical(value)
        assert list(differences(value, value)) == []


def test_numbers_that_python_gives_one_hash_have_different_hashes_as_keys() -> None:
    numbers = [((1 << 61) - 1) * number for number in range(1, 100)]
    assert len({hash(number) for number in numbers}) == 1
    assert len({hash(canonical(number)) for number in numbers}) > 90
    assert canonical(Decimal("-0.0")) == canonical(0)
    assert canonical(Decimal("1E+2")) == canonical(100) == canonical(100.0)


def test_numbers_of_a_body_at_the_limits() -> None:
    value = parse('{"a": 1e400, "b": -0.0, "c": ' + "9" * 400 + "}")
    assert isinstance(value, dict)
    for operator in ("gt", "lt", "ne", "decimal"):
        for number in value.values():
            Match.parse({operator: 1}).check(number)
    Match.parse({"approx": {"value": 1, "rel": 0.1}}).check(value["a"])
