"""What stood in the files of earlier commits: once for each line, with the oldest place, and bounded."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from gradekit.history import Lines
from gradekit.submission import CloneRules, lines
from gradekit.submission.gitio import Enough
from gradekit.submission.history import MAX_FIELD
from tests.submission.gitserver import Get, Repository

obtain = import_module("gradekit.submission.obtain")

RULES = CloneRules(timeout=20, lines_without=frozenset({"node_modules", "*.min.js"}))
ARMOUR = "-----BEGIN OPENSSH " + "PRIVATE KEY-----"


def read(get: Get, repository: Repository, **rules: Any) -> Lines:  # noqa: ANN401
    history = get(repository.url, rules=replace(RULES, **rules)).history
    assert history is not None
    assert history.lines is not None
    return history.lines


def places(found: Lines) -> Mapping[str, tuple[str, str, int]]:
    return {line.text: (line.commit, line.path, line.number) for line in found.found}


def test_each_line_has_its_oldest_place(get: Get, repository: Repository, base: str) -> None:
    first = repository.commit({"a": "\n  key = one\r\nshort\n", "node_modules/x": "in a package\n"})
    second = repository.commit({"a": "key = two\n", "b/c": "key = one\n", "x.min.js": "in a script\n"})
    (repository.path / "a").unlink()
    repository.commit({"b/c": b"\0 and a binary \xff\x0bfile\n", "d": "key = one\n"})
    for address in (repository.url, f"{base}/work/.git"):
        history = get(address, rules=RULES).history
        assert history is not None
        assert history.commits == ()
        found = history.lines
        assert found is not None
        assert places(found) == {
            "key = one": (first, "a", 2),
            "key = two": (second, "a", 1),
            "\0 and a binary � file": (repository.git("rev-parse", "HEAD"), "b/c", 1),
        }
        assert list(found.parents.values()) == [(second,), (first,), ()]
        assert (found.large, found.unread, found.late, found.problem) == (0, 0, False, "")


def test_merges_links_submodules_and_other_folders(get: Get, repository: Repository) -> None:
    root = repository.commit({"app/a": "from the root\n", "other/b": "not of the submission\n"})
    repository.git("checkout", "--quiet", "-b", "side")
    side = repository.commit({"app/side": "from the side\n"})
    repository.git("checkout", "--quiet", "main")
    main = repository.commit({"app/main": "from the main one\n"})
    repository.git("merge", "--quiet", "--no-commit", "--no-ff", "side")
    (repository.path / "app/link").symlink_to("where it leads to")
    merge = repository.commit({"app/evil": "from the merge\n"})
    (repository.path / "app/evil").unlink()
    last = repository.commit({"app/a": "nothing more\n"})
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{root},app/module")
    repository.git("commit", "--quiet", "-m", "a submodule")
    found = read(get, repository, path="./app/")
    assert {text: place[:2] for text, place in places(found).items()} == {
        "from the root": (root, "a"),
        "from the side": (side, "side"),
        "from the main one": (main, "main"),
        "from the merge": (merge, "evil"),
        "where it leads to": (merge, "link"),
        "nothing more": (last, "a"),
    }
    assert found.unread == 0


def test_long_lines_are_kept_in_pieces_and_keys_with_what_is_below(get: Get, repository: Repository) -> None:
    long = "".join(f"{number:05}" for number in range(2000))
    key = [ARMOUR, *(char * 70 for char in "abcdef")]
    repository.commit({"long": long, "key": "\n".join(key), "end": ARMOUR})
    found = places(read(get, repository))
    assert [text for text, place in found.items() if place[1] == "long"] == [
        long[:4000],
        long[3600:7600],
        long[7200:],
    ]
    assert {" ".join(key[:5]), key[6], ARMOUR} < found.keys()
    assert ARMOUR + " " + "a" * 70 not in found


def test_bounds_are_counted_and_small_files_go_first(
    get: Get, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = repository.commit({"small": "in a small one\n", "middle": "in the middle\n" + "x" * 100, "big": "b" * 200})
    repository.commit({"small": "something else\n"})
    monkeypatch.setattr(lines, "MAX_BLOB", 150)
    found = read(get, repository)
    assert (found.large, found.largest, found.unread) == (1, ("big",), 0)
    monkeypatch.setattr(lines, "MAX_READ", 60)
    found = read(get, repository)
    assert (set(places(found)), found.unread) == ({"in a small one", "something else"}, 1)
    monkeypatch.setattr(lines, "MAX_LINES", 1)
    assert (len(read(get, repository).found), read(get, repository).unread) == (1, 2)
    monkeypatch.setattr(lines, "MAX_LINES", 9)
    monkeypatch.setattr(lines, "MAX_TEXT", 20)
    assert (len(read(get, repository).found), read(get, repository).unread) == (1, 2)
    monkeypatch.setattr(lines, "MAX_BLOBS", 1)
    assert read(get, repository).unread == 3
    monkeypatch.setattr(lines, "MAX_COMMITS", 1)
    found = read(get, repository)
    assert list(found.parents.values()) == [(first,)]
    assert {line.commit for line in found.found} == set(found.parents)


def test_no_more_than_2000_commits_are_listed() -> None:
    contents = lines._Contents(b"", (), ())
    with pytest.raises(Enough):
        contents.feed(b"".join(b"%040x\0" % number for number in range(2100)))
    assert len(contents.parents) == 2000


def test_no_more_than_64_mib_are_listed() -> None:
    contents, chunk = lines._Contents(b"", (), ()), b"x" * (1 << 20)
    for _ in range(64):
        contents.feed(chunk)
    with pytest.raises(Enough):
        contents.feed(chunk)
    assert contents.cut


def test_no_more_than_100_000_contents_are_kept() -> None:
    contents = lines._Contents(b"", (), ())
    contents.feed(b"%040x\0" % 1)
    for number in range(1, 100_003):
        contents.feed(b":000000 100644 %040x %040x A\0a\0" % (0, number))
    assert (len(contents.places), contents.unread) == (100_000, 2)


def test_no_file_of_more_than_1_mib_is_read() -> None:
    assert set(lines._wanted({b"a": 1 << 20, b"b": (1 << 20) + 1})) == {b"a"}


def test_no_more_than_64_mib_are_read() -> None:
    assert sum(lines._wanted({b"%040x" % number: 1 << 20 for number in range(100)}).values()) == 64 << 20


@pytest.mark.parametrize(("width", "count"), [(8, 150_000), (800, (8 << 20) // 800)])
def test_no_more_than_so_many_lines_are_kept(width: int, count: int) -> None:
    contents = lines._Contents(b"", (), ())
    contents.places[b"a"] = (1, "c", "a")
    kept = lines._Kept(contents)
    with pytest.raises(Enough):
        kept.take(b"a", b"\n".join(b"%0*d" % (width, number) for number in range(count + 100)))
    assert len(kept.lines) == count


def test_a_shallow_repository(get: Get, repository: Repository) -> None:
    commits = [repository.commit({"n": f"number {number}"}) for number in range(3)]
    shallow = repository.path.parent / "shallow"
    for depth, known in ((2, commits[2:]), (1, [])):
        repository.git("clone", "--quiet", f"--depth={depth}", f"file://{repository.path}", f"{shallow}{depth}")
        history = get(f"{shallow}{depth}", rules=RULES).history
        assert history is not None
        assert history.lines is not None
        assert [line.commit for line in history.lines.found] == known == list(history.lines.parents)


def test_a_merge_of_very_many_is_counted(get: Get, repository: Repository) -> None:
    root = repository.commit({"a": "the same in all"})
    evil = repository.tree({b"evil": repository.blob(b"out of nowhere")})
    who = "A <a@example.org> 1700000000 +0000"
    text = f"tree {evil}\n" + f"parent {root}\n" * (MAX_FIELD // 40) + f"author {who}\ncommitter {who}\n\nmerge\n"
    merge = repository.git("hash-object", "-w", "-t", "commit", "--stdin", stdin=text.encode())
    repository.git("update-ref", "refs/heads/main", merge)
    found = read(get, repository)
    assert "out of nowhere" not in places(found)
    assert found.unread > 0


def test_a_history_that_is_too_large_or_too_slow_spoils_no_files(
    get: Get, repository: Repository, spinning: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a": "the first one", "big": os.urandom(2 << 20)})
    (repository.path / "big").unlink()
    repository.commit({"a": "another one"})
    with monkeypatch.context() as patched:
        patched.setattr(obtain, "_PACK_SLACK", 0)
        found = read(get, repository, max_size=1 << 18)
        assert found.problem == (
            "what git fetches of the history has more than 1 MiB, the limit that max_size of the challenge leads to; "
            "are there large files in earlier commits?"
        )
    spinning("log")
    found = read(get, repository)
    assert found.problem == "listing it takes more than 20 s of a processor"


@pytest.mark.parametrize("asked", ["--batch-check", "--batch"])
def test_time_that_is_up_while_files_are_read_is_told(
    get: Get, repository: Repository, spinning: Callable[[str], None], asked: str
) -> None:
    repository.commit({"a": "the first one"})
    spinning(f"cat-file {asked}")
    found = read(get, repository)
    assert (found.late, found.unread, found.problem) == (True, 1, "")
