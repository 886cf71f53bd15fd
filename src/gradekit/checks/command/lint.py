"""What is wrong with runs before anything of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gradekit.checks.base import Complaint, Scope
from gradekit.checks.command.evidence import MAX_OUTPUT
from gradekit.checks.command.model import CommandExpect, CommandSpec, RunInput
from gradekit.checks.jsonpath import PathProblem, compile_path
from gradekit.checks.jsontext import JsonProblem, parse
from gradekit.checks.lines import languages_left_out
from gradekit.checks.sense import literal, unmet
from gradekit.checks.template import problem
from gradekit.model import Loc
from gradekit.texts import near

_MAX_EXIT: Final = 255


def lint(spec: CommandSpec, scope: Scope) -> Iterator[Complaint]:
    """Runs without a command or with the same name, languages left out, broken paths and unknown variables."""
    nothing = "there is nothing to run", "run (a line for /bin/sh) or procfile"
    if not spec.told and not spec.cases:
        yield Complaint(("run",), *nothing)
    names = [case.name for case in spec.cases]
    for index, case in enumerate(spec.cases):
        if not case.told and not spec.told:
            yield Complaint(("cases", index, "run"), *nothing)
        if case.name in names[:index]:
            yield Complaint(("cases", index, "name"), f'a second case has the name "{case.name}"')
    for loc, part in _parts(spec):
        yield from languages_left_out((*loc, "run"), part.run, scope)
        yield from languages_left_out((*loc, "setup"), part.setup, scope)
        yield from _expectations((*loc, "expect"), part.expect, scope)
        for path in part.files:
            if path.endswith("/"):
                yield Complaint((*loc, "files", path), "not the path of a file")


def paths(spec: CommandSpec) -> Iterator[tuple[Loc, str]]:
    """Files for the submission's folder and for the standard input."""
    for loc, part in _parts(spec):
        if part.stdin_file is not None:
            yield (*loc, "stdin_file"), part.stdin_file
        if part.expect is not None and part.expect.answer is not None:
            yield (*loc, "expect", "answer", "file"), part.expect.answer.file
        for path, source in part.files.items():
            yield (*loc, "files", path), source


def _parts(spec: CommandSpec) -> Iterator[tuple[Loc, RunInput]]:
    yield (), spec
    for index, case in enumerate(spec.cases):
        yield ("cases", index), case


def _expectations(loc: Loc, expect: CommandExpect | None, scope: Scope) -> Iterator[Complaint]:
    if expect is None:
        return
    if expect.answer is not None:
        yield from _answer((*loc, "answer", "file"), scope.files.get(expect.answer.file))
    for path in expect.stdout_json:
        try:
            compile_path(path)
        except PathProblem as error:
            yield Complaint((*loc, "stdout_json", path), f"not a JSONPath: {error}")
    yield from _impossible(loc, expect)
    matches = [((*loc, name), match) for name, match in (("stdout", expect.stdout), ("stderr", expect.stderr)) if match]
    matches += [((*loc, "stdout_json", path), match) for path, match in expect.stdout_json.items()]
    for place, match in matches:
        for below, name in match.uses():
            if name not in scope.variables:
                what = problem(name) or f"${{{name}}} is no variable of the challenge"
                hint = near(name, scope.variables)
                yield Complaint((*place, *below), what, "a name of `vars:`", hint)


def _impossible(loc: Loc, expect: CommandExpect) -> Iterator[Complaint]:
    """Exit codes that there are not, and a text that must be printed and is not the JSON that must be printed."""
    for index, code in enumerate(expect.exit):
        if not 0 <= code <= _MAX_EXIT:
            place = (*loc, "exit", index) if len(expect.exit) > 1 else (*loc, "exit")
            yield Complaint(place, f"{code} is no exit code", f"a number from 0 to {_MAX_EXIT}")
    for text in expect.stdout.literals if expect.stdout is not None and expect.stdout_json else ():
        if isinstance(text, str) and literal(text):
            try:
                wrong = list(unmet(expect.stdout_json, parse(text), "stdout"))
            except JsonProblem as error:
                yield Complaint((*loc, "stdout_json"), f"`stdout` is no JSON: {error}", hint="remove one of them")
            else:
                for found in wrong:
                    yield Complaint((*loc, "stdout_json", *found.loc), found.what, hint=found.hint)


def _answer(loc: Loc, data: bytes | None) -> Iterator[Complaint]:
    """An answer that no program could give, as far as outputs are kept."""
    if data is None:
        return
    if len(data) > MAX_OUTPUT:
        yield Complaint(loc, f"has {len(data)} bytes", f"at most {MAX_OUTPUT}: no more of an output is kept")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        yield Complaint(loc, f"is no text: byte {error.start} is not UTF-8", "a text file in UTF-8")
