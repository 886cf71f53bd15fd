"""Mistakes made in the syntax trees of each language."""

from __future__ import annotations

import pytest

from gradekit.errors import UsageError
from gradekit.mutation import syntax
from gradekit.mutation.syntax import mutants

SOURCES = {
    "a.py": """\
def f(a, b):
    if a <= 10 and b:
        log(a)
        return a + b
    return True
""",
    "a.js": """\
function f(a, b) {
    if (a <= 10 && b) {
        log(a);
        return a + b;
    }
    return true;
}
""",
    "A.java": """\
class A { int f(int a, boolean b, List<Integer> c) {
    if (a <= 10 && b) {
        log(a);
        return a + g(b);
    }
    return h(true);
} }
""",
    "a.rb": """\
def f(a, b)
  if a <= 10 && b
    log(a)
    return a + b
  end
  return true
end
""",
    "a.php": """\
<?php function f($a, $b) {
    if ($a <= 10 && $b) {
        log($a);
        return $a + $b;
    }
    return true;
}
""",
    "a.go": """\
package a
func f(a int, b bool) int {
    if a <= 10 && b {
        log(a)
        return a + g(b)
    }
    return h(true)
}
""",
}
EVERYWHERE = {"border", "number", "and and or", "condition negated", "plus and minus", "true and false"}


@pytest.mark.parametrize("path", SOURCES)
def test_every_language_has_every_mistake_once(path: str) -> None:
    found = mutants({path: SOURCES[path].encode()})
    operators = [mutant.operator for mutant in found]
    assert set(operators) == EVERYWHERE | {"statement left out"} | (
        {"nothing returned"} if path not in {"A.java", "a.go"} else set()
    )
    once = [name for name in operators if name not in {"number", "nothing returned"}]
    assert len(once) == len(set(once))
    assert operators.count("number") == 2
    assert len({mutant.name for mutant in found}) == len({mutant.data for mutant in found}) == len(found)


def test_names_and_texts_of_python() -> None:
    found = mutants({"a.py": SOURCES["a.py"].encode()})
    assert [mutant.name for mutant in found] == [
        "a.py:2 (f): if a <= 10 and b: → if not (a <= 10 and b):",
        "a.py:2 (f): if a <= 10 and b: → if a < 10 and b:",
        "a.py:2 (f): if a <= 10 and b: → if a <= 11 and b:",
        "a.py:2 (f): if a <= 10 and b: → if a <= 9 and b:",
        "a.py:2 (f): if a <= 10 and b: → if a <= 10 or b:",
        "a.py:3 (f): log(a) → pass",
        "a.py:4 (f): return a + b → return None",
        "a.py:4 (f): return a + b → return a - b",
        "a.py:5 (f): return True → return False",
        "a.py:5 (f): return True → return None",
    ]
    assert found[1].anywhere == "a.py:* (f): if a <= 10 and b: → if a < 10 and b:"
    assert found[1].data.decode() == SOURCES["a.py"].replace("<=", "<")


@pytest.mark.parametrize(
    ("path", "text", "within"),
    [
        ("a.py", "x = 5", ""),
        ("a.py", "class A:\n    x = 5", "A"),
        ("a.py", "class A:\n    async def f(self): x = 5", "f"),
        ("a.py", "@route(5)\ndef f(): pass", "f"),
        ("a.js", "class A { static m() { x = 5; } }", "m"),
        ("a.js", "function* f() { x = 5; }", "f"),
        ("a.js", "run(() => { x = 5; });", ""),
        ("A.java", "class A { A() { x = 5; } }", "A"),
        ("A.java", "class A { int m() { x = 5; } }", "m"),
        ("a.rb", "class A\n  def self.b\n    @x = 5\n  end\nend", "b"),
        ("a.php", "<?php class A { function m() { $x = 5; } }", "m"),
        ("a.go", "package a\nfunc (t *T) M() { x = 5 }", "M"),
    ],
)
def test_a_name_says_in_what_the_mistake_is(path: str, text: str, within: str) -> None:
    assert {mutant.within for mutant in mutants({path: text.encode()})} == {within}


@pytest.mark.parametrize(
    ("number", "others"),
    [("0", ["1"]), ("9", ["10", "8"]), ("3_600_000", ["3600001", "3599999"]), ("0x1F", []), ("1.5", []), ("1_", [])],
)
def test_which_numbers_have_neighbours(number: str, others: list[str]) -> None:
    found = mutants({"a.py": f"x = {number}".encode()})
    assert [mutant.data.decode().removeprefix("x = ") for mutant in found] == sorted(others)
    # Where a 0 in front means another base, one more is more than that.
    assert not mutants({"a.php": b"<?php $x = 0644;"})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "x = 'a' + name\nreturn None\n"),
        ("a.py", "def broken(:\n    return 1 + 1\n"),
        ("a.py", '"""1 + 1"""\n# 1 < 2\nwhile ready:\n    x = [y]\n'),
        ("a.txt", "1 + 1"),
        ("tests/a.py", "x = 1 + 1"),
        ("test_a.py", "x = 1 + 1"),
        ("a.test.js", "x = 1 + 1"),
        ("a.sql", "select a from t where b < 1"),
        ("A.java", "class A { List<String> a; Map<String, List<Long>> b() { return c; } }"),
    ],
)
def test_what_is_left_alone(path: str, text: str) -> None:
    assert [mutant.name for mutant in mutants({path: text.encode()})] == []


def test_long_lines_show_the_place_of_the_change() -> None:
    line = "x = [" + ", ".join(f"n{number}" for number in range(40)) + ", 7, " + "y, " * 40 + "z]"
    less, more = mutants({"a.py": line.encode()})
    for mutant, number in ((less, 6), (more, 8)):
        assert len(mutant.change) < 220
        before, after = mutant.change.split(" → ")
        assert ", 7, y" in before
        assert f", {number}, y" in after
        assert before.startswith("… ")
        assert after.endswith(" …")


def test_queries_are_mutated_where_they_are_whole_strings_and_in_scripts() -> None:
    source = """\
ONE = "select a from t where b < 5"
TWO = f"select {a} from t where b < 5"
THREE = "selection of goods"
FOUR = "select a from t where b = 'it''s'"
"""
    names = [mutant.name for mutant in mutants({"a.py": source.encode()}, "postgres") if mutant.operator == "query"]
    assert sorted(names) == [
        "a.py:1: query: < to <= #1",
        "a.py:1: query: distinct added #1",
        "a.py:1: query: number + 1 #1",
        "a.py:1: query: where left out #1",
        "a.py:4: query: = to <> #1",
        "a.py:4: query: distinct added #1",
        "a.py:4: query: where left out #1",
    ]
    script = b"create table t (a int);\n\nselect a from t\nwhere a < 5;\n"
    found = mutants({"q/1.sql": script}, "postgres")
    assert {mutant.line for mutant in found} == {3}
    assert b"create table t (a int);\n\nSELECT a FROM t WHERE a <= 5;\n" in {mutant.data for mutant in found}
    told = b"-- what is it?\n/* Say */\nselect a from t where a < 5;\n"
    assert len(mutants({"q/1.sql": told}, "postgres")) == len(found)


def test_without_grammars_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(syntax.GRAMMARS, ".py", ("tree_sitter_nowhere", "language"))
    with pytest.raises(UsageError, match=r"tree_sitter_nowhere is not installed; .*gradekit\[mutants\]"):
        mutants({"a.py": b"x = 1"})
