"""One mistake at a time, at every place where it can be made."""

from __future__ import annotations

import pytest

from gradekit.checks.mutants import UNCHANGED, NotParsedError, mutants


def changed(text: str, engine: str = "postgres") -> dict[str, str]:
    first, *rest = mutants(text, engine)
    assert first.name == UNCHANGED
    assert len({version.text for version in rest}) == len(rest)
    return {version.name: version.text for version in rest}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select a from t where a < 1", {"< to <= #1": "SELECT a FROM t WHERE a <= 1"}),
        ("select a from t where a < 1", {"where left out #1": "SELECT a FROM t"}),
        ("select a from t where a >= b", {">= to > #1": "SELECT a FROM t WHERE a > b"}),
        ("select a from t where a = b", {"= to <> #1": "SELECT a FROM t WHERE a <> b"}),
        ("select a from t where a < 9", {"number + 1 #1": "SELECT a FROM t WHERE a < 10"}),
        ("select a from t", {"distinct added #1": "SELECT DISTINCT a FROM t"}),
        ("select distinct a from t", {"distinct left out #1": "SELECT a FROM t"}),
        ("select a from t order by a", {"order by left out #1": "SELECT a FROM t"}),
        ("select 1 union select 2", {"union to union all #1": "SELECT 1 UNION ALL SELECT 2"}),
        ("select 1 union all select 2", {"union all to union #1": "SELECT 1 UNION SELECT 2"}),
        ("select sum(a) from t", {"sum to avg #1": "SELECT AVG(a) FROM t"}),
        ("select count(distinct a) from t", {"distinct left out of an aggregate #1": "SELECT COUNT(a) FROM t"}),
        (
            "select 1 from t join u on t.a = u.a and t.b > u.b",
            {
                "inner join to left join #1": "SELECT 1 FROM t LEFT JOIN u ON t.a = u.a AND t.b > u.b",
                "condition of join left out #1": "SELECT 1 FROM t JOIN u ON t.b > u.b",
                "condition of join left out #2": "SELECT 1 FROM t JOIN u ON t.a = u.a",
            },
        ),
        ("select 1 from t left join u on a = b", {"left join to inner join #1": "SELECT 1 FROM t JOIN u ON a = b"}),
        ("select a from t group by a having min(b) > 1", {"having left out #1": "SELECT a FROM t GROUP BY a"}),
        ("select a from t where a and b and c", {"condition of where left out #2": "SELECT a FROM t WHERE a AND c"}),
        ("update t set a = a + 1 where b < 5", {"where left out #1": "UPDATE t SET a = a + 1"}),
    ],
)  # fmt: skip
def test_each_mistake(text: str, expected: dict[str, str]) -> None:
    found = changed(text)
    assert {name: found.get(name) for name in expected} == expected


def test_places_are_numbered() -> None:
    assert {name for name in changed("select a from t where a = 1 or a = 2") if name.startswith("=")} == {
        "= to <> #1",
        "= to <> #2",
    }


def test_equal_mutants_are_one() -> None:
    assert [name for name in changed("select a from t where a and a") if name.startswith("cond")] == [
        "condition of where left out #1"
    ]


def test_what_nobody_would_see_is_left_alone() -> None:
    found = changed("select cast(a as char(10)) from t where exists (select 1 from u where u.a = t.a) group by a")
    assert sorted(found) == ["= to <> #1", "where left out #1", "where left out #2"]
    assert not [name for name in changed("select a from t right join u on t.a = u.a") if "join" in name]


def test_dialects() -> None:
    assert changed('select `a b` from t where a != "x"', "mariadb")["<> to = #1"] == "SELECT `a b` FROM t WHERE a = 'x'"
    assert changed("select a from t limit 3", "sqlite")["number + 1 #1"] == "SELECT a FROM t LIMIT 4"


@pytest.mark.parametrize("text", ["select from where", "", "(" * 5000])
def test_text_that_is_not_parsed(text: str) -> None:
    with pytest.raises(NotParsedError):
        mutants(text, "postgres")
