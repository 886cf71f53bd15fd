"""What is wrong with a check of the kind ``migrations`` before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks import statements
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.complaints import unknown_dataset
from gradekit.checks.migrations.model import MigrationsSpec


def lint(spec: MigrationsSpec, scope: Scope) -> Iterator[Complaint]:
    """An unknown data set, queries that are not one statement, and data that would never be asked for."""
    yield from unknown_dataset(("dataset",), spec.dataset, scope)
    engine = scope.engines.get(spec.dataset, statements.POSTGRES)
    for index, kept in enumerate(spec.keeps):
        if len(statements.split(kept.query, engine)) != 1:
            yield Complaint(("keeps", index, "query"), "not exactly one statement")
        if kept.through == "down" and not spec.down:
            yield Complaint(("keeps", index, "through"), "there is no way back", hint="give `down:`, or remove it")
