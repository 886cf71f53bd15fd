from __future__ import annotations

from pathlib import Path

import pytest

from gradekit.grade.judging import context_of, judge, judge_alone, with_needs
from gradekit.model import Model
from gradekit.record import Observation, Record
from gradekit.report.formats import FORMATS
from gradekit.results import CheckResult, Judgement, Outcome, Status, SubmissionRef, Tier
from gradekit.spec.challenge import Challenge, Check
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Lock
from tests.grade.conftest import RUBRIC


class Body(Model):
    pass


def check(need: tuple[str, ...] = ()) -> Check:
    return Check(id="b", criterion="api", need=need, kind="http", body=Body())


def result(status: Status) -> CheckResult:
    outcome = Outcome(status=status, ratio=1.0 if status is Status.PASSED else 0.0)
    return CheckResult(
        id="a", title="a", kind="http", criterion="api", points=1, required=False, tier=Tier.BLACK_BOX, outcome=outcome
    )


PASSED = Judgement(outcome=Outcome(status=Status.PASSED, ratio=1.0))


def test_without_needs_a_judgement_stands() -> None:
    assert with_needs(check(), PASSED, {}) is PASSED


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (Status.PASSED, Status.PASSED),
        (Status.FAILED, Status.SKIPPED),
        (Status.SKIPPED, Status.SKIPPED),
        (Status.ERRORED, Status.ERRORED),
    ],
)
def test_a_need_decides(need: Status, expected: Status) -> None:
    judged = with_needs(check(("a",)), PASSED, {"a": result(need)})
    assert judged.outcome.status is expected
    assert judged.outcome.ratio == (1.0 if expected is Status.PASSED else 0.0)


def test_our_own_fault_is_not_hidden_by_a_failed_need() -> None:
    errored = Judgement(outcome=Outcome(status=Status.ERRORED))
    assert with_needs(check(("a",)), errored, {"a": result(Status.FAILED)}) is errored


# --- what stood in for an official image

SPEC = """\
gradekit: 1
id: small
title: Small
runner: none
rubric: rubric.yaml
services: {db: {runner: mongodb}}
datasets: {items: {service: db}}
checks:
  - {id: a, criterion: api, nosql: {dataset: items, ask: [{mongodb: {count: a}, expect: {reply: {eq: {n: 1}}}}]}}
  - id: b
    criterion: api
    need: [a]
    nosql: {dataset: items, ask: [{mongodb: {count: b}, expect: {reply: {eq: {n: 1}}}}]}
"""
STAND_IN = "other 1.0 in the place of mongo:7.0"
RIGHT, WRONG = {"answers": [{"reply": '{"n": 1}'}]}, {"answers": [{"reply": '{"n": 2}'}]}


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    (tmp_path / "challenge.yaml").write_text(SPEC)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    return load_challenge(tmp_path, rubrics=[])


def seen(check: str, evidence: object, **fields: object) -> Observation:
    told = {"check": check, "kind": "nosql", "state": "observed", "evidence": evidence, "stand_in": STAND_IN}
    return Observation.model_validate({**told, **fields})


def record_of(challenge: Challenge, *observations: Observation) -> Record:
    return Record(
        gradekit="0",
        id="1",
        started_at="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        challenge="small",
        challenge_path="x",
        challenge_digest=challenge.digest,
        submission=SubmissionRef(repo="r", tree="t", files=1, bytes=1),
        isolation=None,
        images={},
        phases=(),
        observations=observations,
    )


