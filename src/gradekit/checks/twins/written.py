"""Twins that an author wrote, in a folder that mirrors the suite's."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from gradekit.checks.twins.model import Slip
from gradekit.checks.twins.syntax import Function, functions, is_test_file, parametrize, parsed, row_id
from gradekit.texts import near, quote


def slips(files: Mapping[str, bytes], written: Mapping[str, bytes]) -> Iterator[Slip]:
    """What can be said against written twins without running them: each needs a counterpart in the suite."""
    for path in sorted(written):
        if not is_test_file(path):
            yield Slip(path, "is no test file, so it holds no twins", "name it test_*.py, or remove it")
        elif path not in files:
            yield Slip(path, "the suite has no such file", near(path, filter(is_test_file, files)))
        else:
            yield from _slips(path, files[path], written[path])


def lines_of(written: Mapping[str, bytes]) -> Mapping[str, int]:
    """Where each written twin begins: unit id -> line of its file."""
    return {unit: function.lineno for unit, function in written_twins(written).items()}


def _slips(path: str, original: bytes, twin: bytes) -> Iterator[Slip]:
    try:
        tree = ast.parse(twin)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        yield Slip(f"{path}{line}", f"is not Python: {reason}")
        return
    suite = parsed(original)
    if suite is None:
        yield Slip(path, "the file of the suite that it mirrors is not Python")
        return
    known = [name for name, _ in functions(suite)]
    twins = list(functions(tree))
    for name, function in twins:
        if name not in known:
            what = f"the suite has no test function {quote(name)}"
            yield Slip(f"{path}:{function.lineno}", what, near(name, known))
    for node in _others(tree):
        what = "only test functions, and imports for editors, count here"
        yield Slip(f"{path}:{node.lineno}", what, "put what a twin needs into it, or into the suite's file")
    if not twins:
        yield Slip(path, "holds no test function")


def _others(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements of a file of twins that have no effect, though they look as if they had."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from (inner for inner in node.body if not _is_test(inner) and not _is_idle(inner))
        elif not (_is_test(node) or _is_idle(node) or isinstance(node, ast.Import | ast.ImportFrom)):
            yield node


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, Function) and node.name.startswith("test")


def _is_idle(node: ast.stmt) -> bool:
    """A docstring, ``pass`` or ``...``."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def written_twins(written: Mapping[str, bytes]) -> dict[str, Function]:
    """The twins of the author by unit id."""
    trees = {path: parsed(data) for path, data in sorted(written.items()) if is_test_file(path)}
    return {
        f"{path}::{name}": function
        for path, tree in trees.items()
        if tree is not None
        for name, function in functions(tree)
    }


def renamed_rows(function: Function, twin: Function, unit: str) -> dict[str, str]:
    """Ids of tests that a written twin changes: row by row where both have a table of constants, else none."""
    before, after = parametrize(function), parametrize(twin)
    if before is None or after is None or len(before[1]) != len(after[1]):
        return {}
    pairs = zip(before[1], after[1], strict=True)
    return {f"{unit}[{row_id(old)}]": f"{unit}[{row_id(new)}]" for old, new in pairs}
