"""Which columns of a result a query sorts by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

DIALECTS: Final = {"postgres": "postgres", "mariadb": "mysql", "sqlite": "sqlite"}


def sort_keys(query: str, engine: str, columns: Sequence[str]) -> tuple[int, ...]:
    """Places of the columns by which an author's query orders its rows, the first key first.

    They end at a key that is no column of the result: nobody can see in the result whether it is in that order. Empty
    for a query without ORDER BY, and for text that the parser does not know.

    Args:
        query: one statement of the challenge.
        engine: whose dialect it is in.
        columns: names of its result.
    """
    try:
        tree = sqlglot.parse_one(query, read=DIALECTS[engine])
    except (SqlglotError, RecursionError):
        return ()
    order = tree.args.get("order")
    if order is None:
        return ()
    select = tree
    while isinstance(select, exp.SetOperation):
        select = select.left
    items = select.selects if isinstance(select, exp.Select) else []
    # With a star the places of what follows are not known; names still are.
    known = items if len(items) == len(columns) and not any(item.is_star for item in items) else []
    names = [name.lower() for name in columns]
    keys: list[int] = []
    for ordered in order.expressions:
        place = _place(ordered.this, names, known)
        if place is None:
            break
        if place not in keys:
            keys.append(place)
    return tuple(keys)


def is_sql(text: str) -> bool:
    """Whether the parser knows it in the language of any engine; what is too deep for it counts as known."""
    for dialect in DIALECTS.values():
        try:
            sqlglot.parse(text, read=dialect)
        except SqlglotError:
            continue
        except RecursionError:
            pass
        return True
    return False


def _place(key: exp.Expr, names: Sequence[str], items: Sequence[exp.Expr]) -> int | None:
    if isinstance(key, exp.Literal):
        place = int(key.name) - 1 if key.is_int else -1
        return place if 0 <= place < len(names) else None
    for place, item in enumerate(items):
        if item.unalias() == key:
            return place
    if isinstance(key, exp.Column) and names.count(key.name.lower()) == 1 and not (items and key.table):
        return names.index(key.name.lower())
    return None
