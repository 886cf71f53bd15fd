"""Scenarios beyond one request after the other: restarts, statements between, cookies, bodies, walks."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from gradekit.checks.base import Context, Scope
from gradekit.checks.http import KIND, requests
from gradekit.checks.http.cookies import MAX_COOKIES, Jar
from gradekit.checks.http.evidence import Content, HttpEvidence, Received, Sent
from gradekit.checks.http.model import HttpSpec, Paginate
from gradekit.checks.http.reading import Reading
from gradekit.checks.http.show import curl
from gradekit.checks.http.walking import WalkProblem, items, linked, with_parameter
from gradekit.checks.jsonpath import TooManyNodes
from gradekit.results import Status
from gradekit.sandbox.messages import CommandResult, HttpReply, HttpRequest, SqlColumn, SqlResult
from tests.checks.bench import FakeBench, reply, scripted


def spec(text: str) -> HttpSpec:
    return HttpSpec.model_validate(yaml.safe_load(text))


def bench(*replies: HttpReply, files: Mapping[str, bytes] | None = None, **more: Any) -> FakeBench:  # noqa: ANN401
    return FakeBench(context=Context("c", files=files or {}), app=scripted(*(replies or (reply(200),))), **more)


def observe(check: HttpSpec, on: FakeBench) -> HttpEvidence:
    evidence = KIND.observe(check, on)
    assert HttpEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    return evidence


def passes(check: HttpSpec, on: FakeBench) -> bool:
    return KIND.judge(check, observe(check, on), on.context).outcome.status is Status.PASSED


def texts(check: HttpSpec, evidence: HttpEvidence) -> list[str]:
    return [exhibit.text for exhibit in KIND.show(check, evidence)]


def sent_headers(on: FakeBench) -> list[dict[str, str]]:
    return [dict(request.headers) for request in on.requests]


# --- the app and its database


def test_the_app_is_restarted_between_steps() -> None:
    on = bench()
    check = spec(
        """
        steps:
          - {request: POST /a, expect: {status: 200}}
          - {restart: app, grace: 2s}
          - {name: killed, restart: app, grace: 0s}
          - {request: GET /a, expect: {status: 200}}
        """
    )
    evidence = observe(check, on)
    assert on.restarts == [2.0, 0.0]
    assert KIND.judge(check, evidence, on.context).outcome.status is Status.PASSED
    shown = texts(check, evidence)
    assert shown[1] == "the app exited with 0, and was ready again 1.5 s after it had been asked to end"


def test_a_service_is_taken_away_and_given_back_between_steps() -> None:
    on = bench(answer=lambda _: SqlResult(columns=(SqlColumn("n", "int4"),), rows=(("1",),)))
    check = spec(
        """
        steps:
          - {stop: cache}
          - {request: GET /health, expect: {status: 200}}
          - {sql: select 1, expect: {value: 1}}
          - {name: it is back, start: cache}
          - {request: GET /health, expect: {status: 200}}
        """
    )
    evidence = observe(check, on)
    assert on.switched == [("cache", False), ("cache", True)]
    verdict = KIND.judge(check, evidence, on.context)
    assert [case.title for case in verdict.cases][::3] == ["stop cache", "it is back"]
    assert verdict.outcome.status is Status.PASSED
    shown = texts(check, evidence)
    assert shown[0] == (
        "cache was taken away from the app: its sessions were ended, and new ones are refused from here on"
    )
    assert shown[3] == "cache was given back to the app, with the data that it had"


def test_without_a_record_of_an_outage_nothing_is_decided() -> None:
    on = bench()
    check = spec("steps: [{stop: cache}, {request: GET /, expect: {status: 503}}]")
    evidence = observe(check, on)
    (run,) = evidence.runs
    first = run.exchanges[0].model_copy(update={"switched": None})
    bare = evidence.model_copy(update={"runs": (run.model_copy(update={"exchanges": (first, *run.exchanges[1:])}),)})
    assert KIND.judge(check, bare, on.context).outcome.status is Status.ERRORED


def test_after_an_app_that_does_not_come_back_only_the_database_is_asked() -> None:
    on = bench(
        down="the app exited with 1\ud800",
        answer=lambda _: SqlResult(columns=(SqlColumn("n", "int4"),), rows=(("1",),)),
    )
    check = spec(
        """
        steps:
          - {restart: app}
          - {request: GET /a, expect: {status: 200}}
          - {restart: app}
          - {sql: select 1, expect: {value: 1}}
        after: [{sql: select 2, expect: {value: 1}}]
        """
    )
    evidence = observe(check, on)
    assert on.requests == []
    assert [query.statements for query in on.queries] == [("select 1",), ("select 2",)]
    outcomes = [case.outcome.status.value for case in KIND.judge(check, evidence, on.context).cases]
    assert outcomes == ["failed", "failed", "failed", "passed", "passed"]
    shown = texts(check, evidence)
    assert shown[0] == "the app exited with 1\\ud800\n\nTraceback\\x1b[0m"
    assert shown[1] == 'nothing happened: the app did not start again after step "restart the app"'


def test_statements_between_requests_are_the_owners_and_see_what_was_saved() -> None:
    on = bench(
        reply(200, '{"id": "o\'7"}'),
        answer=lambda _: SqlResult(affected=2),
        reply=lambda _: CommandResult(reply='"OK"'),
        speaks="mariadb",
    )
    check = spec(
        """
        steps:
          - {request: GET /a, expect: any, save: {id: $.id}}
          - {sql: "update t set n = 1 where id = ${id}", expect: {rows_affected: 2}}
          - {file: hidden/x.sql}
          - {nosql: {redis: "SET a ${id}"}, expect: {reply: OK}}
          - {name: one, sql: "delete from t where id = ${unknown}"}
        """
    )
    on.context = Context("c", files={"hidden/x.sql": b"delete from t"})
    evidence = observe(check, on)
    assert [(query.role, query.statements[0]) for query in on.queries] == [
        ("owner", "update t set n = 1 where id = 'o''7'"),
        ("owner", "delete from t"),
    ]
    assert on.commanded == [(None, "owner", ("SET", "a", "o'7"))]
    judgement = KIND.judge(check, evidence, on.context)
    assert [case.id for case in judgement.cases if case.outcome.status is not Status.PASSED] == ["one"]
    assert judgement.outcome.status is Status.ERRORED, "no step could have saved it"
    assert "${unknown} has no value" in texts(check, evidence)[4]


# --- cookies and credentials


def test_cookies_go_back_as_a_browser_would_send_them() -> None:
    on = bench(
        HttpReply(
            200, headers=(("Set-Cookie", "sid=a${x}; Path=/; HttpOnly"), ("set-cookie", "t=1; Path=/app"), ("x", "y"))
        ),
        reply(200),
        reply(200),
        reply(200),
        reply(200, set_cookie="sid=; Max-Age=0"),
        reply(200),
    )
    check = spec(
        """
        steps:
          - {request: POST /login, expect: any}
          - {request: GET /app/x, expect: any}
          - {request: GET /apple, expect: any}
          - {request: GET /, cookies: false, expect: any}
          - {request: POST /logout, headers: {cookie: own=1}, expect: any}
          - {request: GET /, clients: 2, expect: {statuses: {"200": 2}}}
        """
    )
    assert passes(check, on)
    sent = [headers.get("Cookie", headers.get("cookie")) for headers in sent_headers(on)]
    assert sent == [None, "sid=a${x}; t=1", "sid=a${x}", None, "own=1", None, None]
    off = bench(reply(200, set_cookie="sid=a"), reply(200))
    assert passes(spec("{cookies: false, steps: [{request: GET /, expect: any}, {request: GET /, expect: any}]}"), off)
    assert sent_headers(off) == [{}, {}]


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("a=1", "a=1"),
        ('a="1"; Max-Age=60', "a=1"),
        ("a=1; Max-Age=-5", ""),
        ("a=1; Max-Age=x; Expires=Wed, 01 Jan 2098 00:00:00 GMT", "a=1"),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00", ""),
        ("a=1; Expires=soon", "a=1"),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 +99999999999999999999", "a=1"),
        ("=1", ""),
        ("a=\x1b", ""),
        (f"a={'x' * 5000}", ""),
    ],
)
def test_a_jar_keeps_what_can_be_sent(header: str, kept: str) -> None:
    jar = Jar()
    jar.keep([("Set-Cookie", header)])
    assert jar.header("/x?y") == kept


def test_a_jar_has_room_for_so_many() -> None:
    jar = Jar()
    jar.keep([("Set-Cookie", f"c{index}=1") for index in range(200)])
    assert jar.header("/").count("=") == MAX_COOKIES


def test_credentials_are_those_of_the_step_or_the_check() -> None:
    on = bench(reply(200, '{"token": "t1"}'))
    check = spec(
        """
        auth: {basic: {user: ana, password: "p:é"}}
        steps:
          - {request: POST /login, expect: any, save: {token: $.token}}
          - {request: GET /a, auth: {bearer: "${token}"}, expect: any}
          - {request: GET /a, auth: none, expect: any}
          - {request: GET /a, headers: {authorization: Own x}, expect: any}
        """
    )
    assert passes(check, on)
    basic = "Basic " + base64.b64encode("ana:p:é".encode()).decode()
    found = [headers.get("Authorization", headers.get("authorization")) for headers in sent_headers(on)]
    assert found == [basic, "Bearer t1", None, "Own x"]


# --- bodies


def test_bodies_of_forms_and_files() -> None:
    on = bench(files={"data/a.png": b"\x89PNG", "data/b.csv": b"a,b\n"})
    check = spec(
        """
        steps:
          - {request: POST /a, query: {tag: [a, b], n: 1}, form: {sku: [A, B], n: 2}, expect: any}
          - {request: PUT /b, file: data/a.png, headers: {content-type: image/png}, expect: any}
          - request: POST /c
            multipart:
              title: "${run.uuid}"
              n: 3
              photo: {file: data/a.png, type: image/png}
              'ta"ble': {file: data/b.csv, filename: "x\\n${run.uuid}.csv"}
              note: {text: "<b>", type: text/html}
            expect: any
        """.replace("\\\\", "\\")
    )
    evidence = observe(check, on)
    form, raw, multipart = on.requests
    assert (form.target, form.body) == ("/a?tag=a&tag=b&n=1", b"sku=A&sku=B&n=2")
    assert (raw.body, dict(raw.headers)) == (b"\x89PNG", {"content-type": "image/png"})
    kind = dict(multipart.headers)["Content-Type"]
    boundary = kind.removeprefix("multipart/form-data; boundary=").encode()
    parts = multipart.body.split(b"--" + boundary)
    assert parts[0] == b""
    assert parts[-1] == b"--\r\n"
    assert parts[1] == f'\r\nContent-Disposition: form-data; name="title"\r\n\r\n{evidence.uuid}\r\n'.encode()
    assert parts[2].endswith(b'name="n"\r\n\r\n3\r\n')
    assert parts[3] == (
        b'\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG\r\n"
    )
    assert b'name="ta%22ble"; filename="x%0A' in parts[4]
    assert b"Content-Type: application/octet-stream\r\n\r\na,b\n" in parts[4]
    assert b"Content-Type: text/html\r\n\r\n<b>" in parts[5]
    assert list(KIND.paths(check)) == [
        (("steps", 1, "file"), "data/a.png"),
        (("steps", 2, "multipart", "photo", "file"), "data/a.png"),
        (("steps", 2, "multipart", 'ta"ble', "file"), "data/b.csv"),
    ]


def test_a_body_that_is_too_large_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_SENT", 3)
    on = bench()
    evidence = observe(spec("steps: [{request: PUT /a, body: abcd, expect: any}]"), on)
    assert on.requests == []
    assert evidence.runs[0].exchanges[0].unsent == "the body has more than 3 bytes"


# --- many requests of one step


def test_a_step_is_repeated_with_its_number() -> None:
    on = bench(reply(200), reply(200), reply(429))
    check = spec(
        """
        steps:
          - request: POST /a/${repeat.index}
            json: {n: "${repeat.index}"}
            repeat: 3
            expect: {status: 429, statuses: {2xx: 2, "429": 1}}
        """
    )
    assert passes(check, on)
    assert [(request.target, request.body) for request in on.requests] == [
        ("/a/1", b'{"n": 1}'),
        ("/a/2", b'{"n": 2}'),
        ("/a/3", b'{"n": 3}'),
    ]
    assert "# sent 3 times: 3 x 429; this is one of the responses" in texts(check, observe(check, on))[0]


def app(request: HttpRequest) -> HttpReply:
    """Items 1 to 5, two a page, by cursor, link and number."""
    path, _, query = request.target.partition("?")
    at = int(dict(pair.split("=") for pair in query.split("&") if pair).get("p", 0))
    shown = [{"id": n} for n in range(1, 6)][2 * at : 2 * at + 2]
    more = 2 * at + 2 < 5
    if path == "/cursor":
        return reply(200, json.dumps({"items": shown, "next": str(at + 1) if more else None}))
    if path == "/numbers":
        return reply(200, json.dumps(shown))
    if path == "/urls":
        return reply(200, json.dumps({"items": shown, "next": f"?p={at + 1}" if more else ""}))
    if path == "/broken":
        return HttpReply(0, error="closed")
    if path == "/circle":
        return reply(200, json.dumps({"items": shown, "next": "0"}))
    return reply(
        200, json.dumps(shown), link=f'<http://x/links?p={at + 1}>; title="a, b"; rel="last next"' if more else ""
    )


@pytest.mark.parametrize(
    ("target", "how", "pages"),
    [
        ("/cursor?p=0", {"items": "$.items", "next": "$.next", "param": "p"}, 3),
        ("/urls", {"items": "$.items", "next": "$.next"}, 3),
        ("/links", {"items": "$", "next": "link"}, 3),
        ("/numbers?p=0", {"items": "$", "next": "page", "param": "p", "first": 0}, 4),
    ],
)
def test_a_walk_goes_to_the_last_page(target: str, how: dict[str, object], pages: int) -> None:
    on = FakeBench(app=app)
    step = {
        "request": f"GET {target}",
        "headers": {"x-a": "1"},
        "paginate": how,
        "expect": {"status": 200, "pages": pages, "items": {"count": 5, "unique_by": "$.id", "sorted_by": "$.id"}},
        "save": {"last": "status"},
    }
    check = HttpSpec.model_validate({"steps": [step, {"request": "GET /links?p=2&${last}=1", "expect": "any"}]})
    evidence = observe(check, on)
    assert KIND.judge(check, evidence, on.context).outcome.status is Status.PASSED
    assert len(evidence.runs[0].exchanges[0].pages) == pages
    assert {headers["x-a"] for headers in sent_headers(on)[:-1]} == {"1"}
    assert texts(check, evidence)[0].count("curl -i") == pages


@pytest.mark.parametrize(("target", "sent"), [("/broken", 1), ("/circle", 2), ("/cursor", 2)])
def test_a_walk_ends_where_it_cannot_go_on(target: str, sent: int) -> None:
    on = FakeBench(app=app)
    walk = {"items": "$.items", "next": "$.next", "param": "p", "max_pages": 2}
    check = HttpSpec.model_validate({"steps": [{"request": f"GET {target}", "paginate": walk, "expect": "any"}]})
    assert not passes(check, on)
    assert len(on.requests) == sent


def test_a_walk_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def failure() -> str:
        walk = {"items": "$.items", "next": "$.next", "param": "p"}
        check = HttpSpec.model_validate({"steps": [{"request": "GET /cursor", "paginate": walk, "expect": "any"}]})
        on = FakeBench(app=app)
        return KIND.judge(check, observe(check, on), on.context).outcome.message

    monkeypatch.setattr("gradekit.checks.http.walking.MAX_ITEMS", 3)
    assert failure() == "the walk through the pages ended at page 2: the pages have more than 3 items"
    monkeypatch.setattr("gradekit.checks.http.walking.MAX_WALKED", 1)
    monkeypatch.setattr("gradekit.checks.http.walking.MAX_ITEMS", 30)
    assert failure() == "the walk through the pages ended at page 1: the pages have more than 1 bytes"


def test_items_that_take_too_much_to_find_end_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.checks.jsonpath.MAX_NODES", 1)
    walk = Paginate(items="$..a", next="page")
    with pytest.raises(WalkProblem, match="the items cannot be found: the query visits more than 1 nodes"):
        items(walk, Reading(Received(status=200, body=Content(text='{"a": {"a": [1]}}'))))


def test_paths_of_items_that_visit_too_much_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(_path: str) -> None:
        raise TooManyNodes("too much")

    step = {"request": "GET /", "paginate": {"items": "$", "next": "link"}, "expect": {"items": {"json": {"$": 1}}}}
    check = HttpSpec.model_validate({"steps": [step]})
    on = bench(reply(200, "[]"))
    evidence = observe(check, on)
    monkeypatch.setattr(sys.modules["gradekit.checks.http.judge"], "compile_path", too_much)
    outcome = KIND.judge(check, evidence, on.context).cases[0].outcome
    assert (outcome.expected, outcome.actual) == ("items: items that the paths can be applied to", "items: too much")


def test_many_pages_are_not_all_shown() -> None:
    on = FakeBench(app=lambda request: reply(200, "[1]" if request.target != "/?page=9" else "[]"))
    walk = {"items": "$", "next": "page"}
    check = HttpSpec.model_validate({"steps": [{"request": "GET /", "paginate": walk, "expect": "any"}]})
    shown = texts(check, observe(check, on))[0]
    assert "# page 5 of 9" in shown
    assert "# page 6" not in shown
    assert "# ... and page 9, the last one" in shown


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ('<a>; rel="next"', "a"),
        ("<a>; rel=next", "a"),
        ('<a>; rel="prev", <b?x=1,2>; REL="Next"', "b?x=1,2"),
        ('<a>; title="<b>; rel=next"', None),
        ("<a>", None),
        ("", None),
    ],
)
def test_links_to_the_next_page(link: str, found: str | None) -> None:
    received = Received(status=200, headers=(("Link", link),) if link else ())
    assert linked(Reading(received)) == found


def test_one_parameter_of_a_target_is_replaced() -> None:
    assert with_parameter("/a?x=1&p=0&y=", "p", "b c") == "/a?x=1&y=&p=b+c"
    assert with_parameter("/a", "p", "1") == "/a?p=1"


# --- the line that repeats a request


@pytest.mark.parametrize(
    ("method", "target", "headers", "body"),
    [
        ("GET", "/a?x[]=1&y={2}", (("x-a", "it's $HOME `id`"), ("x-empty", "")), b""),
        ("GET", "/a/../b", (), b'{"a": 1}'),
        ("POST", "/a", (("Content-Type", "text/plain"),), b"@file\n'x' $(id)"),
        ("POST", "/a", (), b"\x00\x1b[0m"),
        ("PUT", "/a", (), b"\xff\xfe"),
        ("HEAD", "/a", (), b""),
    ],
)
def test_the_curl_line_sends_the_same_bytes(
    tmp_path: Any,  # noqa: ANN401
    method: str,
    target: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
) -> None:
    line = curl(Sent(method=method, target=target, headers=headers, body=Content.of(body)))
    assert line.isprintable() or b"\n" in body
    stub = tmp_path / "curl"
    stub.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\" > args; cat > stdin\n")
    stub.chmod(0o755)
    subprocess.run(
        ["/bin/sh", "-c", line], cwd=tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True, input=b""
    )
    arguments = (tmp_path / "args").read_text().split("\0")[:-1]
    assert arguments[-1] == f"http://localhost:PORT{target}"
    if "--data-raw" in arguments:
        assert arguments[arguments.index("--data-raw") + 1].encode() == body
    else:
        assert (tmp_path / "stdin").read_bytes() == body
        assert ("@-" in arguments) == bool(body)
    assert ("--head" in arguments) == (method == "HEAD")
    assert ("-X" in arguments) == (method not in {"GET", "HEAD"} or bool(body))
    assert ("--globoff" in arguments) == ("[" in target)
    assert ("--path-as-is" in arguments) == (".." in target)
    given = [arguments[index + 1] for index, word in enumerate(arguments) if word == "-H"]
    assert [line for line in given if line != "Content-Type:"] == [
        f"{name}: {value}" if value else f"{name};" for name, value in headers
    ]
    assert shlex.split(line)


def test_logins_of_the_pod_are_no_variables_of_checks() -> None:
    check = spec("{steps: [{request: GET /, auth: {bearer: '${db.password}'}, expect: any}]}")
    scope = Scope(files={}, variables={}, services=("db",))
    assert [complaint.what for complaint in KIND.lint(check, scope)] == ["${db.password} is not known here"]


# --- what an author may not write


def test_lint() -> None:
    check = spec(
        """
        auth: {bearer: "${no}"}
        steps:
          - {request: GET /a, expect: {statuses: {2xx: 1}}}
          - {request: GET /a, repeat: 2, paginate: {items: $, next: link}, expect: any}
          - {request: GET /a, clients: 2, eventually: {timeout: 1s}, expect: {statuses: {2xx: 1}}}
          - {request: GET /a, expect: {pages: 1, items: {count: 1}}}
          - name: w
            request: GET /a
            paginate: {items: "$.[", next: next, param: x}
            expect: {time_ratio: {step: x, ratio: 1}}
          - request: GET /a
            paginate: {items: $, next: link, param: x}
            expect: {items: {unique_by: x, sorted_by: [-y], json: {z: 1}}}
          - request: "GET /${repeat.index}"
            expect: {time_ratio: {step: w, ratio: {lt: "${r}"}}, cookies: {s: {value: "${c}"}}}
          - {sql: "select ${q}", expect: {value: "${v}"}}
          - {request: POST /, multipart: {a: "${m}", b: {text: "${t}", filename: "${f}"}}, expect: any}
          - request: POST /
            file: a
            form: {a: ["${g}"]}
            expect: {items: {count: "${i}", json: {$: "${j}"}}, pages: "${p}"}
          - {sql: " "}
          - {file: x.sql}
          - {restart: app}
        """
    )
    scope = Scope({"x.sql": b"\xff"}, {})
    told = [(".".join(map(str, found.loc)), found.what.split(": ")[0]) for found in KIND.lint(check, scope)]
    assert told == [
        ("auth.bearer", "${no} is not known here"),
        ("steps.0.expect.statuses", "there is one response"),
        ("steps.1.paginate", "paginate and repeat are both given"),
        ("steps.2.eventually", "eventually and clients are both given"),
        ("steps.3.expect.pages", "the step has no `paginate`"),
        ("steps.3.expect.items", "the step has no `paginate`"),
        ("steps.4.expect.time_ratio.step", 'there is no earlier step "x" with a time'),
        ("steps.4.paginate.items", '"$.[" is not RFC 9535 JSONPath'),
        ("steps.4.paginate.next", '"next" is not RFC 9535 JSONPath'),
        ("steps.4.expect.time_ratio", "several pages have several times"),
        ("steps.5.paginate.param", "a link is followed as it is"),
        ("steps.5.expect.items.unique_by", '"x" is not RFC 9535 JSONPath'),
        ("steps.5.expect.items.sorted_by", '"y" is not RFC 9535 JSONPath'),
        ("steps.5.expect.items.json.z", '"z" is not RFC 9535 JSONPath'),
        ("steps.6.expect.time_ratio.step", 'there is no earlier step "w" with a time'),
        ("steps.6.request", "${repeat.index} is not known here"),
        ("steps.6.expect.cookies.s.value", "${c} is not known here"),
        ("steps.6.expect.time_ratio.ratio.lt", "${r} is not known here"),
        ("steps.7.sql", "${q} is not known here"),
        ("steps.7.expect.value", "${v} is not known here"),
        ("steps.8.multipart.a", "${m} is not known here"),
        ("steps.8.multipart.b.text", "${t} is not known here"),
        ("steps.8.multipart.b.filename", "${f} is not known here"),
        ("steps.9.file", "form and file are both given"),
        ("steps.9.expect.pages", "the step has no `paginate`"),
        ("steps.9.expect.items", "the step has no `paginate`"),
        ("steps.9.form.a.0", "${g} is not known here"),
        ("steps.9.expect.pages", "${p} is not known here"),
        ("steps.9.expect.items.count", "${i} is not known here"),
        ("steps.9.expect.items.json.$", "${j} is not known here"),
        ("steps.10.sql", "there is no statement"),
        ("steps.11.file", '"x.sql" is not UTF-8 text (byte 0)'),
    ]
    assert [path for _, path in KIND.paths(check)] == ["a", "x.sql"]


def test_the_first_steps_have_no_earlier_one() -> None:
    check = spec("{steps: [{request: GET /, expect: {time_ratio: {step: a, ratio: {lt: 2}}}}]}")
    assert [complaint.expected for complaint in KIND.lint(check, Scope({}, {}))] == [""]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{request: GET /, auth: {}, expect: any}", "exactly one of bearer, basic"),
        ("{request: GET /, auth: {bearer: x, basic: {user: a, password: b}}, expect: any}", "exactly one of bearer"),
        ("{request: GET /, multipart: {}, expect: any}", "at least 1 item"),
        ("{request: GET /, multipart: {a: {type: x}}, expect: any}", "exactly one of text, file"),
        ("{request: GET /, expect: {cookies: {a: {exists: false, path: /}}}}", "has nothing else"),
        ("{restart: db}", "Input should be 'app'"),
        ("{stop: a, start: a}", "exactly one of stop, start"),
        ("{stop: A}", "should match pattern"),
        ("{restart: app, grace: 31s}", "less than or equal to 30"),
        ("{sql: x, file: y}", "exactly one of sql, file, nosql"),
        ("{sql: x, expect: {reply: 1}}", "SQL is answered with value, rows or rows_affected"),
        ("[]", "valid dictionary"),
    ],
)
def test_what_the_models_refuse(step: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(f"steps: [{step}]")


def test_models_are_steps_of_their_own_sort() -> None:
    check = spec("steps: [{request: GET /, expect: any}, {restart: app}, {stop: a}, {sql: x}]")
    assert HttpSpec(steps=check.steps).steps == check.steps
