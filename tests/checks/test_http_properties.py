"""Whatever the app answers, there is a verdict and something to show, and both are plain text."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gradekit.checks.base import Context
from gradekit.checks.http import KIND
from gradekit.checks.http.evidence import Content, HttpEvidence
from gradekit.checks.http.model import HttpSpec
from gradekit.results import Status

SPEC = HttpSpec.model_validate(
    yaml.safe_load(
        """
        before: [{sql: x}]
        steps:
          - request: GET /a
            expect:
              status: ["2xx", "${page}"]
              headers: {a: {matches: "^(a|b)+$"}, set-cookie: {length: {gt: 1}}}
              json:
                $: {type: object}
                $.a: {approx: {value: 1, rel: 0.5}, sorted: true, unique: true, each: {gt: 1}, between: [1, 2]}
                $..a: {includes: [1], unordered: [1, "a"], any_of: [{count: 1}, {empty: true}]}
                "$[?@.a > 1 && search(@.b, 'x+')]": {not: {length: 1}}
                $.d: {format: date-time, gt: "2024-01-01", decimal: "1", in: [1], ends_with: x}
              equals: {a: [1, {b: null}]}
              includes: {a: {}}
              schema: {type: object, uniqueItems: true, multipleOf: 0.1, patternProperties: {"a+$": {format: uri}},
                       additionalProperties: {enum: [1]}, maxLength: 1}
              text: {contains: a}
              time: {lt: 5}
            save: {x: $.a, y: "$..a", z: "header:a", c: "cookie:a", b: body, s: status}
          - request: GET /${x}
            expect:
              status: "${x}"
              headers: {a: "${z}"}
              json:
                $.a: "${x}"
                $.b: {length: "${x}", gt: "${y}", type: "${b}"}
                $.c: {any_of: ["${x}", {matches: "${b}"}]}
              equals: "${x}"
              includes: ["${y}"]
        after:
          - {sql: x, expect: {value: {gt: "${x}"}}}
          - {sql: x, expect: {rows: [[1, "a"], [null, true]]}}
        """
    )
)
CONTEXT = Context(check="c", variables={"page": 20})

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSONISH = st.recursive(
    st.sampled_from(
        ["null", "true", "1", "-0.5e3", "1e400", "9" * 401, "NaN", '"x"', '"\\ud800"', '"2024-01-01T00:00:00Z"', "x"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.lists(st.tuples(st.sampled_from(["a", "b", "d", "aa"]), inner), max_size=3).map(
            lambda items: "{" + ",".join(f'"{name}": {value}' for name, value in items) + "}"
        )
    ),
    max_leaves=8,
)
BODY = st.binary(max_size=30).map(lambda data: {"base64": base64.b64encode(data).decode()}) | (TEXT | JSONISH).map(
    lambda text: {"text": text}
)
RECEIVED = st.fixed_dictionaries(
    {
        "status": st.integers(0, 999),
        "reason": TEXT,
        "headers": st.lists(st.tuples(st.sampled_from(["a", "Set-Cookie", "x"]), TEXT | st.just("a=b")), max_size=3),
        "body": BODY,
        "error": st.none() | st.sampled_from(["refused", "timeout"]) | TEXT,
        "detail": TEXT,
        "seconds": st.floats(0, 1e9),
    }
)
EXCHANGE = st.fixed_dictionaries(
    {
        "sent": st.none() | st.fixed_dictionaries({"method": TEXT, "target": TEXT, "body": BODY}),
        "received": st.none() | RECEIVED,
        "unsent": st.just("") | TEXT,
        "attempts": st.integers(0, 9),
    }
)
CELL = st.none() | TEXT | st.sampled_from(["1", "NaN", "1e999", "t", "{", '{"a": 1}'])
TABLE = st.integers(0, 3).flatmap(
    lambda width: st.fixed_dictionaries(
        {
            "columns": st.lists(
                st.fixed_dictionaries(
                    {
                        "name": TEXT,
                        "type": st.sampled_from(["int4", "numeric", "float8", "bool", "jsonb", "date"]) | TEXT,
                    }
                ),
                min_size=width,
                max_size=width,
            ),
            "rows": st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=3),
        }
    )
)
ANSWERED = st.fixed_dictionaries({"table": TABLE, "error": st.none() | st.none() | TEXT})
RUN = st.fixed_dictionaries(
    {
        "before": st.lists(ANSWERED, max_size=2),
        "exchanges": st.lists(EXCHANGE, max_size=3),
        "after": st.lists(ANSWERED, max_size=3),
    }
)
EVIDENCE = st.fixed_dictionaries({"uuid": TEXT, "runs": st.lists(RUN, max_size=2)})


@given(EVIDENCE)
@settings(max_examples=300)
@example({"uuid": "", "runs": []})
def test_every_transcript_has_a_verdict(document: dict[str, Any]) -> None:
    evidence = HttpEvidence.model_validate(document)
    judgement = KIND.judge(SPEC, evidence, CONTEXT)
    assert judgement == KIND.judge(SPEC, HttpEvidence.model_validate_json(evidence.model_dump_json()), CONTEXT)
    assert judgement.outcome.status in {Status.FAILED, Status.ERRORED}
    for case in judgement.cases:
        assert len(case.outcome.message) < 100_000
        assert case.outcome.message.isprintable()
    for exhibit in KIND.show(SPEC, evidence):
        assert exhibit.text.replace("\n", "").isprintable()


@pytest.mark.parametrize("broken", [{"text": "a\ud800"}, {"base64": "%"}])
def test_a_body_that_no_run_can_have_recorded_is_refused(broken: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="not"):
        Content.model_validate(broken)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "body",
    [
        "[" * 1_000_000,
        '{"a":' * 100_000,
        "[" + "{}," * 45_000 + "{}]",
        '{"a": [' + "1," * 90_000 + "1]}",
        '{"' + "k" * 900_000 + '": [' + "[]," * 30_000 + "[]]}",
        '{"a": "' + "a" * 1_000_000 + '"}',
        '{"a": ' + "9" * 1_000_000 + "}",
        '"' * 1_000_000,
    ],
    ids=["deep list", "deep object", "many objects", "long list", "long name", "long string", "long number", "quotes"],
)
def test_a_hostile_body_of_a_mebibyte_is_judged(body: str) -> None:
    exchange = {
        "sent": {"method": "GET", "target": "/"},
        "received": {"status": 200, "body": {"text": body}},
        "attempts": 1,
    }
    evidence = HttpEvidence.model_validate({"uuid": "u", "runs": [{"exchanges": [exchange, exchange]}]})
    judgement = KIND.judge(SPEC, evidence, CONTEXT)
    assert judgement.outcome.status is Status.ERRORED  # nothing is recorded of `after`
    assert all(len(case.outcome.message) < 100_000 for case in judgement.cases)
