from __future__ import annotations

import ast
import random
import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.twins.model import Slip, Unit
from gradekit.checks.twins.suites import normalised, twinned, units_of
from gradekit.checks.twins.values import _other
from gradekit.checks.twins.written import lines_of, slips

SUITE = """
import pytest
from shop import total

# a comment that must not tell anything
def test_constant():
    assert total(2) == 17

def test_deep():
    assert total(1)["lines"] == [{"sku": "AB-12", "price": 4.25}]

@pytest.mark.parametrize(("n", "expected"), [(1, "10.50"), (2, "21.00")])
def test_table(n, expected):
    assert total(n) == expected

def test_raises():
    with pytest.raises(ValueError, match="n"):
        total(-1)

def test_flag():
    assert total(0) is None

class TestInside:
    word = "abc"

    def helps(self):
        return total

    def test_one(self):
        assert total(3) == "abc"
"""
FILES = {"test_a.py": SUITE.encode(), "conftest.py": b"# kept as it is\n", "data.json": b"{}"}


def body(source: bytes, name: str) -> str:
    tree = ast.parse(source)
    return next(ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name)


def test_units_are_the_functions_with_something_to_change() -> None:
    assert units_of(FILES) == (
        Unit("test_a.py::test_constant", (0,)),
        Unit("test_a.py::test_deep", (0,)),
        Unit("test_a.py::test_table", (0,)),
        Unit("test_a.py::test_raises", (0,)),
        Unit("test_a.py::TestInside::test_one", (0,)),
    )


def test_only_the_wanted_units_change_and_all_else_equals_the_normalised_original() -> None:
    changed = twinned(FILES, {"test_a.py::test_constant": 0}, 1)
    original = normalised(FILES)
    assert changed.files.keys() == FILES.keys()
    assert changed.files["conftest.py"] == FILES["conftest.py"]
    assert b"comment" not in original["test_a.py"]
    differing = [
        name
        for name in ("test_constant", "test_deep", "test_table", "test_raises", "test_flag", "test_one")
        if body(changed.files["test_a.py"], name) != body(original["test_a.py"], name)
    ]
    assert differing == ["test_constant"]
    assert len(changed.files["test_a.py"]) == len(original["test_a.py"])


def test_a_seed_decides_everything_and_another_seed_something_else() -> None:
    every = {unit.id: 0 for unit in units_of(FILES)}
    assert twinned(FILES, every, 5) == twinned(FILES, every, 5)
    assert len({twinned(FILES, every, seed).files["test_a.py"] for seed in range(20)}) > 15


def test_a_twin_does_not_depend_on_its_neighbours() -> None:
    alone = twinned(FILES, {"test_a.py::test_deep": 0}, 9).files["test_a.py"]
    together = twinned(FILES, {unit.id: 0 for unit in units_of(FILES)}, 9).files["test_a.py"]
    assert body(alone, "test_deep") == body(together, "test_deep")


def test_keys_of_maps_stay() -> None:
    changed = body(twinned(FILES, {"test_a.py::test_deep": 0}, 3).files["test_a.py"], "test_deep")
    assert "'sku'" in changed
    assert "'price': 4.25" in changed
    assert "AB-12" not in changed


def test_ids_of_changed_parameters_are_told() -> None:
    changed = twinned(FILES, {"test_a.py::test_table": 0}, 3)
    assert list(changed.renamed) == ["test_a.py::test_table[1-10.50]", "test_a.py::test_table[2-21.00]"]
    for new in changed.renamed.values():
        value = new.rpartition("-")[2].rstrip("]")
        assert value.encode() in changed.files["test_a.py"]


def test_an_exception_becomes_one_that_nobody_raises() -> None:
    changed = body(twinned(FILES, {"test_a.py::test_raises": 0}, 3).files["test_a.py"], "test_raises")
    assert "ValueError" not in changed
    assert "match='n'" in changed


