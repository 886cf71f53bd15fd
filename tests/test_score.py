from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.errors import ExitCode, SpecError
from gradekit.results import CheckResult, CriterionScore, Outcome, Score, Status, Tier
from gradekit.score import exit_code, number, points, score
from gradekit.spec.rubric import Rubric

LEVELS = [{"level": 0, "title": "none", "anchor": "nothing"}, {"level": 1, "title": "some", "anchor": "something"}]


def rubric(criteria: dict[str, dict[str, Any]], **fields: Any) -> Rubric:  # noqa: ANN401
    titled = {name: {"title": name.title()} | spec for name, spec in criteria.items()}
    return Rubric.model_validate({"gradekit": 1, "id": "backend", "title": "Backend", "criteria": titled} | fields)


def check(
    name: str = "a",
    ratio: float = 1.0,
    status: Status | None = None,
    *,
    criterion: str = "api",
    points: int = 1,
    required: bool = False,
) -> CheckResult:
    ending = status or (Status.PASSED if ratio == 1 else Status.FAILED)
    return CheckResult(
        id=name,
        title=name,
        kind="http",
        criterion=criterion,
        points=points,
        required=required,
        tier=Tier.BLACK_BOX,
        outcome=Outcome(status=ending, ratio=ratio),
    )


ONE = rubric({"api": {"weight": 100}})
TWO = rubric({"api": {"weight": 60}, "data": {"weight": 40}}, pass_mark=70)
REVIEWED = rubric({"api": {"weight": 80}, "design": {"weight": 20, "manual": True, "levels": LEVELS}}, pass_mark=70)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0.0"), (70, "70.0"), (69.96, "69.9"), (69.99999, "69.9"), (66.66666666666667, "66.6"), (100.0, "100.0")],
)
def test_points_are_cut_never_rounded_up(value: float, shown: str) -> None:
    assert points(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(70.0, "70"), (69.5, "69.5"), (90, "90")])
def test_a_bound_is_shown_as_it_was_written(value: float, shown: str) -> None:
    assert number(value) == shown


def test_points_weigh_checks_and_weights_weigh_criteria() -> None:
    answer, criteria = score(TWO, [check("a", 0.5, points=3), check("b", points=1), check("c", 0.25, criterion="data")])
    assert criteria == (
        CriterionScore(id="api", title="Api", weight=60, state="scored", ratio=0.625, earned=37.5),
        CriterionScore(id="data", title="Data", weight=40, state="scored", ratio=0.25, earned=10.0),
    )
    assert answer == Score(
        state="complete",
        total=47.5,
        earned=47.5,
        possible=100.0,
        pass_mark=70.0,
        passed=False,
        reasons=("47.5 points are below the pass mark of 70.",),
    )


def test_checks_without_points_count_by_their_mean() -> None:
    answer, _ = score(ONE, [check("a", 1.0, points=0), check("b", 0.5, points=0)])
    assert answer.total == 75.0


def test_a_skipped_check_earns_nothing_whatever_its_ratio() -> None:
    answer, _ = score(ONE, [check("a"), check("b", 1.0, Status.SKIPPED)])
    assert answer.total == 50.0


def test_ratios_are_the_shares_that_were_meant() -> None:
    seventy = rubric({"api": {"weight": 100}}, pass_mark=70)
    answer, _ = score(seventy, [check(str(index), 7 / 10, points=3) for index in range(10)])
    assert (answer.total, answer.passed) == (70.0, True)
    thirds, _ = score(ONE, [check(str(index), 1 / 3) for index in range(3)] + [check("d", 1.0)] * 3)
    assert thirds.total == pytest.approx(200 / 3)


def test_an_errored_check_leaves_no_number() -> None:
    answer, criteria = score(TWO, [check("a"), check("b", 0.0, Status.ERRORED), check("c", criterion="data")])
    assert answer == Score(
        state="incomplete",
        pass_mark=70.0,
        reasons=('Check "b" could not be graded because of a fault on our side.',),
        errored=("b",),
    )
    assert [(item.state, item.ratio, item.earned) for item in criteria] == [
        ("errored", None, None),
        ("scored", 1.0, 40.0),
    ]


