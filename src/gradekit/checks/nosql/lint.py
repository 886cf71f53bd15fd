"""What is wrong with questions to a store before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradekit.checks import template
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.complaints import unknown_dataset
from gradekit.checks.jsontext import Json
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.stores.lint import complaints, document, expected, session, texts
from gradekit.model import Loc
from gradekit.texts import near


def lint(spec: NosqlSpec, scope: Scope) -> Iterator[Complaint]:
    """An unknown data set, names without value, and commands that are about the session."""
    if spec.dataset is not None:
        yield from unknown_dataset(("dataset",), spec.dataset, scope)
    for index, command in enumerate(spec.before):
        loc: Loc = ("before", index)
        if isinstance(command, Mapping):
            yield from document(loc, command, writing=True)
            yield from _names(loc, command, scope)
        else:
            yield from session(loc, command)
            yield from _names(loc, list(command), scope)
    for index, asked in enumerate(spec.ask):
        loc = ("ask", index)
        yield from complaints(loc, asked)
        yield from _names(loc, texts(asked), scope)
        yield from expected((*loc, "expect"), asked.expect)
        for place, source in asked.expect.sources:
            yield from _names((*loc, "expect", *place), source, scope)


def _names(loc: Loc, value: Json, scope: Scope) -> Iterator[Complaint]:
    for _, name in template.uses(value):
        malformed = template.problem(name)
        if malformed:
            yield Complaint(loc, malformed)
        elif name not in scope.variables:
            yield Complaint(loc, f"${{{name}}} is not known here", "a name of `vars:`", near(name, scope.variables))
