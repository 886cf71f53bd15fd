from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from gradekit.errors import UsageError
from gradekit.imports import exercism, made, source


def test_only_what_is_in_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "other").mkdir()
    folder = tmp_path / "exercise"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.txt").write_text("a")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "b.js").write_text("b")
    (folder / "same").symlink_to("data/a.txt")
    (folder / "out").symlink_to("../secret.txt")
    (folder / "linked").symlink_to("data")
    (folder / "away").symlink_to("../other")
    (folder / "gone").symlink_to("nowhere")
    found = source.read(folder, "exercise/")
    assert found.files == {"data/a.txt": b"a", "same": b"a"}
    assert found.unread == ("away", "gone", "linked", "out")
    assert (found.place, found.name) == ("exercise", "exercise")
    with pytest.raises(
        UsageError, match=r'exercise/config: names "out", which is a link .*; ordinary files of the folder'
    ):
        found.data("out", "config")
    challenge = made.challenge(found, kind="thing", spec={"id": "a", "title": "A"}, readme=[], credit=[], files={})
    assert challenge.notes[0] == f"away: left out, for it {source.UNREAD}"


def test_the_nearest_licence_up_to_the_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "COPYING").write_text("too far")
    repository = tmp_path / "repository"
    exercise = repository / "exercises" / "practice" / "leap"
    exercise.mkdir(parents=True)
    (repository / ".git").mkdir()
    assert source.read(exercise, "leap").licences == {}
    (repository / "LICENSE.md").write_text("MIT")
    (repository / "licensed").mkdir()
    assert source.read(exercise, "leap").licences == {"LICENSE.md": b"MIT"}
    (exercise / "NOTICE").write_text("own")
    assert source.read(exercise, "leap").licences == {"NOTICE": b"own"}


@pytest.mark.parametrize("name", ["MAX_FILES", "MAX_TOTAL"])
def test_too_much_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in "ab":
        (tmp_path / file).write_text("12345")
    monkeypatch.setattr(source, name, {"MAX_FILES": 1, "MAX_TOTAL": 9}[name])
    with pytest.raises(UsageError, match="is too much"):
        source.read(tmp_path, "x")


def test_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="nowhere: is no folder"):
        source.read(tmp_path / "nowhere", "nowhere")
    (tmp_path / "a").write_text("1")

    def refuse(path: Path, _: str) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UsageError, match="a: cannot be read: Permission denied"):
        source.read(tmp_path, "x")


def test_an_empty_configuration_says_nothing(tmp_path: Path) -> None:
    (tmp_path / ".meta").mkdir()
    (tmp_path / ".meta" / "config.json").write_text("")
    with pytest.raises(UsageError, match=r"says nothing under files\.solution"):
        exercism.make(source.read(tmp_path, "x"), "x")


def test_a_note_is_one_line_of_the_comment(tmp_path: Path) -> None:
    found = source.read(tmp_path, "x")
    spec = {"id": "a", "title": "A"}
    challenge = made.challenge(found, kind="thing", spec=spec, readme=[], credit=[], files={}, notes=["a\nid: b"])
    assert challenge.files["challenge.yaml"].decode().splitlines()[1:] == ["# - a\\nid: b", "{id: a, title: A}"]


def test_nothing_stays_of_a_challenge_that_cannot_be_written(tmp_path: Path) -> None:
    target = tmp_path / "new" / "challenge"
    with pytest.raises(OSError, match=r"exists|directory"):
        made.write(target, made.Made({"a": b"1", "a/b": b"2"}))
    assert not target.exists()


def test_one_file_is_a_source_with_the_licence_beside_it(tmp_path: Path) -> None:
    (tmp_path / "shop.v1.yaml").write_text("openapi: 3.0.0")
    (tmp_path / "LICENSE").write_text("MIT")
    found = source.read_file(tmp_path / "shop.v1.yaml", "shop.v1.yaml")
    assert (found.name, dict(found.files)) == ("shop.v1", {"shop.v1.yaml": b"openapi: 3.0.0"})
    assert dict(found.licences) == {"LICENSE": b"MIT"}
    with pytest.raises(UsageError, match="there: is no file"):
        source.read_file(tmp_path / "there", "there")
    too_much = tmp_path / "large.yaml"
    too_much.touch()
    os.truncate(too_much, source.MAX_TOTAL + 1)
    with pytest.raises(UsageError, match="is too much"):
        source.read_file(too_much, "large.yaml")


def doubled(value: str, use: str) -> str:
    """YAML of a few lines whose anchors stand for 10 to the power of 9 values."""
    lines = [f"a: &a {value}"] + [
        f"{x}: &{x} {use.format(', '.join([f'*{y}'] * 10))}" for y, x in pairwise("abcdefghij")
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (doubled("[1]", "[{}]"), "with what its anchors stand for, it holds more than 400000 values"),
        (doubled("{x: 1}", "{{<<: [{}]}}"), "with what its anchors stand for, it holds more than 400000 values"),
        ("credits: &a [*a]", "an anchor stands in itself"),
        ("a: " + "[" * 5000, "recursion"),
        ('{"name": "\\ud83d"}', r"a text holds \\ud83d, which is half a character"),
        ("name: '" + "x" * (1 << 20) + "'", "is larger than 1 MiB"),
    ],
    ids=["list", "merge", "itself", "deep", "half", "large"],
)
def test_a_configuration_cannot_take_more_than_it_is(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "problem.yaml").write_text(text)
    with pytest.raises(UsageError, match=rf"^x/problem\.yaml: .*{said}"):
        source.read(tmp_path, "x").mapping("problem.yaml")


def test_escaped_pairs_of_json_are_one_character(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(r'{"blurb": "\ud83d\ude00"}')
    assert source.read(tmp_path, "x").mapping("config.json") == {"blurb": "\U0001f600"}


def test_a_name_that_cannot_be_printed_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a\nb").touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.in")).touch()
    (tmp_path / "a\\b").touch()
    os.mkfifo(tmp_path / "pipe")
    found = source.read(tmp_path, "x")
    assert found.files == {}
    spec = {"id": "a", "title": "A"}
    notes = made.challenge(found, kind="thing", spec=spec, readme=[], credit=[], files={}).notes
    assert [note.partition(": left out")[0] for note in notes] == [r"a\nb", "a\\b", "pipe", r"\udcff.in"]


def test_no_more_is_read_than_may_be(tmp_path: Path) -> None:
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 1 << 40)
    (tmp_path / "LICENSE").touch()
    os.truncate(tmp_path / "LICENSE", 1 << 40)
    assert source._licences(tmp_path) == {}
    with pytest.raises(UsageError, match="is too much"):
        source.read(tmp_path, "x")
    with pytest.raises(UsageError, match="is too much"):
        source.read_file(tmp_path / "large", "x")


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UsageError, match=r'x: ".*" cannot be read: Permission denied'):
        source.read(tmp_path, "x")


def test_the_name_of_the_folder_does_not_end_the_comment(tmp_path: Path) -> None:
    (tmp_path / "a\nid: b").mkdir()
    found = source.read(tmp_path / "a\nid: b", "x")
    spec = {"id": "a", "title": "A"}
    challenge = made.challenge(found, kind="thing", spec=spec, readme=[], credit=[], files={})
    assert challenge.files["challenge.yaml"].decode().splitlines()[0] == r"# Imported from the thing a\nid: b."


def test_an_archive_has_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.zip").touch()
    with pytest.raises(UsageError, match=r"is no folder; .*; unpack it first"):
        source.read(tmp_path / "a.zip", "a.zip")
