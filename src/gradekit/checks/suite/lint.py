"""What is wrong with a hidden suite before anything of it runs."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.base import Complaint, Scope
from gradekit.checks.suite.model import SuiteSpec, files_below, twin_files
from gradekit.checks.twins.written import slips
from gradekit.model import Loc


def lint(spec: SuiteSpec, scope: Scope) -> Iterator[Complaint]:
    """Groups that no report can tell apart, or without points, and twins without a counterpart.

    Which tests the groups match is not known yet.
    """
    names = [group.name for group in spec.groups]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Complaint(("groups", index, "name"), f'a second group has the name "{name}"')
    matches = [group.match for group in spec.groups]
    for index, match in enumerate(matches):
        if match in matches[:index]:
            yield Complaint(("groups", index, "match"), "an earlier group takes all of these tests")
    if spec.groups and not sum(group.points for group in spec.groups):
        yield Complaint(("groups",), "no group has any points")
    if spec.isolation == "split":
        for name in sorted({"twins", "written_twins"} & spec.model_fields_set):
            what = f'"{name}" is for suites that run in one process with the candidate\'s code'
            yield Complaint((name,), what, "isolation: split needs no twins", "remove it")
    elif spec.written_twins is not None:
        yield from _lint_written(spec, spec.written_twins.rstrip("/"), scope)


def _lint_written(spec: SuiteSpec, folder: str, scope: Scope) -> Iterator[Complaint]:
    loc: Loc = ("written_twins",)
    written = twin_files(spec, scope.files)
    if spec.twins == "off":
        yield Complaint(loc, "twins are off, so no twin is run", hint="remove this, or twins: off")
    if f"{folder}/".startswith(f"{spec.files.rstrip('/')}/"):
        yield Complaint(loc, "lies inside the suite, whose files go into the sandbox", hint="move the folder out of it")
    elif not written:
        yield Complaint(loc, f'"{folder}" is no folder with files', "files that mirror those of the suite")
    else:
        for slip in slips(files_below(spec.files, scope.files), written):
            yield Complaint(loc, f"{folder}/{slip.place}: {slip.what}", hint=slip.hint)


def paths(spec: SuiteSpec) -> Iterator[tuple[Loc, str]]:
    """The folder of the suite, and that of its written twins."""
    yield ("files",), spec.files
    if spec.written_twins is not None:
        yield ("written_twins",), spec.written_twins