@pytest.mark.parametrize(
    "source",
    [
        "def test_x():\n    assert f() is True",
        "def test_x():\n    assert f()",
        "def test_x():\n    assert f() == g()",
        'def test_x():\n    assert f() == "-"',
        "def helps():\n    assert f() == 12",
        "@pytest.mark.parametrize('e', [D(1), D(2)])\ndef test_x(e):\n    assert f() == e",
        "@pytest.mark.parametrize('e', [1, 2], ids=['a', 'b'])\ndef test_x(e):\n    assert f() == e",
        "@pytest.mark.parametrize('e', [11, 11])\ndef test_x(e):\n    assert f() == e",
        "@pytest.mark.parametrize('e', rows)\ndef test_x(e):\n    assert f() == e",
        "@pytest.mark.parametrize(('a', b), [(1, 2)])\ndef test_x(a):\n    assert f() == a",
        "@pytest.mark.parametrize(names, [1])\ndef test_x(a):\n    assert f() == a",
        "@pytest.mark.parametrize(('a', 'b'), [(1,)])\ndef test_x(a):\n    assert f() == a",
        "@pytest.mark.parametrize('a', [11])\n@pytest.mark.parametrize('b', [1])\ndef test_x(a, b):\n    assert f()==a",
        "@pytest.mark.parametrize('a', [True])\ndef test_x(a):\n    assert f() == a",
        "def test_x(:",
    ],
)
def test_what_has_no_twin(source: str) -> None:
    assert units_of({"test_x.py": source.encode()}) == ()
    assert normalised({"test_x.py": source.encode()}).keys() == {"test_x.py"}
    assert twinned({"test_x.py": source.encode()}, {"test_x.py::test_x": 0}, 1).renamed == {}


def expected_in(source: str, seed: int = 1) -> list[str]:
    """The lines of a file that its twins have instead, one for each point."""
    files = {"test_x.py": source.encode()}
    found = []
    for unit in units_of(files):
        for point in unit.points:
            change = twinned(files, {unit.id: point}, seed).changes[unit.id]
            found.append(next(line for line in change.splitlines() if line.startswith("+")).strip("+ "))
    return found


@pytest.mark.parametrize(
    ("asserted", "changed"),
    [
        ("12 == f(34)", r"1[013-9] == f\(34\)|[02-9]\d == f\(34\)|1\d == f\(34\)"),
        ("f(34) == -12", r"f\(34\) == -\d\d"),
        ("f(3) == f(4) == 12", r"f\(3\) == f\(4\) == \d\d"),
        ("f(3) == [None, {'a': 12}]", r"f\(3\) == \[None, \{'a': \d\d\}\]"),
        ("f(3) == {12, 12}", r"f\(3\) == \{\d\d, 12\}"),
        ("f(3) == (Decimal('1.50'),)", r"f\(3\) == \(Decimal\('1\.\d\d'\),\)"),
        ("f(3) == fr.Fraction(12, 34)", r"f\(3\) == fr\.Fraction\(\d\d, 34\)"),
        ("f(3) == dict(a=12)", r"f\(3\) == dict\(a=\d\d\)"),
    ],
)
def test_the_side_that_is_made_of_constants_is_changed(asserted: str, changed: str) -> None:
    source = f"import fractions as fr\nfrom decimal import Decimal\ndef test_x():\n    assert {asserted}\n"
    (line,) = expected_in(source)
    assert line != f"assert {asserted}"
    assert re.fullmatch(changed, line.removeprefix("assert "))


@pytest.mark.parametrize(
    "source",
    [
        "def test_x():\n    assert f([3, 4]) == f([4, 3])",
        "def test_x():\n    assert len(f(100)) > 24",
        "def test_x():\n    assert f([4, 8]) in (6, 8)",
        "def test_x():\n    assert f(12) != 34",
        "from kit import Point\ndef test_x():\n    assert Point(1, 2).moved(3, 4) == Point(44, 66)",
        "from kit import Fraction\ndef test_x():\n    assert Fraction(1, 2) * 3 == Fraction(33, 22)",
        "from .fractions import Fraction\ndef test_x():\n    assert f() == Fraction(33, 22)",
        "from fractions import Fraction\nfrom kit import Fraction\ndef test_x():\n    assert f() == Fraction(33, 22)",
        "def dict(**k): return f()\ndef test_x():\n    assert f() == dict(a=33)",
        "list = f\ndef test_x():\n    assert f() == list((33, 44))",
        "def test_x(approx):\n    assert f() == approx(33)",
        "import kit\ndef test_x():\n    assert f() == kit.Decimal(33)",
        "def test_x():\n    assert f() == {**g(), 'a': 12}",
        "def test_x():\n    assert f() == (not 12)",
        "def test_x():\n    assert f() == 12 + g()",
    ],
)
def test_an_expectation_in_which_the_candidate_has_a_part_has_no_twin(source: str) -> None:
    assert units_of({"test_x.py": source.encode()}) == ()


TABLE = (
    "@pytest.mark.parametrize(('width', 'expected'), [(10, 'abc'), (20, 'xyz')])\ndef test_x(width, expected):\n    "
)


