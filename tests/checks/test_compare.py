from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gradekit.checks.compare import pairing
from gradekit.checks.compare.model import Column, Compare, OrderBy, Scalar, Table
from gradekit.checks.compare.results import Difference, compare, compare_literals, unknown_keys
from gradekit.checks.compare.words import render

LOOSE = Compare()
EXACT = Compare(order="exact")


def table(types: str, *rows: tuple[str | None, ...]) -> Table:
    """``id:int4 total:numeric`` as columns."""
    columns = tuple(Column(name=name, type=kind) for name, _, kind in (part.partition(":") for part in types.split()))
    return Table(columns=columns, rows=rows)


def ones(kind: str, *values: str | None) -> Table:
    return table(f"x:{kind}", *((value,) for value in values))


def wrong(expected: Table, actual: Table, options: Compare = LOOSE) -> Difference:
    found = compare(expected, actual, options)
    assert found is not None
    return found


# --- cells ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "other_kind", "other"),
    [
        ("int4", "1", "numeric", "1.0"),
        ("int8", "1", "int2", "1"),
        ("numeric", "0", "numeric", "-0.00"),
        ("numeric", "NaN", "numeric", "NaN"),
        ("numeric", "Infinity", "numeric", "Infinity"),
        ("float8", "NaN", "float8", "NaN"),
        ("float8", "Infinity", "numeric", "Infinity"),
        ("float8", "0.30000000000000004", "numeric", "0.3"),
        ("float4", "1000000000000", "float8", "1000000000000.0001"),
        ("float8", "1e400", "numeric", "Infinity"),
        ("text", "a", "varchar", "a"),
        ("bpchar", "a   ", "text", "a"),
        ("order_status", "open", "text", "open"),
        ("date", "2024-02-01", "timestamp", "2024-02-01 00:00:00"),
        ("timestamptz", "2024-02-01 01:00:00+01", "timestamp", "2024-02-01 00:00:00"),
        ("timestamp", "infinity", "timestamp", "infinity"),
        ("timestamptz", "0001-01-01 00:00:00+14", "timestamptz", "0001-01-01 00:00:00+14"),
        ("json", '{"a": 1, "b": [true, null]}', "jsonb", '{"b": [true, null], "a": 1.0}'),
        ("json", "not json", "json", "not json"),
        ("bytea", "\\x00", "bytea", "\\x00"),
        ("float8", "huh", "float8", "huh"),
        ("numeric", "huh", "numeric", "huh"),
    ],
)
def test_cells_are_equal_across_types_of_a_family(kind: str, text: str, other_kind: str, other: str) -> None:
    assert compare(ones(kind, text), ones(other_kind, other), LOOSE) is None


def test_numbers_with_one_hash_do_not_make_a_comparison_quadratic() -> None:
    same_hash = (1 << 61) - 1  # the modulus of Python's hashes of numbers
    numbers = [f"{same_hash * number}" for number in range(1, 20_001)]
    begun = time.process_time()
    assert wrong(ones("numeric", "1"), ones("numeric", *numbers)).actual
    documents = (f'[{number}, {{"a": {number}.0}}]' for number in numbers)
    assert wrong(ones("jsonb", "[1]"), ones("jsonb", *documents)).actual
    assert time.process_time() - begun < 8  # seconds; by their own hashes it would be a minute or more


@pytest.mark.parametrize(
    ("kind", "text", "other_kind", "other"),
    [
        ("int4", "10", "text", "10"),
        ("float8", "10", "text", "10"),
        ("float8", "1", "bool", "t"),
        ("bool", "t", "text", "t"),
        ("text", "", "text", None),
        ("numeric", "0.1", "numeric", "0.1000000001"),
        ("float8", "1.0", "float8", "1.0001"),
        ("float8", "NaN", "float8", "Infinity"),
        ("float8", "1", "float8", None),
        ("text", "a ", "text", "a"),
        ("text", "A", "text", "a"),
        ("json", "[1]", "json", "[true]"),
        ("jsonb", "null", "jsonb", None),
        ("timestamp", "infinity", "timestamp", "-infinity"),
    ],
)
def test_cells_differ(kind: str, text: str | None, other_kind: str, other: str | None) -> None:
    found = wrong(ones(kind, text), ones(other_kind, other))
    if found.message.startswith("column x is "):
        assert found.message.endswith(f", expected {kind}; no row is equal, which may follow from that alone")
    else:
        assert found.message == "the expected row is missing; 1 row is not expected"


def test_null_equals_null_of_any_type() -> None:
    assert compare(ones("int4", None), ones("text", None), LOOSE) is None
    assert compare(ones("float8", None), ones("float8", None), LOOSE) is None


