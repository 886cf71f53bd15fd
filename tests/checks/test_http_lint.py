from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from gradekit.checks.base import Scope
from gradekit.checks.http import KIND
from gradekit.checks.http.bodyschema import SchemaProblem, check_schema, mismatches
from gradekit.checks.http.model import HttpSpec, Step
from gradekit.checks.jsontext import Json, parse

SCOPE = Scope(
    files={
        "ok.json": b'{"type": "object"}',
        "broken.json": b"{",
        "bad.json": b'{"type": "objekt"}',
        "bin.sql": b"\xff",
    },
    variables={"page": 20},
    app=True,
)


def lint(text: str) -> list[tuple[tuple[str | int, ...], str]]:
    spec = HttpSpec.model_validate(yaml.safe_load(text))
    return [
        (complaint.loc, f"{complaint.what}|{complaint.expected}|{complaint.hint}")
        for complaint in KIND.lint(spec, SCOPE)
    ]


def test_a_good_check_has_no_complaints() -> None:
    assert not lint(
        """
        headers: {x-run: "${run.uuid}"}
        cases: [{name: a, status: 200}, {name: b, status: 404}]
        before: [{sql: "update t set x = ${case.status}"}, {file: seed.sql}]
        scoring: per_case
        steps:
          - request: POST /a
            json: {page: "${page}", literal: "$${x}"}
            expect: {status: ["${case.status}"], json: {"$.a": 1}}
            save: {id: $.id, unused: "header:x"}
          - request: GET /a/${id}
            eventually: {timeout: 1s}
            expect: {schema: ok.json, json: {$.id: {any_of: ["${id}"]}}, equals: ["${id}"], time: {lt: "${page}"}}
          - request: PUT /a
            form: {a: "${id}"}
            eventually: {timeout: 1s, unsafe: true}
            expect: {schema: {type: object}}
          - {request: PUT /a, body: "${id}", repeat: 30, expect: {schema: absent.json, text: {contains: "${id}"}}}
        after: [{sql: "select ${id}", expect: {value: "${id}"}}, {sql: select 1, expect: {rows: [[1]]}}]
        """
    )


