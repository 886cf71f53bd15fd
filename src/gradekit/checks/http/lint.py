"""What is wrong with a scenario before anything of it runs."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gradekit.checks import jsontext, template
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.complaints import not_text
from gradekit.checks.http import bodyschema
from gradekit.checks.http.agreement import clashes
from gradekit.checks.http.hurl import step as hurl
from gradekit.checks.http.hurl.step import HurlStep
from gradekit.checks.http.model import Ask, HttpSpec, ItemsExpect, Outage, Restart, Statement, Step
from gradekit.checks.http.sending import SAFE_METHODS, Auth, Part, Request
from gradekit.checks.jsonpath import PathProblem, compile_path
from gradekit.checks.statements import split
from gradekit.checks.stores.lint import complaints, expected, texts
from gradekit.model import Loc
from gradekit.texts import near, quote

UNSTOPPABLE = {"sqlite": "the app has the file itself", "mongodb": "its server lets everybody in, at any time"}
"""Services that stay with the app, by runner, and why."""
_BODIES = ("json", "body", "form", "multipart", "file")


def lint(spec: HttpSpec, scope: Scope) -> Iterator[Complaint]:
    """All complaints, in the order of the spec."""
    yield from _cases(spec)
    names = Names({**dict.fromkeys((*scope.variables, "run.uuid", *_case_names(spec)), "")}, _saved(spec))
    yield from names.unknown(dict(spec.headers), ("headers",))
    yield from names.unknown(_auth(spec.auth), ("auth",))
    yield from statements(spec.before, "before", names, scope)
    earlier: list[str] = []
    for index, step in enumerate(spec.steps):
        loc: Loc = ("steps", index)
        if isinstance(step, HurlStep):
            yield from hurl.names(step, names.known)
            earlier.append(step.title)
        elif isinstance(step, Step):
            yield from _step(step, loc, scope, earlier)
            yield from _step_names(step, loc, names)
            names.known |= dict.fromkeys(step.save, step.title)
            earlier += [] if step.clients or step.paginate else [step.title]
        elif isinstance(step, Ask):
            yield from statement(step, loc, names, scope)
            yield from answers(step, loc, names)
    yield from _outages(spec, scope)
    yield from statements(spec.after, "after", names, scope)
    for index, question in enumerate(spec.after):
        yield from answers(question, ("after", index), names)
    if spec.scoring == "per_case" and not spec.cases:
        yield Complaint(("scoring",), "per_case needs `cases`", hint="use per_step or all_or_nothing")


def _outages(spec: HttpSpec, scope: Scope) -> Iterator[Complaint]:
    """What is wrong with services that are taken away from the app."""
    off: set[str] = set()
    for index, step in enumerate(spec.steps):
        if isinstance(step, Restart) and off:
            hint = "start it first"
            yield Complaint(("steps", index), f"the app is restarted without {', '.join(sorted(off))}", hint=hint)
        if not isinstance(step, Outage):
            continue
        loc: Loc = ("steps", index, "start" if step.stop is None else "stop")
        runner = scope.app_services.get(step.service)
        if runner is None:
            used = ", ".join(scope.app_services) or "none"
            yield Complaint(loc, f"{step.service} is no service of the app's data sets", f"one of: {used}")
        elif runner in UNSTOPPABLE:
            yield Complaint(loc, f"{runner} cannot be taken away from an app: {UNSTOPPABLE[runner]}")
        if step.stop is not None:
            off.add(step.service)
        elif step.service in off:
            off.remove(step.service)
        else:
            yield Complaint(loc, f"no earlier step stopped {step.service}")


def _saved(spec: HttpSpec) -> Mapping[str, str]:
    return {name: step.title for step in reversed(spec.steps) if isinstance(step, Step) for name in step.save}


def _auth(auth: Auth | str | None) -> jsontext.Json:
    return auth.model_dump(exclude_none=True) if isinstance(auth, Auth) else None


@dataclass
class Names:
    """The variables that can be used at a place of a check."""

    known: dict[str, str]
    later: Mapping[str, str] = field(default_factory=dict)
    """Names that steps save -> the title of the step."""

    def unknown(self, value: jsontext.Json, loc: Loc) -> Iterator[Complaint]:
        """Complaints about what is used in a value and has no value itself."""
        for place, name in template.uses(value):
            if name in self.known:
                continue
            malformed = template.problem(name)
            later = self.later.get(name)
            if malformed:
                yield Complaint((*loc, *place), malformed)
            elif later is not None:
                yield Complaint(
                    (*loc, *place),
                    f'${{{name}}} is used here but saved only in step "{later}"',
                    "a value that an earlier step saved",
                    "move the step up",
                )
            else:
                hint = near(name, self.known) or "variables live inside one check: save it in an earlier step"
                yield Complaint((*loc, *place), f"${{{name}}} is not known here", hint=hint)


def answers(question: Ask, loc: Loc, names: Names) -> Iterator[Complaint]:
    """What is wrong with what a statement must answer."""
    if question.expect is None:
        return
    expect = question.expect
    yield from expected((*loc, "expect"), expect)
    for place, source in (
        *expect.sources,
        (("value",), expect.value.source),
        (("rows_affected",), expect.rows_affected.source),
    ):
        yield from names.unknown(source, (*loc, "expect", *place))
    for row, values in enumerate(question.expect.rows):
        for place, name in template.uses(list(values)):
            yield Complaint(
                (*loc, "expect", "rows", row, *place),
                f"${{{name}}} cannot be used in rows",
                hint="use `value`, or put it into the statement",
            )


def paths(spec: HttpSpec) -> Iterator[tuple[Loc, str]]:
    """The SQL files, JSON Schemas and scenarios."""
    if spec.hurl is not None:
        yield ("hurl",), spec.hurl
    yield from statement_paths(spec.before, "before")
    yield from statement_paths(spec.after, "after")
    for index, step in enumerate(spec.steps):
        if isinstance(step, Ask) and step.file is not None:
            yield ("steps", index, "file"), step.file
        if isinstance(step, HurlStep):
            yield from ((("hurl",), path) for path in hurl.paths(step))
        elif isinstance(step, Step):
            yield from ((("steps", index, *loc), path) for loc, path in step.files.items())
            if isinstance(step.expect.json_schema, str):
                yield ("steps", index, "expect", "schema"), step.expect.json_schema


def statement_paths(written: Sequence[Statement], where: str) -> Iterator[tuple[Loc, str]]:
    """The SQL files of statements."""
    for index, one in enumerate(written):
        if one.file is not None:
            yield (where, index, "file"), one.file


def _case_names(spec: HttpSpec) -> Sequence[str]:
    """What steps may use: what most cases have, for a case that lacks it is complained about itself."""
    return [f"case.{name}" for name in _usual(spec)]


def _usual(spec: HttpSpec) -> Sequence[str]:
    """The names that at least half of the cases have; of two that differ, nobody can say which one is the odd one."""
    count = Counter(name for case in spec.cases or () for name in case)
    return [name for name, times in count.items() if 2 * times >= len(spec.cases or ())]


def _cases(spec: HttpSpec) -> Iterator[Complaint]:
    usual = _usual(spec)
    for index, case in enumerate(spec.cases or ()):
        lacking = [name for name in usual if name not in case]
        for name in (name for name in case if name not in usual):
            meant = difflib.get_close_matches(name, lacking, 1) or (lacking if len(lacking) == 1 else [])
            lacking = [other for other in lacking if other not in meant]
            hint = f"did you mean {quote(meant[0])}?" if meant else "give it to all cases, or remove it"
            yield Complaint(("cases", index, name), f"{quote(name)} is a key that most cases do not have", hint=hint)
        for name in lacking:
            yield Complaint(("cases", index), f'lacks "{name}" that other cases have', hint="give it a value")
        for place, name in template.uses(case):
            yield Complaint(("cases", index, *place), f"${{{name}}} cannot be used in a case", hint="write the value")


def statements(written: Sequence[Statement], where: str, names: Names, scope: Scope) -> Iterator[Complaint]:
    """What is wrong with the statements before or after the steps."""
    for index, one in enumerate(written):
        yield from statement(one, (where, index), names, scope)
        if where == "before" and one.nosql is not None and one.nosql.keys is not None:
            yield Complaint((where, index, "nosql"), "there is nothing to ask before the steps", "a command")


def statement(one: Statement, loc: Loc, names: Names, scope: Scope) -> Iterator[Complaint]:
    """What is wrong with a statement."""
    if one.file is not None:
        yield from not_text((*loc, "file"), one.file, scope)
    elif one.nosql is not None:
        writing = not isinstance(one, Ask) or one.expect is None
        yield from complaints((*loc, "nosql"), one.nosql, writing=writing)
        yield from names.unknown(texts(one.nosql), (*loc, "nosql"))
    else:
        sql = one.sql or ""
        yield from names.unknown(sql, (*loc, "sql"))
        if "'${" in sql:
            yield Complaint((*loc, "sql"), "a variable stands in quotes", hint="leave them out: they are put in")
        if not split(sql):
            yield Complaint((*loc, "sql"), "there is no statement", "a statement of SQL")


def request_names(request: Request, loc: Loc, names: Names) -> Iterator[Complaint]:
    """Complaints about variables in a request."""
    parts = {
        name: part.model_dump(exclude_none=True, exclude={"file"}) if isinstance(part, Part) else part
        for name, part in (request.multipart or {}).items()
    }
    values: Iterable[tuple[str, jsontext.Json]] = [
        ("request", request.target),
        ("query", dict(request.query)),
        ("json", request.payload),
        ("body", request.body),
        ("form", dict(request.form or {})),
        ("multipart", parts),
        ("headers", dict(request.headers)),
        ("auth", _auth(request.auth)),
    ]
    for place, value in values:
        yield from names.unknown(value, (*loc, place))


def _step_names(step: Step, loc: Loc, names: Names) -> Iterator[Complaint]:
    here = Names({**names.known, "repeat.index": ""}, names.later) if step.repeat > 1 else names
    yield from request_names(step, loc, here)
    expect = step.expect
    of_cookies = (
        (("cookies", name, fact), getattr(cookie, fact).source)
        for name, cookie in expect.cookies.items()
        for fact in sorted(cookie.model_fields_set - {"exists", "secure", "http_only"})
    )
    of_items: list[tuple[Loc, jsontext.Json]] = []
    if expect.items is not None:
        of_items = [
            (("items", "count"), expect.items.count.source),
            *((("items", "json", path), match.source) for path, match in expect.items.paths.items()),
        ]
    parts: Iterable[tuple[Loc, jsontext.Json]] = [
        (("status",), _status_texts(step)),
        *((("headers", name), match.source) for name, match in expect.headers.items()),
        *of_cookies,
        *((("json", path), match.source) for path, match in expect.paths.items()),
        (("equals",), expect.equals),
        (("includes",), expect.includes),
        (("text",), expect.text.source),
        (("time",), expect.time.source),
        (("time_ratio", "ratio"), expect.time_ratio.ratio.source if expect.time_ratio is not None else None),
        (("pages",), expect.pages.source),
        *of_items,
        *((("statuses", name), match.source) for name, match in expect.statuses.items()),
    ]
    for place, value in parts:
        yield from here.unknown(value, (*loc, "expect", *place))


def _status_texts(step: Step) -> jsontext.Json:
    statuses = step.expect.status or ()
    return statuses[0] if len(statuses) == 1 else list(statuses)


def request_shape(request: Request, loc: Loc) -> Iterator[Complaint]:
    """What is wrong with a request whatever its variables are."""
    bodies = [name for name in _BODIES if {"json": "payload"}.get(name, name) in request.model_fields_set]
    if len(bodies) > 1:
        first, second = bodies[:2]
        yield Complaint((*loc, second), f"{first} and {second} are both given", f"only one of {', '.join(_BODIES)}")
    if request.query and "?" in request.target:
        yield Complaint((*loc, "query"), "the request has a query string as well", hint="use one of them")


def _step(step: Step, loc: Loc, scope: Scope, earlier: Sequence[str]) -> Iterator[Complaint]:
    yield from request_shape(step, loc)
    if step.eventually is not None and step.method not in SAFE_METHODS and not step.eventually.unsafe:
        yield Complaint(
            (*loc, "eventually"),
            f"{step.method} is not safe to repeat",
            hint="poll with a GET, or add `unsafe: true` if it is",
        )
    if step.eventually is not None and step.expect.any:
        yield Complaint((*loc, "eventually"), "there is nothing to wait for", hint="write what `expect` is to become")
    yield from _modes(step, loc)
    yield from _counts(step, loc)
    ratio = step.expect.time_ratio
    if ratio is not None and ratio.step not in earlier:
        yield Complaint(
            (*loc, "expect", "time_ratio", "step"),
            f'there is no earlier step "{ratio.step}" with a time',
            f"one of {', '.join(earlier)}" if earlier else "",
        )
    for path in step.expect.paths:
        yield from _path((*loc, "expect", "json", path), path)
    for name, source in step.save.items():
        if source.startswith("$"):
            yield from _path((*loc, "save", name), source)
    yield from _schema(step, (*loc, "expect", "schema"), scope)
    yield from _walk(step, loc)
    for clash in clashes(step, scope.files):
        yield replace(clash, loc=(*loc, "expect", *clash.loc))


def _modes(step: Step, loc: Loc) -> Iterator[Complaint]:
    """Ways to send more than one request, of which a step has at most one."""
    given = [
        name
        for name, there in (
            ("clients", step.clients is not None),
            ("eventually", step.eventually is not None),
            ("repeat", step.repeat > 1),
            ("paginate", step.paginate is not None),
            ("save", step.clients is not None and bool(step.save)),
        )
        if there
    ]
    for name in given[1:]:
        yield Complaint((*loc, name), f"{name} and {given[0]} are both given", "only one of them")


def _counts(step: Step, loc: Loc) -> Iterator[Complaint]:
    """Several clients get several responses, of which only the statuses are counted."""
    asked = step.expect.model_fields_set
    if step.clients is not None and (asked != {"statuses"} or not step.expect.statuses):
        yield Complaint((*loc, "expect"), "several clients get several responses", "statuses alone, with a count each")
    if step.clients is None and step.repeat == 1 and "statuses" in asked:
        hint = "use `status`, or add `clients` or `repeat`"
        yield Complaint((*loc, "expect", "statuses"), "there is one response", hint=hint)


def _walk(step: Step, loc: Loc) -> Iterator[Complaint]:
    walk = step.paginate
    if walk is None:
        for name in ("pages", "items"):
            if name in step.expect.model_fields_set:
                yield Complaint((*loc, "expect", name), "the step has no `paginate`")
        return
    yield from _path((*loc, "paginate", "items"), walk.items)
    if walk.next not in {"link", "page"}:
        yield from _path((*loc, "paginate", "next"), walk.next, 'a JSONPath, "link" or "page"')
    if walk.next == "link" and walk.param is not None:
        yield Complaint((*loc, "paginate", "param"), "a link is followed as it is", hint="leave it out")
    if step.expect.time_ratio is not None:
        yield Complaint((*loc, "expect", "time_ratio"), "several pages have several times")
    yield from _items(step.expect.items or ItemsExpect(), (*loc, "expect", "items"))


def _items(wanted: ItemsExpect, loc: Loc) -> Iterator[Complaint]:
    if wanted.unique_by is not None:
        yield from _path((*loc, "unique_by"), wanted.unique_by)
    for path in wanted.sorted_by:
        yield from _path((*loc, "sorted_by"), path.removeprefix("-"))
    for path in wanted.paths:
        yield from _path((*loc, "json", path), path)


def _path(loc: Loc, path: str, expected: str = "") -> Iterator[Complaint]:
    try:
        compile_path(path)
    except PathProblem as problem:
        yield Complaint(loc, f'"{path}" is not RFC 9535 JSONPath: {problem}', expected)


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
