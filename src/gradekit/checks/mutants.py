"""Plausible wrong versions of a query, each one mistake away from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from gradekit.checks.ordering import DIALECTS

UNCHANGED: Final = "unchanged"
"""Name of the query as the parser writes it: when that is not right, its mutants say nothing."""

_COMPARED: Final[dict[type[exp.Expr], tuple[type[exp.Expr], str]]] = {
    exp.LT: (exp.LTE, "< to <="),
    exp.LTE: (exp.LT, "<= to <"),
    exp.GT: (exp.GTE, "> to >="),
    exp.GTE: (exp.GT, ">= to >"),
    exp.EQ: (exp.NEQ, "= to <>"),
    exp.NEQ: (exp.EQ, "<> to ="),
}
_AGGREGATES: Final[dict[type[exp.Expr], tuple[type[exp.Expr], str]]] = {
    exp.Sum: (exp.Avg, "sum to avg"),
    exp.Avg: (exp.Sum, "avg to sum"),
    exp.Min: (exp.Max, "min to max"),
    exp.Max: (exp.Min, "max to min"),
}
_CONDITIONS: Final = (exp.Where, exp.Having)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One version: ``name`` says what was changed, with a number where it could be at several places."""

    name: str
    text: str


class NotParsedError(ValueError):
    """The parser does not know the statement."""


def mutants(text: str, engine: str) -> tuple[Mutant, ...]:
    """The statement as the parser writes it, and all its mutants; texts are different from each other.

    Raises:
        NotParsedError: for text that is no statement that the parser knows.
    """
    dialect = DIALECTS[engine]
    try:
        tree = sqlglot.parse_one(text, read=dialect)
        original = tree.sql(dialect=dialect, comments=False)
        found = [Mutant(UNCHANGED, original)]
        texts = {original}
        counts: dict[str, int] = {}
        for place, node in enumerate(list(tree.walk())):
            for name, change in _changes(node):
                copy = tree.copy()
                change(list(copy.walk())[place])
                mutant = copy.sql(dialect=dialect, comments=False)
                if mutant not in texts:
                    texts.add(mutant)
                    counts[name] = counts.get(name, 0) + 1
                    found.append(Mutant(f"{name} #{counts[name]}", mutant))
    except (SqlglotError, RecursionError) as error:
        raise NotParsedError(str(error).split("\n", 1)[0]) from error
    return tuple(found)


def _changes(node: exp.Expr) -> Iterator[tuple[str, Callable[[exp.Expr], object]]]:
    """Names of the mistakes that can be made at a node, with what makes them in a copy of it."""
    swap = {**_COMPARED, **_AGGREGATES}.get(type(node))
    if swap is not None:
        kind, name = swap
        yield name, lambda found: found.replace(kind(**found.args))
    if isinstance(node, exp.Join) and node.args.get("on") is not None:
        side = node.args.get("side")
        if side is None:
            yield "inner join to left join", lambda found: found.set("side", "LEFT")
        elif side == "LEFT":
            yield "left join to inner join", lambda found: found.set("side", None)
        yield from _dropped(node, "on")
    if isinstance(node, exp.Literal) and node.is_int and not _without_effect(node):
        yield "number + 1", lambda found: found.replace(exp.Literal.number(int(found.name) + 1))
    if isinstance(node, exp.Select) and not isinstance(node.parent, exp.Exists):
        yield from _of_select(node)
    if isinstance(node, exp.Union):
        name = "union to union all" if node.args.get("distinct") else "union all to union"
        yield name, lambda found: found.set("distinct", not found.args.get("distinct"))
    if isinstance(node, exp.Distinct) and isinstance(node.parent, exp.AggFunc):
        yield "distinct left out of an aggregate", lambda found: found.replace(found.expressions[0])
    if isinstance(node, _CONDITIONS):
        yield from _dropped(node, "this")


def _without_effect(node: exp.Literal) -> bool:
    """Whether nobody sees another number: in the name of a type, and in what EXISTS would select."""
    select = node.parent
    return node.find_ancestor(exp.DataType) is not None or (
        isinstance(select, exp.Select) and isinstance(select.parent, exp.Exists)
    )


def _of_select(node: exp.Select) -> Iterator[tuple[str, Callable[[exp.Expr], object]]]:
    if node.args.get("distinct"):
        yield "distinct left out", lambda found: found.set("distinct", None)
    elif not node.args.get("group"):
        # Groups are different from each other already.
        yield "distinct added", lambda found: found.set("distinct", exp.Distinct())
    if node.args.get("order"):
        yield "order by left out", lambda found: found.set("order", None)


def _dropped(node: exp.Expr, place: str) -> Iterator[tuple[str, Callable[[exp.Expr], object]]]:
    """Each conjunct left out, or all of WHERE or HAVING when there is only one."""
    condition = node.args[place]
    if isinstance(condition, exp.And):
        for index in range(len(list(condition.flatten()))):
            yield f"condition of {node.key} left out", partial(_drop, place=place, index=index)
    elif place == "this":
        yield f"{node.key} left out", lambda found: found.pop()


def _drop(node: exp.Expr, place: str, index: int) -> None:
    parts = list(node.args[place].flatten())
    node.set(place, exp.and_(*(part for number, part in enumerate(parts) if number != index), copy=False))