@pytest.mark.parametrize(
    ("text", "loc", "message"),
    [
        (
            'steps: [{request: "GET /${order_id}", expect: any}, {request: GET /, expect: any, save: {order_id: $.x}}]',
            ("steps", 0, "request"),
            '${order_id} is used here but saved only in step "GET /"|a value that an earlier step saved|move',
        ),
        (
            'steps: [{request: GET /, expect: {json: {$.a: {eq: {b: ["${x}"]}}}}, save: {x: $.x}}]',
            ("steps", 0, "expect", "json", "$.a", "eq", "b", 0),
            "${x} is used here but saved only in step",
        ),
        (
            'steps: [{request: GET /, headers: {a: "${pagee}"}, expect: any}]',
            ("steps", 0, "headers", "a"),
            '${pagee} is not known here||did you mean "page"?',
        ),
        (
            'steps: [{request: GET /, json: [1, {b: "x ${zzzzzz}"}], expect: any}]',
            ("steps", 0, "json", 1, "b"),
            "${zzzzzz} is not known here||variables live inside one check: save it in an earlier step",
        ),
        (
            'steps: [{request: GET /, query: {a: "${"}, expect: any}]',
            ("steps", 0, "query", "a"),
            '"${" is not a variable',
        ),
        ('steps: [{request: GET /, form: {a: "${a b}"}, expect: any}]', ("steps", 0, "form", "a"), "is not a variable"),
        ('steps: [{request: GET /, body: "${x}", expect: any}]', ("steps", 0, "body"), "not known"),
        ('steps: [{request: GET /, expect: {status: "${x}"}}]', ("steps", 0, "expect", "status"), "not known"),
        (
            'steps: [{request: GET /, expect: {status: [200, "${x}"]}}]',
            ("steps", 0, "expect", "status", 1),
            "not known",
        ),
        (
            'steps: [{request: GET /, expect: {headers: {a: "${x}"}}}]',
            ("steps", 0, "expect", "headers", "a"),
            "not known",
        ),
        (
            'steps: [{request: GET /, expect: {includes: {a: "${x}"}}}]',
            ("steps", 0, "expect", "includes", "a"),
            "not known",
        ),
        ('headers: {a: "${x}"}\nsteps: [{request: GET /, expect: any}]', ("headers", "a"), "not known"),
        (
            "cases: [{a: 1}, {a: 1, b: 2}]\nsteps: [{request: 'GET /${case.b}', expect: any}]",
            ("cases", 0),
            'lacks "b" that other cases have',
        ),
        (
            "cases: [{a: 1}, {b: 1}, {a: 2}]\nsteps: [{request: 'GET /${case.a}', expect: any}]",
            ("cases", 1, "b"),
            '"b" is a key that most cases do not have||did you mean "a"?',
        ),
        (
            "cases: [{a: 1}, {a: 1, b: 2}, {a: 2}]\nsteps: [{request: 'GET /${case.b}', expect: any}]",
            ("steps", 0, "request"),
            '${case.b} is not known here||did you mean "case.a"?',
        ),
        (
            "cases: [{a: ['${page}']}]\nsteps: [{request: GET /, expect: any}]",
            ("cases", 0, "a", 0),
            "cannot be used in a case",
        ),
        ("before: [{sql: '${x}'}]\nsteps: [{request: GET /, expect: any}]", ("before", 0, "sql"), "not known"),
        ("before: [{file: bin.sql}]\nsteps: [{request: GET /, expect: any}]", ("before", 0, "file"), "not UTF-8"),
        (
            "before: [{sql: -- x}]\nsteps: [{request: GET /, expect: any}]",
            ("before", 0, "sql"),
            "there is no statement",
        ),
        (
            "steps: [{request: GET /, expect: any}]\nafter: [{sql: \"select '${page}'\", expect: {value: 1}}]",
            ("after", 0, "sql"),
            "a variable stands in quotes||leave them out",
        ),
        (
            "steps: [{request: GET /, expect: any}]\nafter: [{sql: select 1, expect: {value: {gt: '${x}'}}}]",
            ("after", 0, "expect", "value", "gt"),
            "not known",
        ),
        (
            "steps: [{request: GET /, expect: any}]\nafter: [{sql: select 1, expect: {rows: [[1], ['${page}']]}}]",
            ("after", 0, "expect", "rows", 1, 0),
            "cannot be used in rows",
        ),
        ("scoring: per_case\nsteps: [{request: GET /, expect: any}]", ("scoring",), "per_case needs `cases`"),
        (
            "steps: [{request: GET /, json: null, body: x, expect: any}]",
            ("steps", 0, "body"),
            "json and body are both given",
        ),
        ('steps: [{request: "GET /?a=1", query: {b: 1}, expect: any}]', ("steps", 0, "query"), "query string as well"),
        (
            "steps: [{request: POST /, eventually: {timeout: 1s}, expect: {status: 200}}]",
            ("steps", 0, "eventually"),
            "POST is not safe to repeat||poll with a GET, or add `unsafe: true` if it is",
        ),
        (
            "steps: [{request: GET /, eventually: {timeout: 1s}, expect: any}]",
            ("steps", 0, "eventually"),
            "nothing to wait for",
        ),
        (
            "steps: [{request: GET /, repeat: 2, eventually: {timeout: 1s}, expect: {status: 200}}]",
            ("steps", 0, "repeat"),
            "repeat and eventually are both given",
        ),
        (
            "steps: [{request: GET /, expect: {json: {'$.items.[0]': 1}}}]",
            ("steps", 0, "expect", "json", "$.items.[0]"),
            '"$.items.[0]" is not RFC 9535 JSONPath: expected a shorthand selector at column 9',
        ),
        (
            "steps: [{request: GET /, expect: any, save: {x: '$..'}}]",
            ("steps", 0, "save", "x"),
            "is not RFC 9535 JSONPath",
        ),
        (
            "steps: [{request: GET /, expect: {schema: broken.json}}]",
            ("steps", 0, "expect", "schema"),
            "the file is not JSON",
        ),
        (
            "steps: [{request: GET /, expect: {schema: bad.json}}]",
            ("steps", 0, "expect", "schema"),
            "not a valid schema",
        ),
        (
            "steps: [{request: GET /, expect: {schema: {type: 1}}}]",
            ("steps", 0, "expect", "schema"),
            "not a valid schema",
        ),
    ],
)
def test_complaints(text: str, loc: tuple[str | int, ...], message: str) -> None:
    complaints = lint(text)
    assert [found for found in complaints if found[0] == loc and message in found[1]], complaints


