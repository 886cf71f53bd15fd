"""Files of Hurl: what is read, what is refused and in which words, what is sent, and what is said of responses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.http import KIND
from gradekit.checks.http.evidence import Received
from gradekit.checks.http.hurl import run
from gradekit.checks.http.hurl.parse import MAX_ENTRIES, MAX_FILE, parse
from gradekit.checks.http.hurl.queries import FILTERS
from gradekit.checks.http.hurl.step import HurlStep
from gradekit.checks.http.hurl.syntax import Flaw
from gradekit.checks.http.hurl.words import MAX_FLAWS, REFUSED
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.http.reading import Reading
from gradekit.checks.jsontext import Json
from gradekit.results import Judgement, Status
from gradekit.sandbox.messages import HttpReply
from tests.checks.bench import FakeBench, reply, scripted

HERE = Path(__file__).parent / "hurl"
BAD = sorted((HERE / "bad").glob("*.hurl"))
FILES = {"hidden/cover.png": b"png", "hidden/sub/data.bin": b"\x00\xff", "hidden/answer.txt": b"yes"}


def told(flaw: Flaw | Complaint) -> str:
    place = flaw.place if isinstance(flaw.place, str) else f"{flaw.place[0]}:{flaw.place[1]}"
    return f"{place}: {'; '.join(filter(None, (flaw.what, flaw.expected, flaw.hint)))}"


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_cannot_be_used_is_told_with_its_place(path: Path, golden: Callable[[Path, str], None]) -> None:
    script = parse(path.read_bytes())
    assert script.flaws
    golden(path.with_suffix(".txt"), "".join(f"{told(flaw)}\n" for flaw in script.flaws))


def of(text: str | bytes, files: Mapping[str, bytes] | None = None, **more: object) -> tuple[HttpSpec, list[str]]:
    """The check of a file, and everything that lint says of it."""
    data = text.encode() if isinstance(text, str) else text
    spec = HttpSpec.model_validate({"hurl": "hidden/x.hurl", **more})
    every = {"hidden/x.hurl": data, **(files or {})}
    spec, flaws = KIND.expanded(spec, every)
    scope = Scope(files=every, variables={"user": 'a"na', "tries": 2, "list": ""}, app=True)
    return spec, [told(one) for one in (*flaws, *KIND.lint(spec, scope))]


def ran(
    text: str, *replies: HttpReply, files: Mapping[str, bytes] | None = None, **more: object
) -> tuple[Judgement, FakeBench]:
    spec, complaints = of(text, files, **more)
    assert complaints == []
    context = Context("c", files=files or {}, variables={"user": 'a"na', "tries": 2})
    bench = FakeBench(context=context, app=scripted(*replies))
    evidence = KIND.observe(spec, bench)
    assert KIND.show(spec, evidence)
    return KIND.judge(spec, evidence, context), bench


def test_a_good_file_is_sent_as_it_says() -> None:
    text = (HERE / "good" / "orders.hurl").read_text(encoding="utf-8")
    order = {"lines": [{"sku": "A-1", "quantity": 3}, {"sku": "B"}]}
    judgement, bench = ran(
        text,
        reply(200, '{"token": "t"}', set_cookie="sid=1"),
        reply(503),
        reply(201, json.dumps(order), Location="/orders/3"),
        reply(200, '{"lines": [], "id": 3.0}'),
        reply(200, "hello\n"),
        reply(204),
        reply(200, "yes"),
        reply(200, "hé"),
        reply(200, '<a><!-- b --><c d=">"/></a>'),
        reply(200, "line 3\n"),
        reply(200),
        files=FILES,
    )
    assert [
        (case.title, case.outcome.actual) for case in judgement.cases if case.outcome.status is not Status.PASSED
    ] == []
    assert judgement.outcome.status is Status.PASSED
    sent = bench.requests
    assert [f"{one.method} {one.target}" for one in sent] == [
        "POST /login",
        *["POST /orders?dry=0&note=a%26b%20a%22na"] * 2,
        "GET /orders/3",
        "GET /?page=3",
        "POST /form",
        "POST /upload",
        "PUT /raw",
        "PUT /file",
        "POST /graphql",
        "POST /xml",
        "POST /text",
    ]
    assert sent[0].body == b'{"user": "a\\"na", "tries": 2}'
    assert dict(sent[0].headers) == {"Content-Type": "application/json"}
    wanted = b'{ "sku": "A-1", "quantity": 3, "price": 1.5, "last": true, "escaped": "\\"a\\"na\\"" }'
    assert sent[2].body == wanted
    assert sent[2].timeout == 3.0
    assert dict(sent[2].headers) == {
        "Authorization": "Bearer t",
        "X-Hash": "#1",
        "Empty": "",
        "Content-Type": "application/json",
        "Cookie": "sid=1; theme=dark",
    }
    assert dict(sent[4].headers)["Authorization"] == "Basic YW5hOnNlY3JldCAz"
    assert sent[5].body == b"a%20b=c%26d&values%5B1%5D=3"
    assert dict(sent[5].headers)["Content-Type"] == "application/x-www-form-urlencoded"
    for part in (
        b'name="note"\r\n\r\nhello a"na',
        b'filename="cover.png"\r\nContent-Type: image/png\r\n\r\npng',
        b"text/csv",
    ):
        assert part in sent[6].body
    assert (sent[7].body, sent[8].body) == ("hé".encode(), b"\x00\xff")
    assert json.loads(sent[9].body) == {"query": "{ films }\n"}
    assert dict(sent[9].headers)["Authorization"] == "Basic YSJuYToz"
    assert sent[10].body == b'<?xml version="1.0"?>\n<a>1</a>'
    assert dict(sent[10].headers)["Content-Type"] == "text/xml"
    assert sent[11].body == b'{"a": "{{b}}"}\n'
    assert bench.sleeps == [0.01, 0.02]
    spec, _ = of(text, FILES)
    assert [path for _, path in KIND.paths(spec)] == [
        "hidden/x.hurl",
        "hidden/answer.txt",
        "hidden/cover.png",
        "hidden/sub/data.bin",
        "hidden/sub/data.bin",
    ]


def test_reports_name_the_line() -> None:
    text = 'GET {{host}}/a\nHTTP 200\nA: b\n[Captures]\nx: jsonpath "$.x"\n[Asserts]\njsonpath "$.a" == 1\n{"a": 1}\n'
    judgement, _ = ran(text, reply(404, '{"a": 2}'))
    (case,) = judgement.cases
    assert case.title == "GET /a (x.hurl:1)"
    assert case.outcome.expected is not None
    assert case.outcome.expected.splitlines() == [
        "hidden/x.hurl:2: status: 200",
        'hidden/x.hurl:3: A: "b"',
        "hidden/x.hurl:5: x: a value to capture",
        'hidden/x.hurl:7: jsonpath "$.a": equal to 1',
        "hidden/x.hurl:8: body $.a: 1",
    ]


def test_a_variable_without_value_is_found_before_anything_runs() -> None:
    _, complaints = of(
        "POST {{host}}/{{a}}\n{{b}}: {{c}}\n[Form]\nx: {{d}}\n[BasicAuth]\nu: {{e}}\nHTTP 200\n{{f}}: 1\n[Captures]\n"
        'g: variable "h"\n[Asserts]\nvariable "i" == {{g}}\nvariable "j" not exists\nbody contains "{{k}}"\n'
        'body replace "{{l}}" "" == {{host}}\nheader "{{usr}}" exists\n`{{m}}`\n\n'
        "POST {{g}}\n[Multipart]\n{{n}}: file,a;\no: {{p}}\n"
    )
    assert [line.partition(" is not known")[0].partition(": ")[2] for line in complaints] == [
        "{{a}}", "{{b}}", "{{c}}", "{{d}}", "{{e}}", "{{f}}", "{{h}}", "{{i}}", "{{k}}", "{{l}}", "{{host}}", "{{usr}}",
        "{{m}}", "{{p}}", "{{n}}",
    ]  # fmt: skip
    hint = "capture it in an earlier entry, or put it in vars"
    assert complaints[0] == f"hidden/x.hurl:1:15: {{{{a}}}} is not known here; {hint}"
    assert complaints[11] == 'hidden/x.hurl:16:9: {{usr}} is not known here; did you mean "user"?'


def test_cases_and_questions_stand_beside_a_file() -> None:
    cases = [{"name": "one", "n": 1}, {"name": "two", "n": 2}]
    after = [{"sql": "select ${got}", "expect": {"value": 1}}]
    text = 'GET {{host}}/{{n}}\nHTTP 200\n[Captures]\ngot: jsonpath "$.n"\n[Asserts]\nvariable "n" == {{got}}\n'
    _, complaints = of(text, cases=cases, after=after)
    assert complaints == []
    judgement, bench = ran(text, reply(200, '{"n": 1}'), cases=cases)
    assert [request.target for request in bench.requests] == ["/1", "/2"]
    assert [case.outcome.status.value for case in judgement.cases] == ["passed", "failed"]


def test_a_file_that_is_not_there_is_left_to_the_loader() -> None:
    spec = HttpSpec.model_validate({"hurl": "hidden/y.hurl"})
    assert KIND.expanded(spec, {}) == (spec, [])
    plain = HttpSpec.model_validate({"steps": [{"request": "GET /", "expect": "any"}]})
    assert KIND.expanded(plain, {}) == (plain, [])


@pytest.mark.parametrize(
    ("value", "line", "target"),
    [
        ("http://elsewhere:1/x", "{{base}}", "/x"),
        ("/api/", "{{base}}/y", "/api/y"),
        ("localhost:8080", "{{base}}/y", "/y"),
        (3, "{{base}}", "/"),
        ("/notes/1", "{{base}}", "/notes/1"),
        ("/notes/1", "{{host}}{{base}}", "/notes/1"),
        ("/notes/1", "http://{{host}}{{base}}", "/notes/1"),
        ("/notes/1", "{{host}}:{{tries}}{{base}}", "/notes/1"),
        ("/notes/1", "http://localhost:8080{{base}}?page={{tries}}", "/notes/1?page=2"),
        ("/notes", "{{host}}{{base}}/{{tries}}", "/notes/2"),
        ("/notes/", "{{base}}{{tries}}", "/notes/2"),
        ("/notes/", "{{base}}{{base}}", "/notes/notes/"),
    ],
)
def test_a_variable_in_the_place_of_the_address(value: Json, line: str, target: str) -> None:
    text = f'GET {{{{host}}}}\nHTTP 200\n[Captures]\nbase: jsonpath "$.base"\n\nGET {line}\n'
    _, bench = ran(text, reply(200, json.dumps({"base": value})))
    assert [request.target for request in bench.requests] == ["/", target]


def test_a_variable_after_the_address_has_to_be_known() -> None:
    _, told = of("GET {{base}}{{where}}\nHTTP 200\n\nGET {{base}}notes\nHTTP 200\n")
    assert told == [
        'hidden/x.hurl:4:5: "{{base}}notes" is no URL of the app; {{host}}/path',
        "hidden/x.hurl:1:13: {{where}} is not known here; capture it in an earlier entry, or put it in vars",
    ]


@pytest.mark.parametrize("body", ["100", "-1.5e+3", "0", "true", "false", "null", '"Hello"'])
def test_a_body_may_be_any_value_of_json(body: str) -> None:
    text = f"POST {{{{host}}}}/a\n{body}  # as it is\nHTTP 200\n{body}\n"
    judgement, bench = ran(text, reply(200, body), reply(200, "[]"))
    assert bench.requests[0].body == body.encode()
    assert dict(bench.requests[0].headers) == {"Content-Type": "application/json"}
    assert judgement.outcome.status is Status.PASSED
    assert ran(text, reply(200, "[]"))[0].outcome.status is Status.FAILED


def test_retries_end() -> None:
    text = "POST {{host}}/a\n[Options]\nretry: 2\nHTTP 200\n"
    judgement, bench = ran(text, reply(503))
    assert len(bench.requests) == 3
    assert bench.sleeps == [1.0, 1.0]
    assert "3 tries" in (judgement.cases[0].outcome.actual or "") + judgement.cases[0].outcome.message


@pytest.mark.parametrize(
    ("value", "entry", "told"),
    [
        ("a b", "GET {{host}}/\n{{k}}: v\n", '"a b" is not the name of a header'),
        ("a\nB: c", "GET {{host}}/\nX: {{k}}\n", "the value of header X has a line break or another control character"),
        ("b" * (1 << 20), "POST {{host}}/\n`{{k}}{{k}}`\n", "should have at most 1048576 characters"),
        ("c" * 9000, "GET {{host}}/{{k}}\n", "the target has more than 8000 characters"),
        ("nowhere", "GET {{k}}\n", ""),
        ("nowhere", "GET {{host}}{{k}}\n", "the target does not begin with a slash: nowhere"),
    ],
)
def test_a_value_of_the_apps_that_cannot_be_sent_is_the_apps_fault(value: str, entry: str, told: str) -> None:
    text = f'GET {{{{host}}}}/k\nHTTP 200\n[Captures]\nk: jsonpath "$.k"\n\n{entry}HTTP 200\n'
    judgement, bench = ran(text, reply(200, json.dumps({"k": value})))
    assert len(bench.requests) == (1 if told else 2)
    assert judgement.cases[1].outcome.status is (Status.FAILED if told else Status.PASSED)
    assert told in str(judgement.cases[1].outcome)


# --- what an assert says of a response ----------------------------------------------------------------------------

BODY = {
    "text": "a,b,1",
    "n": 3,
    "f": 1.5,
    "whole": 2.0,
    "yes": True,
    "none": None,
    "list": [1, "a", None],
    "one": [7],
    "empty": [],
    "object": {"k": "v"},
    "date": "2024-02-29T12:00:00Z",
    "uuid": "01cc0f54-8885-4a1d-9121-ae5d316a33c5",
    "ip": "10.0.0.1",
    "ip6": "::1",
    "url": "https://a.example/?x=%C3%A9&y=",
    "json": '{"a": [1, 2], "b": {"c": "d"}}',
    "base64": "w6k=",
    "safe": "_-8",
    "html": "a < b & c",
    "number": "12",
    "real": "-1.5e1",
    "late": "abd",
}
HEADERS = (
    ("Fruit", "apple"),
    ("fruit", "pear"),
    ("Etag", '"x"'),
    ("Set-Cookie", "sid=1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60; Expires=Wed, 21 Oct 2065 07:28:00 GMT"),
)


def says(line: str, body: str | bytes | None = None) -> str:
    """Nothing when an assert holds, else what was expected and seen."""
    spec, complaints = of(f"GET {{{{host}}}}/\nHTTP *\n[Asserts]\n{line}\n", {})
    assert complaints == []
    (step,) = spec.steps
    assert isinstance(step, HurlStep)
    data = json.dumps(BODY) if body is None else body
    answer = HttpReply(200, headers=HEADERS, body=data if isinstance(data, bytes) else data.encode())
    variables: dict[str, Json] = {"user": "ana", "tries": 2, "list": [1, "a", None]}
    _, wrong = run.examined(step.script, step.file, Reading(Received.of(answer)), variables, {})
    return "; ".join(f"{one.expected} | {one.actual}" for one in wrong)


HOLD = r"""
status == 200
status != 404
header "Etag" == "\"x\""
header "Etag" == `"x"`
header "Fruit" count == 2
header "Fruit" isCollection
header "Fruit" isList
header "Fruit" contains "pear"
header "Fruit" includes "apple"
header "Fruit" not contains "plum"
header "None" not exists
header "None" not contains "a"
cookie "sid" == "1"
cookie "sid[Value]" == "1"
cookie "sid[Path]" startsWith "/"
cookie "sid[Max-Age]" == 60
cookie "sid[Expires]" contains "2065"
cookie "sid[Secure]" exists
cookie "sid[HttpOnly]" exists
cookie "sid[SameSite]" == "Lax"
cookie "sid[Domain]" not exists
cookie "other" not exists
jsonpath "$.n" == 3
jsonpath "$.n" == 3.0
jsonpath "$.n" isInteger
jsonpath "$.n" isNumber
jsonpath "$.whole" isFloat
jsonpath "$.whole" not isInteger
jsonpath "$.f" isFloat
jsonpath "$.f" toInt == 1
jsonpath "$.n" toFloat == 3
jsonpath "$.n" toString == "3"
jsonpath "$.yes" toString == "true"
jsonpath "$.yes" isBoolean
jsonpath "$.yes" not isInteger
jsonpath "$.yes" == true
jsonpath "$.yes" != false
jsonpath "$.none" == null
jsonpath "$.none" exists
jsonpath "$.n" not == "3"
jsonpath "$.n" > 2
jsonpath "$.n" >= 3
jsonpath "$.n" < 3.5
jsonpath "$.n" <= 3
jsonpath "$.late" > "abc"
jsonpath "$.text" isString
jsonpath "$.text" split "," count == 3
jsonpath "$.text" split "," nth -1 toInt == 1
jsonpath "$.text" split "," first == "a"
jsonpath "$.text" split "," last == "1"
jsonpath "$.text" replace "," "{{user}}" == "aanabana1"
jsonpath "$.text" regex /(\d)/ == "1"
jsonpath "$.text" regex "(z)" not exists
jsonpath "$.text" matches "^a,\\w"
jsonpath "$.text" not matches /^z/
jsonpath "$.text" endsWith "1"
jsonpath "$.list" count == 3
jsonpath "$.list" == {{list}}
jsonpath "$.list[*]" count == 3
jsonpath "$.one[*]" == 7
jsonpath "$..k" == "v"
jsonpath "$.empty[*]" not exists
jsonpath "$.empty" isEmpty
jsonpath "$.object" isObject
jsonpath "$.object" not isEmpty
jsonpath "$.object" count == 1
jsonpath "$.date" isIsoDate
jsonpath "$.uuid" isUuid
jsonpath "$.ip" isIpv4
jsonpath "$.ip6" isIpv6
jsonpath "$.ip" not isIpv6
jsonpath "$.url" urlQueryParam "x" == "é"
jsonpath "$.url" urlQueryParam "y" == ""
jsonpath "$.url" urlQueryParam "z" not exists
jsonpath "$.url" urlDecode contains "é"
jsonpath "$.html" urlEncode == "a%20%3C%20b%20%26%20c"
jsonpath "$.html" htmlEscape == "a &lt; b &amp; c"
jsonpath "$.html" htmlEscape htmlUnescape == "a < b & c"
jsonpath "$.json" jsonpath "$.a[*]" count == 2
jsonpath "$.json" jsonpath "$.b.c" == "d"
jsonpath "$.json" jsonpath "$.z" not exists
jsonpath "$.base64" base64Decode == hex,c3a9;
jsonpath "$.base64" base64Decode decode "utf-8" == "é"
jsonpath "$.base64" base64Decode utf8Decode utf8Encode base64Encode == "w6k="
jsonpath "$.safe" base64UrlSafeDecode toHex == "ffef"
jsonpath "$.safe" base64UrlSafeDecode base64UrlSafeEncode == "_-8"
jsonpath "$.number" toInt == 12
jsonpath "$.real" toFloat == -15
variable "tries" == {{tries}}
variable "user" == "{{user}}"
body contains "\"n\": 3"
body not isEmpty
bytes startsWith hex,7b;
bytes contains base64,ImEsYg==;
bytes isCollection
bytes not isNumber
bytes != hex,00;
regex "\"n\": (\\d+)" == "3"
sha256 count == 32
md5 toHex matches /^[0-9a-f]{32}$/
""".strip().splitlines()


@pytest.mark.parametrize("line", HOLD)
def test_asserts_that_hold(line: str) -> None:
    assert says(line) == ""


UNFIT = "a value that it can be applied to | "


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("status == 201", "equal to 201 | 200"),
        ('jsonpath "$.late" == ```x```', 'equal to "x" | "abd"'),
        ('header "None" exists', "a value | nothing"),
        ('header "None" == "a"', 'equal to "a" | nothing'),
        ('jsonpath "$.n" == "3"', 'equal to "3" | 3'),
        ('jsonpath "$.n" > "2"', 'more than "2" | 3 (a number)'),
        ('jsonpath "$.n" not > "2"', 'not more than "2" | 3 (a number)'),
        ('jsonpath "$.n" not exists', "not a value | 3"),
        ('jsonpath "$.n" isString', "isString | 3"),
        ('jsonpath "$.n" isEmpty', "empty | 3 (a number)"),
        ('jsonpath "$.n" isIsoDate', "isIsoDate | 3 (a number)"),
        ('jsonpath "$.n" isIpv6', "isIpv6 | 3 (a number)"),
        ('jsonpath "$.n" matches /3/', 'matching "3" | 3 (a number)'),
        ('jsonpath "$.n" includes 3', "a list with 3 | 3 (a number)"),
        ('jsonpath "$.n" contains "3"', 'containing "3" | 3 (a number)'),
        ('jsonpath "$.list" includes 4', 'a list with 4 | [1, "a", null]'),
        ("bytes < hex,00;", "less than 1 bytes: 00 | 2 bytes: 7b 7d (bytes)"),
        ('bytes == "a"', 'equal to "a" | 2 bytes: 7b 7d'),
        ('jsonpath "$.z" count == 1', f"{UNFIT}nothing, and count needs a value"),
        ('jsonpath "$.n" count not == 1', f"{UNFIT}3 (a number), to which count cannot be applied"),
        ('jsonpath "$.yes" toInt == 1', f"{UNFIT}true (a boolean), to which toInt cannot be applied"),
        ('bytes split "," count == 1', f"{UNFIT}2 bytes: 7b 7d (bytes), to which split cannot be applied"),
        ('jsonpath "$.list" nth 3 exists', f'{UNFIT}[1, "a", null], to which nth cannot be applied'),
        ('jsonpath "$.text" toInt == 1', f'{UNFIT}"a,b,1", to which toInt cannot be applied'),
        ('jsonpath "$.text" toFloat == 1', f'{UNFIT}"a,b,1", to which toFloat cannot be applied'),
        ('jsonpath "$.text" base64Decode exists', f'{UNFIT}"a,b,1", to which base64Decode cannot be applied'),
        (
            'jsonpath "$.text" jsonpath "$" exists',
            f'{UNFIT}"a,b,1", which is not read as JSON: value expected at line 1 column 1',
        ),
    ],
)  # fmt: skip
def test_asserts_that_do_not_hold(line: str, message: str) -> None:
    assert says(line, "{}" if line.startswith("bytes") else None) == message


def test_bodies_that_are_not_what_they_must_be() -> None:
    assert says('jsonpath "$.a" not exists', "x").startswith(f"{UNFIT}a body that is not read")
    assert says('{"a": 1}', "x") == 'JSON | "x", which is not read as JSON: value expected at line 1 column 1'
    assert says('{"a": 1}', '{"a": 2}') == "1 | 2"
    assert says('{"a": {{user}}}', '{"a": "ana"}') == ""
    assert says("hex,00;", b"\x01" * 40).startswith("1 bytes: 00 | 40 bytes: 01 01")
    assert says("`a`", "b") == '"a" | "b"'
    assert says("```json\n{a}\n```", "{b}") == '"{a}\\n" | "{b}"'
    assert says("file,gone;", "a") == "0 bytes:  | 1 bytes: 61"
    found = says('body replace "a" "{{user}}{{user}}{{user}}{{user}}" exists', "a" * 1_000_000)
    assert found.endswith("to which replace cannot be applied")
    assert says("body urlEncode exists", "é" * 1_000_000).endswith(
        "a text that urlEncode makes longer than 4194304 characters"
    )


def test_patterns_and_paths_of_variables_are_looked_at_when_they_are_known() -> None:
    spec, complaints = of(
        "GET {{host}}/\n[Options]\nvariable: p=$[\nvariable: r=(\nHTTP 200\n[Captures]\nb: bytes decode "
        '"utf-8" utf8Encode\n[Asserts]\njsonpath "{{p}}" exists\nbody matches "{{r}}"\nregex "{{r}}" exists\n'
        'jsonpath "$[*,*,*,*,*]" count == 1\n'
    )
    assert complaints == []
    context = Context("c")
    wide = f"[{','.join(['1'] * 50_000)}]"
    bench = FakeBench(context=context, app=scripted(reply(200, wide)))
    judgement = KIND.judge(spec, KIND.observe(spec, bench), context)
    wanted = (judgement.cases[0].outcome.expected or "").splitlines()
    assert [line.partition(": ")[0] for line in wanted] == [f"hidden/x.hurl:{line}" for line in (7, 9, 10, 11, 12)]


def test_a_variable_that_lost_its_value_is_told() -> None:
    text = 'GET {{host}}/\nHTTP 200\n[Captures]\na: jsonpath "$.a"\n\nGET {{host}}/{{a}}\nHTTP 200\n'
    judgement, bench = ran(text, reply(200, "{}"))
    assert len(bench.requests) == 1
    assert "nothing was sent" in judgement.cases[1].outcome.message
    text = text.replace("/{{a}}\nHTTP 200", "/b\nHTTP 200\nX: {{a}}\n")
    judgement, _ = ran(text, reply(200, "{}"))
    assert judgement.cases[1].outcome.actual == (
        'hidden/x.hurl:8: {{a}} has no value, because step "GET / (x.hurl:1)" did not save it'
    )


# --- the reader ---------------------------------------------------------------------------------------------------


def test_bounds() -> None:
    assert parse(b"#" * (MAX_FILE + 1)).flaws[0].what == "it has more than 1 MiB"
    script = parse(b"GET {{host}}/\n" * (MAX_ENTRIES + 1))
    assert len(script.entries) == MAX_ENTRIES
    assert [flaw.what for flaw in script.flaws] == ["there are more than 500 entries"]
    many = parse(b"GET {{host}}/\nHTTP 200\n[Asserts]\n" + b"duration < 1\n" * 100)
    assert len(many.flaws) == MAX_FLAWS


def test_line_ends_of_windows_and_a_mark_at_the_beginning() -> None:
    script = parse("\ufeffGET {{host}}/a  \r\nA: b \r\nHTTP 200\r\n[Asserts]\r\nstatus == 200\r\n".encode())
    assert script.flaws == ()
    assert script.entries[0].headers[0][1].source == "b"


def test_each_filter_that_is_read_can_be_run() -> None:
    assert set(run._FILTERS) == set(FILTERS)
    assert not set(FILTERS) & set(REFUSED)


WORDS = (
    "GET |{{host}}|{{a}}|/a|HTTP 200\n|HTTP |[Asserts]\n|[Captures]\n|[Form]\n|[Options]\n|[Multipart]\n|retry: |"
    'jsonpath |"$.a"|header |not |exists|== |count |nth |-1|regex |/(a)/|hex,|base64,|file,|;|```|```json\n|'
    "<a>|</a>|true|1.5|é|\r\n"
)
PIECES = st.sampled_from([*"\n\n\n {}[]\"'`/\\:#<>$a1", "\\u{41}", *WORDS.split("|")])


@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_text_makes_it_raise(text: str) -> None:
    lines = text.split("\n")
    script = parse(text.encode())
    assert script.entries or script.flaws
    for flaw in script.flaws:
        line, column = flaw.place
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 2
    spec, _ = of(text)
    for step in spec.steps:
        assert isinstance(step, HurlStep)
        assert plain(step.script)


def plain(value: object) -> bool:
    """Whether a value is made of plain data."""
    if is_dataclass(value):
        return all(plain(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, tuple):
        return all(map(plain, value))
    return value is None or isinstance(value, str | bytes | int | float)
