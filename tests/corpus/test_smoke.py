"""The conformance suite of runners: what a case may say, and which cases none may lack."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gradekit import runner
from gradekit.checks.scan.model import ScanSpec
from gradekit.corpus import SmokeCase, attempt_smoke, lacking, read_smoke
from gradekit.corpus.smoke import _as_records, _compared, _judged
from gradekit.corpus.smoke_case import REQUIRED, SmokeExpect, smoke_expected
from gradekit.errors import UsageError
from gradekit.sandbox import images
from gradekit.sandbox.docker import connect
from gradekit.sandbox.plans import Ending, ExecResult
from tests.fakes import cut, exited

RUNNERS = Path(__file__).parents[2] / "runners"
PYTHON = runner.find(RUNNERS, "python")
CASES = read_smoke([PYTHON])


def test_a_runner_without_cases_is_told_all_of_them() -> None:
    told = lacking(PYTHON, ())
    assert [attempt.name for attempt in told] == [f"python/{one.name}" for one in REQUIRED if one.verb in PYTHON.verbs]
    assert not any(attempt.holds for attempt in told)
    assert "smoke/hang: there is no such case" in next(one for one in told if one.name == "python/hang").complaints[0]


def test_a_case_that_asks_for_less_does_not_count() -> None:
    def weakened(case: SmokeCase) -> SmokeCase:
        weak = SmokeExpect.model_validate({"verb": "test", "records": {"a": "passed"}})
        return replace(case, expect=weak) if case.folder.name in {"hang", "packages"} else case

    told = lacking(PYTHON, [weakened(case) for case in CASES])
    assert [attempt.name for attempt in told] == ["python/hang", "python/packages"]
    assert "it does not ask what it must; test, ending: timeout" in told[0].complaints[0]


def test_only_what_a_runner_does_is_asked() -> None:
    postgres = runner.find(RUNNERS, "postgres")
    assert [attempt.name for attempt in lacking(postgres, ())] == [
        "postgres/query",
        "postgres/roles",
        "postgres/exhaustion",
    ]
    redis = runner.find(RUNNERS, "redis")
    assert [attempt.name for attempt in lacking(redis, ())] == ["redis/query", "redis/roles", "redis/exhaustion"]
    assert lacking(redis, read_smoke([redis])) == []
    assert lacking(runner.find(RUNNERS, "probe"), ()) == []
    schemathesis = runner.find(RUNNERS, "schemathesis")
    assert [attempt.name for attempt in lacking(schemathesis, ())] == ["schemathesis/operations"]
    assert lacking(schemathesis, read_smoke([schemathesis])) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("verb: fly", "verb"),
        ("verb: deps", "case"),
        ("exit: 1", "case"),
        ("{verb: test, sql: [{statements: [select 1]}]}", "case"),
        ("{sql: [{statements: [select 1]}], nosql: [{commands: [[PING]]}]}", "case"),
        ("nosql: [{commands: []}]", "nosql.0.words.commands"),
        ("nosql: [{commands: [{}, PING]}]", "nosql.0.documents.commands.1"),
        ("{verb: scan, tool: ruff}", "case"),
        ("{verb: test, tool: ruff, findings: {}}", "case"),
        ("{verb: check, settings: {}}", "case"),
        ("{verb: test, app: x, settings: {}}", "case"),
        ("verb: test\nrecord: {}", "record"),
        ("a: [", ""),
    ],
)
def test_wrong_cases(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "smoke" / "case" / "expect.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_smoke([PYTHON.model_copy(update={"folder": tmp_path})])
    assert caught.value.problems[0].place == f"{path}: {place}".removesuffix(": ")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fail", "3 errored, 3 failed, 2 skipped"),
        ("hang", "timeout, 1 passed, cut short"),
        ("packages", "exit 0"),
        ("service", "HTTP 200"),
    ],
)
def test_words(name: str, words: str) -> None:
    (case,) = [case for case in CASES if case.folder.name == name]
    assert smoke_expected(case.expect) == words


RECORDS = b'{"test": "a", "outcome": "passed", "message": "m"}\n'


@pytest.mark.parametrize(
    ("fields", "result", "complaints"),
    [
        ({"records": {"a": "passed"}, "message": "m"}, exited(0, RECORDS + b'{"end": 1}\n'), []),
        ({"records": {"a": "failed"}}, exited(0, RECORDS + b'{"end": 1}\n'), ["a: passed, should be failed: 'm'"]),
        ({"records": {}}, exited(0, RECORDS + b'{"end": 1}\n'), ["a: passed, should be missing: 'm'"]),
        (
            {"records": {"a": "passed", "b": "passed"}},
            exited(0, RECORDS + b'{"end": 1}\n'),
            ["b: missing, should be passed: ''"],
        ),
        ({"records": {"a": "passed"}}, exited(0, RECORDS), ["the end record did not come"]),
        (
            {"records": {"a": "passed"}, "complete": False},
            exited(0, RECORDS + b'{"end": 1}\n'),
            ["the end record came"],
        ),
        ({"records": {"a": "passed"}}, exited(0, RECORDS * 2 + b'{"end": 2}\n'), ["a test was told twice"]),
        (
            {"records": {}, "message": "x"},
            exited(0, b'not json\n["list"]\n{"end": 2}\n'),
            [
                "b'[\"list\"]': no record, should be missing: None",
                "b'not json': no record, should be missing: None",
                "no message holds 'x'",
            ],
        ),
        ({"exit": 2, "stderr": "why"}, exited(2, b"", b"that is why"), []),
        (
            {"exit": 2, "stderr": "why"},
            exited(0, b"", b"fine"),
            ["exit code 0, should be 2: 'fine'", "stderr is 'fine', should hold 'why'"],
        ),
        ({}, cut(Ending.TIMEOUT), ["it ended with timeout, should end with exited: ''"]),
    ],
)
def test_what_a_program_did_is_compared(fields: dict[str, object], result: ExecResult, complaints: list[str]) -> None:
    assert _judged(SmokeExpect.model_validate({"verb": "test", **fields}), result)[1] == complaints


def test_what_a_checker_said_is_compared_as_records() -> None:
    lines = [
        {"operation": "GET /a", "failures": [], "errors": [], "ran": True},
        {"operation": "GET /b", "failures": ["why"], "errors": [], "ran": True},
        {"operation": "GET /c", "failures": [], "errors": ["timeout"], "ran": True},
        {"operation": "GET /d", "failures": [], "errors": [], "ran": False},
    ]
    said = b"\n".join(json.dumps(line).encode() for line in lines)
    wanted = dict(
        zip(("GET /a", "GET /b", "GET /c", "GET /d"), ("passed", "failed", "errored", "skipped"), strict=True)
    )
    expect = SmokeExpect.model_validate(
        {"verb": "check", "app": "x", "settings": {}, "records": wanted, "message": "why"}
    )
    assert _judged(expect, exited(0, _as_records(said + b'\n{"end": true}\n')))[1] == []
    assert _judged(expect, exited(0, _as_records(said)))[1] == ["the end record did not come"]
    assert _judged(expect, exited(0, _as_records(b'nonsense\n{"end": true}')))[1][0] == (
        "GET /a: missing, should be passed: ''"
    )


def scanned(*rules: str) -> bytes:
    place = {"artifactLocation": {"uri": "a%20b.py"}, "region": {"startLine": 3}}
    results = [{"ruleId": rule, "locations": [{"physicalLocation": place}]} for rule in rules]
    return json.dumps({"runs": [{"tool": {"driver": {"name": "x"}}, "results": results}]}).encode()


@pytest.mark.parametrize(
    ("result", "got", "complaints"),
    [
        (exited(0, scanned("F401", "E1")), "2 findings", []),
        (
            exited(0, scanned("F401")),
            "1 findings",
            ["a b.py: found ['3 warning F401'], should find ['3 warning E1', '3 warning F401']"],
        ),
        (exited(0, b"no"), "no SARIF", ["scanner scanners, exec /opt/gradekit/bin/scan x: what it printed cannot be"]),
        (exited(3, b"", b"boom"), "no SARIF", ["scanner scanners, exec /opt/gradekit/bin/scan x: it ended with exit"]),
        (cut(Ending.TIMEOUT), "timeout", ["it ended with timeout, should end with exited"]),
    ],
)
def test_what_a_tool_finds_is_compared(result: ExecResult, got: str, complaints: list[str]) -> None:
    findings = {"a b.py": ["3 warning F401", "3 warning E1"], "good.py": []}
    expect = SmokeExpect.model_validate({"verb": "scan", "tool": "x", "findings": findings})
    assert smoke_expected(expect) == "2 findings"
    told = _compared(expect, ScanSpec(tool="x"), result, [])
    assert told[0] == got
    assert len(told[1]) == len(complaints)
    assert all(one.startswith(start) for one, start in zip(told[1], complaints, strict=True))


def test_a_scanner_is_asked_for_each_of_its_tools() -> None:
    scanners = runner.find(RUNNERS, "scanners")
    assert [attempt.name for attempt in lacking(scanners, ())] == [f"scanners/{tool}" for tool in scanners.tools]
    (case,) = [case for case in read_smoke([scanners]) if case.folder.name == "ruff"]
    changes: list[dict[str, object]] = [
        {"tool": "bandit"},
        {"findings": {"bad.py": ["1 error x"]}},
        {"findings": {"good.py": []}},
    ]
    for weak in changes:
        fields = {**case.expect.model_dump(exclude_unset=True), **weak}
        weakened = replace(case, expect=SmokeExpect.model_validate(fields))
        told = {attempt.name: attempt.complaints[0] for attempt in lacking(scanners, [weakened])}
        assert "it does not ask what it must; scan, tool: ruff, findings of a file and none" in told["scanners/ruff"]
    assert "scanners/ruff" not in [attempt.name for attempt in lacking(scanners, [case])]


@pytest.mark.docker
class TestEngine:
    @pytest.mark.parametrize(
        ("name", "changed", "complaint"),
        [
            ("python/service", {"http": {"target": "/", "status": 204, "body": ""}}, "status 200, should be 204"),
            ("python/service", {"http": {"target": "/", "status": 200, "body": "else"}}, "should hold 'else'"),
            ("python/no-dependencies", {"exit": 2}, "exit code 0, should be 2"),
            (
                "python/no-dependencies",
                {"then": {"argv": ["echo", "no"], "stdout": "yes"}},
                "with the packages it prints 'no\\n', should print 'yes'",
            ),
            ("postgres/query", {"sql": [{"statements": ["select 1"], "rows": [["2"]]}]}, "should be (('2',),)"),
            (
                "postgres/query",
                {"sql": [{"statements": ["select 1"], "sqlstate": "42501"}]},
                "should be SQLSTATE 42501",
            ),
            ("postgres/query", {"sql": [{"statements": ["select x"]}]}, "should be done"),
        ],
    )
    def test_what_differs_is_told(self, name: str, changed: dict[str, object], complaint: str) -> None:
        runners = runner.load_all(RUNNERS)
        (case,) = [case for case in read_smoke(runners) if case.name == name]
        other = SmokeExpect.model_validate({**case.expect.model_dump(exclude_unset=True), **changed})
        engine = connect()
        built = images.ensure(["probe", case.runner.name], engine=engine)
        attempt = attempt_smoke(replace(case, expect=other), engine, built)
        engine.close()
        assert len(attempt.complaints) == 1
        assert complaint in attempt.complaints[0]
