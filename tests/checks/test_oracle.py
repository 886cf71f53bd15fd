"""How expectations are tried: changed answers, and checks without one of their expectations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradekit.checks.base import Context, Kind
from gradekit.checks.call.evidence import CallEvidence, CaseFact, Exchange
from gradekit.checks.call.model import CallSpec
from gradekit.checks.compare import Column, Table
from gradekit.checks.http.evidence import HttpEvidence
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.jsontext import Json
from gradekit.checks.kinds import KINDS
from gradekit.checks.oracle import FEW, changed_json, changed_table, changed_text
from gradekit.checks.stores.answers import Found, KeyFact
from gradekit.checks.stores.oracle import changed_found
from gradekit.results import Status

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
    assert set(TRIED) == {"http", "race", "sql", "schema", "nosql", "command", "call"}


@pytest.mark.parametrize("folder", RIGHT, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_what_is_right_is_right_with_less_to_expect(folder: Path) -> None:
    """And no change makes a judge fail."""
    kind, spec, evidence, context = read(folder)
    assert kind.oracle is not None
    for part in kind.oracle.parts(spec, evidence, context.files):
        assert kind.judge(part.spec, part.evidence, context).outcome.status is Status.PASSED
        for what, other in kind.oracle.changed(part.spec, part.evidence):
            assert other != part.evidence, what
            assert kind.evidence.model_validate_json(other.model_dump_json()) == other, what
            kind.judge(part.spec, other, context)
        places = []
        for place, weaker in kind.oracle.weaker(part.spec):
            places.append(place)
            assert weaker != part.spec or weaker.model_fields_set != part.spec.model_fields_set, place
            assert kind.judge(weaker, part.evidence, context).outcome.status is Status.PASSED, place
        assert len(set(places)) == len(places)


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
    for what, other in kind.oracle.changed(spec, evidence):
        status = kind.judge(spec, other, Context("c")).outcome.status
        (passed if status is Status.PASSED else failed).add(what.removeprefix("GET /a: "))
    assert failed == {
        "status 201",
        "status 500",
        "without ETag",
        "another ETag",
        "$ null",
        "$.id left out",
        "$.id null",
        "$.id as text",
    }
    assert passed == {
        "without X-Other",
        "another X-Other",
        "$.id higher by 1",
        "$.id far higher",
        "$.name left out",
        "$.name null",
        "$.name with more text",
        "$.name empty",
    }
    places = [place for place, _ in kind.oracle.weaker(spec)]
    assert places == [
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
        part.name: [what for what, _ in oracle.changed(part.spec, part.evidence)]
        for part in oracle.parts(spec, CallEvidence(language="python", cases=facts[:-1]), {})
    }
    assert changes == {
        "sum": [
            "add(1, 2): $ null",
            "add(1, 2): $ higher by 1",
            "add(1, 2): $ far higher",
            "add(1, 2): $ as text",
            "add(1, 2): raises an error instead",
        ],
        "bad": [
            'add(1, "x"): returns null instead',
            'add(1, "x"): another error',
            'add(1, "x"): another message',
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
    assert [what for what, _ in oracle.changed(spec, evidence)] == [
        "f(): $ null",
        'f(): $["$decimal"] left out',
        'f(): $["$decimal"] with more text',
        'f(): $["$decimal"] empty',
        'f(): $["$decimal"] with another digit',
        "f(): raises an error instead",
    ]


def test_changes_of_json() -> None:
    value: dict[str, Json] = {"a b": [1, 2, 3], "ok": True, "none": None, "at": "2024"}
    found = {f"{place} {what}": other for place, what, other in changed_json(value)}
    assert found["$ null"] is None
    assert found['$["a b"] left out'] == {"ok": True, "none": None, "at": "2024"}
    assert found['$["a b"] without its last item'] == {**value, "a b": [1, 2]}
    assert found['$["a b"] with its last item twice'] == {**value, "a b": [1, 2, 3, 3]}
    assert found['$["a b"] reversed'] == {**value, "a b": [3, 2, 1]}
    assert found['$["a b"][2] higher by 1'] == {**value, "a b": [1, 2, 4]}
    assert found['$["a b"][1] higher by 1'] == {**value, "a b": [1, 3, 3]}
    places = {place for place, _, _ in changed_json([1] * (FEW + 1))}
    assert places == {"$", "$[0]", f"$[{FEW}]"}
    assert found["$.ok negated"] == {**value, "ok": False}
    assert found["$.none 0 instead of null"] == {**value, "none": 0}
    assert found["$.at with another digit"] == {**value, "at": "3024"}
    assert [what for _, what, _ in changed_json([1, 1])].count("reversed") == 0


def test_changes_of_text_that_is_no_json() -> None:
    assert dict(changed_text("<p>9</p>")) == {
        "with more text": "<p>9</p>x",
        "empty": "",
        "with another digit": "<p>0</p>",
    }
    assert dict(changed_text("")) == {"with more text": "x"}


def test_changes_of_rows() -> None:
    columns = (Column(name="id", type="int4"), Column(name="at", type="text"))
    table = Table(columns=columns, rows=(("1", None), ("2", "x")))
    found = dict(changed_table(table))
    assert found["without its last row"].rows == (("1", None),)
    assert found["with its last row twice"].rows == (("1", None), ("2", "x"), ("2", "x"))
    assert found["reversed"].rows == (("2", "x"), ("1", None))
    assert found["its first columns swapped"].rows == ((None, "1"), ("x", "2"))
    assert found["at: another name"].columns[1].name == "at_x"
    assert found["row 1, at: another value"].rows == (("1", "0"), ("2", "x"))
    assert found["row 2, id: another value"].rows == (("1", None), ("21", "x"))
    assert list(changed_table(Table(columns=columns, rows=()))) == []
    assert "reversed" not in dict(changed_table(Table(columns=columns, rows=(("1", None),))))


def test_changes_of_a_store() -> None:
    keys = (KeyFact(name="a", type="string", ttl=5.0), KeyFact(name="b", type="string"))
    found = dict(changed_found(Found(keys=keys, count=2)))
    assert found["without its last key"].keys == keys[:1]
    assert found["without its last key"].count == 1
    assert found["a: never expires"].keys == (keys[0].model_copy(update={"ttl": None}), keys[1])
    assert "b: expires" in found
    assert [key.name for key in found["with another key"].keys or ()] == ["a", "b", "bx"]
    assert [key.type for key in found["a: of another type"].keys or ()] == ["another", "string"]
    assert "$ higher by 1" in dict(changed_found(Found(reply="3")))
    assert list(changed_found(Found(error="gone"))) == []


def changes(kind_name: str, spec: dict[str, Any], evidence: dict[str, Any]) -> list[str]:
    kind = KINDS[kind_name]
    assert kind.oracle is not None
    right = kind.evidence.model_validate_json(json.dumps(evidence))
    return [what for what, _ in kind.oracle.changed(kind.spec.model_validate(spec), right)]


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
    assert "GET /a: one status 500" in found
    assert "GET /b: page 1: $ higher by 1" in found
    assert "database: update t set n = 1: one row more changed" in found
    assert "database: update t set n = 1: row 1, n: another value" in found
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
    assert found[:2] == ["one status 500", "one status 200"]
    assert "after: select n from t: without its last row" in found
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
        "t: left out",
        "t: id left out",
        "t: id: another type",
        "t: id: NULL allowed",
        "t: without primary key",
        "t: without unique key 1",
        "t: without index 1",
        "t: without index 2",
        "t: without index 3",
    ]


def test_what_did_not_come_is_not_changed() -> None:
    sql = {"file": "q.sql", "dataset": "d", "expect": {"value": 1}}
    assert changes("sql", sql, {"source": "x", "runs": [{"dataset": "d", "candidate": {"error": "no"}}]}) == []
    moved = {"dataset": "d", "candidate": {"affected": 3}}
    assert changes("sql", sql, {"source": "x", "runs": [moved]}) == ["one row more changed"]
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
