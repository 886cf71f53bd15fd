from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import ValidationError

from gradekit.checks.base import Context, Scope
from gradekit.checks.security import KIND, tokens
from gradekit.checks.security.evidence import Row, SecurityEvidence, Taken
from gradekit.checks.security.judge import verdict
from gradekit.checks.security.model import ProbeName, SecuritySpec
from gradekit.checks.security.probes import PROBES
from gradekit.probe.http import http
from gradekit.probe.main import listening
from gradekit.results import Judgement, Status
from gradekit.sandbox.messages import HttpReply, HttpRequest
from gradekit.sandbox.probe_client import _asked, _http_reply
from tests.checks.bench import FakeBench, reply, scripted

SAMPLES = Path(__file__).parents[1] / "e2e" / "security"


def spec(text: str) -> SecuritySpec:
    return SecuritySpec.model_validate(yaml.safe_load(text))


def graded(check: SecuritySpec, bench: FakeBench) -> tuple[SecurityEvidence, Judgement]:
    evidence = KIND.observe(check, bench)
    assert SecurityEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    return evidence, KIND.judge(check, evidence, bench.context)


@contextmanager
def shop(*state: str) -> Iterator[FakeBench]:
    """The Python sample in a process of its own, asked by the probe's own client."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [sys.executable, str(SAMPLES / "app.py"), *state]
    with subprocess.Popen(argv, env={"PORT": str(port)}) as process:
        try:
            assert listening({"port": port, "timeout": 20.0})["open"]
            yield FakeBench(app=lambda request: _http_reply(http({**_asked(request), "port": port})))
        finally:
            process.kill()


def checks() -> Mapping[str, SecuritySpec]:
    """The checks of the sample challenge, but the one that takes seconds: tests on the engine have it."""
    challenge = yaml.safe_load((SAMPLES / "challenge.yaml").read_text(encoding="utf-8"))
    shared = challenge["defaults"]["security"]
    return {
        check["id"]: SecuritySpec.model_validate({**shared, **check["security"]})
        for check in challenge["checks"]
        if check["id"] != "sql-time"
    }


def test_the_safe_shop_is_clean() -> None:
    with shop() as bench:
        for name, check in checks().items():
            evidence, judgement = graded(check, bench)
            assert judgement.outcome.status is Status.PASSED, (name, judgement)
            assert KIND.show(check, evidence) == ()


def test_every_hole_of_the_vulnerable_shop_is_found_and_shown() -> None:
    with shop("vulnerable") as bench:
        for name, check in checks().items():
            evidence, judgement = graded(check, bench)
            assert judgement.outcome.status is Status.FAILED, (name, judgement)
            probed = PROBES[check.targets[0].probes[0]]
            assert probed.remedy in judgement.outcome.message
            assert len(KIND.show(check, evidence)) == 1
            assert "curl -i" in KIND.show(check, evidence)[0].text


def test_the_table_has_every_probe() -> None:
    assert set(PROBES) == set(get_args(ProbeName))


# --- what is sent


def sent(text: str) -> list[HttpRequest]:
    bench = FakeBench(context=Context("c", variables={"host": "x"}), app=scripted(reply(200)))
    KIND.observe(spec(text), bench)
    return bench.requests


def test_values_are_injected_where_the_author_says() -> None:
    requests = sent(
        """
        headers: {x-all: "${host}"}
        targets:
          - request: GET /a/${id}
            path: {id: 7}
            headers: {x-id: "1"}
            inject: [path.id, header.x-id]
            probes: [sql_error]
          - {request: POST /f, form: {q: "${host}", n: 2}, inject: [form.q], probes: [sql_error]}
          - request: POST /j
            json: {list: [{name: tea}, 2], other: "${shot}"}
            inject: [json.list.0.name, json.new.deep]
            probes: [sql_error]
        """
    )
    odd = [requests[index + 1] for index in range(0, 30, 6)]
    assert odd[0].target == "/a/7%27"
    assert dict(odd[0].headers) == {"x-all": "x", "x-id": "1"}
    assert dict(odd[1].headers)["x-id"] == "1'"
    assert odd[2].body == b"q=x%27&n=2"
    assert json.loads(odd[3].body) == {"list": [{"name": "tea'"}, 2], "other": 20}
    assert json.loads(odd[4].body)["new"] == {"deep": "null'"}


def test_a_path_is_also_tried_as_it_is() -> None:
    targets = [
        request.target
        for request in sent(
            "targets: [{request: 'GET /f/${n}', path: {n: a}, inject: [path.n], probes: [path_traversal]}]"
        )
    ]
    assert "/f/..%2F..%2F..%2F..%2F..%2F..%2F..%2F..%2Fetc%2Fpasswd" in targets
    assert "/f/../../../../../../../../etc/passwd" in targets


def test_an_account_that_cannot_log_in_fails_what_needs_it() -> None:
    text = """
        scoring: per_probe
        accounts:
          ana:
            steps: [{request: POST /login, expect: {status: 200}, save: {t: $.t}}]
            headers: {authorization: "${t}"}
          ben: {steps: [{request: "GET /${gone}", expect: any}]}
          cid: {steps: [{request: GET /, expect: {status: 500}}]}
          dan: {}
        targets:
          - {request: GET /a, as: ana, probes: [authentication, cors]}
          - {request: GET /b, as: dan, others: [ben], probes: [authorisation, cors]}
          - {request: GET /c, as: cid, probes: [cors]}
    """
    check = spec(text)
    _, judgement = graded(check, FakeBench(app=scripted(reply(200, "no JSON"))))
    told = {case.id: case.outcome.message for case in judgement.cases}
    lead = "nothing could be tried: account "
    ana = f'{lead}ana: "POST /login": $.t: missing instead of a value to save as ${{t}}'
    assert told == {
        "GET /a: Missing authentication": ana,
        "GET /a: Unsafe cross-origin access": ana,
        "GET /b: Missing authorisation": f'{lead}ben: "GET /${{gone}}": ${{gone}} has no value',
        "GET /b: Unsafe cross-origin access": "",
        "GET /c: Unsafe cross-origin access": f'{lead}cid: "GET /": status: 200 instead of 500',
    }
    assert judgement.outcome.ratio == pytest.approx(0.2)
    _, silent = graded(check, FakeBench())
    assert 'account cid: "GET /": the app refused the connection' in silent.cases[-1].outcome.message


def test_a_name_without_value_is_told() -> None:
    text = """
        targets:
          - {request: GET /, query: {q: "${gone}"}, inject: [query.q], probes: [sql_error]}
          - {request: "GET /${gone}", probes: [cors]}
    """
    _, judgement = graded(spec(text), FakeBench())
    assert [case.outcome.message for case in judgement.cases] == ["nothing could be tried: ${gone} has no value"] * 2


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    observing = sys.modules["gradekit.checks.security.observe"]
    monkeypatch.setattr(observing, "KEPT_IN_ALL", 3 * observing.KEPT)
    headers = tuple((f"h{number}", "v" * 9000) for number in range(90))
    large = HttpReply(200, headers=headers, body=b"x" * 200_000)
    check = spec(
        "targets: [{request: POST /, json: {}, inject: [json.a], max_body: 2MiB, probes: [body_limit, verbose_errors]}]"
    )
    bench = FakeBench(app=scripted(large))
    evidence = KIND.observe(check, bench)
    assert len(evidence.model_dump_json()) < 1_500_000
    every = [taken for row in evidence.rows for taken in row.taken]
    assert len(every[0].received.body.data) == observing.KEPT
    assert len(every[-1].received.body.data) == observing.SHORT
    assert max(len(request.body) for request in bench.requests) > 2 << 20


def test_an_app_that_repeats_the_value_is_not_taken_for_one_that_answers_otherwise() -> None:
    def echo(request: HttpRequest) -> HttpReply:
        return reply(200, json.dumps({"target": request.target, "rows": []}))

    check = spec("targets: [{request: GET /, query: {q: tea}, inject: [query.q], probes: [sql_boolean]}]")
    _, judgement = graded(check, FakeBench(app=echo))
    assert judgement.outcome.status is Status.PASSED


def test_bodies_that_differ_each_time_are_compared_by_their_structure() -> None:
    numbers = iter(range(1000))

    def vulnerable(request: HttpRequest) -> HttpReply:
        rows = [] if "1%3D2" in request.target or "%25" in request.target else [{"a": [1, "x"]}]
        return reply(200, json.dumps({"request": next(numbers), "rows": rows}))

    def random(_request: HttpRequest) -> HttpReply:
        return reply(200, "line\n" * next(numbers))

    check = spec("targets: [{request: GET /, query: {q: tea}, inject: [query.q], probes: [sql_boolean]}]")
    _, judgement = graded(check, FakeBench(app=vulnerable))
    assert "a condition added to the value" in judgement.outcome.message
    _, judgement = graded(check, FakeBench(app=random))
    assert judgement.outcome.status is Status.PASSED


# --- time


def timed(slow: list[float], fast: list[float]) -> Status:
    """What the probe by time makes of these seconds, in the first place that it tries."""
    check = spec("targets: [{request: GET /, query: {q: a}, inject: [query.q], probes: [sql_time]}]")
    seconds = {"slow": iter(slow), "fast": iter(fast)}

    def app(request: HttpRequest) -> HttpReply:
        kind = (
            "slow" if "pg_sleep%280.5%29" in request.target else "fast" if "pg_sleep%280%29" in request.target else ""
        )
        return reply(200, seconds=next(seconds[kind], 0.01) if kind else 0.01)

    return graded(check, FakeBench(app=app))[1].outcome.status


def test_a_delay_is_found_by_ratio_to_the_same_request_without_it() -> None:
    assert timed([0.51, 0.52, 0.51, 0.9], [0.01, 0.02, 0.1, 0.01]) is Status.FAILED
    assert timed([2.51, 2.52, 2.51, 2.9], [1.01, 1.02, 1.1, 1.01]) is Status.FAILED
    assert timed([0.51, 0.02, 0.51, 0.9], [0.01, 0.02, 0.1, 0.01]) is Status.PASSED
    assert timed([2.51, 2.52, 2.51, 2.9], [2.01, 2.02, 2.0, 2.01]) is Status.PASSED
    assert timed([0.51, 0.52, 0.51, 0.9], [0.01, 0.29, 0.1, 0.01]) is Status.ERRORED


# --- what is decided


def decided(text: str, *replies: HttpReply) -> str:
    _, judgement = graded(spec(text), FakeBench(app=scripted(*replies)))
    return f"{judgement.outcome.status}: {judgement.cases[0].outcome.message}"


@pytest.mark.parametrize("name", sorted(PROBES))
def test_an_app_that_does_not_work_proves_nothing_and_passes_nothing(name: str) -> None:
    check = spec(
        f"""
        accounts: {{ana: {{headers: {{x: "y"}}}}, ben: {{}}}}
        targets:
          - request: POST /
            as: ana
            others: [ben]
            json: {{a: b}}
            extra: {{c: d}}
            inject: [json.a]
            probes: [{name}]
        """
    )
    for answer, what in (
        (reply(404), "the request without an attack got 404"),
        (HttpReply(status=0, error="refused"), "even without an attack the app refused the connection"),
        (reply(500, "oops"), "the request without an attack got 500"),
    ):
        evidence, judgement = graded(check, FakeBench(app=scripted(answer)))
        assert judgement.outcome.status is Status.FAILED
        assert f"nothing could be shown, because {what}: " in judgement.outcome.message
        assert len(KIND.show(check, evidence)) == 1


def test_what_could_not_be_tried_is_told_apart_from_what_failed() -> None:
    text = "targets: [{request: GET /, probes: [cors]}, {request: GET /a, probes: [header_limit]}]"

    def app(request: HttpRequest) -> HttpReply:
        if request.target == "/":
            return reply(500)
        padded = any(name == "X-Padding" for name, _ in request.headers)
        return HttpReply(status=0, error="timeout") if padded else reply(200)

    _, judgement = graded(spec(text), FakeBench(app=app))
    told = "1 of 2 probes could not be tried: the request itself does not work; 1 failed"
    assert judgement.outcome.message == told


def test_limits() -> None:
    header = "targets: [{request: GET /, probes: [header_limit]}]"
    found = decided(header, reply(200), HttpReply(status=0, error="timeout"), reply(200))
    assert "neither accepted nor refused" in found
    assert found.endswith(", on which the app did not answer in time")
    assert "does not work any more" in decided(header, reply(200), HttpReply(status=0, error="closed"), reply(500))
    assert decided(header, reply(200), HttpReply(status=0, error="closed"), reply(200)) == "passed: "


def test_mass_assignment() -> None:
    text = "targets: [{request: POST /, json: {a: 1}, extra: {role: admin}, probes: [mass_assignment]}]"
    nested = '{"users": [{"role": "admin"}]}'
    assert "is taken over" in decided(text, reply(200, "{}"), reply(200, nested))
    assert decided(text, reply(200, "{}"), reply(422, nested)) == "passed: "
    assert decided(text, reply(200, "no JSON"), reply(200, '{"role": "user"}')) == "passed: "
    assert "errored" in decided(text, reply(200, nested))


def test_who_gets_in_may_be_told_by_a_text() -> None:
    text = """
        accounts: {a: {}, b: {}}
        targets: [{request: GET /, as: a, others: [b], leaks: secret, probes: [authorisation]}]
    """
    assert decided(text, reply(200, "nothing for you"), reply(200, "secret")) == "passed: "
    assert "the request is allowed as b (200)" in decided(text, reply(200, "secret"), reply(200, "secret"))


def test_a_message_that_is_always_there_is_no_finding() -> None:
    text = "targets: [{request: GET /, query: {q: a}, inject: [query.q], probes: [%s]}]"
    for name in ("sql_error", "verbose_errors"):
        assert decided(text % name, reply(200, "SQLSTATE 42000")) == "passed: "
    broken = (reply(200), reply(500), reply(200))
    assert "breaks the statement (500), two of them do not" in decided(text % "sql_error", *broken)


def test_tokens_that_are_none() -> None:
    for token in ("opaque", "eyJh.eyJh.eyJh", "eyJhbGciOiJSUzI1NiJ9.e30.AA"):
        text = f"""
            accounts: {{a: {{headers: {{x: "{token}"}}}}}}
            targets: [{{request: GET /, as: a, probes: [jwt_secret]}}]
        """
        assert decided(text, reply(200)) == "passed: "
    assert tokens.secret_of("eyJbXQ.W10.AA") is None


# --- evidence of another check


def test_evidence_that_is_lost_is_our_fault() -> None:
    check = spec("targets: [{request: GET /, query: {q: a}, inject: [query.q], probes: [sql_error, verbose_errors]}]")
    control = {"label": "control", "sent": {"method": "GET", "target": "/"}, "received": {"status": 200}}
    for rows in ((), (Row(target="GET /", probe="sql_error", place="query.q"),)):
        judgement = KIND.judge(check, SecurityEvidence(rows=rows), Context("c"))
        assert judgement.outcome.status is Status.ERRORED
    cut = Row(target="GET /", probe="sql_error", place="query.q", taken=(Taken.model_validate(control),))
    assert verdict(check.targets[0], cut) is None
    other = SecurityEvidence(rows=(cut.model_copy(update={"target": "gone"}),))
    assert KIND.show(check, other) == ()


# --- what an author may write


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("targets: [{request: get, probes: [cors]}]", "is not a request"),
        ("targets: [{request: GET /, probes: [cors], read: x}]", "is not a request"),
        ("targets: [{request: GET /, probes: [cors], inject: [body]}]", "is no place"),
        ("targets: [{request: GET /, probes: [crs]}]", "cors"),
        ("targets: [{request: GET /, probes: []}]", "at least 1"),
    ],
)
def test_wrong_specs(text: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        spec(text)


def complaints(text: str) -> list[str]:
    scope = Scope(files={}, variables={"host": "x"}, app=True)
    return [f"{'.'.join(map(str, found.loc))}: {found.what}" for found in KIND.lint(spec(text), scope)]


def test_lint() -> None:
    assert complaints(
        """
        headers: {x: "${host}", y: "${hst}"}
        accounts:
          ana: {steps: [{request: "GET /${b}", expect: any, save: {a: $.a}}], headers: {z: "${a}"}}
          ben: {steps: [{request: "GET /${a}", expect: any}], headers: {z: "${c}"}}
          cat: {headers: {z: "${a}"}}
        targets:
          - {request: GET /, probes: [cors]}
          - {request: GET /, probes: [cors]}
          - name: everything
            request: GET /${id}/${other}
            as: bne
            others: [ana, cid]
            path: {id: "${host} ${x y}"}
            json: []
            form: {q: a}
            read: GET /${shot}
            inject: [json.a, query.b, form.q, path.id, header.h]
            probes: [mass_assignment]
          - {name: bare, request: POST /, inject: [json.a], probes: [body_limit, sql_error, jwt_none, authorisation]}
        """
    ) == [
        "accounts.ana.steps.0.request: ${b} is not known here",
        "accounts.ben.headers.z: ${c} is not known here",
        "headers.y: ${hst} is not known here",
        'targets.1: there are two targets "GET /"',
        'targets.2.as: there is no account "bne"',
        'targets.2.others: there is no account "cid"',
        "targets.2.form: json and form are both given",
        "targets.2.probes: mass_assignment needs `extra`, which this target does not have",
        "targets.2.probes: mass_assignment needs `json`, an object that members can be added to",
        "targets.2.inject.1: query.b is not in the request",
        "targets.2.inject.4: header.h is not in the request",
        "targets.2.request: ${other} is not known here",
        'targets.2.path.id: "${x y}" is not a variable; write ${name}, or $${ for the two characters themselves',
        "targets.3.probes: jwt_none needs `as`, which this target does not have",
        "targets.3.probes: authorisation needs `others`, which this target does not have",
        "targets.3.probes: body_limit needs a body",
        "targets.3.inject.0: json.a is not in the request",
    ]
