"""What is wrong with a race before anything of it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradekit.checks.base import Complaint, Scope
from gradekit.checks.http.agreement import numbers
from gradekit.checks.http.lint import (
    Names,
    answers,
    request_names,
    request_shape,
    statement_paths,
    statements,
)
from gradekit.checks.race.model import RaceSpec
from gradekit.model import Loc


def lint(spec: RaceSpec, scope: Scope) -> Iterator[Complaint]:
    """All complaints, in the order of the spec."""
    names = Names(dict.fromkeys((*scope.variables, "run.uuid", "round.index", "round.uuid"), ""))
    yield from request_shape(spec, ())
    yield from request_names(spec, (), names)
    yield from statements(spec.before, "before", names, scope)
    for name, match in spec.expect.statuses.items():
        yield from names.unknown(match.source, ("expect", "statuses", name))
    for clash in numbers(spec.expect.statuses, spec.clients):
        yield replace(clash, loc=("expect", *clash.loc))
    yield from statements(spec.after, "after", names, scope)
    for index, question in enumerate(spec.after):
        yield from answers(question, ("after", index), names)


def paths(spec: RaceSpec) -> Iterator[tuple[Loc, str]]:
    """The files of its body and of its statements."""
    yield from spec.files.items()
    yield from statement_paths(spec.before, "before")
    yield from statement_paths(spec.after, "after")
