"""What is wrong with a document before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks import template
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.http.lint import lint as lint_http
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.openapi.document import DocumentProblem, chosen, operations, read
from gradekit.checks.openapi.model import OpenapiSpec
from gradekit.model import Loc
from gradekit.texts import near


def lint(spec: OpenapiSpec, scope: Scope) -> Iterator[Complaint]:
    """A document that cannot be used, operations that are not in it, names without value."""
    if spec.file in scope.files:
        yield from _document(spec, scope.files[spec.file])
    if spec.steps:
        yield from lint_http(HttpSpec(steps=spec.steps), scope)
    saved = {name for step in spec.steps for name in step.save}
    for place, name in template.uses(dict(spec.headers)):
        if name not in {*scope.variables, "run.uuid", *saved}:
            what = template.problem(name) or f"${{{name}}} is not known here"
            yield Complaint(("headers", *place), what, "", near(name, [*scope.variables, *saved]))


def _document(spec: OpenapiSpec, data: bytes) -> Iterator[Complaint]:
    try:
        document = read(data)
    except DocumentProblem as problem:
        yield Complaint(("file",), str(problem))
        return
    known = operations(document)
    for field, names in (("include", spec.include), ("exclude", spec.exclude)):
        for index, name in enumerate(names):
            if name not in known:
                yield Complaint((field, index), f"no operation {name} in the document", "", near(name, known))
    if not operations(chosen(document, spec.include, spec.exclude)):
        yield Complaint(("exclude",), "no operation is left to test")


def paths(spec: OpenapiSpec) -> Iterator[tuple[Loc, str]]:
    """The document."""
    yield ("file",), spec.file
