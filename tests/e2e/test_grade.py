"""The main path: a submission behind a git URL to a report, and everything that can interrupt it."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import CHALLENGE, Background, EngineProxy, Finished, left_on_engine, run_in
from tests.e2e.taking_out import taken_out

pytestmark = pytest.mark.docker
Run = Callable[..., Finished]


def report_of(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


@pytest.fixture(scope="module")
def graded(served: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, Path]:
    """The reference, graded once, and the folder that it left."""
    folder = tmp_path_factory.mktemp("reference")
    out = folder / "out"
    url = served["reference"]
    return run_in(
        folder, "grade", url, "-c", str(CHALLENGE), "--ref", "main", "--candidate", "ana", "-o", str(out)
    ), out


def test_the_reference_earns_everything_but_the_review(graded: tuple[Finished, Path]) -> None:
    done, out = graded
    assert done.code == 0, done.err
    report = report_of(out)
    assert report["score"]["state"] == "provisional"
    assert report["score"]["earned"] == report["score"]["possible"] == 90
    assert report["score"]["total"] is None
    assert len(report["score"]["pending"]) == 1
    assert {check["outcome"]["status"] for check in report["checks"]} == {"passed"}
    assert "1 review pending" in done.out
    assert sum(max(1, len(check["cases"])) for check in report["checks"]) >= 25
    assert sorted(path.name for path in out.iterdir()) == ["record", "report.html", "report.json"]
    assert left_on_engine(done.pid) == []


def test_an_expectation_that_is_taken_out_is_noticed(graded: tuple[Finished, Path]) -> None:
    """50 of them, in the shipped challenge: verify would say so, or has said already that nobody needs it."""
    found = taken_out(CHALLENGE, graded[1] / "record", 50)
    assert found.of > 300
    assert len(found.rest) <= 5, found.rest
    assert {place.partition(":")[0] for place in found.rest} <= found.doubtful
    # Also where other answers make the numbers say nothing.
    assert len(found.by_place) >= 40


def test_the_same_commit_gets_the_same_report(gradekit: Run, served: Mapping[str, str], tmp_path: Path) -> None:
    reports = []
    for name in ("one", "two"):
        done = gradekit("grade", served["oversell"], "-c", str(CHALLENGE), "-o", str(tmp_path / name), "-q")
        assert done.code in {0, 1}, done.err
        report = report_of(tmp_path / name)
        del report["run"]
        reports.append(report)
    assert reports[0] == reports[1]


def test_json_on_stdout_is_the_whole_of_stdout(gradekit: Run, notes: Path) -> None:
    done = gradekit("grade", str(notes / "solutions/reference"), "-c", str(notes), "--json", "--quiet")
    assert json.loads(done.out)["score"]["state"] == "provisional"
    assert done.err == ""


def test_verify_finds_solutions_as_claimed(gradekit: Run, challenge_copy: Path) -> None:
    """The references, and some of the wrong ones: all of them take a quarter of an hour (make verify)."""
    spec = challenge_copy / "challenge.yaml"
    head, _, listed = spec.read_text().partition("\nsolutions:\n")
    wanted = re.compile(r"  - \{?path: solutions/(reference|known-bad/(no-locks|html-errors|untested))")
    kept = filter(wanted.match, re.split(r"^(?=  - )", listed, flags=re.MULTILINE))
    spec.write_text(f"{head}\nsolutions:\n{''.join(kept)}")
    (challenge_copy / "challenge.lock").unlink()
    done = gradekit("challenge", "verify", str(challenge_copy), "--repeat", "1")
    assert done.code == 0, done.out + done.err
    lock, shipped = (json.loads((folder / "challenge.lock").read_text()) for folder in (challenge_copy, CHALLENGE))
    assert len(lock["solutions"]) == 8
    brief = (challenge_copy / "README.md").read_text()
    assert "| right solutions; each gets all points | 5: java, node, php, python, ruby |\n" in brief
    assert "| wrong solutions; each loses exactly the checks that it should | 3 |\n" in brief
    assert lock["solutions"] == {path: shipped["solutions"][path] for path in lock["solutions"]}
    assert {name: lock[name] for name in ("tests", "twins", "answers")} == {
        name: shipped[name] for name in ("tests", "twins", "answers")
    }


def test_verify_names_a_check_that_misses_its_mistake(gradekit: Run, notes: Path) -> None:
    shutil.copytree(notes / "solutions" / "reference", notes / "solutions" / "slip")
    calc = notes / "solutions" / "slip" / "calc.py"
    calc.write_text(calc.read_text().replace("a + b", "a - b"))
    with (notes / "challenge.yaml").open("a", encoding="utf-8") as spec:
        # It is said to fail a check that it passes.
        spec.write("  - {path: solutions/slip, expect: {fails: [sales]}}\n")
    before = (notes / "challenge.lock").read_bytes()
    done = gradekit("challenge", "verify", str(notes), "--repeat", "1")
    assert done.code == 1
    assert "sales: passed, should fail" in done.out
    assert "challenge.lock was not written" in done.out
    assert (notes / "challenge.lock").read_bytes() == before


def test_a_corrected_challenge_regrades_without_an_engine(gradekit: Run, notes: Path, tmp_path: Path) -> None:
    spec = notes / "challenge.yaml"
    right = spec.read_text()
    wrong = right.replace("status: 201", "status: 299", 1)
    assert wrong != right
    spec.write_text(wrong)
    reference = notes / "solutions" / "reference"
    first = gradekit("grade", str(reference), "-c", str(notes), "-o", str(tmp_path / "out"), "-q")
    assert first.code in {0, 1}, first.err
    before = report_of(tmp_path / "out")
    assert before["score"]["earned"] < 90
    spec.write_text(right)
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/nowhere.sock"}
    second = gradekit("regrade", str(tmp_path / "out"), "-o", str(tmp_path / "again"), env=nowhere)
    assert second.code == 0, second.err
    after = report_of(tmp_path / "again")
    assert after["score"]["earned"] == 90
    assert any("differs" in notice or "the run had" in notice for notice in after["notices"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["clone", "services", "checks: begins"])
def test_an_interrupted_run_leaves_nothing(
    in_background: Callable[..., Background],
    served: Mapping[str, str],
    notes: Path,
    number: signal.Signals,
    moment: str,
) -> None:
    run = in_background("grade", served["notes"], "-c", str(notes), "-vv")
    run.wait_for(moment)
    assert run.end(number) == 128 + number, "".join(run.lines)
    assert "this run has no result; the same command grades again\n" in run.lines
    assert left_on_engine(run.process.pid) == []


def test_clean_removes_what_a_killed_run_left(
    gradekit: Run, in_background: Callable[..., Background], served: Mapping[str, str], notes: Path
) -> None:
    run = in_background("grade", served["notes"], "-c", str(notes), "-vv")
    run.wait_for("[3/")
    run.end(signal.SIGKILL)
    assert left_on_engine(run.process.pid) != []
    done = gradekit("clean")
    assert done.code == 0, done.err
    assert "removed" in done.out
    assert left_on_engine(run.process.pid) == []


def test_an_engine_that_goes_away_is_our_fault(
    gradekit: Run,
    in_background: Callable[..., Background],
    served: Mapping[str, str],
    engine_proxy: EngineProxy,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    run = in_background(
        "grade",
        served["reference"],
        "-c",
        str(CHALLENGE),
        "-o",
        str(out),
        "-vv",
        env={"DOCKER_HOST": f"unix://{engine_proxy.path}"},
    )
    run.wait_for("[4/")
    engine_proxy.stop()
    assert run.process.wait(60) == 3, "".join(run.lines)
    score = report_of(out)["score"]
    assert score["state"] == "incomplete"
    assert (score["total"], score["earned"], score["possible"], score["passed"]) == (None, None, None, None)
    statuses = [check["outcome"]["status"] for check in report_of(out)["checks"]]
    assert "errored" in statuses
    assert "failed" not in statuses
    gradekit("clean")
    assert left_on_engine(run.process.pid) == []
