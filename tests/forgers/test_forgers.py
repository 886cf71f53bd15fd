"""Submissions that forge results are accused, honest ones never are; README.md tells about the folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.forgers.laboratory import PROPERTY, Case, Laboratory, Row, cases, line

pytestmark = pytest.mark.docker

FORGING = cases("forging")
HONEST = cases("honest")


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    opened = Laboratory.open()
    yield opened
    opened.close()


@pytest.fixture
def measure(laboratory: Laboratory, record_property: Callable[[str, object], None]) -> Callable[[Case], Row]:
    """Measure a case; the table after the tests has a line of it."""

    def measured(case: Case) -> Row:
        row = laboratory.measure(case)
        record_property(PROPERTY, line(row))
        return row

    return measured


def test_the_lock_belongs_to_the_challenge(laboratory: Laboratory) -> None:
    assert laboratory.fresh(), "run gradekit challenge verify tests/forgers/challenge"


@pytest.mark.parametrize("name", FORGING)
def test_forging(name: str, measure: Callable[[Case], Row]) -> None:
    row = measure(FORGING[name])
    check_passed(row)
    accused = {mode: {bool(found.accused) for found in row.rounds if found.mode == mode} for mode in ("sample", "all")}
    match row.case.expect.caught:
        case "always":
            assert accused["sample"] | accused["all"] == {True}
        case "all":
            assert accused["all"] == {True}
        case "nothing won" | "never":
            assert accused["sample"] | accused["all"] == {False}, "what expect.yaml says no longer holds"


@pytest.mark.parametrize("name", HONEST)
def test_honest(name: str, measure: Callable[[Case], Row]) -> None:
    row = measure(HONEST[name])
    check_passed(row)
    accused = [found.accused for found in row.rounds if found.accused]
    if limit := row.case.expect.known_limit:
        assert accused, "what expect.yaml says no longer holds"
        pytest.xfail(limit)
    assert accused == []


def check_passed(row: Row) -> None:
    """No round failed for a fault of ours, and each passed as many tests as the case says."""
    assert not any(found.errored for found in row.rounds)
    low, high = row.case.expect.passes[0], row.case.expect.passes[-1]
    assert all(low <= found.passed <= high for found in row.rounds), [found.passed for found in row.rounds]
