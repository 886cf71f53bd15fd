"""Required and forbidden files."""

from __future__ import annotations

import pytest

from gradekit.spec.globs import alternatives, matching
from gradekit.submission import rules_problems

PATHS = (".env", "Procfile", "README.md", "a/.env", "migrations/1.sql", "migrations/2.sql", "migrations/old/0.sql")


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("README.md", 1),
        ("readme.md", 0),
        ("README?md", 1),
        ("README.m", 0),
        ("*.md", 1),
        ("*", 3),
        ("**", 7),
        ("migrations/*.sql", 2),
        ("migrations/**", 3),
        ("migrations/**/*.sql", 3),
        ("**/*.sql", 3),
        ("**/.env", 2),
        ("*/.env", 1),
        ("migrations/[0-1].sql", 1),
        ("migrations/[!1].sql", 1),
        ("migrations/[^1].sql", 1),
        ("migrations[/]1.sql", 0),
        ("{README.md,README.rst,Procfile}", 2),
        ("{migrations/{1,2},x}.sql", 2),
        ("*.{md,}", 1),
        ("Procfile{", 0),
        ("Procf[", 0),
        ("P.ocfile", 0),
        ("migra**.sql", 0),
        ("", 0),
    ],
)
def test_matching(pattern: str, count: int) -> None:
    assert len(matching(PATHS, pattern)) == count


def test_matches_are_sorted() -> None:
    assert matching(["b.sql", "a.sql"], "*.sql") == ("a.sql", "b.sql")


def test_sets_and_odd_characters() -> None:
    assert matching(["]", "^", "a", "[", "-", "\\"], "[]^]") == ("]", "^")
    assert matching(["a+b", "aab", "a\nb"], "a+b") == ("a+b",)
    assert matching(["a\nb"], "a?b") == ("a\nb",)
    assert list(alternatives("a{b}c}")) == ["abc}"]


def test_problems() -> None:
    assert rules_problems(PATHS, ["README.md", "{Procfile,Dockerfile}"], ["node_modules/**"]) == []
    assert rules_problems(PATHS, ["LICENSE", "*.sql"], ["**/.env", ".e*"]) == [
        "missing file: LICENSE",
        "missing file: *.sql",
        "file not allowed: .env",
        "file not allowed: a/.env",
    ]


def test_many_forbidden_files_make_a_short_list() -> None:
    problems = rules_problems([f"x/{number}" for number in range(100)], [], ["x/**"])
    assert len(problems) == 11
    assert problems[-1] == "90 more files not allowed"
