"""The kind ``n_plus_one``: what is sent and counted, what is judged, and what an author may not write."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from gradekit.checks import jsonpath
from gradekit.checks.base import Context, Counted, Scope
from gradekit.checks.n_plus_one import KIND
from gradekit.checks.n_plus_one.evidence import NPlusOneEvidence
from gradekit.checks.n_plus_one.model import NPlusOneSpec
from gradekit.results import Judgement, Status
from gradekit.sandbox.messages import HttpReply, HttpRequest, SqlResult
from tests.checks.bench import FakeBench, reply

CHECK = """
request: GET /orders
query: {limit: "${n}", once: "${round.uuid}"}
items: $.orders
before: [{sql: "update orders set note = ${round.index}"}]
"""
LISTED = "select * from orders limit $1"
OFTEN = "the same statement was sent 100 times for 50 items and 10 times for 5"
EACH = "select * from lines where order_id = $1"


def spec(text: str = CHECK, **changes: Any) -> NPlusOneSpec:  # noqa: ANN401 - as YAML has it
    return NPlusOneSpec.model_validate({**yaml.safe_load(text), **changes})


def size_of(request: HttpRequest) -> int:
    return int(request.target.partition("limit=")[2].partition("&")[0])


def listing(request: HttpRequest) -> HttpReply:
    if request.method == "POST":
        return reply(200, json.dumps({"token": "t", "price": 9.5}))
    return reply(200, json.dumps({"orders": [{"id": number} for number in range(size_of(request))]}))


def counting(each: int, noise: Sequence[int] = (0,), **more: Any) -> Any:  # noqa: ANN401
    """Counts of an app that sends ``each`` statements for an item, and others at times in the background."""
    times = iter([*noise, *[0] * 1000])

    def count(requests: Sequence[HttpRequest]) -> Counted:
        size = size_of(requests[-1])
        sent = 1 + each * size + next(times)
        texts = [*([(EACH, each * size)] if each else []), (LISTED, 1)]
        return Counted(**{"sent": sent, "aside": 2, "texts": texts, "inside": 0, **more})

    return count


def run(check: NPlusOneSpec, on: FakeBench) -> Judgement:
    evidence = KIND.observe(check, on)
    assert NPlusOneEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    KIND.show(check, evidence)
    return KIND.judge(check, evidence, on.context)


def test_both_sizes_are_sent_in_turn_after_a_round_that_warms_up() -> None:
    on = FakeBench(app=listing, count=counting(1), context=Context("c", variables={"page": 1}))
    check = spec()
    evidence = KIND.observe(check, on)
    assert [size_of(request) for request in on.requests] == [5, 50] * 4
    assert len({request.target for request in on.requests}) == 8
    assert [query.statements for query in on.queries] == [
        (f"update orders set note = '{number}'",)  # noqa: S608
        for number in (0, 0, 1, 1, 2, 2, 3, 3)
    ]
    assert on.counts == list(range(8))
    assert len(evidence.rounds) == 3
    outcome = KIND.judge(check, evidence, on.context).outcome
    assert outcome.status is Status.FAILED
    assert outcome.message == (
        f"the app sent 51 statements for 50 items and 6 for 5: the same statement was sent once for each item: {EACH}"
    )
    small, big = KIND.show(check, evidence)
    assert (small.title, big.title) == ("n = 5", "n = 50")
    assert "statements in each round: 51, 51, 51" in big.text
    assert "51 sent, 0 inside the database, 2 of transactions and settings\n    50 x select * from lines" in big.text


def test_one_statement_for_all_items_passes_whatever_happens_in_the_background() -> None:
    on = FakeBench(app=listing, count=counting(0, noise=[9, 9, 9, 9, 0, 0, 0, 0, 7, 7, 30, 30]))
    assert run(spec(), on).outcome.status is Status.PASSED


def test_a_count_is_read_once_it_rests() -> None:
    late = iter([1, 2, 3, 3])
    on = FakeBench(app=listing, count=lambda _requests: Counted(sent=next(late, 3)))
    evidence = KIND.observe(spec(rounds=1), on)
    assert on.sleeps[:3] == [0.05] * 3
    assert evidence.rounds[0].small.count is not None
    restless = iter(range(10_000))
    on = FakeBench(app=listing, count=lambda _requests: Counted(sent=next(restless)))
    KIND.observe(spec(rounds=1), on)
    assert sum(on.sleeps) == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize(
    ("each", "expect", "status", "message"),
    [
        (0, {"queries": {"lte": 1}}, Status.PASSED, ""),
        (0, {"queries": 7}, Status.FAILED, "the app sent 1 statement for 50 items and 1 for 5"),
        (2, {"growth": {"lte": 90}}, Status.PASSED, ""),
        (
            2,
            {"growth": {"lte": 89}},
            Status.FAILED,
            f"the app sent 101 statements for 50 items and 11 for 5: {OFTEN}: {EACH}",
        ),
        (
            0,
            {"growth": "${gone}"},
            Status.ERRORED,
            "the challenge uses ${gone}, which nothing gives a value; correct the challenge",
        ),
    ],
)
def test_the_author_says_how_many(each: int, expect: Mapping[str, Any], status: Status, message: str) -> None:
    outcome = run(spec(expect=expect), FakeBench(app=listing, count=counting(each))).outcome
    assert (outcome.status, outcome.message) == (status, message)


def test_statements_inside_the_database_are_counted_apart() -> None:
    def count(requests: Sequence[HttpRequest]) -> Counted:
        return Counted(sent=1, inside=size_of(requests[-1]), texts=((LISTED, 1),))

    on = FakeBench(app=listing, count=count)
    assert run(spec(), on).outcome.status is Status.PASSED
    outcome = run(spec(expect={"inside": {"lte": 1}}), on).outcome
    assert outcome.message == "functions and triggers in the database ran 50 statements for 50 items and 5 for 5"
    assert run(spec(expect={"inside": {"lte": 45}}), on).outcome.status is Status.PASSED


def test_an_app_that_asks_no_database_proves_nothing() -> None:
    on = FakeBench(app=listing, count=lambda _requests: Counted())
    assert run(spec(), on).outcome.message == (
        "the app sent 0 statements for 50 items and 0 for 5, so the answers do not come from the database"
    )
    on = FakeBench(app=listing, count=lambda _requests: Counted(sent=1, lost=True))
    assert "more different statements than the server can count" in run(spec(), on).outcome.message


@pytest.mark.parametrize(
    ("answer", "changes", "message"),
    [
        (reply(200, '{"orders": [1, 2]}'), {}, "with 5 items: $.orders: 2 items; 5 items expected"),
        (reply(200, '{"orders": 5}'), {}, "with 5 items: $.orders: no list; 5 items expected"),
        (reply(200, "{}"), {}, "with 5 items: $.orders: no list; 5 items expected"),
        (reply(200, "<p>"), {}, "with 5 items: body: a body that is not read as JSON: "),
        (reply(500, "{}"), {"items": None}, "with 5 items: status: 500; 2xx expected"),
        (
            reply(201, '{"n": 3}'),
            {"items": None, "response": {"json": {"$.n": "${n}"}}},
            "with 5 items: $.n: 3; 5 expected",
        ),
        (reply(201, "{}"), {"items": None, "response": {"status": 200}}, "with 5 items: status: 201; 200 expected"),
        (HttpReply(0, error="timeout"), {}, "with 5 items: the app did not answer in time"),
    ],
)
def test_only_right_answers_are_counted(answer: HttpReply, changes: Mapping[str, Any], message: str) -> None:
    judgement = run(spec(**changes), FakeBench(app=lambda _request: answer, count=counting(0)))
    assert judgement.outcome.status is Status.FAILED
    assert judgement.outcome.message.startswith(f"not every answer is right, so nothing was counted: {message}")


def test_a_body_in_which_a_path_visits_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath, "MAX_NODES", 10)
    judgement = run(spec(items="$[*][*]"), FakeBench(app=listing, count=counting(0)))
    assert judgement.cases[0].outcome.expected == "with 50 items: $[*][*]: a body that the path can be applied to"


def test_what_steps_save_can_be_used_and_judged() -> None:
    login: dict[str, Any] = {
        "request": "POST /login",
        "expect": {"status": 200},
        "save": {"token": "$.token", "price": "$.price"},
    }
    check = spec(steps=[login], headers={"x-token": "${token}"}, response={"status": ["${ok}", "2xx"]})
    on = FakeBench(app=listing, count=counting(0), context=Context("c", variables={"ok": 200}))
    assert run(check, on).outcome.status is Status.PASSED
    assert {dict(request.headers).get("x-token") for request in on.requests[1:]} == {"t"}
    failing = spec(steps=[{**login, "expect": {"status": 201}}])
    outcome = run(failing, FakeBench(app=listing)).outcome
    assert (
        outcome.message
        == 'nothing was counted, because a step before failed: "POST /login": status: 200 instead of 201'
    )
    lost = spec(steps=[{**login, "headers": {"x": "${gone}"}}])
    assert run(lost, FakeBench(app=listing)).outcome.status is Status.ERRORED


def test_what_cannot_be_sent_or_prepared() -> None:
    on = FakeBench(app=listing, answer=lambda _statement: SqlResult(error="no table orders"))
    judgement = run(spec(), on)
    assert on.requests == []
    assert (
        'with 5 items: before: update orders set note = ${round.index}: the database refused it: "no table orders"'
        in (judgement.outcome.message)
        or "no table orders" in judgement.outcome.message
    )
    assert "no table orders" in KIND.show(spec(), KIND.observe(spec(), on))[0].text
    bad = spec(headers={"x": "a${run.uuid}\n"})
    assert "nothing was sent: the value of header x" in run(bad, FakeBench(app=listing)).outcome.message
    unset = run(spec(before=[{"sql": "select ${gone}"}]), FakeBench(app=listing)).outcome
    assert (unset.status, "${gone} has no value; correct the challenge" in unset.message) == (Status.ERRORED, True)
    gone = spec(headers={"x": "${gone}"})
    assert run(gone, FakeBench(app=listing)).outcome.status is Status.ERRORED


def test_evidence_that_is_not_whole_is_our_fault() -> None:
    for evidence in (NPlusOneEvidence(uuid="u"), NPlusOneEvidence.model_validate({"uuid": "u", "rounds": [{}] * 3})):
        outcome = KIND.judge(spec(), evidence, Context("c")).outcome
        assert (outcome.status, "grade the submission again" in outcome.message) == (Status.ERRORED, True)
    half = NPlusOneEvidence.model_validate(
        {"uuid": "u", "rounds": [{"big": {"sent": {"method": "GET", "target": "/"}, "received": {"status": 200}}}]}
    )
    assert KIND.show(spec(rounds=1), half)[1].text.endswith("HTTP/1.1 200\n\n")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sizes": [5]}, "at least 2 items"),
        ({"sizes": [5, 5]}, "a small size and then a bigger one"),
        ({"sizes": [50, 5]}, "a small size and then a bigger one"),
        ({"sizes": [0, 5]}, "greater than or equal to 1"),
        ({"expect": {"selects": 1}}, "Extra inputs"),
        ({"rounds": 21}, "less than or equal to 20"),
    ],
)
def test_what_the_models_refuse(changes: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**changes)


@pytest.mark.parametrize(
    ("runners", "what"),
    [
        ([], "the app has no data set"),
        (["sqlite"], "sqlite runs inside the app, whose statements nobody else sees"),
        (["redis"], "redis is asked in commands, which are not counted"),
        (["mongodb"], "mongodb is asked in commands, which are not counted"),
        (["redis", "postgres"], None),
        (["mariadb"], None),
        (["own"], None),
    ],
)
def test_a_server_must_count(runners: Sequence[str], what: str | None) -> None:
    told = [
        complaint.what
        for complaint in KIND.lint(
            spec(), Scope({}, {}, app=True, app_services=dict(zip("abc", runners, strict=False)))
        )
    ]
    assert told == ([] if what is None else [what])


def test_lint_and_paths() -> None:
    check = spec(
        query={"limit": 5},
        steps=[{"request": "GET /${x}", "expect": "any", "save": {"token": "$.t"}}],
        request="GET /orders/${id}",
        headers={"a": "${token}", "b": "${nothing}"},
        before=[{"file": "seed.sql"}],
        items="$[",
        response={"status": "${ok}", "schema": "s.json", "json": {"$.n": "${n}", "$.m": "${lost}"}},
        expect={"growth": {"lte": "${least}"}},
    )
    scope = Scope({"seed.sql": b"select 1", "s.json": b"{}"}, {"ok": 200}, app=True, app_services={"db": "postgres"})
    told = [(complaint.loc, complaint.what) for complaint in KIND.lint(check, scope)]
    assert told == [
        (("steps", 0, "request"), "${x} is not known here"),
        (("request",), "${id} is not known here"),
        (("headers", "b"), "${nothing} is not known here"),
        (("request",), "the request does not use ${n}, so that both sizes are the same"),
        (("response", "json", "$.m"), "${lost} is not known here"),
        (("items",), told[5][1]),
        (("expect", "growth", "lte"), "${least} is not known here"),
    ]
    assert told[5][1].startswith('"$[" is not RFC 9535 JSONPath: ')
    assert list(KIND.paths(check)) == [(("before", 0, "file"), "seed.sql"), (("response", "schema"), "s.json")]
    assert list(KIND.paths(spec(before=[]))) == []
    plain = spec(request="GET /orders/${n}", query={}, items=None, sizes=[1, 2])
    assert list(KIND.lint(plain, Scope({}, {}, app=True, app_services={"db": "postgres"}))) == []