def test_a_wrong_family_is_named() -> None:
    found = wrong(ones("int4", "1"), ones("text", "1"))
    assert found.message == "column x is text, expected int4; no row is equal, which may follow from that alone"
    assert found.expected == "(x int4)\n(1)"
    assert found.actual == "(x text)\n('1')"


def test_strict_types() -> None:
    strict = Compare(types="strict")
    assert compare(ones("int4", "1"), ones("int4", "1"), strict) is None
    found = wrong(ones("int4", "1"), ones("int8", "1"), strict)
    assert found == Difference("column x is int8, expected int4", "(x int4)", "(x int8)")


@pytest.mark.parametrize(
    ("kind", "text", "other_kind", "other", "equal"),
    [
        ("numeric", "2.675", "numeric", "2.68", True),
        ("numeric", "2.665", "numeric", "2.66", True),
        ("numeric", "2.665", "numeric", "2.67", False),
        ("numeric", "1e3", "int4", "1000", True),
        ("float8", "1.2349", "numeric", "1.23", True),
        ("float8", "1.236", "float8", "1.23", False),
        ("numeric", "NaN", "numeric", "NaN", True),
        ("numeric", "Infinity", "numeric", "-Infinity", False),
        ("numeric", "1e999999", "numeric", "1e999999", True),
    ],
)
def test_decimals(kind: str, text: str, other_kind: str, other: str, *, equal: bool) -> None:
    options = Compare(decimals=2)
    assert (compare(ones(kind, text), ones(other_kind, other), options) is None) is equal


# --- columns -------------------------------------------------------------------------------------------


def test_positions_ignore_names() -> None:
    assert compare(table("id:int4 total:int4", ("1", "2")), table("a:int4 b:int4", ("1", "2")), LOOSE) is None


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("positions", "the result has 1 column; 2 expected"),
        ("names", "the columns are (id); expected are (id, total)"),
        ("names_any_order", "the columns are (id); expected are (id, total) in any order"),
    ],
)
def test_a_missing_column(columns: str, message: str) -> None:
    options = Compare.model_validate({"columns": columns})
    found = wrong(table("id:int4 total:int4"), table("id:int4"), options)
    assert found == Difference(message, "(id int4, total int4)", "(id int4)")


@pytest.mark.parametrize("types", ["loose", "strict"])
def test_columns_in_another_order_are_told_first(types: str) -> None:
    options = Compare.model_validate({"types": types})
    found = wrong(table("a:int4 b:text", ("1", "x")), table("b:text a:int4", ("x", "1")), options)
    assert found.message.startswith("the columns are in another order: (b, a), expected (a, b)")
    same = table("a:int4 b:int4", ("1", "2"))
    assert compare(same, table("b:int4 a:int4", ("1", "2")), options) is None


def test_names() -> None:
    options = Compare(columns="names")
    assert compare(table("a:int4 b:int4", ("1", "2")), table("a:int4 b:int4", ("1", "2")), options) is None
    assert (
        wrong(table("a:int4 b:int4"), table("b:int4 a:int4"), options).message
        == "the columns are (b, a); expected are (a, b)"
    )


def test_names_in_any_order() -> None:
    options = Compare(columns="names_any_order")
    assert compare(table("a:int4 b:text", ("1", "x")), table("b:text a:int4", ("x", "1")), options) is None
    twice = table("a:int4 a:text b:int4", ("1", "x", "2"))
    assert compare(twice, table("b:int4 a:int4 a:text", ("2", "1", "x")), options) is None


# --- rows ----------------------------------------------------------------------------------------------


def test_counts_and_examples() -> None:
    found = wrong(ones("int4", "1", "2", "2"), ones("int4", "2", *map(str, range(10, 17))))
    assert found.message == "2 of 3 expected rows are missing; 7 rows are not expected"
    assert found.expected == "(x int4)\n(1)\n(2)"
    assert found.actual == "(x int4)\n(10)\n(11)\n(12)\n(13)\n(14)\n... and 2 more"


def test_only_missing_and_only_extra() -> None:
    many = [str(number) for number in range(9)]
    assert wrong(ones("int4", *many), ones("int4", *many[1:])) == Difference(
        "1 of 9 expected rows is missing", "(x int4)\n(0)"
    )
    assert wrong(ones("int4", *many[1:]), ones("int4", *many)) == Difference(
        "all 8 expected rows are there; 1 row is not expected", actual="(x int4)\n(0)"
    )


