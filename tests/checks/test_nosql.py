"""The kind ``nosql`` and what other kinds share of it: models, lint, observing, text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from gradekit.checks import jsonpath
from gradekit.checks.base import Context, Scope
from gradekit.checks.nosql import KIND
from gradekit.checks.nosql.evidence import NosqlEvidence
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.stores import asking, documents
from gradekit.checks.stores.answers import Found, KeyFact
from gradekit.checks.stores.words import commands, split
from gradekit.errors import Blocked, InfrastructureError
from gradekit.results import Status
from gradekit.sandbox.messages import CommandResult
from tests.checks.bench import FakeBench


def spec(*ask: Mapping[str, Any], **fields: Any) -> NosqlSpec:  # noqa: ANN401 - YAML
    return NosqlSpec.model_validate({"ask": list(ask) or [{"redis": "GET a", "expect": {"reply": "1"}}], **fields})


def test_words() -> None:
    assert split("""SET 'a b' "c 'd'" e\\ f ${x}""") == ("SET", "a b", "c 'd'", "e f", "${x}")
    assert list(commands("# a data set\n\nSET a 1\n  # more\nHSET h 'x y' 2\n")) == [
        ("SET", "a", "1"),
        ("HSET", "h", "x y", "2"),
    ]
    with pytest.raises(ValueError, match="line 2: a quote or a backslash has no end"):
        list(commands("SET a 1\nSET b 'c"))


def test_a_command_is_a_text_or_words() -> None:
    one, other = spec({"redis": "ZADD b 1.5 ann", "expect": {"reply": 1}}, {"redis": ["ZADD", "b", 1.5, "ann"], "expect": {"reply": 1}}).ask  # fmt: skip  # noqa: E501
    assert one.redis == other.redis == ("ZADD", "b", "1.5", "ann")
    assert one.title == "ZADD b 1.5 ann"
    assert spec({"keys": "a:*", "name": "mine", "expect": {"count": 1}}).ask[0].title == "mine"


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        ({"expect": {"reply": 1}}, "exactly one of redis, keys, mongodb"),
        ({"redis": "GET a", "keys": "a", "expect": {"reply": 1}}, "exactly one of redis, keys, mongodb"),
        ({"redis": "GET 'a", "expect": {"reply": 1}}, "has no end"),
        ({"redis": "", "expect": {"reply": 1}}, "at least 1"),
        ({"redis": [], "expect": {"reply": 1}}, "at least 1"),
        ({"redis": ["GET", True], "expect": {"reply": 1}}, "valid string"),
        ({"redis": 7, "expect": {"reply": 1}}, "valid tuple"),
        ({"mongodb": {}, "expect": {"reply": 1}}, "at least 1"),
        ({"mongodb": "find a", "expect": {"reply": 1}}, "valid dict|valid mapping"),
        ({"mongodb": {"find": "a"}, "redis": "GET a", "expect": {"reply": 1}}, "exactly one of"),
        ({"mongodb": {"find": "a"}, "expect": {"count": 1}}, "give reply or json"),
        ({"redis": "GET a", "expect": {}}, "give reply or json"),
        ({"redis": "GET a", "expect": {"reply": 1, "count": 1}}, "give reply or json"),
        ({"keys": "a", "expect": {}}, "give some of them, and no reply"),
        ({"keys": "a", "expect": {"reply": 1, "count": 1}}, "give some of them, and no reply"),
    ],
)
def test_what_cannot_be_asked(ask: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        spec(ask)


def test_lint() -> None:
    wrong = spec(
        {"redis": "GET ${nobody}", "expect": {"reply": "${someone}"}},
        {"redis": "Subscribe news", "expect": {"reply": 1}},
        {"keys": "a:${known}:${a b}", "expect": {"count": "${known}"}},
        dataset="cart",
        before=["SELECT 3", "SET a ${unknown}"],
    )
    found = list(KIND.lint(wrong, Scope({}, {"known": 1}, datasets=("carts",))))
    assert [(complaint.loc, complaint.what) for complaint in found] == [
        (("dataset",), 'no data set "cart"'),
        (("before", 0), '"SELECT" is about the session, which gradekit opens itself'),
        (("before", 1), "${unknown} is not known here"),
        (("ask", 0), "${nobody} is not known here"),
        (("ask", 0, "expect", "reply"), "${someone} is not known here"),
        (("ask", 1), '"Subscribe" is about the session, which gradekit opens itself'),
        (("ask", 2), '"${a b}" is not a variable; write ${name}, or $${ for the two characters themselves'),
    ]
    assert not list(KIND.lint(spec(), Scope({}, {})))


def replies(table: Mapping[str, Any]) -> FakeBench:
    def reply(command: tuple[str, ...]) -> CommandResult:
        value = table[" ".join(command)]
        return value if isinstance(value, CommandResult) else CommandResult(json.dumps(value))

    return FakeBench(context=Context("check", variables={"who": "an n"}), reply=reply)


def test_a_data_set_is_asked_as_a_reader() -> None:
    bench = replies({"SET a an n": "OK", "GET an n": "1"})
    wanted = spec({"redis": "GET ${who}", "expect": {"reply": "1"}}, dataset="carts", before=["SET a ${who}"])
    assert KIND.observe(wanted, bench) == NosqlEvidence(answers=(Found(reply='"1"'),))
    assert bench.commanded == [
        ("carts", "owner", ("SET", "a", "an n")),
        ("carts", "reader", ("GET", "an n")),
    ]
    assert (KIND.uses_app(wanted), KIND.uses_app(spec())) == (False, True)
    assert KIND.tier(wanted).value == "black-box"


def test_keys_with_their_types_and_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_KEYS", 4)
    table = {"KEYS a:an n": ["d", "b", {"base64": "/w=="}, "a", "e"], "TYPE a": "string", "PTTL a": 1500, "TYPE b": "zset", "PTTL b": -1}  # fmt: skip  # noqa: E501
    table |= {"TYPE base64:/w==": "none", "PTTL base64:/w==": -2, "TYPE d": "none", "PTTL d": -2}
    bench = replies(table)
    (found,) = KIND.observe(spec({"keys": "a:${who}", "expect": {"count": 1}}), bench).answers
    assert found.keys == (
        KeyFact(name="a", type="string", ttl=1.5),
        KeyFact(name="b", type="zset"),
        KeyFact(name="base64:/w==", type="none"),
    )
    assert found.count == 4
    assert {role for _, role, _ in bench.commanded} == {"reader"}


@pytest.mark.parametrize(
    "table",
    [
        {"KEYS a": 7},
        {"KEYS a": [1]},
        {"KEYS a": [{"base46": "x"}]},
        {"KEYS a": ["b"], "TYPE b": 5, "PTTL b": 5},
        {"KEYS a": ["b"], "TYPE b": "string", "PTTL b": "soon"},
        {"KEYS a": ["b"], "TYPE b": "string", "PTTL b": 10**400},
        {"KEYS a": CommandResult("[")},
    ],
)
def test_replies_that_no_redis_gives_are_laid_at_whoever_reached_it(table: dict[str, Any]) -> None:
    bench = replies(table)
    bench.by_candidate = True
    with pytest.raises(Blocked, match="not those of Redis"):
        KIND.observe(spec({"keys": "a", "expect": {"count": 0}}), bench)


def test_no_keys() -> None:
    (found,) = KIND.observe(spec({"keys": "a", "expect": {"count": 0}}), replies({"KEYS a": []})).answers
    assert (found.keys, found.count) == ((), 0)


def test_errors_that_the_data_cause_are_answers() -> None:
    wrong = CommandResult(code="WRONGTYPE", error="WRONGTYPE Operation")
    large = CommandResult(code="too-large", error="the reply is too large")
    wanted = spec({"redis": "GET a", "expect": {"reply": 1}}, {"keys": "*", "expect": {"count": 1}})
    evidence = KIND.observe(wanted, replies({"GET a": wrong, "KEYS *": large}))
    assert [answer.error for answer in evidence.answers] == ["WRONGTYPE Operation", "the reply is too large"]
    assert KIND.observe(spec(before=["SET a 1"]), replies({"SET a 1": wrong})) == NosqlEvidence(
        refused="WRONGTYPE Operation", failed=0
    )


def test_a_command_before_that_is_refused_is_named_where_the_evidence_tells_which() -> None:
    why = "the store refused the challenge's command and said: OOM; see whether what the app stores is as the task says"
    several = spec(before=["DEL a", "SET a 1"])
    for check, failed, place in (
        (several, 1, "before: SET a 1"),
        (several, None, "before"),
        (several, 7, "before"),
        (spec(before=["SET a 1"]), None, "before: SET a 1"),
        (spec(before=[{"insert": "items"}]), 0, 'before: {"insert": "items"}'),
    ):
        evidence = NosqlEvidence(refused="OOM", failed=failed)
        assert KIND.judge(check, evidence, Context("c")).outcome.message == f"{place}: {why}"


@pytest.mark.parametrize("query", [{"redis": "GET ${nobody}"}, {"keys": "${nobody}"}])
def test_a_name_without_value_is_an_answer(query: dict[str, str]) -> None:
    expect = {"reply": 1} if "redis" in query else {"count": 1}
    (found,) = KIND.observe(spec({**query, "expect": expect}), replies({})).answers
    assert found == Found(error="${nobody} has no value")


@pytest.mark.parametrize("code", ["closed", "timeout", "BUSY", "LOADING"])
@pytest.mark.parametrize(("theirs", "error"), [(True, Blocked), (False, InfrastructureError)])
def test_a_server_that_does_not_answer_is_no_answer(code: str, theirs: bool, error: type[Exception]) -> None:
    bench = replies({"GET a": CommandResult(code=code, error="it is gone")})
    bench.by_candidate = theirs
    with pytest.raises(error, match="GET a: it is gone"):
        KIND.observe(spec(), bench)


def test_what_a_reader_may_not_do_is_our_fault() -> None:
    bench = replies({"SET a 1": CommandResult(code="NOPERM", error="NOPERM no permissions")})
    bench.by_candidate = True
    with pytest.raises(InfrastructureError, match="the store denies it"):
        KIND.observe(spec({"redis": "SET a 1", "expect": {"reply": "OK"}}), bench)


def test_questions_and_answers_as_text() -> None:
    wanted = spec(
        {"redis": ["GET", "a b"], "expect": {"reply": 1}},
        {"keys": "limit:*", "expect": {"count": 1}},
        {"name": "broken", "redis": "GET c", "expect": {"reply": 1}},
    )
    facts = (KeyFact(name="limit:a\x1b", type="zset", ttl=1.5), KeyFact(name="limit:b", type="zset"))
    answers = (Found(reply='"x\u202e"'), Found(keys=facts, count=2), Found(error="WRONGTYPE \x00"))
    first, second, third = KIND.show(wanted, NosqlEvidence(answers=answers))
    assert (first.title, first.text) == ("GET 'a b'", "GET 'a b'\n\n\"x\\u202e\"")
    assert second.text == (
        "keys limit:*\n\nlimit:a\\x1b: zset, expires in 1.5 s\nlimit:b: zset, never expires\n2 keys in all"
    )
    assert (third.title, third.text) == ("broken", "GET c\n\nerror: WRONGTYPE \\x00")


# --- MongoDB


def test_scripts_are_objects_one_after_the_other() -> None:
    script = '\n{"create": "a"}{"insert": "a",\n "documents": [{"n": 1.50}]}\n\n'
    assert list(documents.commands(script)) == ['{"create": "a"}', '{"insert": "a", "documents": [{"n": 1.5}]}']
    assert list(documents.commands(" \n")) == []


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ('{"create": "a"}\n{"create": ', "begins in line 2: it is not JSON (Expecting value)"),
        ("[" * 100_000, "begins in line 1: it is nested too deep"),
        ('\n\n["create"]', "begins in line 3: it is no JSON object"),
        ("{}", 'begins in line 1: "" is none of the commands'),
        ('{"shutdown": 1}', '"shutdown" is none of the commands that stand first here: collMod, create'),
        ('{"find": "a"}', '"find" is none of the commands'),
        ('{"insert": "a", "$db": "other"}', "$db is gradekit's to say"),
    ],
)
def test_what_is_no_script(script: str, what: str) -> None:
    with pytest.raises(ValueError, match=re.escape(what)):
        list(documents.commands(script))


def test_lint_of_documents() -> None:
    wrong = spec(
        {"mongodb": {"insert": "a", "documents": []}, "expect": {"reply": 1}},
        {"mongodb": {"aggregate": "a", "pipeline": [{"$match": {}}, {"$out": "b"}]}, "expect": {"reply": 1}},
        {"mongodb": {"find": "a", "filter": {"n": "${nobody}"}}, "expect": {"reply": "${known}"}},
        {"mongodb": {"aggregate": "a", "pipeline": "wrong"}, "expect": {"json": {"$[": 1, "$[0]": "${nowhere}"}}},
        before=[{"find": "a"}, {"insert": "a", "documents": [{"n": "${nothing}"}]}],
    )
    found = [
        (complaint.loc, complaint.what.partition(" of the")[0])
        for complaint in KIND.lint(wrong, Scope({}, {"known": 1}))
    ]
    assert found == [
        (("before", 0), '"find" is none'),
        (("before", 1), "${nothing} is not known here"),
        (("ask", 0), '"insert" is none'),
        (("ask", 1), "a pipeline with $out or $merge writes; questions only read"),
        (("ask", 2), "${nobody} is not known here"),
        (("ask", 3, "expect", "json", "$["), '"$[" is not RFC 9535 JSONPath: unexpected end of query at column 3'),
        (("ask", 3, "expect", "json", "$[0]"), "${nowhere} is not known here"),
    ]


def documents_bench(**variables: Any) -> FakeBench:  # noqa: ANN401 - JSON
    bench = FakeBench(context=Context("check", variables=variables), reply=lambda _: CommandResult("[]"))
    bench.stores = "mongodb"
    return bench


def test_documents_are_asked_as_texts_with_types_kept() -> None:
    bench = documents_bench(limit=3, sku="PEN")
    asked = {"find": "items", "filter": {"sku": "${sku}", "n": {"$lt": "${limit}"}}, "limit": 5}
    wanted = spec(
        {"mongodb": asked, "expect": {"reply": []}},
        before=[{"insert": "items", "documents": [{"sku": "a ${sku}", "open": True, "tags": ["${limit}"]}]}],
    )
    assert KIND.observe(wanted, bench) == NosqlEvidence(answers=(Found(reply="[]"),))
    assert [(role, json.loads(command)) for _, role, (command,) in bench.commanded] == [
        ("owner", {"insert": "items", "documents": [{"sku": "a PEN", "open": True, "tags": [3]}]}),
        ("reader", {"find": "items", "filter": {"sku": "PEN", "n": {"$lt": 3}}, "limit": 5}),
    ]
    assert wanted.ask[0].title.startswith('{"find": "items", "filter":')


def test_what_was_saved_never_becomes_an_operator() -> None:
    """A submission that answers an object in the place of an id would match any document with it."""
    bench = documents_bench()
    query = spec({"mongodb": {"find": "items", "filter": {"_id": "${id}"}}, "expect": {"reply": []}}).ask[0]
    asking.ask(query, bench.store("items"), {"id": {"$exists": True}}, role="reader")
    assert json.loads(bench.commanded[-1][2][0])["filter"] == {"_id": '{"$exists": true}'}
    assert asking.ask(query, bench.store("items"), {}, role="reader").error == "${id} has no value"


@pytest.mark.parametrize(
    ("ask", "engine"),
    [
        ({"mongodb": {"find": "a"}, "expect": {"reply": 1}}, "redis"),
        ({"redis": "GET a", "expect": {"reply": 1}}, "mongodb"),
        ({"keys": "a", "expect": {"count": 1}}, "mongodb"),
    ],
)
def test_a_question_for_another_engine_is_the_authors_mistake(ask: dict[str, Any], engine: str) -> None:
    bench = documents_bench()
    bench.stores = engine
    with pytest.raises(InfrastructureError, match=f"a question for another engine than {engine}"):
        KIND.observe(spec(ask), bench)
    assert bench.commanded == []


def test_a_reply_on_which_a_path_visits_too_much_is_a_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath, "MAX_NODES", 3)
    check = spec({"mongodb": {"find": "a"}, "expect": {"json": {"$..*": []}}})
    judged = KIND.judge(check, NosqlEvidence(answers=(Found(reply='[{"n": [1, 2, 3, 4, 5]}]'),)), Context("check"))
    assert judged.outcome.status is Status.FAILED
    assert "a reply that the path can be applied to" in str(judged.cases[0].outcome.expected)