@pytest.mark.parametrize(
    ("asserted", "changed"),
    [
        ("assert kit.pad(width) == expected", True),
        ("assert expected == kit.pad(width)", True),
        ("assert kit.pad(width) == [expected, width]", True),
        ("assert kit.pad(width) == expected, f'{expected} of {width}'", True),
        # An input: with another one, other answers are right.
        ("assert len(kit.pad(width)) == width", False),
        ("assert kit.pad(width, expected) == expected", False),
    ],
)
def test_a_column_is_changed_where_it_is_no_input_as_well(asserted: str, *, changed: bool) -> None:
    found = expected_in("import pytest\n" + TABLE + asserted)
    assert len(found) == changed
    assert not changed or "(10, 'abc')" not in found[0]
    assert not changed or "(10, '" in found[0]


APPROXIMATE = "from pytest import approx\ndef test_x():\n    assert f() == "


@pytest.mark.parametrize(
    ("value", "given", "tolerance"),
    [
        (3.14, "", 3e-6),
        (3.14, ", abs=0.01", 0.01),
        (3.14, ", 0.01", 0.0314),
        (3.14, ", 0.01, 0.2", 0.2),
        (0.0, ", abs=0.001", 0.001),
        (5.0, ", abs=0.5", 0.5),
        (1e-9, ", abs=1e-9", 1e-9),
        (7, ", abs=2", 2),
        (0, ", abs=2", 2),
        (-7, ", rel=0.1", 0.7),
        (-2.5, ", rel=0.1, nan_ok=1", None),
        (250, ", rel=0.2", None),
        (250, ", abs=tolerance", None),
        (250, ", abs=1 / 3", None),
    ],
)
def test_an_approximation_is_changed_beyond_what_it_allows(value: float, given: str, tolerance: float | None) -> None:
    source = f"{APPROXIMATE}approx({value!r}{given})"
    if tolerance is None:
        assert units_of({"test_x.py": source.encode()}) == ()
        return
    for seed in range(50):
        (line,) = expected_in(source, seed)
        new = ast.literal_eval(line.partition("approx(")[2].rstrip(")").partition(",")[0])
        assert type(new) is type(value)
        assert abs(new - value) > 3.9 * tolerance


def test_at_most_three_points_are_offered_and_each_changes_something() -> None:
    source = "def test_x():\n" + "".join(f"    assert f({n}) == {n}{n}\n" for n in range(5, 9))
    assert units_of({"test_x.py": source.encode()}) == (Unit("test_x.py::test_x", (0, 1, 2)),)
    original = normalised({"test_x.py": source.encode()})["test_x.py"]
    texts = set()
    for point in range(3):
        texts.add(twinned({"test_x.py": source.encode()}, {"test_x.py::test_x": point}, 1).files["test_x.py"])
    assert len(texts) == 3
    assert original not in texts


@given(
    st.one_of(
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False).filter(bool),
        st.from_regex(r"[a-zA-Z0-9 .,-]{2,12}", fullmatch=True).filter(lambda text: sum(map(str.isalnum, text)) > 1),
    ),
    st.integers(),
)
def test_another_value_has_the_same_type_and_is_another(value: str | float, seed: int) -> None:
    new = _other(value, random.Random(seed))  # noqa: S311 - no secret
    assert new != value
    assert type(new) is type(value)
    if isinstance(value, int):
        assert len(str(new)) <= max(len(str(value)), 1) + (value == 0)
    if isinstance(value, str) and isinstance(new, str) and len(new) == len(value):
        assert [c.isdigit() for c in new] == [c.isdigit() for c in value]
        assert [c.isupper() for c in new] == [c.isupper() for c in value]


def test_a_large_real_suite_keeps_parsing() -> None:
    source = textwrap.dedent(SUITE).encode() * 50
    every = {unit.id: 0 for unit in units_of({"test_a.py": source})}
    ast.parse(twinned({"test_a.py": source}, every, 1).files["test_a.py"])


# --- twins of the author -------------------------------------------------------------------------------

WRITTEN = """
\"\"\"A module's docstring is allowed.\"\"\"
import pytest
from shop import total

def test_flag():
    assert total(0) is not None

class TestInside:
    \"\"\"So is a class's.\"\"\"

    def test_one(self):
        with pytest.raises(EOFError):
            total(3)

@pytest.mark.parametrize(("n", "expected"), [(1, "99.99"), (2, "98.98")])
def test_table(n, expected):
    assert total(n) == expected
"""
BY_AUTHOR = {"test_a.py": WRITTEN.encode(), "README.md": b"no twins"}


