from __future__ import annotations

import pytest

from gradekit.checks.differences import Mismatch
from gradekit.checks.tally import SHOWN, examined, failed, passed, tally
from gradekit.results import CaseResult, Outcome, Status

RIGHT = passed("right", "a")
WRONG = failed("wrong", "b", "it differs")
OURS = CaseResult(id="c", title="ours", outcome=Outcome(status=Status.ERRORED, message="no schema"))


@pytest.mark.parametrize("all_or_nothing", [True, False])
@pytest.mark.parametrize("cases", [(RIGHT, OURS), (WRONG, OURS), (OURS, WRONG), (OURS,)])
def test_an_errored_case_makes_the_check_errored(cases: tuple[CaseResult, ...], *, all_or_nothing: bool) -> None:
    judgement = tally(cases, noun="cases", all_or_nothing=all_or_nothing)
    said = "no schema" if len(cases) == 1 else '"ours": no schema'
    assert judgement.outcome == Outcome(status=Status.ERRORED, message=said)
    assert judgement.cases == cases


def test_a_message_that_names_its_case_is_not_told_with_the_name_again() -> None:
    named = CaseResult(id="c", title="ours", outcome=Outcome(status=Status.ERRORED, message="nothing about ours"))
    assert tally((RIGHT, named), noun="cases", all_or_nothing=True).outcome.message == "nothing about ours"


def test_no_case_is_an_error() -> None:
    assert tally((), noun="cases", all_or_nothing=True).outcome.status is Status.ERRORED


@pytest.mark.parametrize(("all_or_nothing", "ratio"), [(True, 0.0), (False, 0.5)])
def test_a_failed_case_counts(ratio: float, *, all_or_nothing: bool) -> None:
    outcome = tally((RIGHT, WRONG), noun="cases", all_or_nothing=all_or_nothing).outcome
    assert (outcome.status, outcome.ratio) == (Status.FAILED, ratio)
    assert outcome.message == "1 of 2 cases failed"


def test_an_only_case_speaks_for_its_check() -> None:
    assert tally((WRONG,), noun="cases", all_or_nothing=True).outcome.message == "it differs"


def test_expected_and_actual_have_a_line_for_each_mismatch() -> None:
    outcome = examined("step", "step", [Mismatch("201", "409", "status"), Mismatch("(1)\n(2)", "(1)")]).outcome
    assert outcome == Outcome(status=Status.FAILED, expected="status: 201\n(1)\n(2)", actual="status: 409\n(1)")
    outcome = examined("step", "step", [Mismatch("a\nb", "c", "step 2"), Mismatch("", "it is gone", "step 3")]).outcome
    assert outcome == Outcome(
        status=Status.FAILED, message="step 3: it is gone", expected="step 2:\na\nb", actual="step 2: c"
    )


def test_a_case_with_nothing_wrong_is_passed_and_one_with_a_fault_of_ours_is_errored() -> None:
    assert examined("right", "a", []) == RIGHT
    case = examined("ours", "c", [Mismatch("1", "2"), Mismatch("", "no schema", ours=True)], ratio=0.5)
    assert case == OURS


def test_what_is_said_twice_is_told_once() -> None:
    one = Mismatch("UTF-8 text", "bytes that are not UTF-8", "stdout")
    assert examined("run", "run", [one, one]) == examined("run", "run", [one])


def test_many_mismatches_are_counted() -> None:
    one, other, *_ = many = [Mismatch("1", str(number)) for number in range(2, SHOWN + 5)]
    outcome = examined("step", "step", many).outcome
    assert outcome.message == "23 differences; the first 20 are shown"
    assert outcome.expected == "\n".join(["1"] * SHOWN)
    remark = Mismatch("", "two are wrong:", count=0)
    outcome = examined("step", "step", [remark, one, other, Mismatch("", "30 more differences", count=30)]).outcome
    assert outcome.message == "two are wrong:; 32 differences; the first 2 are shown"
    outcome = examined("step", "step", [one, Mismatch("", "999 more differences", count=999)]).outcome
    assert outcome.message == "at least 1000 differences; the first 1 are shown"
