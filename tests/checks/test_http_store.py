"""Scenarios that ask a store, and steps that many clients send at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from gradekit.checks.base import Context, Scope
from gradekit.checks.http import KIND
from gradekit.checks.http.evidence import HttpEvidence
from gradekit.checks.http.model import HttpSpec
from gradekit.results import Status
from gradekit.sandbox.messages import CommandResult, HttpReply
from tests.checks.bench import FakeBench, reply, scripted


def spec(text: str) -> HttpSpec:
    return HttpSpec.model_validate(yaml.safe_load(text))


def lint(text: str) -> list[tuple[tuple[str | int, ...], str]]:
    return [(complaint.loc, complaint.what) for complaint in KIND.lint(spec(text), Scope({}, {"page": 20}, app=True))]


def observe(check: HttpSpec, on: FakeBench) -> HttpEvidence:
    evidence = KIND.observe(check, on)
    assert HttpEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    return evidence


def test_a_store_is_asked_before_as_the_owner_and_after_as_a_reader() -> None:
    answers = {"SET limit:x y 1": "OK", "GET limit:x y": "1", "KEYS limit:*": []}
    on = FakeBench(
        context=Context("c"),
        app=scripted(reply(200, '{"name": "x y"}')),
        reply=lambda command: CommandResult(json.dumps(answers[" ".join(command)])),
    )
    check = spec(
        """
        before: [{nosql: {redis: [SET, "limit:x y", 1]}}]
        steps: [{request: GET /, expect: any, save: {name: $.name}}]
        after:
          - {nosql: {redis: "GET limit:${name}"}, expect: {reply: "1"}}
          - {nosql: {keys: "limit:*"}, expect: {count: 0}}
        """
    )
    evidence = observe(check, on)
    assert on.commanded == [
        (None, "owner", ("SET", "limit:x y", "1")),
        (None, "reader", ("GET", "limit:x y")),
        (None, "reader", ("KEYS", "limit:*")),
    ]
    assert KIND.judge(check, evidence, on.context).outcome.status is Status.PASSED
    shown = [(exhibit.title, exhibit.text) for exhibit in KIND.show(check, evidence)]
    assert shown[1:] == [
        ("after: GET 'limit:${name}'", "GET 'limit:${name}'\n\n\"1\""),
        ("after: keys limit:*", "keys limit:*\n\n0 keys in all"),
    ]


def test_nothing_is_sent_when_a_command_before_fails() -> None:
    on = FakeBench(context=Context("c"), reply=lambda _: CommandResult(code="WRONGTYPE", error="WRONGTYPE no"))
    check = spec("before: [{nosql: {redis: INCR a}}]\nsteps: [{request: GET /, expect: any}]")
    evidence = observe(check, on)
    assert on.requests == []
    assert KIND.judge(check, evidence, on.context).outcome.status is Status.FAILED
    assert "WRONGTYPE" in KIND.show(check, evidence)[0].text


def test_many_clients_send_the_same() -> None:
    statuses = iter([200, 429, 200, 0])

    def app(_request: object) -> HttpReply:
        status = next(statuses)
        return HttpReply(status, error=None if status else "timeout")

    on = FakeBench(context=Context("c"), app=app)
    check = spec('steps: [{request: POST /a, clients: 4, expect: {statuses: {"200": 2, 4xx: 1}}}]')
    evidence = observe(check, on)
    assert evidence.runs[0].exchanges[0].statuses == (0, 200, 200, 429)
    outcome = KIND.judge(check, evidence, on.context).cases[0].outcome
    assert (outcome.status, outcome.expected, outcome.actual) == (
        Status.FAILED,
        "a response to every request",
        "no response to 1 of 4",
    )
    (exhibit,) = KIND.show(check, evidence)
    assert "# sent 4 times, at once: 1 x none, 2 x 200, 1 x 429; this is one of the responses" in exhibit.text


def test_a_good_check_has_no_complaints() -> None:
    assert not lint(
        """
        before: [{nosql: {redis: "SET a ${page}"}}]
        steps: [{request: POST /a, clients: 4, expect: {statuses: {"200": "${page}"}}}]
        after: [{nosql: {keys: "a:${page}"}, expect: {count: "${page}"}}]
        """
    )


def test_complaints() -> None:
    assert lint(
        """
        before: [{nosql: {redis: "SELECT ${a}"}}, {nosql: {keys: x}}]
        steps:
          - {request: GET /a, expect: {statuses: {"200": 1}}}
          - {request: GET /a, clients: 4, expect: {status: 200}}
          - {request: GET /a, clients: 4, expect: {statuses: {}}}
          - {request: GET /a, clients: 4, expect: {statuses: {"200": "${b}"}}, repeat: 2, save: {x: status}}
          - {request: GET /a, clients: 4, expect: {statuses: {"200": 1}}, eventually: {timeout: 1s}}
        after: [{nosql: {redis: "GET ${c}"}, expect: {reply: "${d}"}}]
        """
    ) == [
        (("before", 0, "nosql"), '"SELECT" is about the session, which gradekit opens itself'),
        (("before", 0, "nosql", 1), "${a} is not known here"),
        (("before", 1, "nosql"), "there is nothing to ask before the steps"),
        (("steps", 0, "expect", "statuses"), "there is one response"),
        (("steps", 1, "expect"), "several clients get several responses"),
        (("steps", 2, "expect"), "several clients get several responses"),
        (("steps", 3, "repeat"), "repeat and clients are both given"),
        (("steps", 3, "save"), "save and clients are both given"),
        (("steps", 3, "expect", "statuses", "200"), "${b} is not known here"),
        (("steps", 4, "eventually"), "eventually and clients are both given"),
        (("after", 0, "nosql", 1), "${c} is not known here"),
        (("after", 0, "expect", "reply"), "${d} is not known here"),
    ]


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ({"before": [{"sql": "x", "nosql": {"redis": "GET a"}}]}, "exactly one of sql, file, nosql"),
        ({"after": [{"sql": "x", "expect": {"reply": 1}}]}, "SQL is answered with value, rows or rows_affected"),
        (
            {"after": [{"sql": "x", "expect": {"value": 1, "reply": 1}}]},
            "SQL is answered with value, rows or rows_affected",
        ),
        ({"after": [{"nosql": {"redis": "GET a"}, "expect": {"value": 1}}]}, "give reply or json"),
        ({"after": [{"nosql": {"keys": "a"}, "expect": {"rows": [], "count": 1}}]}, "count, names, type and ttl"),
        ({"steps": [{"request": "GET /", "expect": {"statuses": {"2": 1}}}]}, 'write "200" or 2xx'),
        ({"steps": [{"request": "GET /", "expect": {"statuses": [200]}}]}, "valid dictionary"),
        ({"steps": [{"request": "GET /", "clients": 1, "expect": {"statuses": {"200": 1}}}]}, "greater than or equal"),
    ],
)
def test_what_the_models_refuse(part: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        HttpSpec.model_validate({"steps": [{"request": "GET /", "expect": "any"}], **part})


def test_documents_before_are_written_and_after_only_read() -> None:
    wrong = HttpSpec.model_validate(
        {
            "before": [{"nosql": {"mongodb": {"find": "a"}}}, {"nosql": {"mongodb": {"insert": "a", "documents": []}}}],
            "steps": [{"request": "GET /", "expect": "any"}],
            "after": [
                {"nosql": {"mongodb": {"drop": "a"}}, "expect": {"reply": 1}},
                {"nosql": {"mongodb": {"find": "${nothing}"}}, "expect": {"reply": []}},
            ],
        }
    )
    found = [
        (complaint.loc, complaint.what.partition(" of the")[0])
        for complaint in KIND.lint(wrong, Scope({}, {}, app=True))
    ]
    assert found == [
        (("before", 0, "nosql"), '"find" is none'),
        (("after", 0, "nosql"), '"drop" is none'),
        (("after", 1, "nosql", "mongodb", "find"), "${nothing} is not known here"),
    ]
