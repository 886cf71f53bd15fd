"""What is wrong with a load before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradekit.checks.base import Complaint, Scope
from gradekit.checks.http.lint import lint as lint_http
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.load.model import LoadSpec


def lint(spec: LoadSpec, scope: Scope) -> Iterator[Complaint]:
    """Names without value, bodies given twice, rounds that leave no room."""
    if spec.steps:
        yield from lint_http(HttpSpec(steps=spec.steps), scope)
    saved = {name: "" for step in spec.steps for name in step.save}
    known = replace(scope, variables={**scope.variables, **saved})
    for field, asked in (("request", spec.request), ("baseline", spec.baseline)):
        for complaint in lint_http(HttpSpec(steps=(asked.step(),)), known):
            yield replace(complaint, loc=(field, *complaint.loc[2:]))
    for complaint in lint_http(HttpSpec(headers=spec.headers, steps=(spec.baseline.step(),)), known):
        if complaint.loc[0] == "headers":
            yield complaint
    if "max_rounds" in spec.model_fields_set and spec.max_rounds < spec.rounds:
        yield Complaint(("max_rounds",), f"{spec.max_rounds} is less than rounds, {spec.rounds}")
