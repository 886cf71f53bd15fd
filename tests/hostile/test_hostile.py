"""Hostile submissions, each with the verdict that it must get; README.md describes a case."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from defusedxml import ElementTree

from gradekit.errors import ExitCode, SubmissionError
from gradekit.results import Status
from tests.hostile.running import Bench, Case, Expect, Graded, cases, commit

pytestmark = pytest.mark.docker

CORPUS = {case.folder.name: case for case in cases()}
ESCAPES = ("\x1b", "\x9b", "\u202e", "\u2066", "\x07")
"""In no file that a terminal or an editor shows, whatever a case says."""
MARKUP = {
    "report.html": ("<script>alert", "<img src=x", "<svg onload", "</td>]]"),
    "report.xml": ("<script>alert", "<img src=x", "<svg onload"),
    "report.md": ("\n::", "##vso["),
    "report.txt": ("\n::", "##vso["),
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    opened = Bench.open()
    yield opened
    opened.close()


def hand_in(case: Case, folder: Path) -> str:
    """Lay a submission out; its address."""
    work = folder / "submission"
    work.mkdir()
    case.write(work)
    if case.expect.git is None:
        return str(work)
    repository = folder / "repository.git"
    commit(work, repository, case.expect.git)
    return repository.as_uri()


@pytest.mark.parametrize("name", CORPUS)
def test_verdict(name: str, bench: Bench, tmp_path: Path) -> None:
    case = CORPUS[name]
    address = hand_in(case, tmp_path)
    if case.expect.refused is not None:
        with pytest.raises(SubmissionError) as caught:
            bench.grade(address, case.expect.challenge, tmp_path / "out")
        assert case.expect.refused in str(caught.value)
        assert "\x1b" not in str(caught.value)
        return
    graded = bench.grade(address, case.expect.challenge, tmp_path / "out")
    check_outcomes(case.expect, graded)
    check_texts(case.expect, graded)
    assert graded.seconds <= case.expect.seconds
    assert graded.report.run is not None
    assert bench.left(graded.report.run.id) == []


def check_outcomes(expect: Expect, graded: Graded) -> None:
    checks = graded.report.checks
    told = "\n".join(f"{check.id}: {check.outcome.status} {check.outcome.message}" for check in checks)
    wanted = {check.id: Status.PASSED for check in checks}
    wanted |= dict.fromkeys(expect.fails, Status.FAILED) | dict.fromkeys(expect.skips, Status.SKIPPED)
    got = {check.id: check.outcome.status for check in checks}
    for check in got if expect.any_outcome else expect.may_fail:
        assert got[check] is not Status.ERRORED, told
        wanted[check] = got[check]
    assert got == wanted, told
    assert graded.exit == expect.exit or (expect.may_fail and graded.exit in {0, 1}), told
    messages = {check.id: check.outcome.message for check in checks}
    assert {check: text for check, text in expect.says.items() if text not in messages[check]} == {}, told
    score = graded.report.score
    if expect.exit == ExitCode.INTEGRITY:
        assert (score.state, score.earned, score.total) == ("withheld", None, None)
        return
    assert score.earned is not None
    assert score.possible
    assert expect.score.get("gte", 0) <= 100 * score.earned / score.possible <= expect.score.get("lte", 100)


def check_texts(expect: Expect, graded: Graded) -> None:
    everything = "\n".join(graded.files.values())
    assert [text for text in expect.shows if text not in everything] == []
    assert [text for text in expect.never if text in everything] == []
    for file, text in graded.files.items():
        unwanted = (*MARKUP.get(file, ()), *(() if file == "report.json" else ESCAPES))
        assert [mark for mark in unwanted if mark in text] == [], file
    ElementTree.fromstring(graded.files["report.xml"])


def test_a_neighbour_under_attack_is_graded_as_if_alone(bench: Bench, tmp_path: Path) -> None:
    honest, hostile = tmp_path / "honest", tmp_path / "hostile"
    for folder, name in ((honest, "reference"), (hostile, "neighbour")):
        folder.mkdir()
        CORPUS[name].write(folder)
    alone = bench.grade(str(honest), "notes", tmp_path / "alone")
    begun = threading.Event()

    def attack() -> None:
        begun.set()
        bench.grade(str(hostile), "notes", tmp_path / "attack")

    with ThreadPoolExecutor(1) as threads:
        attacking = threads.submit(attack)
        begun.wait()
        beside = bench.grade(str(honest), "notes", tmp_path / "beside")
        attacking.result()
    assert beside.view() == alone.view()
    assert alone.exit == 0
