"""pydantic's errors as one fault for one mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import BeforeValidator, Field, PlainValidator, ValidationError, model_validator

from gradekit.model import Model, Slug, tuple_of
from gradekit.spec.reader import dotted
from gradekit.spec.translate import MOST_TOLD, described, faults, listed, split_message
from gradekit.texts import near

Ints = Annotated[tuple[int, ...], BeforeValidator(tuple_of)]


class Point(Model):
    x: int
    y: int = Field(0, description="How far up; from the ground.")


class Points(Model):
    points: Annotated[tuple[Point, ...], BeforeValidator(tuple_of)]


class Circle(Model):
    radius: float = Field(gt=0, lt=10)
    centre: Point


class Named(Model):
    name: str = Field(min_length=2, max_length=4)


def _upper(value: object) -> object:
    if value == "shout":
        raise ValueError("names: are never shouted; use small letters; try again; really")
    if isinstance(value, Mapping) and "bad" in value:
        raise ValueError('bad: worse: unknown thing "worst"')
    return value


class Shapes(Model):
    shape: Circle | Named | Literal["none"] | None = None
    shapes: Annotated[tuple[Circle | Named, ...], BeforeValidator(tuple_of), Field(max_length=2)] = ()
    corner: Annotated[tuple[int, Point], BeforeValidator(tuple_of)] | int | None = None
    by_name: Mapping[Slug, Ints | Mapping[str, Point]] = Field(default_factory=dict)
    level: Literal[1, 2] | bool = 1
    odd: Annotated[Any, PlainValidator(_upper)] = None
    number: int = Field(1, multiple_of=2)
    step: float = Field(1, ge=0.5, le=2)
    text: str = Field("ab", min_length=2, max_length=4, pattern="^[a-z]*$")

    @model_validator(mode="after")
    def _whole(self) -> Shapes:
        if self.odd == "after":
            raise ValueError("odd is odd")
        return self


def _said(data: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Shapes.model_validate(data)
    return [
        f"{dotted(fault.loc)}|{dotted(fault.at) if fault.at is not None else ''}: "
        + "; ".join(part for part in (fault.what, fault.expected, fault.hint) if part)
        for fault in faults(caught.value, data, Shapes)
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"shape": 5}, ['shape|: must be a map or "none", not the number 5; write {radius: 5, centre: ...}']),
        ({"shape": "nome"}, ['shape|: must be a map or "none", not the text "nome"; did you mean "none"?']),
        ({"shape": {"name": "x"}}, ["shape.name|: is shorter than 2 characters"]),
        (
            {"shape": {"nme": "xy"}},
            ['shape|shape: missing key "name"', 'shape|shape.nme: unknown key "nme"; did you mean "name"?'],
        ),
        (
            {"shape": {"radius": 0, "centre": {}}},
            ["shape.radius|: must be more than 0, not 0", 'shape.centre|shape.centre: missing key "x"'],
        ),
        (
            {"shape": {"radius": 11, "centre": {"x": 1, "why": 2}}},
            [
                "shape.radius|: must be less than 10, not 11",
                'shape.centre|shape.centre.why: unknown key "why"; known keys: x, y',
            ],
        ),
        (
            {"shapes": [{"name": "abcde"}, 7]},
            [
                "shapes[0].name|: is longer than 4 characters",
                "shapes[1]|: must be a map, not the number 7; write {radius: 7, centre: ...}",
            ],
        ),
        ({"shapes": [{"name": "ab"}] * 3}, ["shapes|: has 3 entries, more than 2"]),
        ({"corner": "x"}, ['corner|: must be a list or a whole number, not the text "x"']),
        (
            {"corner": [1, {"z": 1}]},
            ['corner[1]|corner[1]: missing key "x"', 'corner[1]|corner[1].z: unknown key "z"; known keys: x, y'],
        ),
        (
            {"by_name": {"A": [1]}},
            ['by_name.A|by_name.A: "A" is not a name; write small letters, digits and hyphens, such as "a"'],
        ),
        (
            {"by_name": {"!": [1]}},
            ['by_name["!"]|by_name["!"]: "!" is not a name; write small letters, digits and hyphens'],
        ),
        ({"by_name": {"b": [True]}}, ["by_name.b[0]|: must be a whole number, not true"]),
        (
            {"by_name": {"b": {"c": {"y": "1"}}}},
            ['by_name.b.c|by_name.b.c: missing key "x"', 'by_name.b.c.y|: must be a whole number, not the text "1"'],
        ),
        ({"level": 3}, ["level|: must be 1, 2 or true or false, not the number 3"]),
        (
            {"level": "Yes"},
            ['level|: must be 1, 2 or true or false, not the text "Yes"; in YAML 1.2 Yes is text; write true'],
        ),
        ({"odd": "shout"}, ["odd|: names: are never shouted; use small letters; try again; really"]),
        ({"odd": {"bad": 1}}, ['odd.bad|: worse: unknown thing "worst"']),
        ({"odd": {"bad": {"worse": {"worst": 1}}}}, ['odd.bad.worse|odd.bad.worse.worst: unknown thing "worst"']),
        ({"odd": {"bad": {"worse": {}}}}, ['odd.bad.worse|: unknown thing "worst"']),
        ({"odd": "after"}, ["|: odd is odd"]),
        ({"number": 3}, ["number|: input should be a multiple of 2"]),
        ({"step": 0}, ["step|: must be at least 0.5, not 0"]),
        ({"step": 2.5}, ["step|: must be at most 2, not 2.5"]),
        ({"text": 1}, ["text|: must be text, not the number 1; put it in quotes"]),
        ({"text": None}, ["text|: must be text, not nothing (null)"]),
        ({"text": ""}, ["text|: is empty"]),
        ({"text": "A1"}, ['text|: the text "A1" has not the form ^[a-z]*$']),
        ({"text": [1]}, ["text|: must be text, not a list"]),
    ],
)
def test_faults(data: object, said: list[str]) -> None:
    assert _said(data) == said


def test_near() -> None:
    assert near("stauts", ["status", "json"]) == 'did you mean "status"?'
    assert near("Status", ["status"]) == 'did you mean "status"?'
    assert near("STATUS", ["status", "JSON"]) == 'did you mean "status"?'
    assert near("xyz", ["status"]) == ""


def test_words() -> None:
    assert listed([]) == "none"
    assert listed(["a", "b"]) == "a, b"
    values: list[object] = [None, True, False, 3, 1.5, "x", {}, []]
    assert [described(value) for value in values] == [
        "nothing (null)", "true", "false", "the number 3", "the number 1.5", 'the text "x"', "a map", "a list",
    ]  # fmt: skip
    assert split_message("a") == ("a", "", "")
    assert split_message("a; b") == ("a", "", "b")
    assert split_message("a; b; c; d") == ("a", "b", "c; d")


def test_of_very_many_errors_the_first_are_told_and_how_many_there_are() -> None:
    data = {"points": [{"x": "a"}] * (MOST_TOLD + 500)}
    with pytest.raises(ValidationError) as caught:
        Points.model_validate(data)
    found = faults(caught.value, data, Points)
    assert len(found) == MOST_TOLD + 1
    assert (found[-1].loc, found[-1].what) == (("points", MOST_TOLD, "x"), "500 more problems from here on")