def test_one_misspelt_key_of_a_case_is_one_complaint() -> None:
    rows = "cases: [{note: 1}, {note: 2}, {nota: 3}, {note: 4}]\n"
    found = lint(f"{rows}steps: [{{request: 'GET /${{case.note}}', expect: {{status: 200}}}}]")
    assert [loc for loc, _ in found] == [("cases", 2, "nota")]


def test_paths() -> None:
    spec = HttpSpec.model_validate(
        yaml.safe_load(
            """
            before: [{file: a.sql}, {sql: select 1}]
            steps: [{request: GET /, expect: {schema: s.json}}, {request: GET /, expect: {schema: true}}]
            after: [{file: b.sql, expect: {value: 1}}]
            """
        )
    )
    assert list(KIND.paths(spec)) == [
        (("before", 0, "file"), "a.sql"),
        (("after", 0, "file"), "b.sql"),
        (("steps", 0, "expect", "schema"), "s.json"),
    ]
    assert KIND.uses_app(spec)


def test_only_services_of_the_app_are_taken_away_and_only_while_it_runs() -> None:
    spec = HttpSpec.model_validate(
        yaml.safe_load(
            """
            steps:
              - {start: db}
              - {stop: db}
              - {restart: app}
              - {stop: other}
              - {stop: files}
              - {start: db}
              - {request: GET /, expect: {status: 200}}
            """
        )
    )
    scope = Scope({}, {}, app=True, app_services={"db": "postgres", "files": "sqlite"})
    told = [(found.loc, found.what, found.expected) for found in KIND.lint(spec, scope)]
    assert told == [
        (("steps", 0, "start"), "no earlier step stopped db", ""),
        (("steps", 2), "the app is restarted without db", ""),
        (("steps", 3, "stop"), "other is no service of the app's data sets", "one of: db, files"),
        (("steps", 4, "stop"), "sqlite cannot be taken away from an app: the app has the file itself", ""),
    ]
    alone = HttpSpec.model_validate({"steps": [{"stop": "db"}]})
    assert [found.expected for found in KIND.lint(alone, Scope({}, {}, app=True))] == ["one of: none"]


TAGS = {"Step", "Restart", "Outage", "Ask"}
"""How errors of the models name the sort of a step."""


