"""What is wrong with a scenario before anything of it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gradekit.checks import jsontext, template
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.complaints import not_text
from gradekit.checks.http import bodyschema
from gradekit.checks.http.model import SAFE_METHODS, HttpSpec, Statement, Step
from gradekit.checks.jsonpath import PathProblem, compile_path
from gradekit.checks.statements import split
from gradekit.checks.stores.lint import complaints, expected, texts
from gradekit.model import Loc
from gradekit.texts import near


def lint(spec: HttpSpec, scope: Scope) -> Iterator[Complaint]:
    """All complaints, in the order of the spec."""
    yield from _cases(spec)
    known: dict[str, str] = dict.fromkeys((*scope.variables, "run.uuid", *_case_names(spec)), "")
    yield from _names(dict(spec.headers), ("headers",), known, spec)
    yield from _statements(spec.before, "before", known, spec, scope)
    for index, step in enumerate(spec.steps):
        loc: Loc = ("steps", index)
        yield from _step(step, loc, scope)
        yield from _step_names(step, loc, known, spec)
        known |= dict.fromkeys(step.save, step.title)
    yield from _statements(spec.after, "after", known, spec, scope)
    for index, question in enumerate(spec.after):
        yield from expected(("after", index, "expect"), question.expect)
        for place, source in (*question.expect.sources, (("value",), question.expect.value.source)):
            yield from _names(source, ("after", index, "expect", *place), known, spec)
        for row, values in enumerate(question.expect.rows):
            for inside, name in template.uses(list(values)):
                yield Complaint(
                    ("after", index, "expect", "rows", row, *inside),
                    f"${{{name}}} cannot be used in rows",
                    hint="use `value`, or put it into the statement",
                )
    if spec.scoring == "per_case" and not spec.cases:
        yield Complaint(("scoring",), "per_case needs `cases`", hint="use per_step or all_or_nothing")


def paths(spec: HttpSpec) -> Iterator[tuple[Loc, str]]:
    """The SQL files and JSON Schemas."""
    for field, statements in (("before", spec.before), ("after", spec.after)):
        for index, statement in enumerate(statements):
            if statement.file is not None:
                yield (field, index, "file"), statement.file
    for index, step in enumerate(spec.steps):
        if isinstance(step.expect.json_schema, str):
            yield ("steps", index, "expect", "schema"), step.expect.json_schema


def _case_names(spec: HttpSpec) -> Sequence[str]:
    cases = spec.cases or ()
    return [f"case.{name}" for name in (cases[0] if cases else ()) if all(name in case for case in cases)]


def _cases(spec: HttpSpec) -> Iterator[Complaint]:
    every = list(dict.fromkeys(name for case in spec.cases or () for name in case))
    for index, case in enumerate(spec.cases or ()):
        for name in every:
            if name not in case:
                yield Complaint(("cases", index), f'lacks "{name}" that other cases have', hint="give it a value")
        for place, name in template.uses(case):
            yield Complaint(("cases", index, *place), f"${{{name}}} cannot be used in a case", hint="write the value")


def _names(value: jsontext.Json, loc: Loc, known: Mapping[str, str], spec: HttpSpec) -> Iterator[Complaint]:
    for place, name in template.uses(value):
        if name in known:
            continue
        malformed = template.problem(name)
        if malformed:
            yield Complaint((*loc, *place), malformed)
            continue
        later = next((step.title for step in spec.steps if name in step.save), None)
        if later is not None:
            yield Complaint(
                (*loc, *place),
                f'${{{name}}} is used here but saved only in step "{later}"',
                "a value that an earlier step saved",
                "move the step up",
            )
        else:
            hint = near(name, known) or "variables live inside one check: save it in an earlier step"
            yield Complaint((*loc, *place), f"${{{name}}} is not known here", hint=hint)


def _statements(
    statements: Sequence[Statement], field: str, known: Mapping[str, str], spec: HttpSpec, scope: Scope
) -> Iterator[Complaint]:
    for index, statement in enumerate(statements):
        loc: Loc = (field, index)
        if statement.file is not None:
            yield from not_text((*loc, "file"), statement.file, scope)
            continue
        if statement.nosql is not None:
            yield from complaints((*loc, "nosql"), statement.nosql, writing=field == "before")
            yield from _names(texts(statement.nosql), (*loc, "nosql"), known, spec)
            if field == "before" and statement.nosql.keys is not None:
                yield Complaint((*loc, "nosql"), "there is nothing to ask before the steps", "a command")
            continue
        sql = statement.sql or ""
        yield from _names(sql, (*loc, "sql"), known, spec)
        if "'${" in sql:
            yield Complaint((*loc, "sql"), "a variable stands in quotes", hint="leave them out: they are put in")
        if not split(sql):
            yield Complaint((*loc, "sql"), "there is no statement", "a statement of SQL")


def _step_names(step: Step, loc: Loc, known: Mapping[str, str], spec: HttpSpec) -> Iterator[Complaint]:
    expect = step.expect
    parts: Iterable[tuple[Loc, jsontext.Json]] = [
        (("request",), step.target),
        (("query",), dict(step.query)),
        (("json",), step.payload),
        (("body",), step.body),
        (("form",), dict(step.form or {})),
        (("headers",), dict(step.headers)),
        (("expect", "status"), _status_texts(step)),
        *((("expect", "headers", name), match.source) for name, match in expect.headers.items()),
        *((("expect", "json", path), match.source) for path, match in expect.paths.items()),
        (("expect", "equals"), expect.equals),
        (("expect", "includes"), expect.includes),
        (("expect", "text"), expect.text.source),
        (("expect", "time"), expect.time.source),
        *((("expect", "statuses", name), match.source) for name, match in expect.statuses.items()),
    ]
    for place, value in parts:
        yield from _names(value, (*loc, *place), known, spec)


def _status_texts(step: Step) -> jsontext.Json:
    statuses = step.expect.status or ()
    return statuses[0] if len(statuses) == 1 else list(statuses)


def _step(step: Step, loc: Loc, scope: Scope) -> Iterator[Complaint]:
    bodies = [
        name
        for name, field in (("json", "payload"), ("body", "body"), ("form", "form"))
        if field in step.model_fields_set
    ]
    if len(bodies) > 1:
        yield Complaint((*loc, bodies[1]), f"{' and '.join(bodies)} are both given", "only one of json, body, form")
    if step.query and "?" in step.target:
        yield Complaint((*loc, "query"), "the request has a query string as well", hint="use one of them")
    if step.eventually is not None and step.method not in SAFE_METHODS and not step.eventually.unsafe:
        yield Complaint(
            (*loc, "eventually"),
            f"{step.method} is not safe to repeat",
            hint="poll with a GET, or add `unsafe: true` if it is",
        )
    if step.eventually is not None and step.repeat > 1:
        yield Complaint((*loc, "repeat"), "repeat and eventually are both given", "only one of them")
    if step.eventually is not None and step.expect.any:
        yield Complaint((*loc, "eventually"), "there is nothing to wait for", hint="write what `expect` is to become")
    yield from _clients(step, loc)
    for path in step.expect.paths:
        yield from _path((*loc, "expect", "json", path), path)
    for name, source in step.save.items():
        if source.startswith("$"):
            yield from _path((*loc, "save", name), source)
    yield from _schema(step, (*loc, "expect", "schema"), scope)


def _clients(step: Step, loc: Loc) -> Iterator[Complaint]:
    """Several clients get several responses, of which only the statuses are counted."""
    asked = step.expect.model_fields_set
    if step.clients is None:
        if "statuses" in asked:
            yield Complaint(
                (*loc, "expect", "statuses"), "there is one response", hint="use `status`, or add `clients`"
            )
        return
    if asked != {"statuses"} or not step.expect.statuses:
        yield Complaint((*loc, "expect"), "several clients get several responses", "statuses alone, with a count each")
    for field, given in (("eventually", step.eventually is not None), ("repeat", step.repeat > 1), ("save", step.save)):
        if given:
            yield Complaint((*loc, field), f"{field} and clients are both given", "only one of them")


def _path(loc: Loc, path: str) -> Iterator[Complaint]:
    try:
        compile_path(path)
    except PathProblem as problem:
        yield Complaint(loc, f'"{path}" is not RFC 9535 JSONPath: {problem}')


def _schema(step: Step, loc: Loc, scope: Scope) -> Iterator[Complaint]:
    schema: jsontext.Json = step.expect.json_schema
    if "json_schema" not in step.expect.model_fields_set:
        return
    try:
        if isinstance(schema, str):
            if schema not in scope.files:
                return  # the reader of the spec complains about files that are not there
            schema = jsontext.parse(scope.files[schema])
        bodyschema.check_schema(schema)
    except jsontext.JsonProblem as problem:
        yield Complaint(loc, f"the file is not JSON: {problem}", "a JSON Schema")
    except bodyschema.SchemaProblem as problem:
        yield Complaint(loc, str(problem))
