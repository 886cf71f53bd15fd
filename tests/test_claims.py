"""What a solution is said to get, beside what it got."""

from __future__ import annotations

import pytest

from gradekit.claims import flaky, mismatches
from gradekit.results import CaseResult, CheckRun, CriterionScore, Outcome, Report, Score, Status
from gradekit.spec.challenge import Bounds, Expectation
from tests.test_verify import report


def test_a_reference_that_passes_all() -> None:
    assert mismatches(Expectation(passes="all"), report()) == ()


def test_a_reference_that_loses() -> None:
    assert mismatches(Expectation(passes="all"), report("b")) == ("b: failed, should pass: b broke",)


@pytest.mark.parametrize(
    ("count", "named"), [(3, "c0, c1, c2"), (4, "c0 and 3 more checks"), (30, "c0 and 29 more checks")]
)
def test_what_went_wrong_in_one_way_is_told_once(count: int, named: str) -> None:
    check = (
        report("a")
        .checks[0]
        .model_copy(update={"outcome": Outcome(status=Status.ERRORED, message="the engine is gone")})
    )
    checks = tuple(check.model_copy(update={"id": f"c{number}"}) for number in range(count))
    assert mismatches(Expectation(passes="all"), report().model_copy(update={"checks": checks})) == (
        f"{named}: errored, should pass: the engine is gone",
    )


def test_a_wrong_solution_that_loses_what_it_claims() -> None:
    assert mismatches(Expectation(fails=("a", "b")), report("a", "b")) == ()


def test_a_wrong_solution_that_loses_more_and_less() -> None:
    assert mismatches(Expectation(fails=("a",)), report("c")) == (
        "c: failed, should pass: c broke",
        "a: passed, should fail: the check does not see this mistake",
    )


def test_a_solution_that_looks_forged_is_a_mismatch() -> None:
    withheld = report().model_copy(update={"score": Score(state="withheld", reasons=('Check "a": forged',))})
    assert mismatches(Expectation(passes="all"), withheld) == ('Check "a": forged',)


def test_score_bounds() -> None:
    assert mismatches(Expectation(fails=("a",), score=Bounds(gte=80.0, lte=80.0)), report("a")) == ()
    assert mismatches(Expectation(fails=("a",), score=Bounds(gte=81.0)), report("a")) == ("score 80.0 % is below 81 %",)
    assert mismatches(Expectation(fails=("a",), score=Bounds(lte=79.5)), report("a")) == (
        "score 80.0 % is above 79.5 %",
    )
    assert mismatches(Expectation(fails=("a",), score=Bounds(lte=1.0)), report("a", earned=None)) == ()


def test_a_lost_check_is_told_with_its_first_wrong_case() -> None:
    wrong = Outcome(status=Status.FAILED, expected="status: 201\n$.id: 1", actual="status: 409\n$.id: nothing")
    right = CaseResult(id="1", title="first", outcome=Outcome(status=Status.PASSED, ratio=1.0))
    check = (
        report("a")
        .checks[0]
        .model_copy(
            update={
                "outcome": Outcome(status=Status.FAILED, message="1 of 2 steps failed"),
                "cases": (right, CaseResult(id="2", title="second", outcome=wrong)),
            }
        )
    )
    found = mismatches(Expectation(passes="all"), report().model_copy(update={"checks": (check,)}))
    assert found == ("a: failed, should pass: 1 of 2 steps failed; second: expected status: 201, got status: 409",)


CHEATS = Expectation(passes="none")


def ran(found: Report) -> Report:
    """A report with evidence."""
    return found.model_copy(
        update={"run": found.run.model_copy(update={"checks": {"a": CheckRun(seconds=1.0, evidence="e")}})}
    )


def test_a_solution_that_cheats_gets_nothing() -> None:
    assert mismatches(CHEATS, ran(report("a", "b", "c", earned=0.0))) == ()
    assert mismatches(CHEATS, ran(report("a"))) == ("b, c: passed, should fail: it takes what a cheat says",)


def test_what_a_cheat_passes_without_points_is_no_matter() -> None:
    found = ran(report("a", "b", earned=0.0))
    advice = found.checks[2].model_copy(update={"points": 0})
    assert mismatches(CHEATS, found.model_copy(update={"checks": (*found.checks[:2], advice)})) == ()


def test_a_part_of_a_check_is_something() -> None:
    assert mismatches(CHEATS, ran(report("a", "b", "c", earned=12.5))) == ("it earns 12.5 of 100.0 points, and cheats",)


def test_a_cheat_whose_score_is_withheld_is_as_claimed() -> None:
    withheld = report("a").model_copy(update={"score": Score(state="withheld", reasons=('Check "a": forged',))})
    assert mismatches(CHEATS, withheld) == ()


def test_what_could_not_be_looked_at_shows_nothing_of_a_cheat() -> None:
    found = ran(report("a", "b", "c", earned=None))
    errored = found.checks[0].model_copy(update={"outcome": Outcome(status=Status.ERRORED, message="no engine")})
    found = found.model_copy(update={"checks": (errored, *found.checks[1:])})
    assert mismatches(CHEATS, found) == ("a: errored, should fail: no engine",)


def test_a_cheat_that_never_ran_shows_nothing() -> None:
    assert mismatches(CHEATS, report("a", "b", "c", earned=0.0)) == (
        "it never ran, so nothing shows that its cheating gives nothing: a broke",
    )


def test_what_varies_may_pass_or_fail() -> None:
    expect = Expectation(fails=("a",), may_fail=("b",))
    assert mismatches(expect, report("a")) == mismatches(expect, report("a", "b")) == ()
    assert mismatches(expect, report("b")) == ("a: passed, should fail: the check does not see this mistake",)
    assert mismatches(expect, report("a", "c")) == ("c: failed, should pass: c broke",)
    found = report("a")
    errored = found.checks[1].model_copy(update={"outcome": Outcome(status=Status.ERRORED, message="no engine")})
    found = found.model_copy(update={"checks": (found.checks[0], errored, found.checks[2])})
    assert mismatches(expect, found) == ("b: errored, should pass: no engine",), "chance is the candidate's, not ours"


def test_what_varies_is_not_flaky() -> None:
    reports = [report("a"), report("a", "b")]
    assert flaky(reports) == ("b: flaky: passed, failed in 2 gradings of the same files",)
    assert flaky(reports, ("b",)) == ()


def _with_criteria(found: Report, **ratios: float | None) -> Report:
    criteria = [
        CriterionScore(
            id=name,
            title=name,
            weight=1,
            manual=ratio is None,
            state="pending" if ratio is None else "scored",
            ratio=ratio,
        )
        for name, ratio in ratios.items()
    ]
    return found.model_copy(update={"criteria": tuple(criteria)})


def test_criteria_that_lose_points() -> None:
    expect = Expectation(fails=("a",), criteria=("api",))
    assert mismatches(expect, _with_criteria(report("a"), api=0.5, safety=1.0, talk=None)) == ()
    assert mismatches(expect, _with_criteria(report("a"), api=1.0, safety=0.0)) == (
        "criterion safety: loses points, should not",
        "criterion api: loses no points, should",
    )
    assert mismatches(Expectation(fails=("a",), criteria=()), _with_criteria(report("a"), api=1.0)) == ()
    vary = Expectation(fails=("a",), may_fail=("b",), criteria=())
    assert mismatches(vary, _with_criteria(report("a", "b"), api=0.5)) == (), "it has the check that varies"