def test_a_weighed_criterion_without_checks_leaves_no_number() -> None:
    answer, criteria = score(TWO, [check("a")])
    assert answer.state == "incomplete"
    assert answer.reasons == ('Criterion "data" has a weight of 40 and no check, so nothing grades it.',)
    assert criteria[1].state == "errored"


def test_a_criterion_without_weight_or_checks_does_no_harm() -> None:
    answer, criteria = score(rubric({"api": {"weight": 100}, "extra": {"weight": 0, "required": True}}), [check("a")])
    assert (answer.state, answer.total, answer.passed) == ("complete", 100.0, True)
    assert (criteria[1].state, criteria[1].ratio) == ("scored", None)


def test_a_pending_review_gives_the_automated_part_only() -> None:
    answer, criteria = score(REVIEWED, [check("a", 0.75)])
    assert answer == Score(
        state="provisional",
        earned=60.0,
        possible=80.0,
        pass_mark=70.0,
        passed=True,
        reasons=("20 of 100 points wait for a review: Design.",),
        pending=("design",),
    )
    assert criteria[1] == CriterionScore(id="design", title="Design", weight=20, manual=True, state="pending")


def test_the_pass_mark_applies_to_the_automated_share() -> None:
    answer, _ = score(REVIEWED, [check("a", 0.5)])
    assert answer.passed is False
    assert answer.reasons == (
        "40.0 of 80 automated points (50.0 %) are below the pass mark of 70 %.",
        "20 of 100 points wait for a review: Design.",
    )


def test_a_check_in_a_manual_criterion_informs_but_does_not_score() -> None:
    answer, _ = score(REVIEWED, [check("a"), check("hint", 0.0, criterion="design")])
    assert (answer.state, answer.earned, answer.passed) == ("provisional", 80.0, True)


def test_an_errored_check_in_a_manual_criterion_is_a_fault_too() -> None:
    answer, criteria = score(REVIEWED, [check("a"), check("hint", 0.0, Status.ERRORED, criterion="design")])
    assert (answer.state, criteria[1].state) == ("incomplete", "errored")


@pytest.mark.parametrize(("ratio", "passed"), [(1.0, None), (0.0, False)])
def test_nothing_automated_means_no_pass_or_fail_by_mark(ratio: float, passed: bool | None) -> None:
    manual = {"weight": 50, "manual": True, "levels": LEVELS}
    people = rubric({"design": manual, "style": manual, "gate": {"weight": 0}}, pass_mark=70)
    answer, _ = score(people, [check("gate", ratio, criterion="gate", required=True)])
    assert (answer.state, answer.earned, answer.possible, answer.passed) == ("provisional", 0.0, 0.0, passed)
    assert answer.reasons[-2:] == (
        "No automated criterion has a weight, so the pass mark waits for the reviews.",
        "100 of 100 points wait for reviews: Design, Style.",
    )


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (check("a", 0.25, points=10, required=True), 'Check "a" is required and earned 2.5 of 10 points.'),
        (check("a", 0.0, Status.SKIPPED, required=True), 'Check "a" is required and was skipped.'),
        (check("a", 0.0, points=0, required=True), 'Check "a" is required and was not passed.'),
        (check("a", 1.0, Status.FAILED, required=True), 'Check "a" is required and earned 1.0 of 1 points.'),
    ],
)
def test_a_required_check_outweighs_the_total(result: CheckResult, reason: str) -> None:
    answer, _ = score(ONE, [result, check("b", points=1000)])
    assert (answer.passed, answer.reasons) == (False, (reason,))


def test_a_required_criterion_has_to_be_earned_in_full() -> None:
    strict = rubric({"api": {"weight": 90}, "data": {"weight": 10, "required": True}}, pass_mark=70)
    answer, _ = score(strict, [check("a"), check("b", 2 / 3, criterion="data")])
    assert (answer.passed, answer.reasons) == (
        False,
        ('Criterion "data" is required in full and reached 66.6 %.',),
    )
    met, _ = score(strict, [check("a"), check("b", criterion="data", required=True)])
    assert (met.passed, met.reasons) == (True, ())