def test_of_small_results_all_rows_are_shown() -> None:
    assert wrong(ones("int4", "2", "1"), ones("int4", "1")) == Difference(
        "1 of 2 expected rows is missing", "(x int4)\n(1)\n(2)", "(x int4)\n(1)"
    )
    assert wrong(ones("int4"), ones("int4", "1")) == Difference(
        "the result has 1 row; none expected", "(x int4)\nno rows", "(x int4)\n(1)"
    )
    assert wrong(ones("int4", "1"), ones("int4")).message == "the result has no rows; 1 expected"


def test_examples_do_not_depend_on_the_order_of_the_rows() -> None:
    rows = [str(number) for number in range(50)]
    shuffled = random.Random(7).sample(rows, len(rows))  # noqa: S311 - no secret
    assert wrong(ones("int4"), ones("int4", *rows)) == wrong(ones("int4"), ones("int4", *shuffled))


def test_hostile_text_is_capped_and_escaped() -> None:
    found = wrong(ones("text"), ones("text", "\x1b[31m" + "a" * 10_000))
    assert found.actual is not None
    assert "\x1b" not in found.actual
    assert len(found.actual) < 500


def test_exact_order() -> None:
    assert compare(ones("int4", "1", "2"), ones("int4", "1", "2"), EXACT) is None
    found = wrong(ones("int4", "1", "2", "3"), ones("int4", "1", "3", "2"), EXACT)
    assert found == Difference(
        "the rows are right, but their order is not: row 2 is the first that differs", "(x int4)\n(2)", "(x int4)\n(3)"
    )


def test_order_by_lets_ties_swap() -> None:
    options = Compare(order=OrderBy(by=("a",)))
    expected = table("a:int4 b:text", ("1", "x"), ("1", "y"), ("2", "z"))
    assert compare(expected, table("a:int4 b:text", ("1", "y"), ("1", "x"), ("2", "z")), options) is None
    found = wrong(expected, table("a:int4 b:text", ("2", "z"), ("1", "y"), ("1", "x")), options)
    assert "row 1 is the first" in found.message


def test_order_by_an_unknown_column() -> None:
    options = Compare(order=OrderBy(by=("surname", "x")))
    assert unknown_keys(options, ones("int4")) == ("surname",)
    assert unknown_keys(LOOSE, ones("int4")) == ()
    assert compare(ones("int4", "1"), ones("int4", "1"), options) is None


# --- floats --------------------------------------------------------------------------------------------


def floats(*rows: tuple[str, ...]) -> Table:
    width = len(rows[0]) if rows else 1
    return table(" ".join(f"f{number}:float8" for number in range(width)), *rows)


def test_floats_are_paired_after_the_other_columns() -> None:
    expected = table("n:text f:float8", ("a", "1.0"), ("b", "1.0000000000001"))
    assert compare(expected, table("n:text f:float8", ("b", "1.0"), ("a", "1.0000000000002")), LOOSE) is None
    swapped = table("n:text f:float8", ("a", "2.0"), ("b", "1.0"))
    assert wrong(expected, swapped).message == "1 of 2 expected rows is missing; 1 row is not expected"


def test_sorting_by_the_first_float_would_pair_wrongly() -> None:
    expected = floats(("1.0000000001", "5"), ("1.0", "7"))
    assert compare(expected, floats(("1.0", "5"), ("1.0000000001", "7")), LOOSE) is None


def test_equal_floats_give_way_when_that_pairs_more() -> None:
    options = Compare(float_tolerance=0.011)
    assert compare(floats(("0.00",), ("0.01",)), floats(("0.01",), ("0.02",)), options) is None


def test_a_float_without_a_partner() -> None:
    found = wrong(floats(("1",), ("2",), ("3",)), floats(("1",), ("2",), ("2",)))
    assert found.message == "1 of 3 expected rows is missing; 1 row is not expected"
    assert found.actual == "(f0 float8)\n(1)\n(2)\n(2)"


def test_a_long_chain_of_near_floats_is_paired() -> None:
    numbers = [f"{number / 100:.2f}" for number in range(200)]
    later = [f"{number / 100:.2f}" for number in range(1, 201)]
    options = Compare(float_tolerance=0.0101)
    assert compare(floats(*((n,) for n in numbers)), floats(*((n,) for n in later)), options) is None


def test_the_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "BUDGET", 3)
    expected = floats(*((f"1.00000000000{n}",) for n in range(9)))
    actual = floats(*((f"1.00000000000{n}5",) for n in range(9)))
    assert wrong(expected, actual).message.endswith("rows are not expected")


