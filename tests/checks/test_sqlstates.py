"""Whose mistake an error of the database is."""

from __future__ import annotations

import pytest

from gradekit.checks.http.judge import refused
from gradekit.checks.sqlstates import is_no_sql


@pytest.mark.parametrize(
    ("text", "sqlstate", "expected"),
    [
        ("selct author from notes", "42601", True),
        ("insrt into notes values (1)", "42601", True),
        ("select 'x", "42601", True),
        ("select ${id} from", "42601", True),
        # As a submission can make it seem, by a function that raises this.
        ("select author from notes", "42601", False),
        ("select id from notes where id = ${id}", "42601", False),
        # Names are the submission's as far as it makes the tables.
        ("selct author from notes", "42P01", False),
        ("selct author from notes", None, False),
        # What one engine alone knows is no mistake.
        ("select a::text from t", "42601", False),
        ("(" * 5_000, "42601", False),
    ],
)
def test_a_statement_that_is_no_sql_is_its_authors(text: str, sqlstate: str | None, *, expected: bool) -> None:
    assert is_no_sql(text, sqlstate) is expected


def test_a_step_of_ours_that_is_no_sql_is_told_to_the_author() -> None:
    wrong = refused("syntax error", sqlstate="42601", sql="delte from notes")
    assert wrong.ours
    assert wrong.actual == (
        "the database refused the challenge's statement and said: syntax error; correct the challenge"
    )
    assert not refused("syntax error", sqlstate="42601", sql="delete from notes").ours
    assert not refused("syntax error", sqlstate="42601").ours
