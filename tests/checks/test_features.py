"""Constructs that are used, and their like in strings, comments and names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.features import FEATURES, used


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("select a from t", ""),
        ("SELECT * FROM t", "select_star"),
        ("select distinct * from t", "distinct select_star"),
        ("select a, * from t", "select_star"),
        ("select t.* from t", "select_star"),
        ("select count(*), a * b from t", ""),
        ("select '* join', \"union\" from t -- limit 1\n /* having */", ""),
        ("select a from t join u on true", "join"),
        ("with c as (select 1) select a from c", "cte subquery"),
        ("with recursive c as (select 1 union all select 2) select a from c", "cte recursive_cte subquery union"),
        ("select a from t group by a having count(*) > 1", "group_by having"),
        ("select rank() over (order by a) from t", "window_function order_by"),
        ("select rank() over w, over from t window w as ()", "window_function"),
        ("select a from t where a not in (1) and exists ( select 1)", "not_in exists subquery"),
        ("select a from t order by a limit 5", "order_by limit"),
        ("select a from t order by a fetch first 5 rows only", "order_by limit"),
        ("select a from t order by 12", "order_by order_by_position"),
        ("select a from t order by a desc, 1 asc", "order_by order_by_position"),
        ("select a from t order by a + 1, f(b, 1), 2 * a", "order_by"),
        ("select rank() over (order by a), 1, 2 from t", "window_function order_by"),
        ("select sum(a) over (order by a rows 1, 2) from t", "window_function order_by"),
        ("select a from (select b from t order by b, 'x', 1) t", "subquery order_by order_by_position"),
        ("select a from t order by a limit 1, 2", "order_by limit"),
        ("select $a$ join $$ union $a$, $$ limit", ""),
        ("", ""),
    ],
)
def test_features(text: str, features: str) -> None:
    assert used(text, "postgres") == set(features.split())


def test_each_engine_has_its_own_quotes() -> None:
    assert used("select `join` from t # union", "mariadb") == set()
    assert used("select [join] from t", "sqlite") == set()


@given(st.text())
def test_any_text(text: str) -> None:
    assert used(text, "mariadb") <= set(FEATURES)
