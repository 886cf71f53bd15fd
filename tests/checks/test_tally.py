from __future__ import annotations

import pytest

from gradekit.checks.tally import failed, passed, tally
from gradekit.results import CaseResult, Outcome, Status

RIGHT = passed("right", "a")
WRONG = failed("wrong", "b", "it differs")
OURS = CaseResult(id="c", title="ours", outcome=Outcome(status=Status.ERRORED, message="no schema"))


@pytest.mark.parametrize("all_or_nothing", [True, False])
@pytest.mark.parametrize("cases", [(RIGHT, OURS), (WRONG, OURS), (OURS, WRONG), (OURS,)])
def test_an_errored_case_makes_the_check_errored(cases: tuple[CaseResult, ...], *, all_or_nothing: bool) -> None:
    judgement = tally(cases, noun="cases", all_or_nothing=all_or_nothing)
    assert judgement.outcome == Outcome(status=Status.ERRORED, message="ours: no schema")
    assert judgement.cases == cases


def test_no_case_is_an_error() -> None:
    assert tally((), noun="cases", all_or_nothing=True).outcome.status is Status.ERRORED


@pytest.mark.parametrize(("all_or_nothing", "ratio"), [(True, 0.0), (False, 0.5)])
def test_a_failed_case_counts(ratio: float, *, all_or_nothing: bool) -> None:
    outcome = tally((RIGHT, WRONG), noun="cases", all_or_nothing=all_or_nothing).outcome
    assert (outcome.status, outcome.ratio) == (Status.FAILED, ratio)
    assert outcome.message == "1 of 2 cases failed; first wrong: it differs"