@pytest.mark.parametrize(
    ("spec", "loc", "message"),
    [
        ({}, (), "has neither steps nor hurl; give exactly one of the two"),
        ({"steps": []}, (), "has neither steps nor hurl; give exactly one of the two"),
        ({"cases": [], "steps": [{"request": "GET /", "expect": "any"}]}, ("cases",), "at least 1 item"),
        ({"steps": [{"request": "GET /"}]}, ("steps", 0, "expect"), "Field required"),
        ({"steps": [{"request": "GET /", "expect": {}}]}, ("steps", 0, "expect"), "write `expect: any`"),
        ({"steps": [{"request": "GET /", "expect": "anything"}]}, ("steps", 0, "expect"), ""),
        (
            {"steps": [{"request": "GET /", "expect": {"stauts": 200}}]},
            ("steps", 0, "expect", "stauts"),
            "Extra inputs",
        ),
        ({"steps": [{"request": "GET /", "expect": {"paths": {}}}]}, ("steps", 0, "expect", "paths"), "Extra inputs"),
        (
            {"steps": [{"request": "GET", "expect": "any"}]},
            ("steps", 0, "request"),
            '"GET" is not a request',
        ),
        ({"steps": [{"request": "GET http://x/", "expect": "any"}]}, ("steps", 0, "request"), "is not a request"),
        (
            {"steps": [{"request": "GET /", "expect": {"status": 42}}]},
            ("steps", 0, "expect", "status"),
            "42 is not a status",
        ),
        (
            {"steps": [{"request": "GET /", "expect": {"status": True}}]},
            ("steps", 0, "expect", "status"),
            "not a status",
        ),
        (
            {"steps": [{"request": "GET /", "expect": {"status": "6xx"}}]},
            ("steps", 0, "expect", "status"),
            "a class like 2xx",
        ),
        ({"steps": [{"request": "GET /", "expect": {"status": []}}]}, ("steps", 0, "expect", "status"), "is empty"),
        ({"steps": [{"request": "GET /", "expect": {"schema": 1}}]}, ("steps", 0, "expect", "schema"), "a JSON Schema"),
        (
            {"steps": [{"request": "GET /", "expect": {"json": {"$.a": {"eqal": 1}}}}]},
            ("steps", 0, "expect", "json", "$.a"),
            'unknown operator "eqal"',
        ),
        (
            {"steps": [{"request": "GET /", "expect": "any", "headers": {"a b": "x"}}]},
            ("steps", 0, "headers"),
            '"a b" is not the name',
        ),
        (
            {"steps": [{"request": "GET /", "expect": "any", "headers": {"a": 1}}]},
            ("steps", 0, "headers", "a"),
            "valid string",
        ),
        ({"steps": [{"request": "GET /", "expect": "any", "headers": 1}]}, ("steps", 0, "headers"), "valid dict"),
        (
            {"steps": [{"request": "GET /", "expect": "any", "save": {"a-b": "status"}}]},
            ("steps", 0, "save"),
            '"a-b" is not the name',
        ),
        (
            {"steps": [{"request": "GET /", "expect": "any", "save": {"a": "json"}}]},
            ("steps", 0, "save"),
            "is not a source",
        ),
        (
            {"steps": [{"request": "GET /", "expect": "any", "eventually": {"timeout": "1s", "interval": "1ms"}}]},
            ("steps", 0, "eventually", "interval"),
            "at least 10ms",
        ),
        ({"steps": [{"request": "GET /", "expect": "any"}], "before": [{}]}, ("before", 0), "exactly one of sql, file"),
        (
            {"steps": [{"request": "GET /", "expect": "any"}], "before": [{"sql": "x", "file": "y"}]},
            ("before", 0),
            "exactly one of",
        ),
        (
            {"steps": [{"request": "GET /", "expect": "any"}], "after": [{"sql": "x", "expect": {}}]},
            ("after", 0, "expect"),
            "exactly one of value, rows",
        ),
    ],
)
def test_what_the_models_refuse(spec: dict[str, Any], loc: tuple[str | int, ...], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HttpSpec.model_validate(spec)
    found = [
        (tuple(part for part in error["loc"] if part not in TAGS), error["msg"]) for error in caught.value.errors()
    ]
    assert [msg for place, msg in found if place == loc and message in msg], found


def test_form_and_query_take_scalars() -> None:
    spec = HttpSpec.model_validate(
        {"steps": [{"request": "GET /", "query": {"a": 1, "b": True, "c": 1.5, "d": False}, "expect": "any"}]}
    )
    assert isinstance(spec.steps[0], Step)
    assert spec.steps[0].query == {"a": "1", "b": "true", "c": "1.5", "d": "false"}
    with pytest.raises(ValidationError):
        HttpSpec.model_validate({"steps": [{"request": "GET /", "query": {"a": None}, "expect": "any"}]})


def test_the_schema_for_editors() -> None:
    schema = HttpSpec.model_json_schema()
    assert schema["$defs"]["Step"]["properties"]["expect"]["anyOf"][0] == {"const": "any"}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "objekt"}, "not a valid schema:"),
        ({"properties": {"a": {"minLength": "1"}}}, "at /properties/a/minLength"),
        ({"$ref": "https://example.com/x.json"}, '$ref at /: "https://example.com/x.json" leads elsewhere'),
        ({"items": {"$ref": "#/$defs/x"}}, '$ref at /items: "#/$defs/x" leads to nothing'),
        ({"$defs": {"a": {"$id": "https://example.com/a"}}}, "$id at /$defs/a: can only stand at the top"),
        ({"format": "hostname"}, 'format at /: "hostname" is not checked'),
        ({"allOf": [{"pattern": "(?=a)"}]}, 'pattern at /allOf/0: "(?=a)": invalid perl operator: (?='),
        ({"patternProperties": {"(": True}}, "not a 'regex' at /patternProperties"),
        ({"patternProperties": {"a": True}, "unevaluatedProperties": False}, "cannot be used together"),
    ],
)
def test_schemas_that_are_refused(schema: Json, message: str) -> None:
    with pytest.raises(SchemaProblem) as caught:
        check_schema(schema)
    assert message in str(caught.value)


