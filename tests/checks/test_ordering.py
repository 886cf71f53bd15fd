"""Keys of ORDER BY as places in the result."""

from __future__ import annotations

import pytest

from gradekit.checks.ordering import sort_keys


@pytest.mark.parametrize(
    ("query", "columns", "keys"),
    [
        ("select a, b from t", "a b", ()),
        ("select a, b from t order by b desc, a", "a b", (1, 0)),
        ("select a, count(*) from t group by a order by 2 desc, 1", "a count", (1, 0)),
        ("select a as x, b as y from t order by Y, x, y", "x y", (1, 0)),
        ("select t.a, u.a from t join u on true order by u.a", "a a", (1,)),
        ("select f(a) as a, count(*) as n from t group by 1 order by count(*), f(a)", "a n", (1, 0)),
        # Nobody sees the order of what is not selected, nor of what comes after it.
        ("select a from t order by b, a", "a", ()),
        ("select a, c from t order by a, b, c", "a c", (0,)),
        ("select a from t order by 3", "a", ()),
        ("select a from t order by 'a'", "a", ()),
        ("select t.a, t.b from t join u on true order by u.b", "a b", ()),
        ("select * from t order by b", "a b", (1,)),
        ("select *, 1 as b from t order by b", "a b b", ()),
        ("select a from t union all select b from u order by a", "a", (0,)),
        ("(select a, b from t) union (select 1, 2) union select 3, 4 order by 2", "a b", (1,)),
        ("with c as (select a from t order by a) select a from c", "a", ()),
        ("select sum(a) over (order by a) as s from t", "s", ()),
        ("values (1), (2) order by 1", "column1", (0,)),
        ("select from order by", "a", ()),
    ],
)  # fmt: skip
def test_keys(query: str, columns: str, keys: tuple[int, ...]) -> None:
    assert sort_keys(query, "postgres", columns.split()) == keys


def test_dialects() -> None:
    assert sort_keys("select `a b` from t order by `A b`", "mariadb", ["a b"]) == (0,)
    assert sort_keys("select [a] from t order by [a] collate nocase", "sqlite", ["a"]) == ()
