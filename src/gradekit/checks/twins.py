"""Twins of pytest tests: the same test with another expectation, which no right program can meet.

A program that passes a twin did not compute the answer: it made the test pass. So a run of a suite in which some
tests are twins tells forgers from honest programs, right or wrong: the honest fail exactly the twins.

Original and twin go through the same normaliser (``ast.unparse``), so that nothing but the expectation differs, and a
new expectation has the type and the shape of the old one. What can be changed is a *point*: a constant on that side of
``==`` in an ``assert`` which is made of constants alone, the column of ``parametrize`` that stands there, or the
exception that ``pytest.raises`` waits for. Whether a point really makes a test fail is found out by running the
reference (``challenge verify``), not guessed. The rules see to it that no deterministic program passes both.

True, False and None have no twin: a wrong but honest program may well return the only other answer. Where the rules
find nothing, an author may *write* a twin: a function of the same name in a folder that mirrors the suite's.
"""

from __future__ import annotations

import ast
import difflib
import itertools
import math
import random
import string
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from gradekit.model import Model, tuple_of
from gradekit.texts import near, quote

Constant: TypeAlias = str | int | float
Point: TypeAlias = int | None
"""Which point of a test function is changed, from 0; None: its author wrote the whole twin."""
_BUILTINS = frozenset({"set", "frozenset", "list", "tuple", "dict", "bytes"})
_LIBRARY = {
    "datetime": {"date", "datetime", "time", "timedelta"},
    "decimal": {"Decimal"},
    "fractions": {"Fraction"},
    "pathlib": {"Path", "PurePath", "PurePosixPath"},
    "pytest": {"approx"},
}
"""What an expectation may be made with besides constants, by the module that a test file must have it from."""
MAX_POINTS = 3
"""Points that are tried for one test function before it is listed as having no twin."""
_RARE = ("BufferError", "EOFError", "FloatingPointError", "ProcessLookupError", "UnicodeTranslateError")
"""Exceptions that programs do not raise by themselves."""
_KINDS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_MIN_DIGITS_OR_LETTERS = 2
_MOST_RELATIVE = 0.1
"""A looser approximation has no twin: expectations near and far alike meet it."""
_FAR = 4.0
"""So many tolerances away, one answer cannot be near two expectations."""
_TRIES = 20


class Twin(Model):
    """What challenge.lock keeps of a unit: the point whose change makes these tests of it fail."""

    point: Annotated[int, Field(ge=0)] | None
    """None (null in the lock): the twin is written."""
    tests: Annotated[tuple[str, ...], BeforeValidator(tuple_of)]


@dataclass(frozen=True, slots=True)
class Unit:
    """A test function that may get a twin: ``test_x.py::test_a`` or ``test_x.py::TestB::test_a``."""

    id: str
    points: tuple[Point, ...]
    """What can be changed, at most MAX_POINTS; None alone where there is a written twin, which goes before."""


@dataclass(frozen=True, slots=True)
class Twinned:
    """A suite with twins in it."""

    files: Mapping[str, bytes]
    renamed: Mapping[str, str]
    """Id of a test in the original -> its id in this suite, where a changed parameter is part of the id."""
    changes: Mapping[str, str]
    """Unit id -> its lines that differ: ``-`` as in the original, ``+`` as in the twin."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with the files of written twins, at ``PATH:LINE`` or ``PATH`` below their folder."""

    place: str
    what: str
    hint: str = ""


