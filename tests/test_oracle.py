"""What a challenge's expectations notice, by records alone."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from gradekit.oracle import noticing, sharpness
from gradekit.record import Observation, Record
from gradekit.results import SubmissionRef
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Sharpness

RUBRIC = "gradekit: 1\nid: r\ntitle: R\ncriteria:\n  a: {title: A, weight: 100}\n"
SPEC = """gradekit: 1
id: small
title: Small
runner: python
rubric: rubric.yaml
checks:
  - id: count
    criterion: a
    command:
      cases:
        - {name: two, run: ./count 2, expect: {stdout_json: {$.count: {type: integer, eq: 2}, $.unit: lines}}}
        - {name: none, run: ./count 0, expect: {exit: 2, stderr: {not: {contains: Traceback}}}}
  - id: tests
    criterion: a
    suite: {files: hidden}
"""


def challenge_in(folder: Path) -> Challenge:
    (folder / "rubric.yaml").write_text(RUBRIC)
    (folder / "challenge.yaml").write_text(SPEC)
    (folder / "hidden").mkdir()
    (folder / "hidden" / "test_x.py").write_text("def test_x(): pass")
    return load_challenge(folder, rubrics=[])


def record(*observations: Observation) -> Record:
    return Record(
        gradekit="0",
        id="1",
        started_at="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        challenge="small",
        challenge_path="small",
        challenge_digest="d",
        submission=SubmissionRef(repo="r", tree="t", files=1, bytes=1),
        isolation=None,
        images={},
        phases=(),
        observations=observations,
    )


def counted(stdout: str, stderr: str = "") -> Record:
    runs: list[JsonValue] = [
        {"name": "two", "ending": "exited", "exit_code": 0, "stdout": {"text": stdout, "size": len(stdout)}},
        {"name": "none", "ending": "exited", "exit_code": 2, "stderr": {"text": stderr, "size": len(stderr)}},
    ]
    return record(Observation(check="count", kind="command", state="observed", evidence={"runs": runs}))


RIGHT = '{"count": 2, "unit": "lines"}'


def test_an_expectation_is_needed_if_something_would_pass_without_it(tmp_path: Path) -> None:
    challenge = challenge_in(tmp_path)
    found = sharpness(challenge, counted(RIGHT), [], None)
    assert set(found) == {"count"}
    # `eq: 2` says all that `type: integer` does, and no change brings a traceback.
    assert found["count"].needless == (
        'two: cases[0].expect.stdout_json["$.count"].type',
        "none: cases[0].expect.stderr",
    )
    assert found["count"].expectations == 5
    assert noticing(challenge, challenge.spec.checks[0], counted(RIGHT), None) == (
        found["count"].changed,
        found["count"].noticed,
    )


def test_a_wrong_solution_needs_expectations_too(tmp_path: Path) -> None:
    wrong = counted(RIGHT, "Traceback (most recent call last)")
    other = record(Observation(check="count", kind="command", state="blocked", message="no such program"))
    found = sharpness(challenge_in(tmp_path), counted(RIGHT), [wrong, other], None)
    assert found["count"].needless == ('two: cases[0].expect.stdout_json["$.count"].type',)


def test_what_the_reference_does_not_pass_is_not_tried(tmp_path: Path) -> None:
    challenge = challenge_in(tmp_path)
    assert sharpness(challenge, counted("{}"), [], None) == {}
    assert sharpness(challenge, record(), [], None) == {}
    assert noticing(challenge, challenge.spec.checks[1], counted(RIGHT), None) is None


def test_a_lock_keeps_it(tmp_path: Path) -> None:
    found = sharpness(challenge_in(tmp_path), counted(RIGHT), [], None)["count"]
    assert Sharpness.model_validate_json(found.model_dump_json()) == found
