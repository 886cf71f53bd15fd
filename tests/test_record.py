from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradekit.errors import UsageError
from gradekit.record import Observation, Printed, Record, read, write, write_atomically
from gradekit.results import SubmissionRef

RECORD = Record(
    gradekit="0.1.0",
    id="r1",
    started_at="2026-01-01T00:00:00+00:00",
    seconds=1.5,
    challenge="orders-api",
    challenge_path="/c",
    challenge_digest="d",
    submission=SubmissionRef(repo="r", tree="t", files=1, bytes=2),
    isolation=None,
    images={"probe": "sha256:1"},
    phases=(),
    observations=(
        Observation(
            check="a",
            kind="http",
            state="observed",
            evidence={"exchanges": [1, "ü\u202e", "\ud800", None]},
            seconds=0.1,
            printed=Printed(text="Traceback\x1b\ufffd", restarted=True),
        ),
        Observation(check="b", kind="http", state="blocked", message="the app exited", detail="tail"),
        Observation(check="c", kind="sql", state="errored", message="engine gone"),
    ),
)


def test_a_written_record_is_read_back_equal(tmp_path: Path) -> None:
    write(tmp_path, RECORD)
    assert read(tmp_path) == RECORD
    assert read(tmp_path / "record.json") == RECORD


def test_a_record_without_what_the_app_printed_stays_readable(tmp_path: Path) -> None:
    write(tmp_path, RECORD)
    path = tmp_path / "record.json"
    slim = json.loads(path.read_text())
    for observation in slim["observations"]:
        del observation["printed"]
    path.write_text(json.dumps(slim))
    first, *others = read(tmp_path).observations
    assert first == RECORD.observations[0].model_copy(update={"printed": None})
    assert tuple(others) == RECORD.observations[1:]


def test_changed_evidence_is_refused(tmp_path: Path) -> None:
    write(tmp_path, RECORD)
    evidence = tmp_path / "evidence" / "a.json"
    evidence.write_text(evidence.read_text().replace("1", "2"))
    with pytest.raises(UsageError, match="not the evidence that the run recorded"):
        read(tmp_path)


def test_missing_evidence_is_refused(tmp_path: Path) -> None:
    write(tmp_path, RECORD)
    (tmp_path / "evidence" / "a.json").unlink()
    with pytest.raises(UsageError, match="cannot be read as a record"):
        read(tmp_path)


def test_a_folder_without_a_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no record\.json"):
        read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"observations": [{}]}', '{"observations": 5}'])
def test_a_broken_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(UsageError, match="cannot be read as a record"):
        read(tmp_path)


def test_record_json_holds_digests_and_no_evidence(tmp_path: Path) -> None:
    write(tmp_path, RECORD)
    slim = json.loads((tmp_path / "record.json").read_text())
    assert [entry["evidence"] for entry in slim["observations"]] == [RECORD.observations[0].digest, None, None]


def test_an_unwritable_folder_is_one_clear_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_atomically(tmp_path / "file" / "x.json", b"")


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.json"
    write_atomically(target, b"old")

    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_record_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text("[" * 100_000)
    with pytest.raises(UsageError, match="cannot be read as a record"):
        read(tmp_path)


@pytest.mark.parametrize("seconds", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_time_that_is_no_number_is_refused(tmp_path: Path, seconds: str) -> None:
    write(tmp_path, RECORD)
    path = tmp_path / "record.json"
    slim = json.loads(path.read_text())
    slim["phases"] = [{"name": "clone", "seconds": 0.1}]
    for place in (slim, slim["phases"][0], slim["observations"][0]):
        before, place["seconds"] = place["seconds"], "HERE"
        path.write_text(json.dumps(slim).replace('"HERE"', seconds))
        with pytest.raises(UsageError, match="cannot be read as a record"):
            read(tmp_path)
        place["seconds"] = before