@pytest.mark.parametrize(("ratio", "band"), [(1.0, "top"), (0.85, "top"), (0.8499, "middle"), (0.1, None)])
def test_the_band_is_the_highest_that_the_total_reaches(ratio: float, band: str | None) -> None:
    bands = [{"name": "middle", "from": 50}, {"name": "top", "from": 85}]
    answer, _ = score(rubric({"api": {"weight": 100}}, bands=bands), [check("a", ratio)])
    assert answer.band == band


def test_a_check_outside_the_rubric_is_refused() -> None:
    with pytest.raises(SpecError, match=r'check a: criterion "speed" is not in rubric backend; expected one of api'):
        score(ONE, [check("a", criterion="speed")])


STATUSES = st.sampled_from([Status.PASSED, Status.FAILED, Status.SKIPPED])
CHECKS = st.lists(
    st.builds(
        check,
        st.sampled_from("abcdefgh"),
        st.floats(0, 1),
        STATUSES,
        criterion=st.sampled_from(["api", "data"]),
        points=st.integers(0, 50),
        required=st.booleans(),
    ),
    max_size=8,
).map(lambda checks: [*checks, check("x"), check("y", criterion="data")])


@given(CHECKS)
def test_a_total_is_bounded(checks: list[CheckResult]) -> None:
    answer, criteria = score(TWO, checks)
    assert answer.total is not None
    assert 0 <= answer.total <= 100
    assert answer.total == pytest.approx(sum(item.earned or 0 for item in criteria))


@given(CHECKS, st.randoms(use_true_random=False))
def test_the_order_of_checks_does_not_matter(checks: list[CheckResult], chance: random.Random) -> None:
    shuffled = checks.copy()
    chance.shuffle(shuffled)
    one, one_criteria = score(TWO, checks)
    other, other_criteria = score(TWO, shuffled)
    assert (one.total, one.passed, one_criteria) == (other.total, other.passed, other_criteria)


@given(CHECKS, st.data())
def test_a_better_check_never_lowers_the_total(checks: list[CheckResult], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(checks) - 1))
    outcome = checks[index].outcome
    ratio = data.draw(st.floats(outcome.ratio, 1))
    better = checks.copy()
    better[index] = checks[index].model_copy(update={"outcome": outcome.model_copy(update={"ratio": ratio})})
    before, after = score(TWO, checks)[0], score(TWO, better)[0]
    assert (after.total or 0) >= (before.total or 0)
    assert after.passed or not before.passed


@given(CHECKS, st.sampled_from([TWO, REVIEWED]), st.data())
def test_an_errored_check_never_yields_a_number(checks: list[CheckResult], by: Rubric, data: st.DataObject) -> None:
    names = list(by.criteria)
    moved = [item.model_copy(update={"criterion": names[item.criterion == "data"]}) for item in checks]
    fault = check("fault", data.draw(st.floats(0, 1)), Status.ERRORED, criterion=data.draw(st.sampled_from(names)))
    moved.insert(data.draw(st.integers(0, len(moved))), fault)
    answer, _ = score(by, moved)
    assert answer.state == "incomplete"
    assert (answer.total, answer.earned, answer.possible, answer.passed, answer.band) == (None,) * 5
    assert answer.errored == ("fault",)


@given(st.floats(0, 100))
def test_a_shown_number_is_never_higher_than_the_real_one(value: float) -> None:
    assert float(points(value)) <= value < float(points(value)) + 0.1 + 1e-9


@pytest.mark.parametrize("status", [Status.PASSED, Status.SKIPPED, Status.ERRORED])
def test_a_forged_result_withholds_the_score_whatever_else_happened(status: Status) -> None:
    forged = check("a", status=status).model_copy(update={"violations": ("it was forged",)})
    total, _ = score(ONE, [forged, check("b")])
    assert total.state == "withheld"
    assert (total.total, total.earned, total.possible, total.passed) == (None, None, None, None)
    assert total.reasons == ('Check "a": it was forged',)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": "complete", "passed": True}, ExitCode.OK),
        ({"state": "provisional"}, ExitCode.OK),
        ({"state": "complete", "passed": False}, ExitCode.BELOW),
        ({"state": "incomplete"}, ExitCode.INFRASTRUCTURE),
        ({"state": "withheld"}, ExitCode.INTEGRITY),
    ],
)
def test_exit_codes(fields: dict[str, object], code: ExitCode) -> None:
    assert exit_code(Score.model_validate(fields)) is code
