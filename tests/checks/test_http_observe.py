from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
import yaml

from gradekit.checks import jsonpath
from gradekit.checks.base import Context
from gradekit.checks.http import KIND
from gradekit.checks.http.evidence import HttpEvidence
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.jsontext import Json
from gradekit.results import Status
from gradekit.sandbox.messages import HttpReply, SqlColumn, SqlResult
from tests.checks.bench import FakeBench, Query, reply, scripted


def spec(text: str) -> HttpSpec:
    return HttpSpec.model_validate(yaml.safe_load(text))


def bench(
    *replies: HttpReply, variables: Mapping[str, Any] | None = None, files: Mapping[str, bytes] | None = None
) -> FakeBench:
    context = Context(check="c", files=files or {}, variables=variables or {})
    return FakeBench(context=context, app=scripted(*replies) if replies else None)


def observe(check: HttpSpec, on: FakeBench) -> HttpEvidence:
    evidence = KIND.observe(check, on)
    assert HttpEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    return evidence


def owner(*statements: str) -> Query:
    return Query(dataset=None, statements=statements, role="owner", read_only=False, timeout=30.0, max_rows=10_000)


def status(check: HttpSpec, evidence: HttpEvidence, on: FakeBench) -> Status:
    return KIND.judge(check, evidence, on.context).outcome.status


def test_saved_values_go_into_the_next_request() -> None:
    check = spec(
        """
        timeout: 3s
        headers: {Accept: application/json, x-run: "${run.uuid}"}
        steps:
          - request: POST /orders
            json: {qty: 2, price: 1.50, page: "${page}"}
            expect: {status: 201}
            save: {id: $.id, where: "header:location", sid: "cookie:sid", items: $.items}
          - request: GET /orders/${id}
            query: {limit: 5, q: "a b&${sid}", all: true}
            headers: {cookie: "sid=${sid}", accept: text/plain}
            timeout: 1s
            expect: any
          - {request: "GET ${where}", expect: any}
          - {request: POST /form, form: {sku: "A&1", n: 2}, expect: any}
          - {request: "PUT /raw/${sid}", body: "<${id}> ${items}", headers: {content-type: text/xml}, expect: any}
          - {request: POST /again, json: {items: "${items}"}, headers: {Content-Type: application/x}, expect: any}
        """
    )
    on = bench(
        reply(
            201,
            '{"id": 7, "items": [1.50]}',
            location="http://evil.test:5432/orders/7?x=1#y",
            set_cookie="sid=s p; Path=/",
        ),
        reply(200),
        variables={"page": 20},
    )
    evidence = observe(check, on)
    run = str(UUID(evidence.uuid))
    sent = [(request.method, request.target, dict(request.headers), request.body) for request in on.requests]
    accept = {"Accept": "application/json", "x-run": run}
    cookie = {"Cookie": "sid=s p"}
    assert sent == [
        ("POST", "/orders", {"Content-Type": "application/json", **accept}, b'{"qty": 2, "price": 1.5, "page": 20}'),
        (
            "GET",
            "/orders/7?limit=5&q=a+b%26s+p&all=true",
            {"x-run": run, "cookie": "sid=s p", "accept": "text/plain"},
            b"",
        ),
        ("GET", "/orders/7?x=1", cookie | accept, b""),
        ("POST", "/form", {"Content-Type": "application/x-www-form-urlencoded", **cookie, **accept}, b"sku=A%261&n=2"),
        ("PUT", "/raw/s%20p", {"content-type": "text/xml", **cookie, **accept}, b"<7> [1.50]"),
        ("POST", "/again", {"Content-Type": "application/x", **cookie, **accept}, b'{"items": [1.50]}'),
    ]
    assert [request.timeout for request in on.requests] == [3.0, 1.0, 3.0, 3.0, 3.0, 3.0]
    assert status(check, evidence, on) is Status.PASSED