@pytest.mark.parametrize(
    ("fields", "status", "trusted"),
    [
        ({"evidence": RIGHT}, Status.PASSED, Status.PASSED),
        ({"evidence": WRONG}, Status.ERRORED, Status.FAILED),
        ({"evidence": WRONG, "stand_in": ""}, Status.FAILED, Status.FAILED),
        ({"state": "blocked", "message": "the app has ended"}, Status.ERRORED, Status.FAILED),
        ({"state": "blocked", "message": "it does not build", "stand_in": ""}, Status.FAILED, Status.FAILED),
        ({"state": "errored", "message": "no disk"}, Status.ERRORED, Status.ERRORED),
    ],
)
def test_what_stood_in_can_only_confirm(
    challenge: Challenge, fields: dict[str, object], status: Status, trusted: Status
) -> None:
    check, observation = challenge.spec.check("a"), seen("a", **{"evidence": None, **fields})
    judged = judge_alone(challenge, check, observation, None)
    assert judged.outcome.status is status
    assert judge_alone(challenge, check, observation, None, trusting=True).outcome.status is trusted
    if status is not trusted:
        assert f"with {STAND_IN}, and what that lacks" in judged.outcome.message
        assert "grade again where the official image can be had" in judged.outcome.message


def test_a_report_says_what_stood_in_and_withholds_the_score(challenge: Challenge) -> None:
    record = record_of(challenge, seen("a", WRONG), seen("b", RIGHT))
    lock = Lock(gradekit="0", challenge=challenge.digest, rubric=challenge.rubric_name, stand_ins={"mongodb": STAND_IN})
    report = judge(challenge, record, lock)
    assert [check.outcome.status for check in report.checks] == [Status.ERRORED, Status.ERRORED]
    assert report.score.state == "incomplete"
    assert f"challenge.lock is of a verification with {STAND_IN}" in report.notices
    trusted = judge(challenge, record, None, trusting=True)
    assert [check.outcome.status for check in trusted.checks] == [Status.FAILED, Status.SKIPPED]
    assert trusted.notices == ()


# --- what the app printed


@pytest.mark.parametrize(
    ("fields", "titles"),
    [
        ({"evidence": RIGHT}, []),
        ({"evidence": WRONG}, ["What the app printed meanwhile"]),
        (
            {"evidence": WRONG, "printed": {"text": "a", "restarted": True}},
            ["What the app printed meanwhile (since it was started again)"],
        ),
        ({"evidence": WRONG, "printed": None}, []),
        ({"evidence": None, "state": "blocked"}, ["What the app printed meanwhile"]),
        ({"evidence": None, "state": "blocked", "detail": "tail"}, ["Last output"]),
        ({"evidence": WRONG, "kind": "http"}, ["What the app printed meanwhile"]),
    ],
)
def test_what_the_app_printed_is_shown_of_a_check_that_did_not_pass(
    challenge: Challenge, fields: dict[str, object], titles: list[str]
) -> None:
    observation = seen("a", **{"stand_in": "", "printed": {"text": "boom\x1b[2J\nend"}, **fields})
    report = judge(challenge, record_of(challenge, observation), None)
    exhibits = [exhibit for exhibit in report.run.checks["a"].exhibits if exhibit.log]
    assert [exhibit.title for exhibit in exhibits] == titles
    assert (
        "boom" not in report.model_copy(update={"run": report.run.model_copy(update={"checks": {}})}).model_dump_json()
    )


def test_what_the_app_printed_changes_nothing_of_a_judgement_and_is_cleaned(challenge: Challenge) -> None:
    told, silent = (
        judge(challenge, record_of(challenge, seen("a", WRONG, stand_in="", printed=printed)), None)
        for printed in ({"text": "boom\x1b[2J"}, None)
    )
    assert told.model_dump(exclude={"run"}) == silent.model_dump(exclude={"run"})
    assert told.run.checks["a"].evidence == silent.run.checks["a"].evidence
    for name in ("html", "markdown", "json"):
        text = str(FORMATS[name].render(told))
        assert "boom" in text
        assert "\x1b" not in text


@pytest.mark.parametrize("lock", [None, Lock(gradekit="0", challenge="", rubric="")])
def test_a_judge_knows_the_memory_that_a_container_has(challenge: Challenge, lock: Lock | None) -> None:
    assert context_of(challenge, "unit", lock).memory == challenge.spec.limits.memory
