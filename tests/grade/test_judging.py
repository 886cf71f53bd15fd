from __future__ import annotations

import pytest

from gradekit.grade.judging import with_needs
from gradekit.model import Model
from gradekit.results import CheckResult, Judgement, Outcome, Status, Tier
from gradekit.spec.challenge import Check


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
