"""What is wrong with a check of the kind ``plan`` before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks import statements
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.complaints import not_text, unknown_dataset
from gradekit.checks.plan.model import PlanSpec
from gradekit.model import Loc


def lint(spec: PlanSpec, scope: Scope) -> Iterator[Complaint]:
    """An unknown data set, references without a statement, and rules that nothing can break."""
    yield from unknown_dataset(("dataset",), spec.dataset, scope)
    for loc, path in paths(spec):
        flaws = tuple(not_text(loc, path, scope))
        yield from flaws
        text = "" if flaws else scope.files.get(path, b"").decode("utf-8-sig")
        engine = scope.engines.get(spec.dataset, statements.POSTGRES)
        if path in scope.files and not flaws and not statements.split(text, engine):
            yield Complaint(loc, f'"{path}" holds no SQL statement')
    if spec.expect.new_indexes is not None and not spec.apply:
        hint = "give `apply:`, or remove it"
        yield Complaint(("expect", "new_indexes"), "without files to apply there are no new indexes", hint=hint)
    ratios = [band.work_ratio for band in spec.bands]
    if ratios != sorted(set(ratios)):
        yield Complaint(("bands",), "the limits do not rise", "the least work first")


def paths(spec: PlanSpec) -> Iterator[tuple[Loc, str]]:
    """The reference and the files for its indexes."""
    yield ("reference",), spec.reference
    for index, path in enumerate(spec.reference_apply):
        yield ("reference_apply", index), path