@pytest.mark.parametrize(
    ("saved", "request_", "headers", "why"),
    [
        ('{"x": "http://["}', "GET ${x}", {}, "the target is not a URL: http://["),
        ('{"x": "ftp://h/a"}', "GET ${x}", {}, "the target does not begin with a slash: ftp://h/a"),
        ('{"x": "a"}', "GET ${x}", {}, "the target does not begin with a slash: a"),
        (
            '{"x": "a\\r\\nb: c"}',
            "GET /",
            {"h": "${x}"},
            "the value of header h, made with ${x}, has a line break or another control character: a\\r\\nb: c",
        ),
        (f'{{"x": "{"a" * 9000}"}}', "GET /${x}", {}, "the target has more than 8000 characters"),
        ("{}", "GET /${x}", {}, "${x} has no value"),
        ("not json", "GET /", {"h": "${x}"}, "${x} has no value"),
    ],
)
def test_what_cannot_be_sent_is_not_sent(saved: str, request_: str, headers: dict[str, str], why: str) -> None:
    check = HttpSpec.model_validate(
        {
            "steps": [
                {"request": "GET /first", "expect": "any", "save": {"x": "$.x"}},
                {"request": request_, "headers": headers, "expect": "any"},
                {"request": "GET /last", "expect": "any"},
            ]
        }
    )
    on = bench(reply(200, saved))
    evidence = observe(check, on)
    assert evidence.runs[0].exchanges[1].unsent == why
    assert [request.target for request in on.requests] == ["/first", "/last"]
    assert status(check, evidence, on) is Status.FAILED


def test_a_saved_value_cannot_split_the_request() -> None:
    check = spec("steps: [{request: GET /a, expect: any, save: {x: body}}, {request: 'GET /${x}', expect: any}]")
    on = bench(reply(200, "a b\r\nhost: evil\x00é\u202e?q=%20"))
    observe(check, on)
    assert on.requests[1].target == "/a%20b%0D%0Ahost:%20evil%00%C3%A9%E2%80%AE?q=%20"


def test_eventually_sends_until_all_of_expect_and_save_holds() -> None:
    check = spec(
        """
        steps:
          - request: GET /invoice
            eventually: {timeout: 5s, interval: 200ms}
            expect: {status: 200, json: {$.state: done}}
            save: {number: $.number}
          - {request: "GET /invoice/${number}", expect: any}
        """
    )
    on = bench(
        reply(404),
        HttpReply(status=0, error="refused"),
        reply(200, '{"state": "new"}'),
        reply(200, '{"state": "done"}'),
        reply(200, '{"state": "done", "number": 5}'),
    )
    evidence = observe(check, on)
    assert evidence.runs[0].exchanges[0].attempts == 5
    assert on.sleeps == [0.2] * 4
    assert on.requests[-1].target == "/invoice/5"
    assert status(check, evidence, on) is Status.PASSED


def test_eventually_ends_with_its_time() -> None:
    check = spec("steps: [{request: GET /, eventually: {timeout: 1s, interval: 300ms}, expect: {status: 200}}]")
    on = bench(reply(404))
    evidence = observe(check, on)
    assert evidence.runs[0].exchanges[0].attempts == 4
    assert status(check, evidence, on) is Status.FAILED
    assert "# sent 4 times; this is the last response" in KIND.show(check, evidence)[0].text


def test_repeat_judges_the_last() -> None:
    check = spec("steps: [{request: GET /, repeat: 3, expect: {status: 429}}]")
    on = bench(reply(200), reply(200), reply(429))
    evidence = observe(check, on)
    assert evidence.runs[0].exchanges[0].attempts == 3
    assert on.sleeps == []
    assert status(check, evidence, on) is Status.PASSED


