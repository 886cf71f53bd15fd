from __future__ import annotations

from gradekit.results import (
    ChallengeRef,
    CheckResult,
    Outcome,
    Report,
    Run,
    Score,
    Status,
    SubmissionRef,
    Tier,
)
from gradekit.spec.challenge import Bounds, Expectation
from gradekit.verify import mismatches


def report(*failed: str, earned: float | None = 80.0) -> Report:
    checks = tuple(
        CheckResult(
            id=name,
            title=name,
            kind="http",
            criterion="api",
            points=1,
            required=False,
            tier=Tier.BLACK_BOX,
            outcome=Outcome(status=Status.FAILED if name in failed else Status.PASSED, message=f"{name} broke"),
        )
        for name in ("a", "b", "c")
    )
    return Report(
        gradekit="0",
        challenge=ChallengeRef(id="x", title="x", digest="d", lock="fresh"),
        rubric="r@1",
        submission=SubmissionRef(repo="r", tree="t", files=1, bytes=1),
        score=Score(state="provisional", earned=earned, possible=None if earned is None else 100.0),
        criteria=(),
        checks=checks,
        run=Run(id="1", started_at="2026-01-01T00:00:00+00:00", seconds=1.0),
    )


def test_a_reference_that_passes_all() -> None:
    assert mismatches(Expectation(passes="all"), report()) == ()


def test_a_reference_that_loses() -> None:
    assert mismatches(Expectation(passes="all"), report("b")) == ("b: failed, should pass: b broke",)


def test_a_wrong_solution_that_loses_what_it_claims() -> None:
    assert mismatches(Expectation(fails=("a", "b")), report("a", "b")) == ()


def test_a_wrong_solution_that_loses_more_and_less() -> None:
    assert mismatches(Expectation(fails=("a",)), report("c")) == (
        "c: failed, should pass: c broke",
        "a: passed, should fail: the check does not see this mistake",
    )


def test_score_bounds() -> None:
    assert mismatches(Expectation(fails=("a",), score=Bounds(gte=80.0, lte=80.0)), report("a")) == ()
    assert mismatches(Expectation(fails=("a",), score=Bounds(gte=81.0)), report("a")) == ("score 80.0 % is below 81 %",)
    assert mismatches(Expectation(fails=("a",), score=Bounds(lte=79.5)), report("a")) == (
        "score 80.0 % is above 79.5 %",
    )
    assert mismatches(Expectation(fails=("a",), score=Bounds(lte=1.0)), report("a", earned=None)) == ()