def is_test_file(path: str) -> bool:
    """Whether pytest collects tests from a file of this name."""
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def normalised(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The suite as original and twins alike are run: no comments, one layout. Files that do not parse stay."""
    return {path: _unparsed(data) if is_test_file(path) else data for path, data in files.items()}


def units(files: Mapping[str, bytes], written: Mapping[str, bytes] | None = None) -> tuple[Unit, ...]:
    """Every test function that has a point or a written twin, in the order of the files.

    ``written``: the files with the twins of the author, by the path of the file that they mirror.
    """
    by_author = _written(written or {})
    found = []
    for path in sorted(files):
        tree = _parsed(files[path]) if is_test_file(path) else None
        plain = _plain_calls(tree)
        for name, function in _functions(tree) if tree is not None else ():
            unit = f"{path}::{name}"
            count = sum(1 for _ in _points(function, plain))
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
    by_author = _written(written or {})
    renamed: dict[str, str] = {}
    changes: dict[str, str] = {}
    for path in sorted(files):
        wanted = {unit.partition("::")[2]: point for unit, point in points.items() if unit.partition("::")[0] == path}
        tree = _parsed(files[path]) if wanted else None
        if tree is None:
            continue
        plain = _plain_calls(tree)
        for name, function in list(_functions(tree)):
            if name not in wanted:
                continue
            unit = f"{path}::{name}"
            point, before, after = wanted[name], ast.unparse(function), function
            if point is not None:
                # Seeded by name as well: which other tests are twins must not change this one.
                chance = random.Random(f"{seed}:{unit}")  # noqa: S311 - not a secret by itself, see observe
                found = next(itertools.islice(_points(function, plain), point, None), None)
                renamed |= {} if found is None else _changed(found, chance, unit)
            elif unit in by_author:
                after = by_author[unit]
                renamed |= _renamed(function, after, unit)
                _replace(tree, function, after)
            changes[unit] = _difference(before, ast.unparse(after))
        changed[path] = ast.unparse(tree).encode()
    return Twinned(changed, renamed, changes)


def slips(files: Mapping[str, bytes], written: Mapping[str, bytes]) -> Iterator[Slip]:
    """What can be said against written twins without running them: each needs a counterpart in the suite."""
    for path in sorted(written):
        if not is_test_file(path):
            yield Slip(path, "is no test file, so it holds no twins", "name it test_*.py, or remove it")
        elif path not in files:
            yield Slip(path, "the suite has no such file", near(path, filter(is_test_file, files)))
        else:
            yield from _slips(path, files[path], written[path])


def lines(written: Mapping[str, bytes]) -> Mapping[str, int]:
    """Where each written twin begins: unit id -> line of its file."""
    return {unit: function.lineno for unit, function in _written(written).items()}


def _slips(path: str, original: bytes, twin: bytes) -> Iterator[Slip]:
    try:
        tree = ast.parse(twin)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        yield Slip(f"{path}{line}", f"is not Python: {reason}")
        return
    suite = _parsed(original)
    if suite is None:
        yield Slip(path, "the file of the suite that it mirrors is not Python")
        return
    known = [name for name, _ in _functions(suite)]
    twins = list(_functions(tree))
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


def _written(written: Mapping[str, bytes]) -> dict[str, Function]:
    """The twins of the author by unit id."""
    trees = {path: _parsed(data) for path, data in sorted(written.items()) if is_test_file(path)}
    return {
        f"{path}::{name}": function
        for path, tree in trees.items()
        if tree is not None
        for name, function in _functions(tree)
    }


def _replace(tree: ast.Module, function: Function, twin: Function) -> None:
    for body in (tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))):
        body[:] = [twin if node is function else node for node in body]


def _renamed(function: Function, twin: Function, unit: str) -> dict[str, str]:
    """Ids of tests that a written twin changes: row by row where both have a table of constants, else none."""
    before, after = _parametrize(function), _parametrize(twin)
    if before is None or after is None or len(before[1]) != len(after[1]):
        return {}
    pairs = zip(before[1], after[1], strict=True)
    return {f"{unit}[{_test_id(old)}]": f"{unit}[{_test_id(new)}]" for old, new in pairs}


def _difference(before: str, after: str) -> str:
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    return "\n".join(line for line in diff[2:] if not line.startswith("@@"))


def _parsed(data: bytes) -> ast.Module | None:
    try:
        return ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _unparsed(data: bytes) -> bytes:
    tree = _parsed(data)
    return data if tree is None else ast.unparse(tree).encode()


Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    for node in tree.body:
        if isinstance(node, Function) and node.name.startswith("test"):
            yield node.name, node
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for inner in node.body:
                if isinstance(inner, Function) and inner.name.startswith("test"):
                    yield f"{node.name}::{inner.name}", inner


@dataclass(frozen=True, slots=True)
class _Tolerance:
    """How far from an expectation an answer may be: absolutely, and as a share of the expectation."""

    absolute: float = 0.0
    relative: float = 0.0

    def of(self, value: Constant) -> float:
        """The tolerance around a value; 0 for texts."""
        return 0.0 if isinstance(value, str) else max(self.absolute, self.relative * abs(value))


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A constant in an expectation."""

    node: ast.Constant
    tolerance: _Tolerance


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the function's only ``parametrize``."""

    rows: tuple[tuple[ast.Constant, ...], ...]
    index: int
    tolerance: _Tolerance


@dataclass(frozen=True, slots=True)
class _Raises:
    """The exception that ``pytest.raises`` waits for."""

    call: ast.Call


_Point: TypeAlias = _Leaf | _Column | _Raises


def _points(function: Function, plain: Collection[str]) -> Iterator[_Point]:
    table = _parametrize(function)
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
                if isinstance(leaf, ast.Constant) and _can_change(leaf.value):
                    yield _Leaf(leaf, tolerance)
                    break
                if isinstance(leaf, ast.Name) and leaf.id in columns - seen:
                    index = names.index(leaf.id)
                    if all(_can_change(row[index].value) for row in rows):
                        seen.add(leaf.id)
                        yield _Column(rows, index, tolerance)
                        break
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"pytest.raises", "raises"} and node.args:
            yield _Raises(node)


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