def test_a_written_twin_goes_before_a_generated_one() -> None:
    known = {unit.id: unit.points for unit in units_of(FILES, BY_AUTHOR)}
    assert known == {
        "test_a.py::test_constant": (0,),
        "test_a.py::test_deep": (0,),
        "test_a.py::test_table": (None,),
        "test_a.py::test_raises": (0,),
        "test_a.py::test_flag": (None,),
        "test_a.py::TestInside::test_one": (None,),
    }


def test_a_written_twin_stands_in_the_place_of_its_function_and_looks_like_the_rest() -> None:
    points = {"test_a.py::test_flag": None, "test_a.py::TestInside::test_one": None, "test_a.py::test_constant": 0}
    changed = twinned(FILES, points, 1, BY_AUTHOR)
    source = changed.files["test_a.py"]
    assert ast.unparse(ast.parse(source)).encode() == source
    assert "is not None" in body(source, "test_flag")
    assert "EOFError" in body(source, "test_one")
    assert body(source, "helps") == body(SUITE.encode(), "helps")
    original = normalised(FILES)["test_a.py"]
    for name in ("test_deep", "test_table", "test_raises"):
        assert body(source, name) == body(original, name)
    assert changed.changes["test_a.py::test_flag"] == "-    assert total(0) is None\n+    assert total(0) is not None"
    assert changed.changes["test_a.py::test_constant"].startswith(
        "-    assert total(2) == 17\n+    assert total(2) == "
    )
    assert twinned(FILES, points, 1, BY_AUTHOR) == changed
    assert FILES["test_a.py"] == SUITE.encode()


def test_rows_of_a_written_table_belong_to_the_rows_of_the_test() -> None:
    assert twinned(FILES, {"test_a.py::test_table": None}, 1, BY_AUTHOR).renamed == {
        "test_a.py::test_table[1-10.50]": "test_a.py::test_table[1-99.99]",
        "test_a.py::test_table[2-21.00]": "test_a.py::test_table[2-98.98]",
    }
    shorter = {"test_a.py": WRITTEN.replace(', (2, "98.98")', "").encode()}
    assert twinned(FILES, {"test_a.py::test_table": None}, 1, shorter).renamed == {}


def test_a_point_that_nobody_wrote_changes_nothing() -> None:
    changed = twinned(FILES, {"test_a.py::test_deep": None}, 1, BY_AUTHOR)
    assert changed.files == normalised(FILES)
    assert changed.changes == {"test_a.py::test_deep": ""}


def test_where_written_twins_begin() -> None:
    assert lines_of(BY_AUTHOR) == {
        "test_a.py::test_flag": 6,
        "test_a.py::TestInside::test_one": 12,
        "test_a.py::test_table": 17,
    }


@pytest.mark.parametrize(
    ("path", "twin", "slip"),
    [
        (
            "README.md",
            "x",
            Slip("README.md", "is no test file, so it holds no twins", "name it test_*.py, or remove it"),
        ),
        ("test_b.py", "", Slip("test_b.py", "the suite has no such file", 'did you mean "test_a.py"?')),
        ("test_a.py", "def test_x(:", Slip("test_a.py:1", "is not Python: invalid syntax")),
        ("test_a.py", "\0", Slip("test_a.py", "is not Python: source code string cannot contain null bytes")),
        ("test_broken.py", "", Slip("test_broken.py", "the file of the suite that it mirrors is not Python")),
        ("test_a.py", "import x", Slip("test_a.py", "holds no test function")),
        (
            "test_a.py",
            "\ndef test_falg(): ...",
            Slip("test_a.py:2", 'the suite has no test function "test_falg"', 'did you mean "test_flag"?'),
        ),
        (
            "test_a.py",
            "class TestInside:\n  def test_one(self): pass\n  def helps(self): pass",
            Slip(
                "test_a.py:3",
                "only test functions, and imports for editors, count here",
                "put what a twin needs into it, or into the suite's file",
            ),
        ),
        (
            "test_a.py",
            "def test_flag(): pass\nword = 1",
            Slip(
                "test_a.py:2",
                "only test functions, and imports for editors, count here",
                "put what a twin needs into it, or into the suite's file",
            ),
        ),
    ],
)
def test_slips_of_the_author(path: str, twin: str, slip: Slip) -> None:
    suite = {**FILES, "test_broken.py": b"def"}
    assert list(slips(suite, {path: twin.encode()})) == [slip]


def test_right_written_twins_have_no_slips() -> None:
    assert list(slips(FILES, {"test_a.py": WRITTEN.encode()})) == []
