"""What is wrong with sessions before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks import statements
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.complaints import not_text, unknown_dataset
from gradekit.checks.http.lint import Names, answers, statement, statement_paths
from gradekit.checks.sessions.model import MAX_ORDERS, SessionsSpec, session_of
from gradekit.model import Loc
from gradekit.texts import near


def lint(spec: SessionsSpec, scope: Scope) -> Iterator[Complaint]:
    """All complaints, in the order of the spec."""
    yield from unknown_dataset(("dataset",), spec.dataset, scope)
    engine = scope.engines.get(spec.dataset, statements.POSTGRES)
    if engine == "sqlite":
        what = "sqlite has one writer at a time; sessions need a server"
        yield Complaint(("dataset",), what, "a data set on postgres or mariadb")
    names = Names(dict.fromkeys(scope.variables, ""))
    for name, steps in spec.sessions.items():
        for index, step in enumerate(steps):
            loc: Loc = ("sessions", name, index)
            if isinstance(step, str):
                yield from names.unknown(step, loc)
                if not statements.split(step, engine):
                    yield Complaint(loc, "there is no statement", "a statement of SQL")
            elif step.file is not None:
                yield from not_text((*loc, "file"), step.file, scope)
                if step.block is not None:
                    yield Complaint((*loc, "block"), "only files of the submission are taken in parts")
    yield from _order(spec)
    yield from _expect(spec, names)
    for index, question in enumerate(spec.after):
        if question.nosql is not None:
            yield Complaint(("after", index, "nosql"), "the data set is asked in SQL", "sql or file")
            continue
        yield from statement(question, ("after", index), names, scope)
        yield from answers(question, ("after", index), names)


def _order(spec: SessionsSpec) -> Iterator[Complaint]:
    if spec.order == "all":
        if spec.count() > MAX_ORDERS:
            what = f"there are {spec.count()} orders, more than {MAX_ORDERS}"
            yield Complaint(("order",), what, hint="write one order, or make fewer steps of several statements")
        return
    steps = list(spec.steps)
    seen: dict[str, int] = {}
    for index, step in enumerate(spec.order):
        loc: Loc = ("order", index)
        session = session_of(step)
        if step not in steps:
            yield Complaint(loc, f'"{step}" is not a step', f"one of {', '.join(steps)}", near(step, steps))
        elif step != f"{session}{seen.get(session, 0) + 1}":
            yield Complaint(loc, f'"{step}" is not the next step of session {session}')
        else:
            seen[session] = seen.get(session, 0) + 1
    missing = [step for step in steps if step not in spec.order]
    if missing:
        yield Complaint(("order",), f"{', '.join(missing)} is missing", "all steps")


def _expect(spec: SessionsSpec, names: Names) -> Iterator[Complaint]:
    steps = list(spec.steps)
    expect = spec.expect
    named: list[tuple[Loc, str]] = [
        *((("waits", index), step) for index, step in enumerate(expect.waits or ())),
        *((("errors", step), step) for step in expect.errors),
        *((("results", step), step) for step in expect.results),
    ]
    for place, step in named:
        if step not in steps:
            hint = near(step, steps)
            yield Complaint(("expect", *place), f'"{step}" is not a step', f"one of {', '.join(steps)}", hint)
    if spec.order == "all" and expect.waits is not None:
        yield Complaint(("expect", "waits"), "which steps wait is another matter in each order", hint="write one order")
    if expect.victim == "none":
        yield Complaint(("expect", "victim"), "none is no error", hint="leave it out: no step may fail then")
    for step, answer in expect.results.items():
        loc: Loc = ("expect", "results", step)
        if answer.model_fields_set.isdisjoint({"value", "rows", "rows_affected"}):
            yield Complaint(loc, "SQL is answered with value, rows or rows_affected")
        for field in ("value", "rows_affected"):
            yield from names.unknown(getattr(answer, field).source, (*loc, field))
    if not spec.after and not expect.model_fields_set:
        yield Complaint((), "nothing is expected but that no step fails", hint="give `after`, or `expect`")


def paths(spec: SessionsSpec) -> Iterator[tuple[Loc, str]]:
    """The files of its steps and questions."""
    for name, steps in spec.sessions.items():
        for index, step in enumerate(steps):
            if not isinstance(step, str) and step.file is not None:
                yield ("sessions", name, index, "file"), step.file
    yield from statement_paths(spec.after, "after")
