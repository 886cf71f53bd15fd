"""Names that no sandbox gets to see, and text that no terminal does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.errors import SubmissionError
from gradekit.submission import CloneRules
from gradekit.submission.sieve import Sieve, name_problem, printable, size_text
from gradekit.texts import clean

FILE = 0o100644


def kept(*names: bytes, mode: int = FILE) -> tuple[list[str | None], tuple[str, ...]]:
    sieve = Sieve(CloneRules(), "place")
    return [sieve.keeps(name, mode, 1) for name in names], sieve.dropped


@pytest.mark.parametrize(
    "path",
    ["a", ".env", ".github/x", ".gitignore", "a b/ü.txt", "日本/x", "…", "git~2", "x" * 255, "a/" * 63 + "a", "😀"],
)
def test_fine_names(path: str) -> None:
    assert name_problem(path) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("a\nb", "name has control characters"),
        ("a\x1b[31m", "name has control characters"),
        ("a\x7f", "name has control characters"),
        ("a\x9b31m", "name has control characters"),
        ("a\u202eb", "name has control characters"),
        ("a\u2028b", "name has control characters"),
        (".g\u200cit/config", "name has control characters"),
        ("a\\b", "name has a backslash"),
        ("../a", "path leaves its folder"),
        ("a/./b", "path leaves its folder"),
        ("/a", "path leaves its folder"),
        ("a//b", "path leaves its folder"),
        ("a/", "path leaves its folder"),
        ("", "path leaves its folder"),
        ("x" * 256, "name is too long"),
        ("é" * 128, "name is too long"),
        ("a/" * 64 + "a", "path is too long"),
        (("x" * 200 + "/") * 20 + "a", "path is too long"),
        (".git/config", "part of a .git folder"),
        ("a/.GIT/hooks/x", "part of a .git folder"),
        (".git ", "part of a .git folder"),
        (".git...", "part of a .git folder"),
        (".git::$INDEX_ALLOCATION/config", "part of a .git folder"),
        ("GIT~1/config", "part of a .git folder"),
    ],
)
def test_dangerous_names(path: str, reason: str) -> None:
    assert name_problem(path) == reason


def test_names_that_are_the_same_elsewhere() -> None:
    assert kept(b"A", b"a") == (["A", None], ("a: the same name as A",))
    assert kept(b"A/x", b"a/y") == (["A/x", None], ("a/y: the same name as A",))
    assert kept(b"a", b"a/x") == (["a", None], ("a/x: the same name as a",))
    assert kept(b"a/x", b"A") == (["a/x", None], ("A: the same name as a",))
    assert kept(b"a", b"a") == (["a", None], ("a: the same name as a",))
    assert kept("é".encode(), "e\u0301".encode())[0] == ["é", None]
    assert kept("straße".encode(), b"STRASSE")[0] == ["straße", None]
    assert kept(b"a/x", b"a/y", b"a/z/x")[1] == ()


def test_entries_that_are_no_files() -> None:
    assert kept(b"a", mode=0o120000) == ([None], ("a: symbolic link",))
    assert kept(b"a", mode=0o160000) == ([None], ("a: submodule",))
    assert kept(b"a", mode=0o020000) == ([None], ("a: not a regular file",))
    assert kept(b"\xff\x1b") == ([None], (r"\xff\x1b: name is not UTF-8",))


def test_the_list_of_dropped_entries_is_bounded() -> None:
    names, dropped = kept(*(b"\x01%d" % number for number in range(1000)))
    assert set(names) == {None}
    assert len(dropped) == 201
    assert dropped[-1] == "800 more entries"
    assert max(map(len, kept(b"\x1b" * 100_000)[1])) < 300


@given(st.lists(st.binary(min_size=1, max_size=12), max_size=30))
def test_what_is_kept_is_safe(names: list[bytes]) -> None:
    sieve = Sieve(CloneRules(max_files=100), "place")
    paths = [path for name in names if (path := sieve.keeps(name, FILE, 1)) is not None]
    assert len({path.casefold() for path in paths}) == len(paths)
    assert all(name_problem(path) is None for path in paths)
    assert all(map(printable, "".join([*paths, *sieve.dropped])))


def test_limits() -> None:
    with pytest.raises(SubmissionError, match="place: more than 1 files; remove what is not source code"):
        Sieve(CloneRules(max_files=1), "place").entries(3)
    sieve = Sieve(CloneRules(max_files=1), "place")
    sieve.folder()
    with pytest.raises(SubmissionError, match="more than 1 folders"):
        sieve.folder()
    with pytest.raises(SubmissionError, match="big has 2 GiB; at most 20 MiB a file"):
        Sieve(CloneRules(), "place").keeps(b"big", FILE, 2 << 30)


@given(st.one_of(st.text(), st.binary()))
def test_clean_text_is_printable_and_short(text: str | bytes) -> None:
    shown = clean(text, 50)
    assert len(shown) <= 50
    assert all(map(printable, shown))
    assert not {"\x1b", "\n", "\u202e", "\x9b"} & set(shown)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (50 << 20, "50 MiB")]
)
def test_size_text(size: int, text: str) -> None:
    assert size_text(size) == text
