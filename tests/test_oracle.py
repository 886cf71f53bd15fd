"""What a challenge's expectations notice, by records alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from gradekit.checks import command
from gradekit.checks.base import Context, Kind
from gradekit.checks.sqllogictest.records import read
from gradekit.oracle import MOST_PLACES, Tried, blunted, listed, noticing, sharpness
from gradekit.record import Observation, Record
from gradekit.results import Judgement, Outcome, Status, SubmissionRef
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Sharpness

COMMAND: Kind[Any, Any] = command.KIND
RUBRIC = "gradekit: 1\nid: r\ntitle: R\ncriteria:\n  a: {title: A, weight: 100}\n"
SPEC = """gradekit: 1
id: small
title: Small
runner: python
rubric: rubric.yaml
checks:
  - id: count
    criterion: a
    command:
      cases:
        - {name: two, run: ./count 2, expect: {stdout_json: {$.count: {type: integer, eq: 2}, $.unit: lines}}}
        - {name: none, run: ./count 0, expect: {exit: 2, stderr: {not: {contains: Traceback}}}}
  - id: tests
    criterion: a
    suite: {files: hidden}
"""


def challenge_in(folder: Path) -> Challenge:
    (folder / "rubric.yaml").write_text(RUBRIC)
    (folder / "challenge.yaml").write_text(SPEC)
    (folder / "hidden").mkdir()
    (folder / "hidden" / "test_x.py").write_text("def test_x(): pass")
    return load_challenge(folder, rubrics=[])


def record(*observations: Observation) -> Record:
    return Record(
        gradekit="0",
        id="1",
        started_at="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        challenge="small",
        challenge_path="small",
        challenge_digest="d",
        submission=SubmissionRef(repo="r", tree="t", files=1, bytes=1),
        isolation=None,
        images={},
        phases=(),
        observations=observations,
    )


def counted(stdout: str, stderr: str = "") -> Record:
    runs: list[JsonValue] = [
        {"name": "two", "ending": "exited", "exit_code": 0, "stdout": {"text": stdout, "size": len(stdout)}},
        {"name": "none", "ending": "exited", "exit_code": 2, "stderr": {"text": stderr, "size": len(stderr)}},
    ]
    return record(Observation(check="count", kind="command", state="observed", evidence={"runs": runs}))


RIGHT = '{"count": 2, "unit": "lines"}'


def test_an_expectation_is_needed_if_something_would_pass_without_it(tmp_path: Path) -> None:
    challenge = challenge_in(tmp_path)
    found = sharpness(challenge, counted(RIGHT), [], None)
    assert set(found) == {"count"}
    sharp = found["count"].sharpness
    # `eq: 2` says all that `type: integer` does, and no change brings a traceback.
    assert sharp.needless == (
        'two: cases[0].expect.stdout_json["$.count"].type',
        "none: cases[0].expect.stderr",
    )
    assert sharp.expectations == 5
    alone = noticing(challenge, challenge.spec.checks[0], counted(RIGHT), None)
    assert alone is not None
    assert alone.sharpness == sharp.model_copy(update={"expectations": 0, "needless": ()})


def test_a_wrong_solution_needs_expectations_too(tmp_path: Path) -> None:
    wrong = counted(RIGHT, "Traceback (most recent call last)")
    other = record(Observation(check="count", kind="command", state="blocked", message="no such program"))
    found = sharpness(challenge_in(tmp_path), counted(RIGHT), [wrong, other], None)
    assert found["count"].sharpness.needless == ('two: cases[0].expect.stdout_json["$.count"].type',)


def test_what_the_reference_does_not_pass_is_not_tried(tmp_path: Path) -> None:
    challenge = challenge_in(tmp_path)
    assert sharpness(challenge, counted("{}"), [], None) == {}
    assert sharpness(challenge, record(), [], None) == {}
    assert noticing(challenge, challenge.spec.checks[1], counted(RIGHT), None) is None


BODY = """{
  "note": "words for the people", "unit": "lines", "size": 3, "items": [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
  "free": {"x": {"y": 1}}
}"""


def tried_on(folder: Path, body: str, *paths: str, exit_code: str = "exit: 0, ") -> Tried:
    """A check of one program that prints JSON, with what it expects."""
    (folder / "rubric.yaml").write_text(RUBRIC)
    expected = ", ".join(paths)
    spec = (
        SPEC[: SPEC.index("      cases:")]
        + f"      run: ./count\n      expect: {{{exit_code}stdout_json: {{{expected}}}}}\n"
    )
    (folder / "challenge.yaml").write_text(spec)
    run: JsonValue = {
        "name": "run",
        "ending": "exited",
        "exit_code": 0,
        "stdout": {"text": body, "size": len(body)},
        "stderr": {"text": "", "size": 0},
    }
    observed = Observation(check="count", kind="command", state="observed", evidence={"runs": [run]})
    return sharpness(load_challenge(folder, rubrics=[]), record(observed), [], None)["count"]


def test_places_that_nothing_looks_at_are_kept_the_most_telling_first(tmp_path: Path) -> None:
    found = tried_on(
        tmp_path, BODY, "$.size: 3", '"$.items[0].a": 1', '"$.items[*].b": [2, 4]', exit_code="exit: [0, 1], "
    )
    assert found.sharpness.unseen == (
        "exit code",
        "stdout: $.free",
        "stdout: $.unit",
        "stdout: $.note",
    )
    # Of items, one that is looked at stands for all; of places, the smallest one.
    assert found.sharpness.seen == (
        "stdout: $.items: order",
        "stdout: $.items[*].b",
        "stdout: $.items[0].a",
        "stdout: $.size",
    )
    assert {"stdout: $.free.x.y", "stderr: text", "stdout: $.items[1].a"} <= found.unnoticed
    assert {"stdout: $", "stdout: $.items[1]"} <= found.noticed


def test_what_one_check_looks_at_is_forgotten_in_no_other(tmp_path: Path) -> None:
    """And what none does is named once."""
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    head = SPEC[: SPEC.index("checks:")]
    check = "  - {{id: {0}, criterion: a, command: {{run: ./count {0}, expect: {{stdout_json: {{{1}}}}}}}}}\n"
    same = check.replace("./count {0}", "./count -v {0}")
    checks = same.format("a", "$.x: 1") + same.format("b", "$.y: 2") + check.format("c", "$.y: 2")
    (tmp_path / "challenge.yaml").write_text(f"{head}checks:\n{checks}")
    text = '{"x": 1, "y": 2, "z": 3}'
    run: JsonValue = {"name": "run", "ending": "exited", "exit_code": 0, "stdout": {"text": text, "size": len(text)}}
    observed = [
        Observation(check=name, kind="command", state="observed", evidence={"runs": [run]}) for name in ("a", "b", "c")
    ]
    found = sharpness(load_challenge(tmp_path, rubrics=[]), record(*observed), [], None)
    assert {name: tried.sharpness.unseen for name, tried in found.items()} == {
        "a": ("stdout: $.z",),
        "b": (),
        "c": ("stdout: $.x", "stdout: $.z"),
    }


def test_what_no_judge_can_say_is_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsure(spec: Any, evidence: Any, context: Context) -> Judgement:  # noqa: ANN401 - of any kind
        judgement = COMMAND.judge(spec, evidence, context)
        other = evidence.runs[0].exit_code != 0
        return Judgement(outcome=Outcome(status=Status.ERRORED, message="?")) if other else judgement

    monkeypatch.setattr(command, "KIND", replace(COMMAND, judge=unsure))
    found = tried_on(tmp_path, '{"size": 3}', "$.size: 3")
    assert "exit code" not in found.noticed | found.unnoticed


def test_a_lock_keeps_it(tmp_path: Path) -> None:
    found = tried_on(tmp_path, BODY, "$.size: 3").sharpness
    assert Sharpness.model_validate_json(found.model_dump_json()) == found
    earlier = {"changed": 1, "noticed": 1, "expectations": 1}
    assert Sharpness.model_validate(earlier).seen == ()


WEAKER = "an expectation is gone or weaker; --accept-weaker lets it pass"


def test_a_forgotten_expectation_is_told_by_its_place_whatever_was_answered(tmp_path: Path) -> None:
    before = {"count": tried_on(tmp_path, BODY, "$.size: 3", '"$.items[*].a": [1, 3]').sharpness}

    def told(body: str, *paths: str, exit_code: str = "exit: 0, ") -> Sequence[str]:
        return blunted(before, {"count": tried_on(tmp_path, body, *paths, exit_code=exit_code)})

    more = BODY.replace("}]", "}, {}]").replace('"size"', '"more": 1, "size"')
    assert told(BODY, "$.size: 3", '"$.items[*].a": [1, 3]') == []
    assert told(more, "$.size: 3", '"$.items[*].a": [1, 3]', "$.unit: lines") == []
    lost = "count: nothing looks any more at stdout: "
    assert told(more, '"$.items[*].a": [1, 3]') == [f"{lost}$.size: {WEAKER}"]
    # Another one in its place is none for it.
    assert told(more, "$.unit: lines", '"$.items[*].a": [1, 3]') == [f"{lost}$.size: {WEAKER}"]
    assert told(more, "$.size: 3") == [f"{lost}$.items: order; at stdout: $.items[*].a: {WEAKER}"]
    # Only one item of those that were looked at.
    assert told(more, "$.size: 3", '"$.items[0].a": 1') == [f"{lost}$.items[1].a: {WEAKER}"]
    everything = tried_on(tmp_path, BODY, "$.free: {exists: true}", exit_code="exit: [0, 1], ")
    assert blunted(before, {"count": everything}) == [
        f"count: notices 2 of {before['count'].changed} changed answers, {before['count'].noticed} when challenge.lock "
        "was written; nothing looks any more at exit code; at stdout: $.items: order; at stdout: $.items[*].a, $.size: "
        + WEAKER
    ]


def test_what_is_answered_no_longer_may_go_by_another_name(tmp_path: Path) -> None:
    before = {"count": tried_on(tmp_path, BODY, "$.size: 3", "$.unit: lines").sharpness}
    renamed = BODY.replace('"size"', '"more": 1, "length"')
    assert blunted(before, {"count": tried_on(tmp_path, renamed, "$.length: 3", "$.unit: lines")}) == []
    assert blunted(before, {"count": tried_on(tmp_path, renamed, "$.unit: lines")}) == [
        f"count: nothing looks any more at stdout: $.size: {WEAKER}"
    ]


def test_a_lock_without_places_is_compared_by_number(tmp_path: Path) -> None:
    now = {"count": tried_on(tmp_path, BODY, "$.unit: lines")}
    was = now["count"].sharpness.model_copy(update={"seen": (), "unseen": ()})
    assert blunted({"count": was, "gone": was}, now) == []
    assert blunted({"count": was.model_copy(update={"noticed": 99})}, now) == [
        f"count: notices {was.noticed} of {was.changed} changed answers, 99 when challenge.lock was written: {WEAKER}"
    ]


def test_places_are_listed_by_the_answer_that_they_are_of() -> None:
    assert listed(["GET /a: status", "exit code", "GET /a: $.x"]) == ["GET /a: status, $.x", "exit code"]
    assert listed([f"GET /a: $.x{number}" for number in range(8)]) == [
        "GET /a: $.x0, $.x1, $.x2, $.x3, $.x4, $.x5 and 2 more"
    ]


RECORDS_SPEC = """gradekit: 1
id: small
title: Small
runner: none
rubric: rubric.yaml
services: {db: {runner: sqlite}}
datasets: {shop: {service: db, load: [{submission: views.sql}]}}
checks:
  - {id: records, criterion: a, sqllogictest: {dataset: shop, files: [hidden]}}
"""
RECORDS = """statement ok
create table noted (id integer)

statement count 2
update items set price = 3

query IT nosort prices
select id, name from shown order by id
----
1 pen
2 ink

query I
select a[1] from shown
----
7

query I
select a[2] from shown
----
8

query I rowsort
select id from shown where id > 9
----

statement error duplicate
insert into items values (1, 'pen', 1)

statement error .
insert into items values (2, 'pen', 1)

query error
select * from nowhere
"""
INTEGER = {"name": "id", "type": "int4"}
ANSWERED: dict[str, dict[str, Any]] = {
    "update items": {"affected": 2},
    "create table": {"affected": 0},
    "select id, name": {
        "result": {"columns": [INTEGER, {"name": "name", "type": "text"}], "rows": [["1", "pen"], ["2", "ink"]]}
    },
    "select a[1]": {"result": {"columns": [INTEGER], "rows": [["7"]]}},
    "select a[2]": {"result": {"columns": [INTEGER], "rows": [["8"]]}},
    "select id from": {"result": {"columns": [INTEGER], "rows": []}},
    "insert into": {"error": "duplicate key", "sqlstate": "23505"},
    "select *": {"error": "no such table: x", "sqlstate": "42P01"},
}


def tried_records(folder: Path, text: str, *wrong: Record) -> Tried:
    """A file of records, with what a reference answers to each."""
    (folder / "hidden").mkdir(exist_ok=True)
    (folder / "rubric.yaml").write_text(RUBRIC)
    (folder / "challenge.yaml").write_text(RECORDS_SPEC)
    (folder / "hidden" / "a.slt").write_text(text)
    found = sharpness(load_challenge(folder, rubrics=[]), answered(text), wrong, None)
    return found["records"]


def answered(text: str, **changed: JsonValue) -> Record:
    """What is answered to the records of a file; ``changed`` to the inserts."""
    runs: list[JsonValue] = []
    for asked in read(text.encode()).on("sqlite"):
        right = next((answer for begin, answer in ANSWERED.items() if asked.sql.startswith(begin)), {})
        kept = {name: value for name, value in right.items() if name != "result" or asked.types is not None}
        other = changed if asked.sql.startswith("insert") else {}
        runs.append({"line": asked.line, "sql": asked.sql, **kept, **other})
    evidence: dict[str, JsonValue] = {"engine": "sqlite", "files": [{"path": "hidden/a.slt", "records": runs}]}
    return record(Observation(check="records", kind="sqllogictest", state="observed", evidence=evidence))


def test_expectations_of_records_are_needed_but_for_a_pattern_that_every_error_meets(tmp_path: Path) -> None:
    sharp = tried_records(tmp_path, RECORDS).sharpness
    # The count, four results and two patterns; whatever else is told of a record cannot be left out of it.
    assert sharp.expectations == 7
    assert sharp.needless == ("hidden/a.slt:30: message",)
    # Any error will do, which is where a missing table passes.
    assert sharp.unseen == (
        "hidden/a.slt: insert into items values (2, 'pen', 1): message",
        "hidden/a.slt: select * from nowhere: message",
    )
    silent = answered(RECORDS, error="", sqlstate="42601")
    assert tried_records(tmp_path, RECORDS, silent).sharpness.needless == ()


BLOCKS = RECORDS.split("\n\n")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        *(
            ("\n\n".join(block for block in BLOCKS if block is not gone), " ".join(gone.splitlines()[1].split()))
            for gone in BLOCKS
        ),
        (RECORDS.replace("count 2", "ok"), "update items set price = 3: changed rows"),
        (RECORDS.replace("error duplicate", "error"), "insert into items values (1, 'pen', 1): message"),
        (RECORDS.replace("nosort", "rowsort"), "select id, name from shown order by id: rows: order"),
        (
            RECORDS.replace("query I\nselect a[1] from shown\n----\n7", "statement ok\nselect a[1] from shown"),
            "select a[*] from shown: rows",
        ),
    ],
)
def test_what_is_taken_out_of_a_file_of_records_is_told(tmp_path: Path, text: str, place: str) -> None:
    before = tried_records(tmp_path, RECORDS).sharpness
    assert blunted({"records": before}, {"records": tried_records(tmp_path, RECORDS)}) == []
    (told,) = blunted({"records": before}, {"records": tried_records(tmp_path, text)})
    assert place.replace("[2]", "[*]").replace("[1]", "[*]") in told


def test_of_more_places_than_the_lock_keeps_their_number_is_told(tmp_path: Path) -> None:
    many = "".join(f"statement ok\nselect {number:03}\n\n" for number in range(MOST_PLACES + 2))
    tried = tried_records(tmp_path, many)
    before = tried.sharpness
    assert (len(before.seen), before.more) == (MOST_PLACES, 2)
    assert blunted({"records": before}, {"records": tried}) == []

    def told(*gone: str) -> Sequence[str]:
        text = many
        for number in gone:
            text = text.replace(f"statement ok\nselect {number}\n\n", "")
        return blunted({"records": before}, {"records": tried_records(tmp_path, text)})

    assert told("101") == [f"records: looks at 1 place less, and the lock does not keep which ones: {WEAKER}"]
    assert told("100", "101") == [f"records: looks at 2 places less, and the lock does not keep which ones: {WEAKER}"]
    assert told("007") == [f"records: nothing looks any more at hidden/a.slt: select 007: error: {WEAKER}"]