def _plain_calls(tree: ast.Module | None) -> frozenset[str]:
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


def _tolerance(side: ast.expr) -> _Tolerance | None:
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
    return _Tolerance(allowed["abs"], allowed["rel"]) if allowed["rel"] <= _MOST_RELATIVE else None


def _values(node: ast.AST) -> Iterator[ast.AST]:
    """An expectation's nodes, outermost first, without the keys of maps: a changed key is no natural expectation."""
    yield node
    inner = node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
    for child in inner:
        yield from _values(child)


def _parametrize(function: Function) -> tuple[tuple[str, ...], tuple[tuple[ast.Constant, ...], ...]] | None:
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
    if len({_test_id(row) for row in rows}) != len(rows):
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


def _test_id(row: Sequence[ast.Constant]) -> str:
    return "-".join(str(cell.value) for cell in row)


def _can_change(value: object) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, str):
        return sum(bool(_kind(character)) for character in value) >= _MIN_DIGITS_OR_LETTERS
    return isinstance(value, int | float)


def _changed(point: _Point, chance: random.Random, unit: str) -> dict[str, str]:
    """Change a point; the ids of tests that change with it."""
    if isinstance(point, _Raises):
        point.call.args[0] = ast.Name(chance.choice(_RARE), ast.Load())
        return {}
    if isinstance(point, _Leaf):
        point.node.value = _far(point.node.value, point.tolerance, chance)
        return {}
    before = [_test_id(row) for row in point.rows]
    for row in point.rows:
        row[point.index].value = _far(row[point.index].value, point.tolerance, chance)
    return {f"{unit}[{old}]": f"{unit}[{_test_id(row)}]" for old, row in zip(before, point.rows, strict=True)}


def _far(value: object, tolerance: _Tolerance, chance: random.Random) -> Constant:
    """Another value that no answer meets which is within the tolerance of the old one."""
    new = _other(value, chance)
    if not isinstance(value, int | float) or not (least := _FAR * tolerance.of(value)):
        return new
    for _ in range(_TRIES):
        if not isinstance(new, str) and abs(new - value) > least:
            return new
        new = _other(value, chance)
    away = value + chance.uniform(least, 2 * least) * math.copysign(1, value)
    return math.ceil(abs(away)) * (-1 if value < 0 else 1) if isinstance(value, int) else float(f"{away:.6g}")


def _other(value: object, chance: random.Random) -> Constant:
    """Another value of the same type and about the same size; digits stay digits, letters letters."""
    if isinstance(value, str):
        return _reshaped(value, chance)
    if isinstance(value, float):
        return float(_reshaped(repr(value), chance)) if "e" not in repr(value) and "n" not in repr(value) else value / 3
    number = value if isinstance(value, int) else 0
    low = 10 ** (len(str(abs(number))) - 1) if abs(number) > 9 else 0  # noqa: PLR2004 - one digit
    high = max(10 * low, 10) - 1
    new = chance.randint(low, high - 1)
    new += new >= abs(number)
    return -new if number < 0 else new


def _reshaped(text: str, chance: random.Random) -> str:
    """Text of the same shape that differs in at least one place; a first digit stays, a leading zero would not fit."""
    places = [place for place, character in enumerate(text) if _kind(character)]
    free = places[1:] if text[0].isdigit() else places
    certain = chance.choice(free)
    new = list(text)
    for place in free:
        kind = _kind(text[place])
        new[place] = chance.choice(kind.replace(text[place], "") if place == certain else kind)
    return "".join(new)


def _kind(character: str) -> str:
    """The characters of the same kind, none for what is neither letter nor digit."""
    return next((kind for kind in _KINDS if character in kind), "")
