"""What is wrong with a table of calls before anything of it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradekit.checks import template
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.call.generate import draw_all
from gradekit.checks.call.model import Action, CallCase, CallSpec, CasesFileError, ForAll
from gradekit.checks.call.values import ARGUMENT_TAGS, pack, tag_of
from gradekit.checks.call.wire import MAX_LINE
from gradekit.checks.jsonpath import PathProblem, compile_path
from gradekit.checks.jsontext import Json, render
from gradekit.checks.sense import literal, unmet
from gradekit.checks.values import is_list
from gradekit.model import Loc
from gradekit.texts import near


def paths(spec: CallSpec) -> Iterator[tuple[Loc, str]]:
    """The file with cases."""
    if spec.cases_file is not None:
        yield ("cases_file",), spec.cases_file


def lint(spec: CallSpec, scope: Scope) -> Iterator[Complaint]:
    """All complaints, in the order of the spec; those of the file stand at its name."""
    try:
        cases = spec.all_cases(scope.files)
    except CasesFileError as error:
        cases = spec.cases
        # That there is no such file is said where all files are looked for.
        if spec.cases_file in scope.files:
            yield Complaint(("cases_file",), f"{spec.cases_file}: {error}", "a JSON list of cases")
    names: set[str] = set()
    for index, case in enumerate(cases):
        for complaint in (*_name(case, names), *_case(case, spec, scope)):
            if index < len(spec.cases):
                yield Complaint(("cases", index, *complaint.loc), complaint.what, complaint.expected, complaint.hint)
            else:
                place = "".join(f".{part}" for part in complaint.loc)
                what = f"{spec.cases_file}: case {index - len(spec.cases)}{place}: {complaint.what}"
                yield Complaint(("cases_file",), what, complaint.expected, complaint.hint)
        names.add(case.name)
    for index, every in enumerate(spec.for_all):
        for complaint in _every(every, spec, names):
            yield Complaint(("for_all", index, *complaint.loc), complaint.what, complaint.expected, complaint.hint)
        names.add(every.name)


def _every(every: ForAll, spec: CallSpec, names: set[str]) -> Iterator[Complaint]:
    if every.name in names:
        yield Complaint(("name",), f'a second case has the name "{every.name}"', hint="give each its own")
    if every.module is None and spec.module is None:
        yield Complaint(("module",), "it is not said where it is", "module here or for the whole check")
    drawn = list(draw_all(every.args, every.count, every.seed))
    if any(len(render(pack(args)).encode()) > MAX_LINE // 2 for args in drawn):
        yield Complaint(("args",), f"some have more than {MAX_LINE // 2} bytes", hint="make smaller ones")
    for args in drawn[:1]:
        for place, value in enumerate(args):
            yield from _tags(value, ("args", place))


def _name(case: CallCase, names: set[str]) -> Iterator[Complaint]:
    if case.name in names:
        yield Complaint(("name",), f'a second case has the name "{case.name}"', hint="give each its own")


def _case(case: CallCase, spec: CallSpec, scope: Scope) -> Iterator[Complaint]:
    if case.steps:
        own = case.model_fields_set - {"name", "steps", "fresh"}
        for name in sorted(own):
            yield Complaint((_KEYS.get(name, name),), "it stands beside `steps`", hint="put it into a step")
    kept: dict[str, Loc] = {}
    used: set[str] = set()
    for index, action in enumerate(case.actions()):
        loc: Loc = ("steps", index) if case.steps else ()
        for complaint in _action(action, spec, scope, kept, used):
            yield Complaint((*loc, *complaint.loc), complaint.what, complaint.expected, complaint.hint)
        if action.keep is not None:
            if action.keep in kept or action.keep in scope.variables:
                yield Complaint((*loc, "as"), f'"{action.keep}" is the name of something else already')
            kept[action.keep] = (*loc, "as")
    if not any(action.expects for action in case.actions()):
        yield Complaint((), "nothing is expected of it", "returns, json or raises", "write what must come of it")
    for name in sorted(kept.keys() - used):
        yield Complaint(kept[name], f'"{name}" is never used', hint="leave it out, or use it in a later step")


def _action(
    action: Action, spec: CallSpec, scope: Scope, kept: Mapping[str, Loc], used: set[str]
) -> Iterator[Complaint]:
    what = [name for name in ("call", "new", "get") if getattr(action, name) is not None]
    if len(what) != 1:
        said = f"{' and '.join(what)} stand together" if what else "it does nothing"
        yield Complaint((), said, "exactly one of call, new, get")
        return
    if action.get is not None and (action.args or action.kwargs):
        yield Complaint(("get",), "an attribute takes no arguments", hint="write call for a method")
    if action.raises is not None and (action.model_fields_set & {"returns", "paths"}):
        yield Complaint(("raises",), "what raises does not return", hint="leave out returns and json")
    if action.on is not None:
        used.add(action.on)
        if action.on not in kept:
            yield Complaint(("on",), f'no step before keeps "{action.on}" with `as`', hint=near(action.on, kept))
        if action.new is not None or action.module is not None:
            yield Complaint(("on",), "a class is found in a module, not on an object", hint="leave out on")
    elif action.module is None and spec.module is None:
        yield Complaint(("module",), "it is not said where it is", "module here or for the whole check")
    yield from _values(action, scope, kept, used)
    for path in action.paths:
        try:
            compile_path(path)
        except PathProblem as error:
            yield Complaint(("json", path), f"not a JSONPath: {error}")
    yield from _returned(action)


def _returned(action: Action) -> Iterator[Complaint]:
    """Where the very value that must be returned is not what the paths want."""
    for value in action.returns.literals:
        if literal(value):
            for found in unmet(action.paths, value, "returns"):
                yield Complaint(("json", *found.loc), found.what, hint=found.hint)


def _values(action: Action, scope: Scope, kept: Mapping[str, Loc], used: set[str]) -> Iterator[Complaint]:
    known = {*scope.variables, *kept}
    message = None if action.raises is None else action.raises.message.source
    places: Mapping[Loc, Json] = {
        **{("args", index): item for index, item in enumerate(action.args)},
        **{("kwargs", name): item for name, item in action.kwargs.items()},
        ("returns",): action.returns.source,
        **{("json", path): match.source for path, match in action.paths.items()},
        ("raises", "message"): message,
    }
    for loc, value in places.items():
        for below, name in template.uses(value):
            used.add(name)
            if name not in known:
                what = template.problem(name) or f"${{{name}}} is no variable of the challenge, and no step keeps it"
                yield Complaint((*loc, *below), what, "a name of `vars:` or an `as` before", near(name, known))
        if loc[0] in {"args", "kwargs"}:
            yield from _tags(value, loc)
    if len(render(pack([*action.args, *action.kwargs.values()])).encode()) > MAX_LINE // 2:
        yield Complaint(("args",), f"they have more than {MAX_LINE // 2} bytes", hint="call it with less")


def _tags(value: Json, loc: Loc) -> Iterator[Complaint]:
    """Complaints about maps whose keys begin with ``$`` and that are no tagged values of the call protocol."""
    if isinstance(value, Mapping):
        tag = tag_of(value)
        if tag is not None and (tag not in ARGUMENT_TAGS or len(value) > 1):
            known = ", ".join(sorted(ARGUMENT_TAGS))
            yield Complaint((*loc, tag), f'"{tag}" is no tag of a value', f"one of {known}", "write the map as $map")
            return
        for name, item in value.items():
            yield from _tags(item, (*loc, name))
    elif is_list(value):
        for index, item in enumerate(value):
            yield from _tags(item, (*loc, index))


_KEYS = {"paths": "json", "keep": "as"}
