"""Calls: what is asked, how far, and what answers of strangers are taken for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.call import KIND
from gradekit.checks.call.evidence import CallEvidence, Exchange
from gradekit.checks.call.model import CallSpec
from gradekit.checks.call.values import MAX_VALUES, BadValue, Plain, containers, pack
from gradekit.checks.call.wire import Reply, read
from gradekit.errors import InfrastructureError
from gradekit.language import Naming, Speech
from gradekit.model import AUTHORED
from gradekit.results import Status, Tier
from gradekit.sandbox.messages import CallReply
from tests.checks.bench import FakeBench, FakeCalls

OBSERVING = sys.modules["gradekit.checks.call.observe"]
"""The module: its package has the function of this name."""
ERRORS = {kind: (f"toy:{kind}",) for kind in ("value", "type", "key", "index", "zero", "not_found", "absent")}


def spec_of(**fields: object) -> CallSpec:
    return CallSpec.model_validate({"module": "shop", **fields}, context=AUTHORED)


def one(**fields: object) -> dict[str, object]:
    return {"name": "one", "call": "f", "returns": 3, **fields}


def answers(*given: object) -> Callable[[dict[str, Any]], object]:
    queue = list(given)
    return lambda request: {"value": True} if request["op"] == "import" else queue.pop(0)


def asked_of(worker: FakeCalls) -> list[dict[str, Any]]:
    return [request for request in worker.asked if request["op"] != "import"]


# --- what is asked


def test_the_tier_is_black_box_and_the_volume_is_asked_for() -> None:
    assert KIND.tier(spec_of(cases=[one()])) is Tier.BLACK_BOX
    assert KIND.calls(spec_of(cases=[one()]))


def test_names_values_and_objects_are_written_in_the_language_of_the_submission() -> None:
    steps = [
        {"new": "PriceList", "module": "shop.price_list", "args": ["ana"], "as": "prices"},
        {"on": "prices", "call": "add_all", "args": [["${prices}", 1 << 60, "${rate}"]], "kwargs": {"tax_rate": 1.5}},
        {"on": "prices", "get": "grand_total", "returns": 3},
    ]
    worker = FakeCalls(
        answers({"value": {"$handle": 4, "class": "x:P"}}, {"value": None}, {"value": 3}),
        speech=Speech(naming=Naming(names="camel", modules="pascal", classes="beside")),
    )
    bench = FakeBench(context=Context("c", variables={"rate": 2}), worker=worker)
    KIND.observe(spec_of(cases=[{"name": "one", "steps": steps}]), bench)
    assert worker.asked == [
        {"id": 0, "op": "import", "module": "shop.PriceList"},
        {"id": 1, "op": "call", "on": {"$module": "shop.PriceList"}, "path": "", "args": ["ana"]},
        {
            "id": 2,
            "op": "call",
            "on": {"$handle": 4},
            "path": "addAll",
            "args": [[{"$handle": 4}, {"$int": str(1 << 60)}, 2]],
            "kwargs": {"taxRate": 1.5},
        },
        {"id": 3, "op": "get", "on": {"$handle": 4}, "path": "grandTotal"},
    ]


def test_a_process_goes_on_until_an_exchange_fails_or_a_case_wants_a_new_one() -> None:
    gone = CallReply(error="closed", detail="it ended")
    worker = FakeCalls(answers({"value": 3}, gone, {"value": 3}, {"nonsense": 3}, {"value": 3}))
    cases = [one(name=name) for name in "abcd"] + [one(name="e", fresh=True)]
    KIND.observe(spec_of(cases=cases, timeout="2s"), FakeBench(worker=worker))
    assert [(request["op"], fresh) for request, (fresh, _, _) in zip(worker.asked, worker.limits, strict=True)] == [
        ("import", True), ("call", False), ("call", False),
        ("import", True), ("call", False), ("call", False),
        ("import", True), ("call", False),
    ]  # fmt: skip
    assert {timeout for fresh, timeout, _ in worker.limits if not fresh} == {2.0}
    assert {timeout for fresh, timeout, _ in worker.limits if fresh} == {OBSERVING.LOADING}


def test_what_needs_an_object_that_was_not_made_is_not_asked() -> None:
    steps = [{"new": "Cart", "as": "cart"}, {"call": "f"}, {"on": "cart", "call": "g", "returns": 3}]
    worker = FakeCalls(answers({"error": {"classes": ["toy:Oh"]}}, {"value": 1}, {"value": 3}))
    spec = spec_of(cases=[{"name": "a", "steps": steps}, one()])
    evidence = KIND.observe(spec, FakeBench(worker=worker))
    assert [len(fact.exchanges) for fact in evidence.cases] == [2, 1]
    (lost, right) = KIND.judge(spec, evidence, Context("c")).cases
    assert (
        lost.outcome.message == "cart.g(): not called, because a step before failed that makes what it is called with"
    )
    assert right.outcome.status is Status.PASSED


def test_a_value_with_too_much_to_search_is_wrong() -> None:
    spec = spec_of(cases=[{"name": "a", "call": "f", "json": {"$..*": {"length": 0}}}])
    nested: object = [1] * 5000
    for _ in range(50):
        nested = [nested]
    evidence = KIND.observe(spec, FakeBench(worker=FakeCalls(answers({"value": nested}))))
    (case,) = KIND.judge(spec, evidence, Context("c")).cases
    assert case.outcome.expected == "a value that can be searched"


def test_a_check_may_want_a_new_process_for_all_cases_but_some() -> None:
    worker = FakeCalls(answers(*[{"value": 3}] * 3))
    cases = [one(name="a"), one(name="b", fresh=False), one(name="c", timeout="3s")]
    KIND.observe(spec_of(cases=cases, fresh=True), FakeBench(worker=worker))
    assert [fresh for fresh, _, _ in worker.limits] == [True, False, False, True, False]
    assert worker.limits[-1][1] == 3.0


def test_a_module_that_hangs_while_it_is_loaded_is_told_and_nothing_is_asked() -> None:
    worker = FakeCalls(lambda _: CallReply(error="timeout", detail="no answer within 10 s"))
    spec = spec_of(cases=[one()])
    evidence = KIND.observe(spec, FakeBench(worker=worker))
    assert [request["op"] for request in worker.asked] == ["import"]
    assert KIND.judge(spec, evidence, Context("c")).outcome.message == "no answer within 10 s"


def test_all_answers_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OBSERVING, "MAX_REPLIES", 100)
    worker = FakeCalls(answers(*[{"value": "x" * 30}] * 4))
    KIND.observe(spec_of(cases=[one(name=name) for name in "abcd"]), FakeBench(worker=worker))
    rooms = [room for (fresh, _, room) in worker.limits if not fresh]
    assert rooms == [100, 48, 1, 1]


def test_a_request_that_grew_too_large_is_not_sent() -> None:
    steps = [{"call": "f", "as": "x"}, {"call": "f", "args": ["${x}"] * 5, "returns": 3}]
    worker = FakeCalls(answers({"value": "x" * 250_000}))
    spec = spec_of(cases=[{"name": "one", "steps": steps}])
    evidence = KIND.observe(spec, FakeBench(worker=worker))
    assert len(asked_of(worker)) == 1
    assert "the request has 1250" in KIND.judge(spec, evidence, Context("c")).outcome.message


def test_kinds_of_errors_that_a_runner_does_not_tell_apart_are_our_fault() -> None:
    spec = spec_of(cases=[one(name="any") | {"raises": "any"}, {"name": "b", "call": "f", "raises": "key"}])
    with pytest.raises(InfrastructureError, match=r"runner toy: it does not say which errors .* of the kind key"):
        KIND.observe(spec, FakeBench(worker=FakeCalls(answers())))


def test_cases_come_from_a_file_too() -> None:
    spec = spec_of(cases=[one()], cases_file="more.json")
    more = [
        one(name="two", timeout="1s"),
        {"name": "three", "steps": [{"call": "f", "raises": "value"}]},
    ]
    files = {"more.json": json.dumps(more).encode()}
    assert [case.name for case in spec.all_cases(files)] == ["one", "two", "three"]
    assert list(KIND.paths(spec)) == [(("cases_file",), "more.json")]
    assert list(KIND.paths(spec_of(cases=[one()]))) == []
    worker = FakeCalls(
        answers({"value": 3}, {"value": 3}, {"error": {"classes": ["toy:value"]}}), speech=Speech(errors=ERRORS)
    )
    evidence = KIND.observe(spec, FakeBench(context=Context("c", files=files), worker=worker))
    assert KIND.judge(spec, evidence, Context("c", files=files)).outcome.status is Status.PASSED
    with pytest.raises(InfrastructureError, match=r"more\.json: there is no such file; correct the challenge"):
        KIND.observe(spec, FakeBench(worker=worker))


def test_what_was_printed_and_what_is_no_text_is_kept() -> None:
    worker = FakeCalls(answers(b"\xff\n", {"value": "\ud800"}), said="hello")
    evidence = KIND.observe(spec_of(cases=[one(), one(name="two")]), FakeBench(worker=worker))
    again = CallEvidence.model_validate_json(evidence.model_dump_json(), strict=False)
    assert again == evidence
    assert again.cases[0].exchanges[0].line == b"\xff\n"
    assert again.printed == "hello"
    with pytest.raises(ValidationError, match="not base64"):
        Exchange(id=1, request="{}", base64="?")


# --- what an author may write


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "there is nothing to call"),
        ({"cases": [one(call="totalPrice")]}, "call"),
        ({"cases": [one(call="total price")]}, "call"),
        ({"cases": [one(module="Shop")]}, "module"),
        ({"cases": [one(module="shop/x")]}, "module"),
        ({"cases": [{"name": "a", "new": "cart"}]}, "new"),
        ({"cases": [{"name": "a", "call": "f", "raises": "valu"}]}, 'did you mean "value"'),
        ({"cases": [{"name": "a", "call": "f", "raises": {"kind": "x"}}]}, "kind"),
        ({"cases": [{"name": "a", "call": "f", "keep": "x"}]}, "keep"),
        ({"cases": [one()], "scoring": "some"}, "scoring"),
    ],
)
def test_what_cannot_be_written(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        spec_of(**fields)


SCOPE = Scope(files={}, variables={"rate": 1})


def complaints(*cases: Mapping[str, object], files: Mapping[str, bytes] | None = None, **fields: object) -> list[str]:
    spec = spec_of(**{"cases": list(cases), **fields})
    found = KIND.lint(spec, Scope(files=files or {}, variables={"rate": 1}))
    return [f"{'.'.join(map(str, one.loc))}: {one.what}" for one in found]


def test_a_good_table_has_no_complaints() -> None:
    steps = [
        {"new": "Cart", "args": [{"$decimal": "1.0"}, {"a": [{"$set": [1]}]}], "as": "cart"},
        {"on": "cart", "call": "add", "kwargs": {"rate": "${rate}"}, "as": "sum"},
        {"call": "f", "args": ["${cart}"], "returns": "${sum}"},
        {"get": "MAX", "json": {"$.a": 1}},
        {"call": "f", "raises": {"kind": "any", "message": {"contains": "${rate}"}}},
    ]
    assert complaints({"name": "a", "steps": steps}, one()) == []


@pytest.mark.parametrize(
    ("case", "complaint"),
    [
        ({"name": "a", "call": "f"}, "cases.0: nothing is expected of it"),
        ({"name": "a", "steps": [{"call": "f"}]}, "cases.0: nothing is expected of it"),
        ({"name": "a", "returns": 1}, "cases.0: it does nothing"),
        (one(get="x"), "cases.0: call and get stand together"),
        ({"name": "a", "get": "x", "args": [1], "returns": 1}, "cases.0.get: an attribute takes no arguments"),
        (one(raises="any"), "cases.0.raises: what raises does not return"),
        (one(on="cart"), 'cases.0.on: no step before keeps "cart" with `as`'),
        (one(**{"as": "x"}), 'cases.0.as: "x" is never used'),
        (one(**{"as": "rate"}), 'cases.0.as: "rate" is the name of something else already'),
        (one(steps=[{"call": "f"}]), "cases.0.call: it stands beside `steps`"),
        (one(args=["${rat}"]), "cases.0.args.0: ${rat} is no variable of the challenge, and no step keeps it"),
        (one(kwargs={"a": {"b": "${"}}), 'cases.0.kwargs.a.b: "${" is not a variable'),
        (one(returns={"eq": "${x}"}), "cases.0.returns.eq: ${x} is no variable"),
        ({"name": "a", "call": "f", "json": {"$.[": 1}}, "cases.0.json.$.[: not a JSONPath"),
        ({"name": "a", "call": "f", "json": {"$.a": "${x}"}}, "cases.0.json.$.a: ${x} is no variable"),
        (one(args=[[{"a": {"$handle": 1}}]]), 'cases.0.args.0.0.a.$handle: "$handle" is no tag of a value'),
        (one(args=[{"$int": "1", "b": 2}]), 'cases.0.args.0.$int: "$int" is no tag of a value'),
        (one(args=["x" * 600_000]), "cases.0.args: they have more than 524287 bytes"),
        (
            {"name": "a", "steps": [{"new": "A", "as": "a"}, {"new": "A", "on": "a", "returns": 1}]},
            "cases.0.steps.1.on: a class is found in a module, not on an object",
        ),
        (
            {"name": "a", "steps": [{"call": "f", "raises": {"message": "${x}"}}]},
            "cases.0.steps.0.raises.message: ${x} is no variable",
        ),
    ],
)
def test_complaints(case: dict[str, object], complaint: str) -> None:
    assert any(found.startswith(complaint) for found in complaints(case)), complaints(case)


def test_names_are_given_once_and_a_module_at_all() -> None:
    assert complaints(one(), one()) == ['cases.1.name: a second case has the name "one"']
    assert complaints(one(), module=None) == ["cases.0.module: it is not said where it is"]
    assert complaints(one(module="shop"), module=None) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "it is not JSON (Expecting property name"),
        (b"\xff", "it is not JSON ("),
        (b"{}", "the whole: Input should be a valid tuple"),
        (b'[{"name": "a"}, {"nam": 1}]', "[1].name: Field required"),
        (b'[{"name": "a", "call": "f", "timeout": 2}]', "[0].timeout: 2 is not a duration"),
        (b'[{"name": "a", "call": "f"}]', "case 0: nothing is expected of it"),
        (b'[{"name": "one", "call": "f", "returns": "${x}"}]', "case 0.name: a second case"),
        (b'[{"name": "a", "call": "f", "returns": "${x}"}]', "case 0.returns: ${x} is no variable"),
    ],
)
def test_complaints_about_a_file_stand_at_its_name(content: bytes, words: str) -> None:
    found = complaints(one(), cases_file="more.json", files={"more.json": content})
    assert found[0].startswith(f"cases_file: more.json: {words}")


def test_a_file_that_is_not_there_is_said_elsewhere() -> None:
    assert complaints(one(), cases_file="more.json") == []


# --- what answers mean

SENT: list[Any] = [[3, 1], {"a": {"$set": [1]}}, {"$map": [[1, [2]], 5]}, {"$tuple": [[7]]}, {"$bytearray": ""}, "x"]


def test_containers_of_a_request_are_numbered_in_the_order_they_begin() -> None:
    assert list(containers(SENT)) == [
        SENT, [3, 1], {"a": {"$set": [1]}}, {"$set": [1]}, {"$map": [[1, [2]], 5]}, [2], [7], {"$bytearray": ""},
    ]  # fmt: skip
    assert list(containers({"$tuple": 3})) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, None),
        ({"a": [1, Decimal("1.0"), "x", True]}, {"a": [1, Decimal("1.0"), "x", True]}),
        ({"$int": "-12345678901234567890"}, -12345678901234567890),
        ([{"$float": "nan"}, {"$float": "-inf"}], ["NaN", "-Infinity"]),
        ({"$decimal": "1.50"}, Decimal("1.50")),
        ({"$decimal": "NaN"}, "NaN"),
        ({"$decimal": "1E+9999"}, "1E+9999"),
        ({"$timedelta": "-1.500000"}, Decimal("-1.5")),
        ({"$fraction": "1/3"}, "1/3"),
        ({"$complex": [0.0, {"$float": "inf"}]}, [0.0, "Infinity"]),
        ({"$bytes": "AA=="}, "AA=="),
        ({"$date": "2024-02-29"}, "2024-02-29"),
        ({"$tuple": [1, {"$tuple": []}]}, [1, []]),
        ({"$set": ["b", 10, "a", 9, [1]]}, [9, 10, [1], "a", "b"]),
        ({"$range": [0, 6, 2]}, [0, 2, 4]),
        ({"$range": [3, 0, -1]}, [3, 2, 1]),
        ({"$map": [[1, "a"], ["$x", None], [True, 2]]}, {"1": "a", "$x": None, "true": 2}),
        ({"$map": [[{"$tuple": [2]}, 1], [{"$tuple": [1]}, 2]]}, [[[1], 2], [[2], 1]]),
        ({"$enum": ["shop:Size", "SMALL"]}, "SMALL"),
        ({"$handle": 3, "class": "shop:Cart"}, {"$object": "Cart"}),
        ([{"$class": "shop:Cart"}, {"$module": "shop"}], [{"$object": "class Cart"}, {"$object": "module shop"}]),
        ({"$exception": {"classes": ["shop:Oh"]}}, {"$object": "Oh"}),
        ({"$exception": {}}, {"$object": ""}),
        ({"$callable": {"async": False}}, {"$object": "function"}),
    ],
)
def test_values_are_the_same_json_for_all_languages(data: Any, expected: object) -> None:  # noqa: ANN401 - JSON
    assert Plain().value(data) == expected


DEEP: Any = 1
for _ in range(70):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "data",
    [
        *({"$int": text} for text in ("", "1.5", "9" * 5000)),
        *({"$int": 3}, {"$int": None}, {"$float": "NaN"}, {"$float": 1}, {"$float": []}),
        *({"$timedelta": "1e9999"}, {"$timedelta": "x"}, {"$timedelta": 2}),
        *({"$range": bounds} for bounds in ([1, 2], [0, 1, 0], ["a", 1, 1], [0, 10**30, 1], [0, MAX_VALUES, 1], 3)),
        *({"$map": pairs} for pairs in ([[1, 2, 3]], [1], [[1, 1], ["1", 2]])),
        *({"$enum": content} for content in ([], "x", [1])),
        *({tag: 1} for tag in ("$set", "$tuple", "$complex", "$bytes", "$decimal", "$class", "$module")),
        {"$map": {}},
        *({"$arg": place} for place in (0, -1, "0", True)),
        *({"$handle": 1, "class": 3}, {"$int": "1", "a": 1}, {"$nothing": 1}, {"$exception": {"classes": [3]}}, DEEP),
    ],
)
def test_what_is_no_value(data: Any) -> None:  # noqa: ANN401 - JSON
    with pytest.raises(BadValue):
        Plain().value(data)


def test_arguments_that_come_back_are_as_the_call_left_them_and_never_too_much() -> None:
    inner = [1]
    assert Plain([[{"$arg": 1}], inner]).value({"a": {"$arg": 0}, "b": {"$arg": 1}}) == {"a": [[1]], "b": [1]}
    with pytest.raises(BadValue, match="contains itself"):
        Plain([[{"$arg": 0}]]).value({"$arg": 0})
    with pytest.raises(BadValue, match="more than"):
        Plain([[1] * 1000]).value([{"$arg": 0}] * 1000)
    with pytest.raises(BadValue, match="more than"):
        Plain([[{"$arg": 1}] * 10, *([{"$arg": number + 2}] * 10 for number in range(20)), []]).value({"$arg": 0})


def reply(answer: object, request: object = None) -> Reply:
    line = answer if isinstance(answer, str) else json.dumps(answer)
    asked = {"id": 1, "op": "call", "args": [[3, 1]], "kwargs": {"a": {"b": []}}} if request is None else request
    return read(Exchange(id=1, request=json.dumps(asked), reply=line))


def test_only_what_the_submission_did_not_give_is_blamed_on_its_code() -> None:
    large, other = reply({"id": 1, "value": {"$range": [0, MAX_VALUES, 1]}}), reply({"id": 2, "value": 1})
    assert (large.kind, large.text) == ("broken", f"its answer is too large: it holds more than {MAX_VALUES} values")
    assert (other.kind, other.text.partition("; ")[2][:26]) == ("broken", "code of the submission pro")


def test_answers() -> None:
    assert reply({"id": 1, "value": 3}) == Reply("value", 3)
    assert reply({"id": 1, "value": {"$arg": 0}}) == Reply("value", [3, 1])
    assert reply({"id": 1, "value": {"$arg": 0}, "changed": [[0, [1, 3]]]}) == Reply("value", [1, 3])
    assert reply({"id": 1, "value": {"$arg": 1}, "changed": [[2, [1]]]}) == Reply("value", {"b": []})
    held = reply({"id": 1, "value": {"$handle": 7, "class": "shop:Cart"}})
    assert (held.value, held.kept) == ({"$object": "Cart"}, {"$handle": 7})
    assert reply({"id": 1, "value": [1]}).kept == [1]
    assert reply({"id": 1, "refused": "no such"}) == Reply("refused", text="no such")
    error = {"classes": ["shop:Oh", "builtins:ValueError"], "message": "x" * 9000, "args": [1]}
    raised = reply({"id": 1, "error": error})
    assert (raised.kind, raised.classes, len(raised.text)) == ("error", ("shop:Oh", "builtins:ValueError"), 2000)
    assert reply({"id": 1, "error": {"classes": ["a:B"]}}).text == ""


@pytest.mark.parametrize(
    "answer",
    [
        *("", "{", "3", "[]", "null", '{"id": 1, "value": NaN}', '{"id": 1, "value": 1, "value": 2}', "[" * 99_999),
        *({"id": number, "value": 1} for number in (2, "1", True, None, 1.0)),
        *({"id": 1}, {"value": 1}, {"id": 1, "value": 1, "error": {"classes": ["a"]}}, {"id": 1, "refused": 3}),
        *({"id": 1, "error": {"classes": classes}} for classes in ([], "a", [1], None)),
        *({"id": 1, "error": None}, {"id": 1, "error": []}, {"id": 1, "error": {}}),
        {"id": 1, "error": {"classes": ["a"] * 101}},
        {"id": 1, "error": {"classes": ["a"], "message": 3}},
        {"id": 1, "value": {"$handle": "1", "class": "a"}},
        *({"id": 1, "value": 1, "changed": changes} for changes in (3, [3], [[0]], [["0", []]], [[9, []]], [[-1, []]])),
    ],
)
def test_what_is_no_answer(answer: object) -> None:
    assert reply(answer).kind == "broken"


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(["$int", "$map", "$set", "$arg", "$handle", "$range", "$exception", "$tuple", "class"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=20,
)


@given(
    st.fixed_dictionaries({"id": st.just(1)}, optional=dict.fromkeys(("value", "error", "refused", "changed"), JSONS))
)
def test_whatever_answers_it_is_a_reply_and_can_be_judged_and_shown(answer: dict[str, object]) -> None:
    assert reply(answer).kind in {"value", "error", "refused", "broken"}
    spec = spec_of(cases=[one()])
    evidence = KIND.observe(spec, FakeBench(worker=FakeCalls(answers(json.dumps(answer).encode()))))
    judgement = KIND.judge(spec, evidence, Context("c"))
    assert judgement.outcome.status in {Status.PASSED, Status.FAILED}
    assert KIND.show(spec, evidence)


@given(JSONS)
def test_values_of_a_spec_can_always_be_sent(value: Any) -> None:  # noqa: ANN401 - JSON
    json.dumps(pack(value), allow_nan=False)


def test_numbers_that_json_has_not_are_sent_by_name() -> None:
    assert pack([float("inf"), 1 << 53, (1 << 53) + 1, -(1 << 60), 1.5, Decimal("1.5")]) == [
        {"$float": "inf"}, 1 << 53, {"$int": str((1 << 53) + 1)}, {"$int": str(-(1 << 60))}, 1.5, Decimal("1.5"),
    ]  # fmt: skip


# --- what is shown


def test_calls_are_shown_with_what_came_of_them() -> None:
    given = answers(
        {"value": {"$arg": 0}},
        {"error": {"classes": ["toy:ValueError"], "message": "qty\x1b"}},
        {"refused": "no f"},
        b"nonsense\x1b",
        CallReply(error="timeout", detail="no answer within 5 s"),
    )
    cases = [one(name=name, args=[[1, 2]]) for name in "abcde"]
    spec = spec_of(cases=cases)
    shown = KIND.show(spec, KIND.observe(spec, FakeBench(worker=FakeCalls(given, said="hello"))))
    texts = [exhibit.text for exhibit in shown]
    assert [exhibit.title for exhibit in shown] == [*"abcde", "Printed by the candidate's code"]
    asked = '> {"id": 1, "op": "call", "on": {"$module": "shop"}, "path": "f", "args": [[1, 2]]}'
    assert texts[0].splitlines() == [asked, "< [1, 2] (0.001 s)"]
    assert texts[1].endswith("< raised ValueError: qty\\x1b (0.001 s)")
    assert texts[2].splitlines()[1:] == ["< refused: no f (0.001 s)", '  {"id": 3, "refused": "no f"}']
    assert texts[3].splitlines()[2] == "  nonsense\\x1b"
    assert texts[4].splitlines()[1:] == ["< broken: no answer within 5 s (0.000 s)"]
    assert texts[5] == "hello"
    assert KIND.show(spec, CallEvidence(language="toy")) == ()


def test_labels_are_as_a_reader_knows_the_call() -> None:
    steps = [
        {"new": "Cart", "args": ["ana"], "kwargs": {"size": 2}, "as": "cart"},
        {"on": "cart", "call": "add"},
        {"on": "cart", "get": "total"},
        {"get": "MAX"},
    ]
    (case,) = spec_of(cases=[{"name": "a", "steps": steps}]).all_cases({})
    assert [action.label for action in case.steps] == ['new Cart("ana", size=2)', "cart.add()", "cart.total", "MAX"]


def test_the_schema_says_what_may_stand_for_an_error() -> None:
    schema = CallSpec.model_json_schema(by_alias=True)
    raises = schema["$defs"]["Action"]["properties"]["raises"]
    assert "zero" in json.dumps(raises)
    assert "as" in schema["$defs"]["Action"]["properties"]


def test_complaints_have_what_was_expected() -> None:
    (found,) = KIND.lint(spec_of(cases=[{"name": "a", "call": "f"}]), SCOPE)
    assert found == Complaint(
        ("cases", 0), "nothing is expected of it", "returns, json or raises", "write what must come of it"
    )