def test_every_case_begins_afresh() -> None:
    check = spec(
        """
        cases: [{id: 1, want: 2xx}, {id: a/b, want: 404}]
        steps: [{request: "GET /${case.id}", expect: {status: "${case.want}"}, save: {x: status}}]
        """
    )
    on = bench(reply(204), reply(404))
    evidence = observe(check, on)
    assert [request.target for request in on.requests] == ["/1", "/a/b"]
    assert len(evidence.runs) == 2
    assert status(check, evidence, on) is Status.PASSED
    assert [exhibit.title for exhibit in KIND.show(check, evidence)] == [
        "case 1: GET /${case.id}",
        "case 2: GET /${case.id}",
    ]


def test_a_dead_app_is_tried_at_every_step() -> None:
    check = spec("steps: [{request: GET /a, expect: any, save: {x: body}}, {request: GET /b, expect: any}]")
    on = bench()
    evidence = observe(check, on)
    assert len(on.requests) == 2
    assert status(check, evidence, on) is Status.FAILED
    assert KIND.show(check, evidence)[0].text.endswith("no response: the app refused the connection")


def test_statements_run_as_the_owner_before_and_after() -> None:
    check = spec(
        """
        before: [{sql: "update products set stock = 3"}, {file: hidden/seed.sql}]
        steps: [{request: POST /buy, expect: {status: 201}, save: {id: $.id}}]
        after:
          - {sql: "select count(*) from orders where id = ${id}", expect: {value: 1}}
          - {name: both columns, sql: "select a, b from t", expect: {rows: [[1, x], [2, null]]}}
          - {sql: "select ${lost}", expect: {value: 1}}
          - {sql: "-- nothing", expect: {value: 1}}
        """
    )
    answers: dict[str, SqlResult] = {
        "select count(*) from orders where id = 'o''7'": SqlResult((SqlColumn("count", "int8"),), (("1",),)),
        "select a, b from t": SqlResult((SqlColumn("a", "int4"), SqlColumn("b", "text")), (("2", None), ("1", "x"))),
    }
    on = bench(reply(201, '{"id": "o\'7"}'), files={"hidden/seed.sql": b"insert into t values (1); select '${x}';"})
    on.answer = lambda statement: answers.get(statement, SqlResult(affected=1))
    evidence = observe(check, on)
    assert on.queries == [
        owner(
            "update products set stock = 3",
        ),
        owner("insert into t values (1)", "select '${x}'"),
        owner(
            "select count(*) from orders where id = 'o''7'",
        ),
        owner(
            "select a, b from t",
        ),
        owner(),
    ]
    judgement = KIND.judge(check, evidence, on.context)
    assert [case.outcome.status.value for case in judgement.cases] == [
        "passed",
        "passed",
        "passed",
        "errored",
        "failed",
    ]
    assert [exhibit.title for exhibit in KIND.show(check, evidence)] == [
        "POST /buy",
        "after: select count(*) from orders where id = ${id}",
        "both columns",
        "after: select ${lost}",
        "after: -- nothing",
    ]


def test_nothing_is_sent_when_a_statement_before_fails() -> None:
    check = spec("before: [{sql: boom}]\nsteps: [{request: GET /, expect: any}]\nafter: [{sql: x, expect: {value: 1}}]")
    on = bench(reply(200))
    on.answer = lambda _statement: SqlResult(error="syntax error\ud800", sqlstate="42601")
    evidence = observe(check, on)
    assert on.requests == []
    assert len(on.queries) == 1
    assert status(check, evidence, on) is Status.FAILED
    assert [exhibit.title for exhibit in KIND.show(check, evidence)] == ["before: boom", "GET /"]


def test_an_answer_that_was_cut_is_no_answer() -> None:
    check = spec("steps: [{request: GET /, expect: any}]\nafter: [{sql: x, expect: {rows: []}}]")
    on = bench(reply(200))
    on.answer = lambda _statement: SqlResult((SqlColumn("a", "int4"),), (("1",),), truncated=True)
    evidence = observe(check, on)
    assert evidence.runs[0].after[0].error == "the result has too many rows"


