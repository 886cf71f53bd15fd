"""Generated calls: how arguments are made, what the reference's answers become, and what is wrong by them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gradekit.checks.base import Complaint, Context, Recorded, Scope
from gradekit.checks.call import KIND
from gradekit.checks.call.evidence import CallEvidence
from gradekit.checks.call.forall import MISSING, is_answer
from gradekit.checks.call.generate import Generator, draw_all
from gradekit.checks.call.model import CallSpec
from gradekit.language import Speech
from gradekit.results import Judgement, Status
from gradekit.sandbox.messages import CallReply
from tests.checks.bench import FakeBench, FakeCalls

SPEECH = Speech(
    errors={
        "value": ("toy:Bad",),
        "type": (),
        "key": ("toy:Key",),
        "index": ("toy:Index",),
        "zero": (),
        "not_found": ("toy:Lookup",),
        "absent": ("toy:Absent",),
    }
)
Function = Callable[..., object]


def spec_of(**changes: object) -> CallSpec:
    every = {"name": "sums", "call": "total", "args": [{"list": {"of": {"integer": {}}}}], "count": 30, **changes}
    return CallSpec.model_validate({"module": "shop", "for_all": [every]})


def bench_of(function: Function, context: Context | None = None) -> FakeBench:
    def answer(request: dict[str, Any]) -> object:
        if request["op"] != "call":
            return {"value": True}
        found = function(*request["args"])
        return found if isinstance(found, CallReply) else found if isinstance(found, dict) else {"value": found}

    return FakeBench(context=context or Context("c"), worker=FakeCalls(answer, speech=SPEECH))


def recorded(spec: CallSpec, reference: Function) -> Recorded:
    assert KIND.recorded is not None
    found = KIND.recorded(spec, KIND.observe(spec, bench_of(reference)), {})
    assert found is not None
    return found


def judged(spec: CallSpec, reference: Function, submission: Function) -> Judgement:
    context = Context("c", answers=recorded(spec, reference).answers)
    evidence = KIND.observe(spec, bench_of(submission, context))
    again = CallEvidence.model_validate_json(evidence.model_dump_json())
    return KIND.judge(spec, again, context)


def raised(name: str, *ancestors: str) -> Mapping[str, object]:
    return {"error": {"classes": [f"toy:{name}", *(f"toy:{other}" for other in ancestors)], "message": "no"}}


# --- arguments


@given(st.integers(), st.integers(1, 60))
def test_arguments_are_what_was_asked_for(seed: int, count: int) -> None:
    described = {
        "object": {
            "whole": {"integer": {"min": 3, "max": 9}},
            "below": {"integer": {"min": -9, "max": -3}},
            "price": {"number": {"min": 0, "max": 2, "decimals": 2}},
            "name": {"text": {"alphabet": "aé", "min_length": 1, "max_length": 4}},
            "items": {"list": {"of": {"one_of": [True, None, "x"]}, "max_length": 5}},
        }
    }
    drawn = list(draw_all((Generator.model_validate(described),), count, seed))
    assert 1 <= len(drawn) <= count
    assert drawn == list(draw_all((Generator.model_validate(described),), count, seed))
    texts = [json.dumps(args) for args in drawn]
    assert len(set(texts)) == len(texts)
    found: Any
    for (found,) in drawn:
        assert list(found) == ["whole", "below", "price", "name", "items"]
        assert 3 <= found["whole"] <= 9
        assert -9 <= found["below"] <= -3
        assert 0 <= found["price"] <= 2
        assert round(found["price"], 2) == found["price"]
        assert 1 <= len(found["name"]) <= 4
        assert set(found["name"]) <= {"a", "é"}
        assert len(found["items"]) <= 5
        assert all(item in (True, None, "x") for item in found["items"])


def test_small_arguments_come_first() -> None:
    generator = Generator.model_validate({"text": {"max_length": 100}})
    lengths = [len(str(args[0])) for args in draw_all((generator,), 100, 1)]
    assert max(lengths[:10]) <= 10
    assert max(lengths) > 50


def test_where_there_are_few_there_are_fewer_calls() -> None:
    generator = Generator.model_validate({"one_of": [1, 2]})
    assert sorted(draw_all((generator,), 50, 1)) == [[1], [2]]


def test_a_whole_number_far_from_0_stays_between_its_borders() -> None:
    generator = Generator.model_validate({"integer": {"min": 1 << 52, "max": 1 << 53}})
    drawn = [generator.draw(random.Random(seed), 0.01) for seed in range(50)]  # noqa: S311 - test data
    assert all(isinstance(value, int) and 1 << 52 <= value <= 1 << 53 for value in drawn)


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({}, "give exactly one of integer, number, text, list, object, one_of"),
        ({"integer": {}, "text": {}}, "give exactly one of"),
        ({"integer": {"min": 3, "max": 2}}, "max is below min"),
        ({"number": {"min": 3, "max": 2}}, "max is below min"),
        ({"text": {"min_length": 21}}, "max_length is below min_length"),
        ({"list": {"of": {"integer": {}}, "min_length": 11}}, "max_length is below min_length"),
        ({"one_of": []}, "at least 1 item"),
        ({"text": {"alphabet": ""}}, "at least 1 character"),
    ],
)
def test_what_cannot_be_made(described: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Generator.model_validate(described)


# --- answers of the reference


def test_answers_are_kept_with_their_arguments() -> None:
    found = recorded(spec_of(count=3), sum)
    assert found.answers is not None
    lines = [json.loads(line) for line in found.answers["sums"]]
    assert all(line["value"] == sum(line["args"][0]) for line in lines)
    assert (found.tests, found.mistakes) == ((), ())
    assert all(is_answer(line) for line in found.answers["sums"])


def test_errors_are_kept_as_their_kinds() -> None:
    spec = spec_of(args=[{"one_of": ["key", "other"]}])
    found = recorded(spec, lambda name: raised("Key", "Lookup") if name == "key" else raised("Other"))
    assert found.answers is not None
    kinds = {json.loads(line)["args"][0]: json.loads(line)["raises"] for line in found.answers["sums"]}
    assert kinds == {"key": ["key", "not_found"], "other": ["any"]}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (CallReply(error="timeout", detail="no answer within 5 s"), "no answer within 5 s"),
        (raised("Absent"), "no"),
        ({"error": {"classes": ["toy:Absent"]}}, "what it calls is not there"),
    ],
)
def test_a_reference_that_does_not_answer_is_a_mistake(answer: object, why: str) -> None:
    found = recorded(spec_of(args=[{"one_of": ["a"]}]), lambda _: answer)
    assert found.mistakes == (f'sums: total("a"): no answer of the reference: {why}',)


def test_evidence_without_the_calls_is_a_mistake() -> None:
    assert KIND.recorded is not None
    found = KIND.recorded(spec_of(args=[{"one_of": ["a"]}]), CallEvidence(language="toy"), {})
    assert found is not None
    assert found.mistakes == ('sums: total("a"): no answer of the reference: it was not asked',)


def test_without_generated_calls_nothing_is_kept() -> None:
    assert KIND.recorded is not None
    spec = CallSpec.model_validate({"module": "a", "cases": [{"name": "a", "call": "f", "returns": 1}]})
    assert KIND.recorded(spec, CallEvidence(language="toy"), {}) is None


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ('{"args": [], "value": null}', True),
        ('{"args": [1], "raises": ["key", "not_found"]}', True),
        ('{"args": [1], "raises": ["any"]}', True),
        ('{"args": [1], "raises": []}', False),
        ('{"args": [1], "raises": ["odd"]}', False),
        ('{"args": [1], "raises": "key"}', False),
        ('{"args": [1]}', False),
        ('{"args": 1, "value": 1}', False),
        ("[]", False),
        ("{", False),
    ],
)
def test_what_an_answer_is(line: str, right: bool) -> None:
    assert is_answer(line) is right


# --- submissions


def test_who_answers_alike_passes() -> None:
    judgement = judged(spec_of(), sum, sum)
    assert judgement.outcome.status is Status.PASSED
    assert [case.id for case in judgement.cases] == ["sums"]


def test_the_smallest_wrong_calls_are_told() -> None:
    spec = spec_of(args=[{"text": {"alphabet": "ab"}}], count=60)
    judgement = judged(spec, len, lambda text: len(text) if "b" not in text else 0)
    (case,) = judgement.cases
    assert case.outcome.message.endswith("generated calls are wrong; the 3 smallest:")
    told = (case.outcome.expected or "").splitlines()
    assert told[0] == 'total("b") : 1'
    assert len(told) == 3
    assert (case.outcome.actual or "").splitlines()[0] == 'total("b") : 0'


def test_few_wrong_calls_are_all_told() -> None:
    spec = spec_of(args=[{"one_of": ["a", "b"]}])
    (case,) = judged(spec, lambda text: text, lambda text: "a" if text == "a" else CallReply(error="closed")).cases
    ended = "closed; code of the submission probably ended it, or made it crash"
    assert case.outcome.message == f'1 of 2 generated calls are wrong; total("b") : {ended}'


def test_marks_of_variables_are_plain_text_here() -> None:
    spec = spec_of(args=[{"one_of": ["${a}", {"b": ["$${"]}]}])
    assert judged(spec, lambda value: value, lambda value: value).outcome.status is Status.PASSED


@pytest.mark.parametrize(
    ("reference", "submission", "status"),
    [
        (raised("Key", "Lookup"), raised("Lookup"), Status.PASSED),
        (raised("Key", "Lookup"), raised("Bad"), Status.FAILED),
        (raised("Other"), raised("Bad"), Status.PASSED),
        (raised("Bad"), {"value": 1}, Status.FAILED),
        ({"value": 1}, raised("Bad"), Status.FAILED),
    ],
)
def test_errors_are_of_the_same_kind(reference: object, submission: object, status: Status) -> None:
    spec = spec_of(args=[{"one_of": ["a"]}])
    assert judged(spec, lambda _: reference, lambda _: submission).outcome.status is status


@pytest.mark.parametrize(("tolerance", "status"), [(None, Status.FAILED), (0.01, Status.PASSED)])
def test_numbers_may_be_off(tolerance: float | None, status: Status) -> None:
    spec = spec_of(args=[{"one_of": [1]}], tolerance=tolerance)
    assert judged(spec, lambda _: 2.0, lambda _: 2.001).outcome.status is status


def test_a_tolerance_is_for_numbers() -> None:
    spec = spec_of(args=[{"one_of": ["a", "b"]}], tolerance=0.5)
    assert judged(spec, lambda text: text, lambda text: text).outcome.status is Status.PASSED
    assert judged(spec, lambda text: text, lambda _: "a").outcome.status is Status.FAILED


def test_without_answers_there_is_no_verdict() -> None:
    evidence = KIND.observe(spec_of(), bench_of(sum))
    judgement = KIND.judge(spec_of(), evidence, Context("c"))
    assert (judgement.outcome.status, judgement.outcome.message) == (Status.ERRORED, MISSING)


def test_answers_to_other_questions_are_no_verdict() -> None:
    spec = spec_of(args=[{"one_of": ["a"]}])
    evidence = KIND.observe(spec, bench_of(lambda text: text))
    context = Context("c", answers={"sums": ('{"args": ["b"], "value": "b"}',)})
    assert KIND.judge(spec, evidence, context).outcome.status is Status.ERRORED


def test_a_function_elsewhere_and_its_time() -> None:
    bench = bench_of(lambda value: value)
    KIND.observe(spec_of(args=[{"one_of": [1]}], module="shop.other", timeout="2s"), bench)
    assert bench.worker is not None
    assert bench.worker.asked[-1]["on"] == {"$module": "shop.other"}
    assert bench.worker.limits[-1][1] == 2.0


# --- lint


def complaints(spec: CallSpec) -> list[Complaint]:
    return list(KIND.lint(spec, Scope(files={}, variables={})))


def test_complaints() -> None:
    assert complaints(spec_of()) == []
    twice = CallSpec.model_validate(
        {
            "cases": [{"name": "a", "module": "m", "call": "f", "returns": 1}],
            "for_all": [{"name": "a", "call": "f", "args": [{"one_of": [{"$odd": 1}]}]}],
        }
    )
    places = {complaint.loc: complaint.what for complaint in complaints(twice)}
    assert places[("for_all", 0, "name")] == 'a second case has the name "a"'
    assert places[("for_all", 0, "module")] == "it is not said where it is"
    assert places[("for_all", 0, "args", 0, "$odd")] == '"$odd" is no tag of a value'
    items = {"list": {"of": {"text": {"min_length": 1000, "max_length": 1000}}, "min_length": 600, "max_length": 600}}
    (large,) = complaints(spec_of(args=[items], count=1))
    assert large.what == "some have more than 524287 bytes"
