"""What is wrong with targets and accounts before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks import template
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.http.lint import lint as lint_http
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.jsontext import Json
from gradekit.checks.security.model import SecuritySpec, Target
from gradekit.checks.security.probes import PROBES
from gradekit.model import Loc
from gradekit.texts import near


def lint(spec: SecuritySpec, scope: Scope) -> Iterator[Complaint]:
    """All complaints, in the order of the spec."""
    known = dict.fromkeys((*scope.variables, "run.uuid"), "")
    for name, account in spec.accounts.items():
        if account.steps:
            inner = Scope(files=scope.files, variables={**scope.variables, **known}, app=True)
            for complaint in lint_http(HttpSpec(steps=account.steps), inner):
                yield Complaint(("accounts", name, *complaint.loc), complaint.what, complaint.expected, complaint.hint)
        known |= {saved: "" for step in account.steps for saved in step.save}
        yield from _names(dict(account.headers), ("accounts", name, "headers"), known)
    yield from _names(dict(spec.headers), ("headers",), known)
    titles: set[str] = set()
    for index, target in enumerate(spec.targets):
        loc: Loc = ("targets", index)
        if target.title in titles:
            yield Complaint(loc, f'there are two targets "{target.title}"', hint="give them names")
        titles.add(target.title)
        yield from _target(spec, target, loc)
        yield from _target_names(target, loc, known)


def _target(spec: SecuritySpec, target: Target, loc: Loc) -> Iterator[Complaint]:
    for place, name in (("as", target.account), *(("others", other) for other in target.others)):
        if name is not None and name not in spec.accounts:
            yield Complaint((*loc, place), f'there is no account "{name}"', hint=near(name, spec.accounts))
    if target.form is not None and "payload" in target.model_fields_set:
        yield Complaint((*loc, "form"), "json and form are both given", "only one of them")
    for name in target.probes:
        needs = PROBES[name].needs
        if needs and not getattr(target, needs):
            field = "as" if needs == "account" else needs
            yield Complaint((*loc, "probes"), f"{name} needs `{field}`, which this target does not have")
    if "mass_assignment" in target.probes and not isinstance(target.payload, dict):
        yield Complaint((*loc, "probes"), "mass_assignment needs `json`, an object that members can be added to")
    if "body_limit" in target.probes and target.form is None and "payload" not in target.model_fields_set:
        yield Complaint((*loc, "probes"), "body_limit needs a body", hint="give `json` or `form`")
    for index, place in enumerate(target.inject):
        if not _there(target, place):
            yield Complaint(
                (*loc, "inject", index), f"{place} is not in the request", "a value that works, to begin with"
            )


def _there(target: Target, place: str) -> bool:
    part, _, name = place.partition(".")
    if part == "json":
        return "payload" in target.model_fields_set
    given = {"query": target.query, "form": target.form or {}, "path": target.path, "header": target.headers}
    return name in given[part]


def _target_names(target: Target, loc: Loc, known: dict[str, str]) -> Iterator[Complaint]:
    known = {**known, "shot": ""}
    yield from _names(target.request, (*loc, "request"), {**known, **dict.fromkeys(target.path, "")})
    parts: dict[str, Json] = {
        "path": dict(target.path),
        "query": dict(target.query),
        "json": target.payload,
        "form": dict(target.form or {}),
        "headers": dict(target.headers),
        "read": target.read,
        "extra": dict(target.extra),
    }
    for field, value in parts.items():
        yield from _names(value, (*loc, field), known)


def _names(value: Json, loc: Loc, known: dict[str, str]) -> Iterator[Complaint]:
    for place, name in template.uses(value):
        if name not in known:
            what = template.problem(name) or f"${{{name}}} is not known here"
            yield Complaint((*loc, *place), what, "", near(name, known))
