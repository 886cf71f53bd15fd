"""What is wrong with counting statements before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradekit.checks import template
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.http.lint import Names, request_names, request_shape, statement_paths, statements
from gradekit.checks.http.lint import lint as lint_http
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.jsonpath import PathProblem, compile_path
from gradekit.checks.n_plus_one.model import NPlusOneSpec
from gradekit.model import Loc

UNCOUNTED = {
    "sqlite": "sqlite runs inside the app, whose statements nobody else sees",
    "redis": "redis is asked in commands, which are not counted",
    "mongodb": "mongodb is asked in commands, which are not counted",
}
"""Why the statements for a runner's service cannot be counted."""


def lint(spec: NPlusOneSpec, scope: Scope) -> Iterator[Complaint]:
    """All complaints, in the order of the spec."""
    runners = list(scope.app_services.values())
    if scope.app and all(runner in UNCOUNTED for runner in runners):
        why = UNCOUNTED[runners[0]] if runners else "the app has no data set"
        yield Complaint((), why, "an app with a data set on postgres or mariadb")
    if spec.steps:
        yield from lint_http(HttpSpec(steps=spec.steps), scope)
    saved = [name for step in spec.steps for name in step.save]
    names = Names(dict.fromkeys((*scope.variables, *saved, "run.uuid", "round.index", "round.uuid", "n"), ""))
    yield from request_shape(spec, ())
    yield from request_names(spec, (), names)
    request = spec.model_dump(
        by_alias=True, include={"request", "query", "payload", "body", "form", "multipart", "headers"}
    )
    if not any(name == "n" for _, name in template.uses(request)):
        hint = "such as GET /orders?limit=${n}"
        yield Complaint(("request",), "the request does not use ${n}, so that both sizes are the same", hint=hint)
    yield from statements(spec.before, "before", names, scope)
    yield from _response(spec, replace(scope, variables={**scope.variables, **dict.fromkeys(names.known, "")}))
    if spec.items is not None:
        try:
            compile_path(spec.items)
        except PathProblem as problem:
            yield Complaint(("items",), f'"{spec.items}" is not RFC 9535 JSONPath: {problem}')
    for field in ("growth", "queries", "inside"):
        yield from names.unknown(getattr(spec.expect, field).source, ("expect", field))


def _response(spec: NPlusOneSpec, scope: Scope) -> Iterator[Complaint]:
    for complaint in lint_http(HttpSpec(steps=(spec.step,)), scope):
        if complaint.loc[2:3] == ("expect",):
            yield replace(complaint, loc=("response", *complaint.loc[3:]))


def paths(spec: NPlusOneSpec) -> Iterator[tuple[Loc, str]]:
    """The files of its body and of its statements, and its JSON Schema."""
    yield from spec.files.items()
    yield from statement_paths(spec.before, "before")
    if isinstance(spec.response.json_schema, str):
        yield ("response", "schema"), spec.response.json_schema
