from __future__ import annotations

import json

import pytest
import yaml
from pydantic import ValidationError

from gradekit.checks.base import Context, Scope
from gradekit.checks.openapi import KIND
from gradekit.checks.openapi.document import DocumentProblem, chosen, operations, read
from gradekit.checks.openapi.evidence import OpenapiEvidence
from gradekit.checks.openapi.model import OpenapiSpec
from gradekit.errors import InfrastructureError
from gradekit.results import Status
from gradekit.sandbox.plans import Ending, ExecResult
from tests.checks.bench import FakeBench, finished, reply, scripted

DOCUMENT = b"""\
openapi: 3.0.3
info: {title: Notes, version: 2024-01-01}
paths:
  /notes:
    get: {responses: {"200": {$ref: "#/components/responses/Ok"}}}
    post: {parameters: [{$ref: "#/components/a~1b/0"}], responses: {"201": {description: made}}}
components: {responses: {Ok: {description: ok}}, a/b: [{name: n, in: query}]}
"""


def spec(text: str) -> OpenapiSpec:
    return OpenapiSpec.model_validate(yaml.safe_load(text))


def observed(
    text: str, result: ExecResult | None = None, document: bytes = DOCUMENT
) -> tuple[OpenapiEvidence, FakeBench]:
    context = Context("c", files={"api.yaml": document}, variables={"who": "ana"})
    bench = FakeBench(context=context, app=scripted(reply(200, '{"key": "k"}')), tool=lambda _: result or finished([]))
    evidence = KIND.observe(spec(text), bench)
    assert OpenapiEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    return evidence, bench


def test_the_tool_gets_the_chosen_operations_and_what_steps_saved() -> None:
    _, bench = observed(
        """
        file: api.yaml
        include: [GET /notes]
        checks: [content_type, status_code]
        max_examples: 3
        seed: 7
        timeout: 2s
        steps: [{request: "POST /login/${who}", expect: {status: 200}, save: {key: $.key}}]
        headers: {x-key: "${key}"}
        """
    )
    assert bench.requests[0].target == "/login/ana"
    (settings,) = bench.settings
    document = settings["document"]
    assert document == chosen(read(DOCUMENT), ["GET /notes"], [])
    assert document["info"]["version"] == "2024-01-01"  # type: ignore[index,call-overload]
    assert settings == {
        "document": document,
        "checks": ["content_type_conformance", "status_code_conformance"],
        "max_examples": 3,
        "seed": 7,
        "request_timeout": 2.0,
        "headers": {"x-key": "k"},
    }


@pytest.mark.parametrize(
    ("step", "told", "status"),
    [
        ("{request: GET /, expect: {status: 201}}", '"GET /": status: 200 instead of 201', Status.FAILED),
        ('{request: GET /, expect: {text: "${gone}"}}', '"GET /": ${gone} has no value', Status.ERRORED),
        ('{request: "GET /${gone}", expect: any}', '"GET /${gone}": ${gone} has no value', Status.ERRORED),
    ],
)
def test_a_step_that_fails_leaves_nothing_to_test(step: str, told: str, status: Status) -> None:
    text = f"{{file: api.yaml, steps: [{step}]}}"
    evidence, bench = observed(text)
    assert evidence.unready == told
    assert bench.settings == []
    judgement = KIND.judge(spec(text), evidence, bench.context)
    assert judgement.outcome.status is status


def test_a_fault_of_the_challenge_is_ours() -> None:
    with pytest.raises(InfrastructureError, match="has no value"):
        observed("{file: api.yaml, headers: {x: '${gone}'}}")
    with pytest.raises(InfrastructureError, match="OpenAPI"):
        observed("{file: api.yaml}", document=b"[]")


def test_what_the_tool_says_is_taken_as_far_as_it_can_be_read() -> None:
    lines = [
        b"\xff no JSON",
        b"[1]",
        b'{"other": 1}',
        json.dumps({"operation": "GET /notes", "failures": ["x" * 9000, "\x1b[0m\n", 7] * 9, "ran": True}).encode(),
        b'{"operation": {"a": 1}, "failures": "none", "errors": null}',
        *[b'{"operation": "GET /"}'] * 2000,
        b'{"end": true}',
    ]
    evidence, bench = observed("file: api.yaml", finished([], b"\n".join(lines)))
    assert evidence.complete
    assert evidence.ending == ""
    assert len(evidence.records) == 1000
    assert [len(text) for text in evidence.records[0].failures] == [3000, 8, 1, 3000, 8]
    assert not evidence.records[1].ran
    judgement = KIND.judge(spec("file: api.yaml"), evidence, bench.context)
    assert judgement.outcome.status is Status.ERRORED


