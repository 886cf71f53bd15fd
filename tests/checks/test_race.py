"""The kind ``race``: what is sent and asked in each round, and what an author may not write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
import yaml
from pydantic import ValidationError

from gradekit.checks.base import Context, Scope
from gradekit.checks.race import KIND
from gradekit.checks.race.evidence import RaceEvidence
from gradekit.checks.race.model import RaceSpec
from gradekit.results import Status
from gradekit.sandbox.messages import HttpReply, HttpRequest, SqlColumn, SqlResult
from tests.checks.bench import FakeBench, reply, scripted

CHECK = """
request: POST /orders
json: {sku: A, room: "${round.index}", key: "${round.uuid}"}
headers: {x-run: "${run.uuid}"}
clients: 3
rounds: 2
before: [{sql: "update products set stock = 1"}]
expect: {statuses: {2xx: 1, "409": {gte: 2}}}
after: [{sql: "select stock from products where room = ${round.index}", expect: {value: 0}}]
"""


def spec(text: str = CHECK, **changes: Any) -> RaceSpec:  # noqa: ANN401 - as YAML has it
    return RaceSpec.model_validate({**yaml.safe_load(text), **changes})


def bench(*replies: HttpReply, stock: str = "0", **more: Any) -> FakeBench:  # noqa: ANN401
    rows = SqlResult(columns=(SqlColumn("stock", "int4"),), rows=((stock,),))
    return FakeBench(
        context=Context("c", variables={"page": 1}),
        app=scripted(*replies),
        answer=lambda statement: rows if statement.startswith("select") else SqlResult(affected=1),
        **more,
    )


def observe(check: RaceSpec, on: FakeBench) -> RaceEvidence:
    evidence = KIND.observe(check, on)
    assert RaceEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    return evidence


def test_each_round_has_its_own_values_statements_and_volley() -> None:
    on = bench(*[reply(201), reply(409), reply(409)] * 2, waits=("products", "orders"))
    evidence = observe(spec(), on)
    bodies = [json.loads(request.body) for request in on.requests]
    assert [(body["sku"], body["room"]) for body in bodies] == [("A", 1)] * 3 + [("A", 2)] * 3
    keys = [str(UUID(body["key"])) for body in bodies]
    assert len(set(keys[:3])) == len(set(keys[3:])) == 1
    assert keys[0] != keys[3]
    assert {dict(request.headers)["x-run"] for request in on.requests} == {evidence.uuid}
    assert [request.timeout for request in on.requests] == [20.0] * 6
    assert [query.statements[0] for query in on.queries] == [
        "update products set stock = 1",
        "select stock from products where room = '1'",
        "update products set stock = 1",
        "select stock from products where room = '2'",
    ]
    assert on.stretches == [(None, 0.15)]
    assert evidence.stretch is not None
    assert evidence.stretch.tables == ("products", "orders")
    assert KIND.judge(spec(), evidence, on.context).outcome.status is Status.PASSED
    shown = KIND.show(spec(), evidence)
    assert [exhibit.title for exhibit in shown] == ["Slowed down", "round 1", "round 2"]
    assert shown[0].text == "Each statement of the app that writes into products, orders waited 0.15 s before it began."
    assert "# sent 3 times, at once, in 0.0 s: 1 x 201, 2 x 409\n" in shown[1].text
    assert shown[1].text.count("HTTP/1.1") == 2


@pytest.mark.parametrize(
    ("stretch", "asked", "kept"),
    [
        ("off", [], None),
        ("auto", [(None, 0.15)], False),
        ({"tables": ["orders"], "delay": "80ms"}, [(("orders",), 0.08)], True),
    ],
)
def test_statements_wait_as_the_author_says(stretch: object, asked: list[object], kept: bool | None) -> None:
    on = bench(reply(201), reply(409), waits=("orders",), kept=kept is not False)
    check = spec(stretch=stretch, expect={"statuses": {"5xx": 0}})
    evidence = observe(check, on)
    assert on.stretches == asked
    assert (None if evidence.stretch is None else evidence.stretch.kept) == kept
    status = KIND.judge(check, evidence, on.context).outcome.status
    assert status is (Status.FAILED if kept is False else Status.PASSED)


def test_without_a_server_that_waits_nothing_is_said_of_it() -> None:
    on = bench(reply(201), reply(409))
    evidence = observe(spec(), on)
    assert evidence.stretch is None
    assert [exhibit.title for exhibit in KIND.show(spec(), evidence)] == ["round 1", "round 2"]


def test_a_round_that_cannot_begin_sends_nothing() -> None:
    refused = FakeBench(answer=lambda _statement: SqlResult(error="no table products"))
    evidence = observe(spec(), refused)
    assert refused.requests == []
    assert [one.unsent for one in evidence.rounds] == ['"before: update products set stock = 1" failed'] * 2
    assert "no table products" in KIND.show(spec(), evidence)[0].text
    unsent = bench(reply(200))
    evidence = observe(spec(headers={"x": "a${run.uuid}\n"}), unsent)
    assert unsent.requests == []
    assert evidence.rounds[0].unsent.startswith("the value of header x")


def test_a_sample_of_each_answer_is_kept_and_no_more() -> None:
    on = bench(reply(201, b"x" * 100_000))
    evidence = observe(spec(before=[], after=[]), on)
    assert [len(received.body.data) for received in evidence.rounds[0].received] == [16 << 10]
    assert on.queries == []


def test_clients_without_an_answer_are_told() -> None:
    def silent(_request: HttpRequest) -> HttpReply:
        return HttpReply(0, error="timeout")

    on = FakeBench(app=silent)
    check = spec(before=[], after=[], expect={"statuses": {"5xx": 0}})
    judgement = KIND.judge(check, observe(check, on), on.context)
    assert judgement.cases[0].outcome.actual == "no response to 3 of 3"
    assert judgement.outcome.message == "round 1: no response to 3 of 3; a response to every request expected"


def test_a_statement_before_with_a_name_that_nothing_gives_a_value_is_our_fault() -> None:
    check = spec(before=[{"sql": "update products set stock = ${gone}"}])
    on = bench(reply(201))
    judgement = KIND.judge(check, observe(check, on), on.context)
    what = '"round 1": before: update products set stock = ${gone}: ${gone} has no value; correct the challenge'
    assert (judgement.outcome.status, judgement.outcome.message) == (Status.ERRORED, what)


def test_a_number_that_nothing_gives_a_value_is_our_fault() -> None:
    on = bench(reply(201))
    check = spec(expect={"statuses": {"2xx": "${gone}"}})
    outcome = KIND.judge(check, observe(check, on), on.context).outcome
    assert outcome.status is Status.ERRORED
    assert outcome.message == (
        '"round 1": the challenge uses ${gone}, which nothing gives a value; correct the challenge'
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clients": 1}, "greater than or equal to 2"),
        ({"rounds": 51}, "less than or equal to 50"),
        ({"expect": {"statuses": {}}}, "at least 1 item"),
        ({"expect": {"statuses": {"ok": 1}}}, "is no status that can be counted"),
        ({"stretch": {"delay": "5s"}}, "from 10ms to 2s"),
        ({"stretch": {"tables": []}}, "at least 1 item"),
        ({"steps": []}, "Extra inputs"),
    ],
)
def test_what_the_models_refuse(changes: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**changes)


def test_lint_and_paths() -> None:
    check = spec(
        body="${nothing}",
        expect={"statuses": {"2xx": 4, "4xx": {"lt": "${later}"}, "5xx": "0"}},
        before=[{"file": "hidden/seed.sql"}, {"nosql": {"keys": "x"}}],
        after=[
            {"sql": "select '${run.uuid}'", "expect": {"value": "${case.x}"}},
            {"file": "q.sql", "expect": {"value": 1}},
        ],
        multipart={"a": {"file": "a.bin"}},
    )
    scope = Scope(files={"hidden/seed.sql": b"", "q.sql": b""}, variables={})
    told = [(complaint.loc, complaint.what) for complaint in KIND.lint(check, scope)]
    assert told == [
        (("body",), "json and body are both given"),
        (("body",), "${nothing} is not known here"),
        (("before", 1, "nosql"), "there is nothing to ask before the steps"),
        (("expect", "statuses", "4xx", "lt"), "${later} is not known here"),
        (("expect", "statuses", "2xx"), "4 is expected, and there are 3 responses"),
        (("after", 0, "sql"), "a variable stands in quotes"),
        (("after", 0, "expect", "value"), "${case.x} is not known here"),
    ]
    assert list(KIND.paths(check)) == [
        (("multipart", "a", "file"), "a.bin"),
        (("before", 0, "file"), "hidden/seed.sql"),
        (("after", 1, "file"), "q.sql"),
    ]