# --- literals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (3, "int8", "3"),
        (34.97, "numeric", "34.970"),
        (0.1, "float8", "0.10000000000000001"),
        (1, "float8", "1"),
        (True, "bool", "t"),
        (False, "bool", "f"),
        (None, "text", None),
        ("a", "text", "a"),
        ("2024-01-02", "timestamptz", "2024-01-02 00:00:00+00"),
        ('{"a": 1}', "jsonb", '{"a": 1.0}'),
    ],
)
def test_literals_are_equal(value: Scalar, kind: str, text: str | None) -> None:
    assert compare_literals(((value,),), ones(kind, text), LOOSE) is None


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (3, "text", "3"),
        ("3", "int4", "3"),
        ("t", "bool", "t"),
        (True, "int4", "1"),
        (True, "float8", "1"),
        (0, "int4", None),
    ],
)
def test_literals_differ(value: Scalar, kind: str, text: str | None) -> None:
    assert compare_literals(((value,),), ones(kind, text), LOOSE) is not None


def test_literals_of_another_width() -> None:
    found = compare_literals(((1, 2),), ones("int4", "1"), LOOSE)
    assert found == Difference("the result has 1 column; 2 expected", "rows of 2 values", "(x int4)")
    assert compare_literals((), table("a:int4 b:int4"), LOOSE) is None


def test_a_table_is_rectangular() -> None:
    with pytest.raises(ValidationError, match="more or fewer cells"):
        table("a:int4", ("1", "2"))


def test_render() -> None:
    assert render(ones("int4", "1", "2"), 5) == "(x int4)\n(1)\n(2)"
    assert render(ones("text", "1", None), 1) == "(x text)\n('1')\n... 2 rows in all"


# --- properties ----------------------------------------------------------------------------------------

KINDS = {
    "int4": st.integers(-3, 3).map(str),
    "numeric": st.decimals(-2, 2, places=2).map(str),
    "float8": st.floats(-1e3, 1e3).map(repr) | st.sampled_from(["NaN", "Infinity"]),
    "text": st.text("ab 1", max_size=2),
    "bool": st.sampled_from(["t", "f"]),
    "date": st.dates().map(str),
    "jsonb": st.sampled_from(['{"a": 1}', "[1, 2]", "null", '"x"']),
}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
    row = st.tuples(*(st.none() | KINDS[kind] for kind in kinds))
    columns = tuple(Column(name=f"c{number}", type=kind) for number, kind in enumerate(kinds))
    return Table(columns=columns, rows=tuple(draw(st.lists(row, max_size=8))))


OPTIONS = st.builds(
    Compare,
    order=st.sampled_from(["auto", "exact", OrderBy(by=("c0",))]),
    columns=st.sampled_from(["positions", "names", "names_any_order"]),
    types=st.sampled_from(["loose", "strict"]),
    decimals=st.none() | st.integers(0, 3),
)


@given(tables(), OPTIONS)
def test_every_result_equals_itself(one: Table, options: Compare) -> None:
    assert compare(one, one, options) is None


@given(tables(), st.randoms(use_true_random=False), st.none() | st.integers(0, 3))
def test_a_bag_has_no_order(one: Table, source: random.Random, decimals: int | None) -> None:
    rows = source.sample(one.rows, len(one.rows))
    assert compare(one, Table(columns=one.columns, rows=tuple(rows)), Compare(decimals=decimals)) is None


@given(tables(), st.data())
def test_duplicates_matter(one: Table, data: st.DataObject) -> None:
    if one.rows:
        row = data.draw(st.sampled_from(one.rows))
        found = wrong(one, Table(columns=one.columns, rows=(*one.rows, row)))
        there = "the expected row is there" if len(one.rows) == 1 else f"all {len(one.rows)} expected rows are there"
        assert found.message == f"{there}; 1 row is not expected"


@given(tables(), st.data())
def test_a_changed_cell_is_found(one: Table, data: st.DataObject) -> None:
    if one.rows:
        place = data.draw(st.integers(0, len(one.rows) - 1))
        column = data.draw(st.integers(0, len(one.columns) - 1))
        row = list(one.rows[place])
        row[column] = {"date": "0999-12-31", "bool": "?", "jsonb": "[7]"}.get(one.columns[column].type, "4711")
        rows = (*one.rows[:place], tuple(row), *one.rows[place + 1 :])
        assert compare(one, Table(columns=one.columns, rows=rows), LOOSE) is not None


@settings(max_examples=50)
@given(tables(), tables(), OPTIONS)
def test_the_difference_is_symmetric(one: Table, other: Table, options: Compare) -> None:
    assert (compare(one, other, options) is None) == (compare(other, one, options) is None)