def test_a_schema_that_is_nested_too_deeply_is_refused() -> None:
    schema: Json = {}
    for _ in range(2000):
        schema = {"not": schema}
    with pytest.raises(SchemaProblem, match="nested too deeply"):
        check_schema(schema)


def test_a_schema_without_end_is_a_problem_of_the_challenge() -> None:
    with pytest.raises(SchemaProblem, match="it refers to itself without end"):
        mismatches({"$ref": "#"}, 1)
    with pytest.raises(SchemaProblem, match="leads to nothing"):
        mismatches({"$ref": "#/$defs/none"}, 1)


@pytest.mark.parametrize(
    ("schema", "body", "messages"),
    [
        (
            {"$id": "https://example.com/s", "properties": {"pattern": {"const": 1}, "enum": {"enum": ["("]}}},
            '{"pattern": 1}',
            [],
        ),
        ({"multipleOf": 0.01}, "34.97", []),
        ({"multipleOf": 0.01}, '"x"', []),
        ({"multipleOf": 3}, "9" * 400, []),
        ({"multipleOf": 0.1}, "0.35", ["expected a multiple of 0.1, got 0.35"]),
        ({"type": "integer", "minimum": 1.5}, "1.0", ["expected at least 1.5, got 1.0"]),
        ({"const": 0.1}, "0.10", []),
        ({"enum": [1, "a"]}, "true", ['expected one of [1, "a"], got true (a boolean)']),
        (
            {"uniqueItems": True},
            '[{"a": 1}, {"a": 1.0}]',
            ['expected a list without duplicates, got [{"a": 1}, {"a": 1.0}]'],
        ),
        ({"uniqueItems": True}, '[1, true, "1"]', []),
        ({"uniqueItems": False}, "[1, 1]", []),
        ({"pattern": "^a+$"}, '"aab"', ['expected text that matches the pattern /^a+$/, got "aab"']),
        ({"pattern": "^a+$"}, "1", []),
        ({"pattern": "b"}, '"' + "a" * 70_000 + '"', ["expected text that matches the pattern /b/"]),
        ({"format": "uuid"}, '"x"', ['expected a string of the format uuid, got "x"']),
        ({"format": "uuid"}, "1", []),
        ({"patternProperties": {"^x-": {"type": "string"}}}, '{"x-a": 1, "b": 2}', ["at .x-a: expected a string"]),
        ({"patternProperties": {"^x-": {}}}, "[]", []),
        (
            {"properties": {"a": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": {"type": "null"}},
            '{"a": 1, "x-a": 1, "b": null, "c": 1}',
            ["at .c: expected null, got 1 (a number)"],
        ),
        ({"additionalProperties": False}, "1", []),
        (
            {"additionalProperties": False},
            '{"a": 1}',
            ["at .a: expected no value (the schema does not know this name), got 1"],
        ),
        (
            {"items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"required": ["x", "y"]}}},
            '[{"y": 1}]',
            ['at [0]: expected an object with "x", "y", got an object without "x"'],
        ),
        ({"items": {"type": "string"}}, "[1, 2, 3, 4, 5]", ["at [0]", "at [1]", "at [2]"]),
        ({"properties": {"a": False}}, '{"a": 1}', ["expected no value (the schema allows none here), got 1"]),
        (True, "1", []),
    ],
)
def test_json_schema(schema: Json, body: str, messages: list[str]) -> None:
    check_schema(schema)
    found = [
        f"{f'at {each.place}: ' if each.place else ''}expected {each.expected}, got {each.actual}"
        for each in mismatches(schema, parse(body))
    ]
    assert len(found) == len(messages)
    for message, wanted in zip(found, messages, strict=True):
        assert wanted in message
