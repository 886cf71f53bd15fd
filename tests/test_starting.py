"""What candidates begin with earns next to nothing, or verify says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from gradekit.cli import proven
from gradekit.cli.proven import Proof
from gradekit.errors import ExitCode
from gradekit.progress import Silent
from gradekit.record import Observation, Record
from gradekit.results import Status
from gradekit.spec.challenge import Challenge
from gradekit.spec.handed import starters
from gradekit.spec.lock import Lock
from gradekit.starting import verify_starting_points
from gradekit.submission import Submission
from gradekit.verify import verify
from tests.test_verify import SETTING, Notes, challenge_in, graded, record_of

LANGUAGES = "runner: [python, node]"


def begun(
    challenge: Challenge,
    lock: Lock,
    _setting: object,
    obtain: Callable[[], Submission],
    _progress: Silent,
    *,
    trusting: bool,
) -> Record:
    """The command of a folder passes where its files say so."""
    assert lock.challenge == challenge.digest
    assert trusting
    submission = obtain()
    code = 0 if any(b"passes" in entry.data for entry in submission.files.values()) else 1
    evidence: JsonValue = {"runs": [{"name": "run", "ending": "exited", "exit_code": code}]}
    return record_of(
        challenge,
        submission,
        Observation(check="tests", kind="suite", state="blocked", message="broken"),
        Observation(check="run", kind="command", state="observed", evidence=evidence),
    )


def with_starter(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / "starter" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_starters_are_folders_of_languages_or_one_for_all(tmp_path: Path) -> None:
    challenge = challenge_in(tmp_path)
    assert starters(challenge) == []
    (tmp_path / "starter").mkdir()
    assert starters(challenge) == []
    with_starter(tmp_path, python__app="", node__app="")
    assert starters(challenge) == ["starter"]
    spec = challenge.spec.model_copy(update={"runner": ("python", "node", "ruby")})
    of_languages = Challenge(**{name: getattr(challenge, name) for name in challenge.__slots__} | {"spec": spec})
    assert starters(of_languages) == ["starter/node", "starter/python"]
    with_starter(tmp_path, brief="")
    assert starters(of_languages) == ["starter"]


def test_a_starter_that_is_a_solution_is_graded_as_one(tmp_path: Path) -> None:
    challenge = challenge_in(tmp_path)
    with_starter(tmp_path, app="")
    first = challenge.spec.solutions[0].model_copy(update={"path": "starter"})
    spec = challenge.spec.model_copy(update={"solutions": (first, *challenge.spec.solutions[1:])})
    listed = Challenge(**{name: getattr(challenge, name) for name in challenge.__slots__} | {"spec": spec})
    assert starters(challenge) == ["starter"]
    assert starters(listed) == []


def test_what_earns_points_for_nothing_is_a_mismatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    monkeypatch.setattr("gradekit.starting.grade", begun)
    challenge = challenge_in(tmp_path)
    (tmp_path / "solutions" / "reference" / "inside").mkdir()
    (tmp_path / "solutions" / "reference" / "inside" / "link").symlink_to("nowhere")
    with_starter(tmp_path, app="this passes")
    lock, results = verify(challenge, SETTING, Silent(), repeat=1)
    progress = Notes()
    empty, starter = verify_starting_points(challenge, lock, SETTING, progress)
    assert progress.notes == ["solutions/reference, emptied", "starter"]
    assert empty.report is not None
    assert (empty.mismatches, empty.report.submission.files) == ((), 1)
    assert empty.report.checks[1].outcome.status is Status.FAILED
    assert starter.mismatches == ("50.0 % of the points are for nothing, at most 20 % expected; it passes run",)
    proof = Proof.of(challenge, lock, results).with_starting_points([empty, starter])
    assert proof.code is ExitCode.BELOW
    assert "    50.0 % of the points are for nothing, at most 20 % expected; it passes run" in proven.lines(proof)
    assert list(proven.matrix([proof]))[-1] == "not as claimed: starter; nothing is wrong with 3 solutions"
    assert '"path": "starter"' in proven.document([proof])
    assert Proof.of(challenge, lock, results).with_starting_points([empty]).holds


def test_a_starter_without_files_is_no_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    monkeypatch.setattr("gradekit.starting.grade", begun)
    challenge = challenge_in(tmp_path)
    (tmp_path / "starter" / "src").mkdir(parents=True)
    lock, _ = verify(challenge, SETTING, Silent(), repeat=1)
    progress = Notes()
    assert len(verify_starting_points(challenge, lock, SETTING, progress)) == 1
    assert "the folder has no files" in progress.notes[-1]


def test_a_starting_point_that_could_not_be_graded_leaves_it_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*rest: Any, **more: Any) -> Record:  # noqa: ANN401 - of grade
        record = begun(*rest, **more)
        fault = Observation(check="run", kind="command", state="errored", message="the disk is full")
        return record.model_copy(update={"observations": (record.observations[0], fault)})

    monkeypatch.setattr("gradekit.verify.grade", graded)
    monkeypatch.setattr("gradekit.starting.grade", broken)
    challenge = challenge_in(tmp_path)
    lock, results = verify(challenge, SETTING, Silent(), repeat=1)
    proof = Proof.of(challenge, lock, results)
    assert proof.locks
    proof = proof.with_starting_points(verify_starting_points(challenge, lock, SETTING, Silent()))
    assert (proof.code, proof.locks) == (ExitCode.INFRASTRUCTURE, False)
    assert any(line.endswith("not graded") for line in proven.lines(proof))
    assert list(proven.matrix([proof]))[-1].startswith("not known: some of small could not be graded")
    assert '"state": "incomplete"' in proven.document([proof])
