from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.answer import Answer


def answer(**options: object) -> Answer:
    return Answer.model_validate({"file": "hidden/1.ans", **options})


@pytest.mark.parametrize(
    ("options", "right", "found"),
    [
        ({}, "1 2\n3\n", "1\n2 3"),
        ({}, "", " \n"),
        ({}, "YES\n", "yes\n"),
        ({"case_sensitive": True}, "Yes\n", "Yes"),
        ({"space_change_sensitive": True}, "1  2\n", "1  2\n"),
        ({"space_change_sensitive": True}, " a\n", " A\n"),
        ({"float_tolerance": 1e-6}, "0.0314", "3.14000001e-2"),
        ({"float_tolerance": 1e-6}, "1000000.0", "1000000.9"),
        ({"float_tolerance": 0}, "200", "2.0e2"),
        ({"float_absolute_tolerance": 0.01}, "1000", "1000.01"),
        ({"float_relative_tolerance": 0.01}, "-1000", "-1010"),
        ({"float_tolerance": 0.1}, "x 1. .5", "x +1 0.5"),
    ],
)
def test_outputs_that_are_right(options: dict[str, object], right: str, found: str) -> None:
    assert answer(**options).check(right, found) is None


@pytest.mark.parametrize(
    ("options", "right", "found", "told"),
    [
        ({}, "1 2\n3\n", "1 2\n4\n", ('"3"', '"4"', "line 2, word 1")),
        ({}, "1 2\n", "1\n", ('"2"', "the end", "line 1, word 2")),
        ({}, "1\n2\n", "1 2 3", ("the end", '"3"', "line 1, word 3")),
        ({}, "1.0", "1", ('"1.0"', '"1"', "line 1, word 1")),
        ({"case_sensitive": True}, "Yes", "yes", ('"Yes"', '"yes"', "line 1, word 1")),
        ({"space_change_sensitive": True}, "1\n2 3", "1\n2  3", ('" "', '"  "', "line 2, white space after word 1")),
        ({"space_change_sensitive": True}, "1 2\n", "1 2", ('"\\n"', "the end", "line 1, white space after word 2")),
        ({"space_change_sensitive": True}, "1 2\n", "1 3\n", ('"2"', '"3"', "line 1, word 2")),
        ({}, "1 2 3", "1\n2\n", ('"3"', "the end", "line 2, word 2")),
        ({}, "1", " \n", ('"1"', "the end", "line 1, word 1")),
        ({"space_change_sensitive": True}, " 1", "  1", ('" "', '"  "', "line 1, white space")),
        ({"space_change_sensitive": True}, "1", " 1", ('"1"', '""', "line 1, word 1")),
        ({"float_tolerance": 1e-6}, "1.0", "1.1", ('"1.0"', '"1.1"', "line 1, word 1")),
        ({"float_tolerance": 1e-6}, "1.0", "one", ('"1.0"', '"one"', "line 1, word 1")),
        ({"float_tolerance": 1e-6}, "one", "1.0", ('"one"', '"1.0"', "line 1, word 1")),
        ({"float_tolerance": 1}, "0", "nan", ('"0"', '"nan"', "line 1, word 1")),
        ({"float_tolerance": 1}, "1e999", "1", ('"1e999"', '"1"', "line 1, word 1")),
        ({"float_absolute_tolerance": 0.01}, "1000", "1001", ('"1000"', '"1001"', "line 1, word 1")),
        ({"float_relative_tolerance": 0.01}, "0", "0.001", ('"0"', '"0.001"', "line 1, word 1")),
    ],
)
def test_the_first_difference_is_told(
    options: dict[str, object], right: str, found: str, told: tuple[str, str, str]
) -> None:
    mismatch = answer(**options).check(right, found)
    assert mismatch is not None
    assert (mismatch.expected, mismatch.actual, mismatch.place) == told


@given(st.text(), st.booleans(), st.booleans(), st.sampled_from([None, 0.5]))
def test_every_output_is_as_itself(text: str, case: bool, spaces: bool, tolerance: float | None) -> None:
    options = {"case_sensitive": case, "space_change_sensitive": spaces, "float_tolerance": tolerance}
    assert answer(**options).check(text, text) is None
