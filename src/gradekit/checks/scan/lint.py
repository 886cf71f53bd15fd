"""What is wrong with a scan before anything of it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradekit.checks.base import Complaint, Scope
from gradekit.checks.lines import languages_left_out
from gradekit.checks.scan.model import ScanSpec
from gradekit.model import Loc
from gradekit.texts import not_one_of, quote


def lint(spec: ScanSpec, scope: Scope) -> Iterator[Complaint]:
    """Languages without a starter, tools that the scanner does not have, and caps of levels that cost nothing."""
    known = scope.tools.get(spec.scanner, ())
    if spec.tool is not None and known and spec.tool not in known:
        where = [name for name, tools in scope.tools.items() if spec.tool in tools]
        what = f"scanner {spec.scanner} has no tool {quote(spec.tool)}"
        if where:
            yield Complaint(("tool",), what, hint=f"add scanner: {where[0]}, which has it")
        else:
            yield Complaint(("tool",), not_one_of(what, spec.tool, known))
    if isinstance(spec.starter, Mapping):
        yield from languages_left_out(("starter",), spec.starter, scope)
    for level in spec.caps:
        if not spec.penalties.get(level):
            yield Complaint(("caps", level), f"findings of level {level} cost nothing", f"a penalty for {level}")


def paths(spec: ScanSpec) -> Iterator[tuple[Loc, str]]:
    """The starter's folders."""
    if isinstance(spec.starter, Mapping):
        for runner, folder in spec.starter.items():
            yield ("starter", runner), folder
    elif spec.starter is not None:
        yield ("starter",), spec.starter
