"""Whole suites: which test functions may get a twin, and the suite with twins in it."""

from __future__ import annotations

import ast
import difflib
import itertools
import random
from collections.abc import Mapping

from gradekit.checks.twins.model import Point, Twinned, Unit
from gradekit.checks.twins.points import change, plain_calls, points_of
from gradekit.checks.twins.syntax import Function, functions, is_test_file, parsed
from gradekit.checks.twins.written import renamed_rows, written_twins

MAX_POINTS = 3
"""Points that are tried for one test function before it is listed as having no twin."""


def normalised(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The suite as original and twins alike are run: no comments, one layout. Files that do not parse stay."""
    return {path: _unparsed(data) if is_test_file(path) else data for path, data in files.items()}


def units_of(files: Mapping[str, bytes], written: Mapping[str, bytes] | None = None) -> tuple[Unit, ...]:
    """Every test function that has a point or a written twin, in the order of the files.

    ``written``: the files with the twins of the author, by the path of the file that they mirror.
    """
    by_author = written_twins(written or {})
    found = []
    for path in sorted(files):
        tree = parsed(files[path]) if is_test_file(path) else None
        plain = plain_calls(tree)
        for name, function in functions(tree) if tree is not None else ():
            unit = f"{path}::{name}"
            count = sum(1 for _ in points_of(function, plain))
            if unit in by_author:
                found.append(Unit(unit, (None,)))
            elif count:
                found.append(Unit(unit, tuple(range(min(count, MAX_POINTS)))))
    return tuple(found)


def twinned(
    files: Mapping[str, bytes], points: Mapping[str, Point], seed: int, written: Mapping[str, bytes] | None = None
) -> Twinned:
    """The normalised suite with a twin for each unit of ``points`` (unit id -> which of its points).

    Equal seeds give equal suites; another seed gives other expectations, but where the author wrote them.
    """
    changed = normalised(files)
    by_author = written_twins(written or {})
    renamed: dict[str, str] = {}
    changes: dict[str, str] = {}
    for path in sorted(files):
        wanted = {unit.partition("::")[2]: point for unit, point in points.items() if unit.partition("::")[0] == path}
        tree = parsed(files[path]) if wanted else None
        if tree is None:
            continue
        plain = plain_calls(tree)
        for name, function in list(functions(tree)):
            if name not in wanted:
                continue
            unit = f"{path}::{name}"
            point, before, after = wanted[name], ast.unparse(function), function
            if point is not None:
                # Seeded by name as well: which other tests are twins must not change this one.
                chance = random.Random(f"{seed}:{unit}")  # noqa: S311 - not a secret by itself, see observe
                found = next(itertools.islice(points_of(function, plain), point, None), None)
                renamed |= {} if found is None else change(found, chance, unit)
            elif unit in by_author:
                after = by_author[unit]
                renamed |= renamed_rows(function, after, unit)
                _replace(tree, function, after)
            changes[unit] = _difference(before, ast.unparse(after))
        changed[path] = ast.unparse(tree).encode()
    return Twinned(changed, renamed, changes)


def _replace(tree: ast.Module, function: Function, twin: Function) -> None:
    for body in (tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))):
        body[:] = [twin if node is function else node for node in body]


def _difference(before: str, after: str) -> str:
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    return "\n".join(line for line in diff[2:] if not line.startswith("@@"))


def _unparsed(data: bytes) -> bytes:
    tree = parsed(data)
    return data if tree is None else ast.unparse(tree).encode()
