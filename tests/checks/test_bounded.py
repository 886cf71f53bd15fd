from __future__ import annotations

import math

import pytest

from gradekit.checks.bounded import BoundedLoader, Unbounded, whole


def load(text: str) -> object:
    return BoundedLoader(text).get_single_data()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("On", "On"),
        ("true", True),
        ("FALSE", False),
        ("12:30", "12:30"),
        ("2026-01-15", "2026-01-15"),
        ("010", 10),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e-6", 1e-6),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("", None),
        ("null", None),
        ("'null'", "null"),
    ],
)
def test_plain_values_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert load(f"a: {text}\n") == {"a": value}


def test_maps_are_merged() -> None:
    assert load("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}") == {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 2}}


def test_nothing_is_a_document_too() -> None:
    assert load("# nothing") is None


@pytest.mark.parametrize("value", ["\udc80", ["\ud83d"], {"\udfff": 1}, {"a": [{"b": "x\ud800"}]}])
def test_half_a_character_is_told(value: object) -> None:
    with pytest.raises(Unbounded, match=r"^a text holds \\ud[8-f][0-9a-f]{2}, which is half a character$"):
        whole(value)


def test_whole_texts_stay() -> None:
    value = {"a": ["\U0001f600", 1, None, True]}
    assert whole(value) is value