def test_how_the_tool_ended_is_kept() -> None:
    for result, told in (
        (finished([], stderr=b"boom", exit_code=3), 'exit code 3; it printed: "boom"'),
        (ExecResult((), Ending.TIMEOUT, None, b"", b"", 1.0), "timeout"),
    ):
        evidence, bench = observed("file: api.yaml", result)
        assert evidence.ending == told
        assert told in KIND.judge(spec("file: api.yaml"), evidence, bench.context).outcome.message


def test_exhibits_have_the_requests() -> None:
    text = "1. Test Case ID: SwSNlL\n\n- ST101 Server error\n\nReproduce with:\n\n    curl http://127.0.0.1:8080/"
    evidence = OpenapiEvidence.model_validate(
        {"records": [{"operation": "GET /", "failures": [text]}, {"operation": "GET /a"}]}
    )
    (exhibit,) = KIND.show(spec("file: api.yaml"), evidence)
    assert exhibit.title == "GET /"
    assert exhibit.text.startswith("- ST101 Server error")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (b"\xff", "neither YAML nor JSON"),
        (b"{", "neither YAML nor JSON"),
        (b"[" * 5000, "neither YAML nor JSON"),
        (b'{"openapi": "3.1.0", "info": {"title": "\\ud83d"}}', r"^a text holds \\ud83d, which is half a character"),
        (b"a: &a {x: 1}\nb: &b {<<: [%s]}\nc: {<<: [%s]}" % (b"*a," * 999, b"*b," * 999), "^with what its anchors"),
        (b"[]", "not OpenAPI 3.0 or 3.1"),
        (b"openapi: 3.1", "not OpenAPI 3.0 or 3.1"),
        (b'{"openapi": "2.0.0"}', "not OpenAPI 3.0 or 3.1"),
        (b'{"openapi": "3.1.0"}', "no operation"),
        (b'{"openapi": "3.1.0", "paths": {"/a": 1, "/b": {"trace": {}}}}', "no operation"),
        (b'{"openapi": "3.1.0", "paths": {"/a": {"get": {"$ref": "other.yaml"}}}}', "leads to nothing"),
        (b'{"openapi": "3.1.0", "paths": {"/a": {"get": {"$ref": "#/paths/9"}}}}', "leads to nothing"),
    ],
)
def test_documents_that_cannot_be_used(document: bytes, told: str) -> None:
    with pytest.raises(DocumentProblem, match=told):
        read(document)


def test_operations_are_chosen_by_name() -> None:
    document = read(DOCUMENT)
    assert operations(document) == ["GET /notes", "POST /notes"]
    assert operations(chosen(document, [], ["GET /notes"])) == ["POST /notes"]
    assert operations(chosen(document, ["PUT /notes"], [])) == []


def complaints(text: str, document: bytes = DOCUMENT) -> list[str]:
    scope = Scope(files={"api.yaml": document}, variables={"who": "ana"}, app=True)
    return [f"{'.'.join(map(str, found.loc))}: {found.what}" for found in KIND.lint(spec(text), scope)]


def test_lint() -> None:
    steps = "steps: [{request: 'GET /${gone}', expect: any, save: {key: $.key}}]"
    headers = "headers: {a: '${key}${who}', b: '${run.uuid}${kye}', c: '${x y}'}"
    assert complaints(f"{{file: api.yaml, include: [GET /note], exclude: [GET /notes], {steps}, {headers}}}") == [
        "include.0: no operation GET /note in the document",
        "exclude: no operation is left to test",
        "steps.0.request: ${gone} is not known here",
        "headers.b: ${kye} is not known here",
        'headers.c: "${x y}" is not a variable; write ${name}, or $${ for the two characters themselves',
    ]
    assert complaints("file: gone.yaml") == []
    assert complaints("file: api.yaml") == []
    assert complaints("file: api.yaml", b"[]") == [
        "file: it is not OpenAPI 3.0 or 3.1: `openapi` is missing, and has to be a text such as 3.1.0"
    ]
    assert list(KIND.paths(spec("file: api.yaml"))) == [(("file",), "api.yaml")]
    with pytest.raises(ValidationError, match="as in the document"):
        spec("{file: a, include: [notes]}")
