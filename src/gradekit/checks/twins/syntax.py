"""Reads the files of a pytest suite: test functions, and tables of parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def is_test_file(path: str) -> bool:
    """Whether pytest collects tests from a file of this name."""
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def parsed(data: bytes) -> ast.Module | None:
    """The tree of a file; None where it is not Python."""
    try:
        return ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return None


def functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """The test functions of a file, by name: ``test_a`` or ``TestB::test_a``."""
    for node in tree.body:
        if isinstance(node, Function) and node.name.startswith("test"):
            yield node.name, node
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for inner in node.body:
                if isinstance(inner, Function) and inner.name.startswith("test"):
                    yield f"{node.name}::{inner.name}", inner


def parametrize(function: Function) -> tuple[tuple[str, ...], tuple[tuple[ast.Constant, ...], ...]] | None:
    """Names and rows of the only ``parametrize``, if its ids are made of constants alone."""
    calls = [
        node
        for node in function.decorator_list
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.parametrize"
    ]
    if len(calls) != 1 or calls[0].keywords or len(calls[0].args) != 2:  # noqa: PLR2004 - names and rows
        return None
    named, listed = calls[0].args
    names = _names(named)
    if names is None or not isinstance(listed, ast.List | ast.Tuple):
        return None
    rows = []
    for item in listed.elts:
        cells = item.elts if isinstance(item, ast.Tuple | ast.List) and len(names) > 1 else [item]
        if len(cells) != len(names) or not all(_plain(cell) for cell in cells):
            return None
        rows.append(tuple(cell for cell in cells if isinstance(cell, ast.Constant)))
    if len({row_id(row) for row in rows}) != len(rows):
        return None
    return names, tuple(rows)


def _names(node: ast.expr) -> tuple[str, ...] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return tuple(name.strip() for name in node.value.split(","))
    if isinstance(node, ast.Tuple | ast.List):
        values = [item.value for item in node.elts if isinstance(item, ast.Constant)]
        names = tuple(value for value in values if isinstance(value, str))
        return names if len(names) == len(node.elts) else None
    return None


def _plain(node: ast.expr) -> bool:
    """A constant whose text in a test id is its own."""
    if not isinstance(node, ast.Constant):
        return False
    value = node.value
    return (
        value is None
        or isinstance(value, int | float)
        or (isinstance(value, str) and value.isascii() and value.isprintable())
    )


def row_id(row: Sequence[ast.Constant]) -> str:
    """How pytest names a row in the id of a test."""
    return "-".join(str(cell.value) for cell in row)
