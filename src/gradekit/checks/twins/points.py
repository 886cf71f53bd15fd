"""The expectations of a test function that can be changed, and their change."""

from __future__ import annotations

import ast
import random
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gradekit.checks.twins.syntax import Function, parametrize, row_id
from gradekit.checks.twins.values import Tolerance, can_change, far

_BUILTINS = frozenset({"set", "frozenset", "list", "tuple", "dict", "bytes"})
_LIBRARY = {
    "datetime": {"date", "datetime", "time", "timedelta"},
    "decimal": {"Decimal"},
    "fractions": {"Fraction"},
    "pathlib": {"Path", "PurePath", "PurePosixPath"},
    "pytest": {"approx"},
}
"""What an expectation may be made with besides constants, by the module that a test file must have it from."""
_RARE = ("BufferError", "EOFError", "FloatingPointError", "ProcessLookupError", "UnicodeTranslateError")
"""Exceptions that programs do not raise by themselves."""
_MOST_RELATIVE = 0.1
"""A looser approximation has no twin: expectations near and far alike meet it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A constant in an expectation."""

    node: ast.Constant
    tolerance: Tolerance


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the function's only ``parametrize``."""

    rows: tuple[tuple[ast.Constant, ...], ...]
    index: int
    tolerance: Tolerance


@dataclass(frozen=True, slots=True)
class Raises:
    """The exception that ``pytest.raises`` waits for."""

    call: ast.Call


Changeable: TypeAlias = Leaf | Column | Raises


def points_of(function: Function, plain: Collection[str]) -> Iterator[Changeable]:
    """What can be changed in a test function, in the order of its source; ``plain``: see ``plain_calls``."""
    table = parametrize(function)
    names, rows = table or ((), ())
    asserted = [node for node in ast.walk(function) if isinstance(node, ast.Assert)]
    sides = {
        id(node): list(_expectations(node.test, names, plain))
        for node in asserted
        if isinstance(node.test, ast.Compare)
    }
    columns = _only_expected(function, asserted, [side for found in sides.values() for side in found]) & set(names)
    seen: set[str] = set()
    for node in ast.walk(function):
        for side in sides.get(id(node), ()):
            if (tolerance := _tolerance(side)) is None:
                continue
            for leaf in _values(side):
                if isinstance(leaf, ast.Constant) and can_change(leaf.value):
                    yield Leaf(leaf, tolerance)
                    break
                if isinstance(leaf, ast.Name) and leaf.id in columns - seen:
                    index = names.index(leaf.id)
                    if all(can_change(row[index].value) for row in rows):
                        seen.add(leaf.id)
                        yield Column(rows, index, tolerance)
                        break
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"pytest.raises", "raises"} and node.args:
            yield Raises(node)


def _only_expected(function: Function, asserted: Sequence[ast.Assert], sides: Sequence[ast.expr]) -> set[str]:
    """Names that are used in expectations and in messages of asserts, and nowhere else: no input of the program's."""
    messages = [node.msg for node in asserted if node.msg is not None]
    inert = _names_in(*sides, *messages)
    return {name for name, count in _names_in(*function.body).items() if inert[name] == count}


def _names_in(*nodes: ast.AST) -> Counter[str]:
    return Counter(inner.id for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Name))


def _expectations(compared: ast.Compare, columns: Collection[str], plain: Collection[str]) -> Iterator[ast.expr]:
    """What one side of ``==`` must be, on its own: a right side that the candidate's code has no part in, else a left.

    Bounds, memberships and equalities of two answers are met by more than one value: a wrong program may well do so.
    """
    left = compared.left
    for operator, right in zip(compared.ops, compared.comparators, strict=True):
        if isinstance(operator, ast.Eq):
            found = next((side for side in (right, left) if _stands_alone(side, columns, plain)), None)
            if found is not None:
                yield found
        left = right


def _stands_alone(node: ast.expr | None, columns: Collection[str], plain: Collection[str]) -> bool:
    """Whether an expression is made of constants and of calls that cannot reach the candidate's code."""
    parts: Sequence[ast.expr | None]
    match node:
        case ast.Constant():
            return True
        case ast.Name():
            return node.id in columns
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            parts = (node.operand,)
        case ast.List() | ast.Tuple() | ast.Set():
            parts = node.elts
        case ast.Dict():
            parts = (*node.keys, *node.values)
        case ast.Call() if ast.unparse(node.func) in plain:
            parts = (*node.args, *(keyword.value for keyword in node.keywords))
        case _:
            return False
    return all(_stands_alone(part, columns, plain) for part in parts)


def plain_calls(tree: ast.Module | None) -> frozenset[str]:
    """Names in a test file that stand for what _BUILTINS and _LIBRARY list; the candidate may have a Fraction, too."""
    found: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.ImportFrom):
            library = _LIBRARY.get(node.module or "", set()) if not node.level else set()
            for alias in node.names:
                (found if alias.name in library else others).add(alias.asname or alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                found |= {f"{alias.asname or alias.name}.{name}" for name in _LIBRARY.get(alias.name, ())}
        elif isinstance(node, Function | ast.ClassDef):
            others.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            others.add(node.id)
        elif isinstance(node, ast.arg):
            others.add(node.arg)
    return frozenset((found | _BUILTINS) - others)


def _tolerance(side: ast.expr) -> Tolerance | None:
    """What ``approx`` allows beside what it allows by itself; None where no value is certain to be far from another."""
    allowed = {"rel": 0.0, "abs": 0.0}
    for node in ast.walk(side):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "approx":
            given = [*zip(("rel", "abs"), node.args[1:3], strict=False)]
            given += [(keyword.arg or "", keyword.value) for keyword in node.keywords]
            for name, value in given:
                number = value.value if isinstance(value, ast.Constant) else None
                if name not in allowed or not isinstance(number, int | float):
                    return None
                allowed[name] = max(allowed[name], number)
    return Tolerance(allowed["abs"], allowed["rel"]) if allowed["rel"] <= _MOST_RELATIVE else None


def _values(node: ast.AST) -> Iterator[ast.AST]:
    """An expectation's nodes, outermost first, without the keys of maps: a changed key is no natural expectation."""
    yield node
    inner = node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
    for child in inner:
        yield from _values(child)


def change(point: Changeable, chance: random.Random, unit: str) -> dict[str, str]:
    """Change a point; the ids of tests that change with it."""
    if isinstance(point, Raises):
        point.call.args[0] = ast.Name(chance.choice(_RARE), ast.Load())
        return {}
    if isinstance(point, Leaf):
        point.node.value = far(point.node.value, point.tolerance, chance)
        return {}
    before = [row_id(row) for row in point.rows]
    for row in point.rows:
        row[point.index].value = far(row[point.index].value, point.tolerance, chance)
    return {f"{unit}[{old}]": f"{unit}[{row_id(row)}]" for old, row in zip(before, point.rows, strict=True)}
