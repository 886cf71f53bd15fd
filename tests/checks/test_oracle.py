"""How expectations are tried: changed answers, and checks without one of their expectations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from gradekit.checks.base import Context, Kind
from gradekit.checks.call.evidence import CallEvidence, CaseFact, Exchange
from gradekit.checks.call.model import CallSpec
from gradekit.checks.compare.model import Column, Table
from gradekit.checks.http.evidence import HttpEvidence
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.jsontext import Json
from gradekit.checks.kinds import KINDS
from gradekit.checks.oracle import FEW, Changes, Place, Rank, changed_json, changed_table, changed_text, numbered
from gradekit.checks.stores.answers import Found, KeyFact
from gradekit.checks.stores.oracle import changed_found
from gradekit.results import Status

T = TypeVar("T")
JUDGE = Path(__file__).parent / "judge"
TRIED = {name: kind for name, kind in KINDS.items() if kind.oracle is not None}
RIGHT = sorted(
    path.parent
    for name in TRIED
    for path in (JUDGE / name).glob("*/outcome.json")
    if json.loads(path.read_bytes())["outcome"]["status"] == "passed"
)


def read(folder: Path) -> tuple[Kind[Any, Any], Any, Any, Context]:
    check = yaml.safe_load((folder / "check.yaml").read_text(encoding="utf-8"))
    kind = KINDS[folder.parent.name]
    files = {name: text.encode() for name, text in check.get("files", {}).items()}
    files |= {
        path.relative_to(folder / "files").as_posix(): path.read_bytes()
        for path in (folder / "files").rglob("*")
        if path.is_file()
    }
    return (
        kind,
        kind.spec.model_validate(check.get(kind.name, check)),
        kind.evidence.model_validate_json((folder / "evidence.json").read_bytes()),
        Context(check=folder.name, files=files, variables={"page": 20, **check.get("variables", {})}),
    )


def test_kinds_that_judge_answers_are_tried() -> None:
    assert set(TRIED) == {
        "http",
        "race",
        "n_plus_one",
        "sql",
        "sqllogictest",
        "sessions",
        "schema",
        "nosql",
        "command",
        "call",
    }


@pytest.mark.parametrize("folder", RIGHT, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_what_is_right_is_right_with_less_to_expect(folder: Path) -> None:
    """And no change makes a judge fail."""
    kind, spec, evidence, context = read(folder)
    assert kind.oracle is not None
    for part in kind.oracle.parts(spec, evidence, context.files):
        assert kind.judge(part.spec, part.evidence, context).outcome.status is Status.PASSED
        for place, what, other in kind.oracle.changed(part.spec, part.evidence):
            assert other != part.evidence, f"{place.name} {what}"
            assert kind.evidence.model_validate_json(other.model_dump_json()) == other, f"{place.name} {what}"
            kind.judge(part.spec, other, context)
        expectations = []
        for expectation, weaker in kind.oracle.weaker(part.spec):
            expectations.append(expectation)
            assert weaker != part.spec or weaker.model_fields_set != part.spec.model_fields_set, expectation
            assert kind.judge(weaker, part.evidence, context).outcome.status is Status.PASSED, expectation
        assert len(set(expectations)) == len(expectations)


def test_a_scenario_notices_what_it_expects_and_nothing_else() -> None:
    spec = HttpSpec.model_validate(
        {
            "steps": [
                {
                    "request": "GET /a",
                    "expect": {
                        "status": 200,
                        "headers": {"etag": "x1"},
                        "json": {"$.id": {"type": "integer", "gt": 0}},
                    },
                }
            ]
        }
    )
    received = {
        "status": 200,
        "headers": [["ETag", "x1"], ["Date", "now"], ["X-Other", "y"]],
        "body": {"text": '{"id": 7, "name": "pen"}'},
    }
    evidence = HttpEvidence.model_validate_json(
        json.dumps({"uuid": "u", "runs": [{"exchanges": [{"received": received, "attempts": 1}]}]})
    )
    kind = KINDS["http"]
    assert kind.oracle is not None
    failed: set[str] = set()
    passed: set[str] = set()
    for place, what, other in kind.oracle.changed(spec, evidence):
        status = kind.judge(spec, other, Context("c")).outcome.status
        (passed if status is Status.PASSED else failed).add(f"{place.name.removeprefix('GET /a: ')} {what}")
    assert failed == {
        "status 201",
        "status 500",
        "header ETag left out",
        "header ETag another",
        "$ null",
        "$.id left out",
        "$.id null",
        "$.id as text",
    }
    assert passed == {
        "header X-Other left out",
        "header X-Other another",
        "$.id higher by 1",
        "$.id far higher",
        "$.name left out",
        "$.name null",
        "$.name with more text",
        "$.name empty",
    }
    assert [place for place, _ in kind.oracle.weaker(spec)] == [
        "steps[0].expect.status",
        'steps[0].expect.headers["etag"]',
        'steps[0].expect.json["$.id"].type',
        'steps[0].expect.json["$.id"].gt',
    ]


def test_a_call_notices_another_value_and_another_error() -> None:
    spec = CallSpec.model_validate(
        {
            "module": "shop",
            "cases": [
                {"name": "sum", "call": "add", "args": [1, 2], "returns": 3},
                {"name": "bad", "call": "add", "args": [1, "x"], "raises": "type"},
                {"name": "made", "new": "Cart", "args": []},
            ],
        }
    )
    replies = (
        '{"id": 1, "value": 3}',
        '{"id": 2, "error": {"classes": ["builtins:TypeError"], "message": "no"}}',
        '{"id": 3, "value": {"$handle": 1, "class": "shop:Cart"}}',
        "nonsense",
    )
    facts = tuple(
        CaseFact(name=name, exchanges=(Exchange(id=number, request="{}", reply=reply),))
        for number, (name, reply) in enumerate(zip(("sum", "bad", "made", "gone"), replies, strict=True), 1)
    )
    oracle = KINDS["call"].oracle
    assert oracle is not None
    changes = {
        part.name: [f"{place.name} {what}" for place, what, _ in oracle.changed(part.spec, part.evidence)]
        for part in oracle.parts(spec, CallEvidence(language="python", cases=facts[:-1]), {})
    }
    assert changes == {
        "sum": [
            "add(1, 2): $ null",
            "add(1, 2): $ higher by 1",
            "add(1, 2): $ far higher",
            "add(1, 2): $ as text",
            "add(1, 2): error an error instead",
        ],
        "bad": [
            'add(1, "x"): error null instead',
            'add(1, "x"): error: kind another',
            'add(1, "x"): error: message another',
        ],
        "made": [],
    }
    broken = CallEvidence(language="python", cases=(facts[-1],))
    assert list(oracle.changed(spec.model_copy(update={"cases": spec.cases[:1]}), broken)) == []
    assert list(oracle.parts(spec, broken, {})) == []


def test_a_tagged_value_is_not_changed_into_nonsense() -> None:
    spec = CallSpec.model_validate({"module": "m", "cases": [{"name": "d", "call": "f", "returns": 1}]})
    exchange = Exchange(id=1, request="{}", reply='{"id": 1, "value": {"$decimal": "1.50"}}')
    evidence = CallEvidence(language="python", cases=(CaseFact(name="d", exchanges=(exchange,)),))
    oracle = KINDS["call"].oracle
    assert oracle is not None
    assert [f"{place.name} {what}" for place, what, _ in oracle.changed(spec, evidence)] == [
        "f(): $ null",
        'f(): $["$decimal"] left out',
        'f(): $["$decimal"] with more text',
        'f(): $["$decimal"] empty',
        'f(): $["$decimal"] with another digit',
        "f(): error an error instead",
    ]


def test_changes_of_json() -> None:
    value: dict[str, Json] = {"a b": [1, 2, 3], "ok": True, "none": None, "at": "2024"}
    found = by_change(changed_json(value))
    assert found["$ null"] is None
    assert found['$["a b"] left out'] == {"ok": True, "none": None, "at": "2024"}
    assert found['$["a b"] without its last item'] == {**value, "a b": [1, 2]}
    assert found['$["a b"] with its last item twice'] == {**value, "a b": [1, 2, 3, 3]}
    assert found['$["a b"]: order reversed'] == {**value, "a b": [3, 2, 1]}
    assert found['$["a b"][2] higher by 1'] == {**value, "a b": [1, 2, 4]}
    assert found['$["a b"][1] higher by 1'] == {**value, "a b": [1, 3, 3]}
    assert {place.name for place, _, _ in changed_json([1] * (FEW + 1))} == {"$", "$[0]", f"$[{FEW}]"}
    assert len({place.name for place, _, _ in changed_json([1] * FEW)}) == FEW + 1
    rows: list[Json] = [{"name": "a", "sizes": [1, 2]}] * (FEW // 3)
    assert "$[1].sizes[1]" in {place.name for place, _, _ in changed_json(rows)}
    assert "$[1].name" not in {place.name for place, _, _ in changed_json([*rows, 1])}
    assert found["$.ok negated"] == {**value, "ok": False}
    assert found["$.none 0 instead of null"] == {**value, "none": 0}
    assert found["$.at with another digit"] == {**value, "at": "3024"}
    assert [what for _, what, _ in changed_json([1, 1])].count("reversed") == 0


def test_changes_of_text_that_is_no_json() -> None:
    assert by_change(changed_text("<p>9</p>")) == {
        "text with more text": "<p>9</p>x",
        "text empty": "",
        "text with another digit": "<p>0</p>",
    }
    assert by_change(changed_text("")) == {"text with more text": "x"}


def test_changes_of_rows() -> None:
    columns = (Column(name="id", type="int4"), Column(name="at", type="text"))
    table = Table(columns=columns, rows=(("1", None), ("2.5", "x")))
    found = by_change(changed_table(table))
    assert found["rows without the last one"].rows == (("1", None),)
    assert found["rows with the last one twice"].rows == (("1", None), ("2.5", "x"), ("2.5", "x"))
    assert found["rows: order reversed"].rows == (("2.5", "x"), ("1", None))
    assert found["columns the first ones swapped"].rows == ((None, "1"), ("x", "2.5"))
    assert found["columns at by another name"].columns[1].name == "at_x"
    assert found["column at another value in row 1"].rows == (("1", "0"), ("2.5", "x"))
    assert found["column id another value in row 2"].rows == (("1", None), ("2.51", "x"))
    assert found["column id a value higher by 1 in row 2"].rows == (("1", None), ("3.5", "x"))
    assert list(changed_table(Table(columns=columns, rows=()))) == []
    assert "rows: order reversed" not in by_change(changed_table(Table(columns=columns, rows=(("1", None),))))
    ranks = [
        {place.rank for place, _, _ in changed_table(table, named=named) if place.name == "columns"}
        for named in (True, False)
    ]
    assert ranks == [{Rank.AROUND}, {Rank.FREE}]


def test_changes_of_a_store() -> None:
    keys = (KeyFact(name="a", type="string", ttl=5.0), KeyFact(name="b", type="string"))
    found = by_change(changed_found(Found(keys=keys, count=2)))
    assert found["keys without the last one"].keys == keys[:1]
    assert found["keys without the last one"].count == 1
    assert found["ttl a never expires"].keys == (keys[0].model_copy(update={"ttl": None}), keys[1])
    assert "ttl b expires" in found
    assert [key.name for key in found["keys with another one"].keys or ()] == ["a", "b", "bx"]
    assert [key.type for key in found["type a of another one"].keys or ()] == ["another", "string"]
    assert "$ higher by 1" in by_change(changed_found(Found(reply="3")))
    assert list(changed_found(Found(error="gone"))) == []


def by_change(found: Changes[T]) -> dict[str, T]:
    return {f"{place.name} {what}": other for place, what, other in found}


def places(kind_name: str, spec: dict[str, Any], evidence: dict[str, Any]) -> dict[str, Place]:
    return {place.name: place for place, _, _ in changes_of(kind_name, spec, evidence)}


def changes(kind_name: str, spec: dict[str, Any], evidence: dict[str, Any]) -> list[str]:
    return [f"{place.name} {what}" for place, what, _ in changes_of(kind_name, spec, evidence)]


def changes_of(kind_name: str, spec: dict[str, Any], evidence: dict[str, Any]) -> Changes[Any]:
    kind = KINDS[kind_name]
    assert kind.oracle is not None
    right = kind.evidence.model_validate_json(json.dumps(evidence))
    return kind.oracle.changed(kind.spec.model_validate(spec), right)


def test_changes_of_a_scenario_are_those_of_all_that_it_saw() -> None:
    answered = {"affected": 2, "table": {"columns": [{"name": "n", "type": "int4"}], "rows": [["4"]]}}
    page = {"sent": {"method": "GET", "target": "/"}, "received": {"status": 200, "body": {"text": "7"}}}
    spec = {
        "steps": [
            {"request": "GET /a", "repeat": 2, "expect": {"statuses": {"2xx": 2}}},
            {"request": "GET /b", "paginate": {"items": "$", "next": "link"}, "expect": {"pages": 1}},
            {"sql": "update t set n = 1", "expect": {"rows_affected": 2}},
            {"request": "GET /c", "expect": {"status": 200}},
        ],
        "after": [{"nosql": {"redis": "GET n"}, "expect": {"reply": "7"}}],
    }
    exchanges = [
        {"received": {"status": 200}, "statuses": [200, 200]},
        {"received": page["received"], "pages": [page]},
        {"answered": answered},
        {"received": {"status": 0, "error": "refused"}},
    ]
    found = changes(
        "http", spec, {"uuid": "u", "runs": [{"exchanges": exchanges, "after": [{"found": {"reply": "7"}}]}]}
    )
    assert "GET /a: statuses one is 500" in found
    assert "GET /b: $ higher by 1 on page 1" in found
    assert "database: update t set n = 1: changed rows one more" in found
    assert "database: update t set n = 1: column n another value in row 1" in found
    assert "after: GET n: $ null" in found
    # What got no response has nothing to change.
    assert not [what for what in found if what.startswith("GET /c")]


def test_changes_of_a_race_are_those_of_its_first_round() -> None:
    spec = {
        "request": "POST /a",
        "clients": 2,
        "expect": {"statuses": {"2xx": 1, "409": 1}},
        "after": [{"sql": "select n from t", "expect": {"value": 1}}],
    }
    after = [{"table": {"columns": [{"name": "n", "type": "int4"}], "rows": [["1"]]}}]
    one = {"statuses": [201, 409], "after": after}
    found = changes("race", spec, {"uuid": "u", "rounds": [one, one]})
    assert found[:2] == ["statuses one is 500", "statuses one is 200"]
    assert "after: select n from t: rows without the last one" in found
    assert changes("race", spec, {"uuid": "u"}) == []


def test_changes_of_tables_leave_out_those_that_nobody_asks_for() -> None:
    index = {"name": "a", "columns": ["a"], "unique": True, "partial": False}
    table = {
        "columns": [{"name": "id", "type": "integer", "nullable": False}],
        "primary_key": ["id"],
        "unique": [["a"]],
        "indexes": [index, {**index, "columns": ["id"]}, {**index, "columns": ["b"]}],
    }
    found = changes(
        "schema",
        {"dataset": "d", "tables": {"t": {"columns": {"id": {}}}}},
        {"tables": [{"name": "t", **table}, {"name": "other", **table}]},
    )
    assert found == [
        "t left out",
        "t.id left out",
        "t.id: type another",
        "t.id: NULL allowed",
        "t: primary key left out",
        "t: unique key (a) left out",
        "t: index (a) left out",
        "t: index (id) left out",
        "t: index (b) left out",
    ]


def test_what_did_not_come_is_not_changed() -> None:
    sql = {"file": "q.sql", "dataset": "d", "expect": {"value": 1}}
    assert changes("sql", sql, {"source": "x", "runs": [{"dataset": "d", "candidate": {"error": "no"}}]}) == []
    moved = {"dataset": "d", "candidate": {"affected": 3}}
    assert changes("sql", sql, {"source": "x", "runs": [moved]}) == ["changed rows one more"]
    killed = {"name": "run", "ending": "timeout", "exit_code": None, "stdout": {"base64": "/w==", "size": 1}}
    assert changes("command", {"run": "x"}, {"runs": [killed]}) == []


def test_cases_of_a_scenario_are_tried_one_by_one() -> None:
    spec = HttpSpec.model_validate(
        {"cases": [{"name": "a"}, {"id": 2}], "steps": [{"request": "GET /${case.id}", "expect": {"status": 200}}]}
    )
    evidence = HttpEvidence.model_validate_json('{"uuid": "u", "runs": [{}, {}]}')
    oracle = KINDS["http"].oracle
    assert oracle is not None
    parts = list(oracle.parts(spec, evidence, {}))
    assert [(part.name, len(part.spec.cases or ()), len(part.evidence.runs)) for part in parts] == [
        ("a", 1, 1),
        ("case 2", 1, 1),
    ]


def test_places_say_how_telling_they_are_and_where_they_are_the_same() -> None:
    body = {"id": 7, "error": {"message": "it is not there"}, "lines": [{"sku": "a"}]}
    received = {"status": 200, "headers": [["ETag", "x"]], "body": {"text": json.dumps(body)}}
    steps = {
        "GET /orders/7?full=1": {"status": 200},
        "GET /orders/PEN-BLUE/lines": "any",
        "GET /orders/8": {"status": 404},
    }
    exchanges = [
        {"sent": {"method": "GET", "target": step.removeprefix("GET ")}, "received": {**received, "status": status}}
        for step, status in zip(steps, (200, 200, 404), strict=True)
    ]
    found = places(
        "http",
        {"steps": [{"request": step, "expect": expect} for step, expect in steps.items()]},
        {"uuid": "u", "runs": [{"exchanges": exchanges}]},
    )
    first = "GET /orders/7?full=1: "
    assert found[f"{first}status"] == Place(f"{first}status")
    assert found[f"{first}$.id"] == Place(f"{first}$.id", Rank.VALUE, "GET /orders/* $.id")
    assert found[f"{first}$.lines[0].sku"].about == "GET /orders/* $.lines[*].sku"
    assert found[f"{first}$.error.message"].rank is Rank.WORDS
    # Headers are those of the app, and errors are alike; who expects anything has said that it is free.
    assert found[f"{first}header ETag"] == Place(f"{first}header ETag", Rank.AROUND, "header etag")
    assert found["GET /orders/8: $.id"].about == "404 of GET /orders/* $.id"
    assert found["GET /orders/PEN-BLUE/lines: $.id"] == Place(
        "GET /orders/PEN-BLUE/lines: $.id", Rank.FREE, "GET /orders/*/lines $.id"
    )


def test_only_statuses_of_several_clients_are_looked_at() -> None:
    exchange = {"received": {"status": 200, "body": {"text": "7"}}, "statuses": [200, 200]}
    steps = [{"request": "GET /a", "clients": 2, "expect": {"statuses": {"200": 2}}}]
    found = places("http", {"steps": steps}, {"uuid": "u", "runs": [{"exchanges": [exchange]}]})
    assert {place.rank for place in found.values()} == {Rank.FREE}


def test_a_program_that_printed_nothing_may_print() -> None:
    run = {"name": "run", "ending": "exited", "exit_code": 0}
    run |= {"stdout": {"text": "7\n", "size": 2}, "stderr": {"text": "", "size": 0}}
    for line, program in (
        ({"run": "python3 count.py 7"}, "python3 count.py"),
        ({"run": {"python": "./count", "node": "./other"}}, "./count ./other"),
        ({"procfile": "worker"}, "worker"),
    ):
        found = places("command", line, {"runs": [run]})
        assert found["stderr: text"].rank is Rank.FREE
        assert found["stdout: $"] == Place("stdout: $", Rank.VALUE, f"{program} stdout $")


def test_tables_may_have_more_than_is_asked_for() -> None:
    columns = [{"name": name, "type": "integer", "nullable": False} for name in ("id", "note")]
    tables = [{"name": "t", "columns": columns, "primary_key": ["id"]}]
    found = places("schema", {"dataset": "d", "tables": {"t": {"columns": {"id": {}}}}}, {"tables": tables})
    assert {name for name, place in found.items() if place.rank is Rank.FREE} == {
        "t.note",
        "t.note: type",
        "t.note: NULL",
        "t: primary key",
    }


def needed(kind_name: str, spec: dict[str, Any], evidence: dict[str, Any]) -> dict[str, bool]:
    """Expectations, each with whether some change passes without it alone."""
    kind = KINDS[kind_name]
    assert kind.oracle is not None
    parsed, right = kind.spec.model_validate(spec), kind.evidence.model_validate_json(json.dumps(evidence))
    assert kind.judge(parsed, right, Context("c")).outcome.status is Status.PASSED
    changed = [other for _, _, other in kind.oracle.changed(parsed, right)]
    lost = [other for other in changed if kind.judge(parsed, other, Context("c")).outcome.status is Status.FAILED]
    return {
        place: any(kind.judge(weaker, other, Context("c")).outcome.status is Status.PASSED for other in lost)
        for place, weaker in kind.oracle.weaker(parsed)
    }


def test_all_that_is_expected_of_sessions_is_needed() -> None:
    def one(value: str) -> dict[str, Any]:
        return {"table": {"columns": [{"name": "n", "type": "int4"}], "rows": [[value]]}}

    steps = [
        {"step": "a1", "answered": one("1")},
        {"step": "b1", "waited": True, "answered": one("3")},
        {"step": "a2", "answered": {"error": "twice"}, "sqlstate": "23505"},
    ]
    expect = {
        "waits": ["b1"],
        "errors": {"a2": "unique", "b1": ["none", "any"]},
        "results": {"b1": {"value": 3}, "a1": {"rows": [[1]]}},
    }
    spec = {
        "dataset": "d",
        "sessions": {"a": ["select 1", "insert into t values (1)"], "b": ["select n from t"]},
        "order": ["a1", "b1", "a2"],
        "expect": expect,
        "after": [{"sql": "select count(*) from t", "expect": {"value": 7}}],
    }
    evidence = {"runs": [{"steps": steps, "after": [one("7")]}]}
    assert needed("sessions", spec, evidence) == {
        "expect.waits": True,
        'expect.errors["a2"]': True,
        'expect.results["a1"]': True,
        'expect.results["b1"].value': True,
        "after[0].expect.value": True,
    }
    found = changes("sessions", spec, evidence)
    assert {"a1: waits it does", "b1: waits it does not", "a1: error one of SQLSTATE 40001", "a2: error none"} <= set(
        found
    )
    assert places("sessions", spec, evidence)["a1: waits"].rank is Rank.FREE


def test_a_victim_needs_its_kind_of_error() -> None:
    steps = [{"step": "a1"}, {"step": "b1", "answered": {"error": "no"}, "sqlstate": "40001"}]
    spec = {
        "dataset": "d",
        "sessions": {"a": ["commit"], "b": ["commit"]},
        "order": ["a1", "b1"],
        "expect": {"victim": "serialization"},
    }
    assert needed("sessions", spec, {"runs": [{"steps": steps}]}) == {"expect.victim": True}


def test_all_that_is_expected_of_counted_statements_is_needed() -> None:
    def measured(size: int) -> dict[str, Any]:
        body = json.dumps({"orders": [{"id": number} for number in range(size)], "unit": "pieces"})
        received = {"status": 200, "body": {"text": body}}
        return {
            "sent": {"method": "GET", "target": f"/orders?limit={size}"},
            "received": received,
            "count": {"sent": 2},
        }

    spec = {
        "request": "GET /orders?limit=${n}",
        "sizes": [2, 6],
        "rounds": 1,
        "items": "$.orders",
        "response": {"json": {"$.unit": "pieces"}},
        "expect": {"growth": 0, "queries": {"gte": 1, "lte": 20}, "inside": 0},
    }
    evidence = {"uuid": "u", "rounds": [{"small": measured(2), "big": measured(6)}]}
    assert needed("n_plus_one", spec, evidence) == {
        "items": True,
        'response.json["$.unit"]': True,
        "expect.growth": True,
        "expect.queries.gte": True,
        "expect.queries.lte": True,
        "expect.inside": True,
    }
    at = "GET /orders?limit=${n}: $.unit"
    assert places("n_plus_one", spec, evidence)[at] == Place(at, Rank.VALUE, "GET /orders $.unit")
    assert changes("n_plus_one", spec, {"uuid": "u"}) == []
    assert changes("n_plus_one", spec, {"uuid": "u", "rounds": [{"big": {"count": {"sent": 0}}}]}) == [
        "growth one more for each item",
        "queries many more at both sizes",
        "inside one more for each item",
    ]


def test_a_statement_that_only_has_to_work_is_looked_at_no_further() -> None:
    answered = {"affected": 1, "table": {"columns": [{"name": "n", "type": "int4"}], "rows": [["4"]]}}
    found = places(
        "http",
        {"steps": [{"sql": "select n from t"}, {"request": "GET /a", "expect": "any"}]},
        {"uuid": "u", "runs": [{"exchanges": [{"answered": answered}]}]},
    )
    assert {place.rank for place in found.values()} == {Rank.FREE}


def test_titles_are_told_apart() -> None:
    assert list(numbered(["a", "b", "a", "a"])) == ["a", "b", "a (2)", "a (3)"]
