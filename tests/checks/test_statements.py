from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.http.observe import literal
from gradekit.checks.statements import leading_word, split


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("", []),
        (" ;\n; -- nothing;\n/* ; */", []),
        ("select 1", ["select 1"]),
        ("select 1;\nselect 2;\n", ["select 1", "select 2"]),
        ("-- first;\nselect 1;", ["-- first;\nselect 1"]),
        ("select ';', 'it''s;'; select 2", ["select ';', 'it''s;'", "select 2"]),
        (r"select E'\';'; select 2", [r"select E'\';'", "select 2"]),
        ('select ";""" from "a;b"; select 2', ['select ";""" from "a;b"', "select 2"]),
        ("select $$a;$b$;$$; select $b$;$$;$b$", ["select $$a;$b$;$$", "select $b$;$$;$b$"]),
        ("select $1; select a$b$c; select 2", ["select $1", "select a$b$c", "select 2"]),
        ("/* a /* ; */ ; */ select 1; select 2", ["/* a /* ; */ ; */ select 1", "select 2"]),
        (
            "create rule r as on insert to t do (a; b); select 1",
            ["create rule r as on insert to t do (a; b)", "select 1"],
        ),
        ("select 1); select 2", ["select 1)", "select 2"]),
        ("select 'open; select 2", ["select 'open; select 2"]),
        ("select $x$open; select 2", ["select $x$open; select 2"]),
        ("select 1 /* open; select 2", ["select 1 /* open; select 2"]),
        ("begin; select 1; end; select case when true then 1 end; commit", None),
    ],
)
def test_split(text: str, statements: list[str] | None) -> None:
    if statements is None:
        statements = [part.strip() for part in text.split(";")]
    assert list(split(text)) == statements


def test_a_body_in_sql_is_one_statement() -> None:
    body = "begin atomic select case when true then 1 end; select 2; end"
    function = f"create or replace function f() returns int language sql {body}"
    assert split(f"{function}; select 3") == (function, "select 3")
    assert split(f"create procedure p() {body}; select 3") == (f"create procedure p() {body}", "select 3")


@given(st.text("ab;'\"$-/*()\\ \ne", max_size=40))
def test_no_text_is_lost_and_every_piece_is_stable(text: str) -> None:
    pieces = split(text)
    at = 0
    for piece in pieces:
        assert piece
        at = text.index(piece, at) + len(piece)


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("SELECT 1", "select"),
        ("-- a\n/* b */ ((with x as (select 1) select 2))", "with"),
        ("", ""),
        ("-- only", ""),
        ("'a'", ""),
        ("1", ""),
    ],
)
def test_leading_word(statement: str, word: str) -> None:
    assert leading_word(statement) == word


_TRIGGER = (
    "create trigger t before insert on a for each row begin if new.x then set new.y = 1; end if; "
    "case when 1 then set @a = 1; end case; set @b = case 1 when 1 then 2 end; end"
)
_SMALL_TRIGGER = "create trigger t after insert on a begin update b set x = case when 1 then 2 end; delete from c; end"
MARIADB = [
    ("select ';' ; select `a;b`", ("select ';'", "select `a;b`")),
    (r"select 'it\'s; one' # a; comment" + "\n; select 2", (r"select 'it\'s; one' # a; comment", "select 2")),
    ('select "a\\";b"; select 1--1;', ('select "a\\";b"', "select 1--1")),
    ("/* a; /* b */ select 1; -- c;", ("/* a; /* b */ select 1",)),
    ("select 1 /*! ; select 2 */", ("select 1 /*!", "select 2 */")),
    ("select $$a; select 2$$", ("select $$a", "select 2$$")),
    (f"{_TRIGGER}; select 1", (_TRIGGER, "select 1")),
    ("begin not atomic select 1; end; select 2", ("begin not atomic select 1; end", "select 2")),
    ("begin; select 1; commit", ("begin", "select 1", "commit")),
]
SQLITE = [
    ("select [a;b], `c;d`, \"e;f\", 'it''s;'; select 2", ("select [a;b], `c;d`, \"e;f\", 'it''s;'", "select 2")),
    (r"select '\'; select 2", (r"select '\'", "select 2")),
    ("/* a; /* b */ select 1; /* open", ("/* a; /* b */ select 1",)),
    (f"{_SMALL_TRIGGER}; select 1", (_SMALL_TRIGGER, "select 1")),
]


@pytest.mark.parametrize(
    ("engine", "text", "expected"),
    [("mariadb", *case) for case in MARIADB] + [("sqlite", *case) for case in SQLITE],
)
def test_each_engine_has_its_own_rules(engine: str, text: str, expected: tuple[str, ...]) -> None:
    assert split(text, engine) == expected


def test_the_leading_word_is_past_the_comments_of_the_engine() -> None:
    assert leading_word("# note\n(update t set a = 1)", "mariadb") == "update"
    assert leading_word("[update]", "sqlite") == ""


@pytest.mark.parametrize("engine", ["postgres", "mariadb", "sqlite"])
@given(value=st.text(alphabet="\\'\"`$;-#/*[] x\n"))
def test_a_saved_value_stays_inside_its_statement(engine: str, value: str) -> None:
    text = f"select {literal(value, engine)}"
    assert split(f"{text}; select 2", engine) == (text, "select 2")