def test_binary_bodies_and_broken_headers_are_kept() -> None:
    check = spec(
        "steps: [{request: GET /, expect: any, save: {x: body}}, {request: POST /, body: '${x}', expect: any}]"
    )
    on = bench(HttpReply(200, "O\udcffK", (("x", "\ud800\x1b"),), b"\xff\x00", detail="\udc00"))
    evidence = observe(check, on)
    first = evidence.runs[0].exchanges[0].received
    assert first is not None
    assert first.body.data == b"\xff\x00"
    assert first.headers == (("x", "\\ud800\x1b"),)
    assert on.requests[1].body == "\ufffd\0".encode()


def test_show_gives_a_line_that_can_be_pasted() -> None:
    check = spec(
        """
        steps:
          - {request: POST /a, json: {name: "it's"}, headers: {x-empty: ""}, expect: any}
          - {request: HEAD /a, expect: any}
          - {request: PUT /a, body: BIG, expect: any}
        """.replace("BIG", "x" * 5000)
    )
    headers = tuple((f"h{index}", "v") for index in range(60))
    on = bench(HttpReply(200, "OK", headers, b"y" * 5000), reply(204), reply(200, bytes(range(256))))
    texts = [exhibit.text for exhibit in KIND.show(check, observe(check, on))]
    assert texts[0].splitlines()[0] == (
        "curl -i -X POST -H 'Content-Type: application/json' -H 'x-empty;'"
        """ --data-raw '{"name": "it'"'"'s"}' http://localhost:PORT/a"""
    )
    assert "... 60 headers in all" in texts[0]
    assert texts[0].endswith("... 5000 characters in all")
    assert texts[1].startswith("curl -i --head http://localhost:PORT/a\n\nHTTP/1.1 204")
    assert "# without its body of 5000 bytes, which is too long" in texts[2]
    assert "256 bytes that are not text: 00 01 02" in texts[2]


def test_show_a_request_that_is_not_text() -> None:
    evidence: dict[str, Json] = {
        "uuid": "u",
        "runs": [
            {
                "exchanges": [
                    {
                        "sent": {"method": "PUT", "target": "/", "body": {"base64": "/w=="}},
                        "received": {"status": 200},
                        "attempts": 1,
                    },
                    {
                        "sent": {"method": "PUT", "target": "/"},
                        "received": {"status": 0, "error": "protocol", "detail": "\x1b"},
                    },
                ],
            },
        ],
    }
    check = spec("steps: [{request: PUT /, expect: any}, {request: PUT /, expect: any}]")
    texts = [exhibit.text for exhibit in KIND.show(check, HttpEvidence.model_validate(evidence))]
    assert texts[0].startswith(
        "echo /w== | base64 -d | curl -i -X PUT -H Content-Type: --data-binary @- http://localhost:PORT/\n"
    )
    assert texts[1].endswith("no response: the app did not answer in HTTP/1.1\n\\x1b")


def test_base64_of_evidence_is_checked() -> None:
    with pytest.raises(ValueError, match="not base64"):
        HttpEvidence.model_validate(
            {"uuid": "u", "runs": [{"exchanges": [{"sent": {"method": "G", "target": "/", "body": {"base64": "é?"}}}]}]}
        )


def test_a_body_that_is_too_much_for_a_path_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath, "MAX_NODES", 3)
    check = spec("steps: [{request: GET /, expect: {json: {'$[*]': []}}, save: {x: '$[*]'}}]")
    on = bench(reply(200, "[1, 2, 3, 4]"))
    judgement = KIND.judge(check, observe(check, on), on.context)
    outcome = judgement.cases[0].outcome
    assert outcome.expected == "$[*]: a body that the path can be applied to\n$[*]: a value to save as ${x}"
    assert outcome.actual == "$[*]: the query visits more than 3 nodes\n$[*]: missing"
