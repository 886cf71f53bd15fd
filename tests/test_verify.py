from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from gradekit.cli.proven import verdict
from gradekit.errors import ExitCode, InfrastructureError, Problem, SpecError, SubmissionError, UsageError
from gradekit.grade.setting import Setting
from gradekit.progress import Silent
from gradekit.record import Observation, Record
from gradekit.results import (
    CaseResult,
    ChallengeRef,
    CheckResult,
    CheckRun,
    Outcome,
    Report,
    Run,
    Score,
    Status,
    SubmissionRef,
    Tier,
)
from gradekit.runner import load_all, runners_folder
from gradekit.sandbox.image import STAND_IN_LABEL, Image
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Lock, Sharpness, Times
from gradekit.submission import Submission
from gradekit.verify import MISTAKES, Verified, matching, unproven, verify, verify_some
from tests.fakes import FakeEngine


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


# --- the whole of verify, with gradings that read their result from the solution's files ----------------

SPEC = """\
gradekit: 1
id: small
title: Small
runner: any
rubric: rubric.yaml
checks:
  - {id: tests, criterion: api, suite: {files: hidden}}
  - {id: run, criterion: api, command: {run: "true"}}
solutions:
  - {path: solutions/early, expect: {fails: [tests]}}
  - {path: solutions/reference, expect: {passes: all}}
  - {path: solutions/late, expect: {fails: [run]}}
"""
RUBRIC = "{gradekit: 1, id: small, title: Small, pass_mark: 50, criteria: {api: {title: API, weight: 100}}}"


def challenge_in(folder: Path, spec: str = SPEC) -> Challenge:
    (folder / "challenge.yaml").write_text(spec, encoding="utf-8")
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")
    (folder / "hidden").mkdir()
    (folder / "hidden" / "test_x.py").write_text("def test_x(): pass", encoding="utf-8")
    for name, outcomes in (("reference", "passed passed"), ("early", "failed passed"), ("late", "passed failed")):
        (folder / "solutions" / name).mkdir(parents=True)
        (folder / "solutions" / name / "outcomes").write_text(outcomes, encoding="utf-8")
    return load_challenge(folder, rubrics=[])


def graded(
    challenge: Challenge,
    lock: Lock | None,
    _setting: Setting,
    obtain: Callable[[], Submission],
    _progress: Silent,
    *,
    recording: bool,
    trusting: bool,
) -> Record:
    submission = obtain()
    # Only the reference runs without a lock, the first time: it is what the lock is made from.
    assert (lock is None) is recording
    assert not recording or submission.repo.endswith("reference")
    assert trusting
    test, run, *more = submission.files["outcomes"].data.decode().split()
    records: list[JsonValue] = [{"test": "test_x", "outcome": test}]
    records += [{"test": f"test_{number}", "outcome": outcome} for number, outcome in enumerate(more)]
    suite: JsonValue = {"ending": "exited", "exit_code": 0, "records": records, "end": 1}
    return record_of(
        challenge,
        submission,
        Observation(check="tests", kind="suite", state="observed", evidence=suite),
        Observation(check="run", kind="command", state="blocked", message="broken")
        if run == "failed"
        else Observation(
            check="run",
            kind="command",
            state="observed",
            evidence={"runs": [{"name": "run", "ending": "exited", "exit_code": 0}]},
        ),
    )


def record_of(challenge: Challenge, submission: Submission, *observations: Observation) -> Record:
    return Record(
        gradekit="0",
        id="1",
        started_at="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        challenge="small",
        challenge_path="small",
        challenge_digest=challenge.digest,
        submission=SubmissionRef(repo=submission.repo, tree=submission.tree, files=1, bytes=1),
        isolation=None,
        images={},
        phases=(),
        observations=observations,
    )


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


SETTING = Setting(engine=FakeEngine(), images={}, runners={})


def test_every_solution_is_judged_by_the_tests_that_the_reference_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    progress = Notes()
    lock, results = verify(challenge_in(tmp_path), SETTING, progress)
    assert progress.notes == [
        "solutions/reference: the reference, by which the others are judged",
        "solutions/reference, 2 of 3",
        "solutions/reference, 3 of 3",
        "solutions/early",
        "solutions/late",
        "changed answers of the reference, which the expectations must notice",
    ]
    paths = ("solutions/reference", "solutions/early", "solutions/late")
    assert [(result.path, result.mismatches) for result in results] == [(path, ()) for path in paths]
    assert [result.runs for result in results] == [3, 1, 1]
    assert lock.tests == {"tests": ("test_x",)}
    assert lock.twins == {"tests": {}}
    assert lock.sharpness == {"run": Sharpness(changed=1, noticed=1, expectations=0, seen=("exit code",))}
    assert lock.solutions == {
        "solutions/reference": {"earned": 100.0, "possible": 100.0, "fails": [], "language": ""},
        "solutions/early": {"earned": 50.0, "possible": 100.0, "fails": ["tests"], "language": ""},
        "solutions/late": {"earned": 50.0, "possible": 100.0, "fails": ["run"], "language": ""},
    }


def test_what_references_take_is_kept_by_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([1.0, 4.0, 2.0, 9.0, 9.0])

    def timed(challenge: Challenge, *rest: Any, **more: Any) -> Record:  # noqa: ANN401 - of grade
        record = graded(challenge, *rest, **more)
        suite, command = record.observations
        command = command.model_copy(update={"spent": next(seconds)})
        if command.evidence is not None:
            runs: JsonValue = [{"name": "run", "ending": "exited", "exit_code": 0, "seconds": 0.5}]
            command = command.model_copy(update={"evidence": {"runs": runs}})
        return record.model_copy(update={"observations": (suite, command)})

    monkeypatch.setattr("gradekit.verify.grade", timed)
    lock, _ = verify(challenge_in(tmp_path), SETTING, Notes())
    assert lock.times == {"run": {"": Times(median=2.0, slowest=4.0, action=0.5, runs=3)}}


def test_some_solutions_are_graded_by_the_lock_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenge = challenge_in(tmp_path)
    lock, _ = verify(challenge, SETTING, Notes(), 1)
    progress = Notes()
    used, results = verify_some(
        challenge, lock, matching(challenge, ["solutions/l*", "solutions/early/"]), SETTING, progress, repeat=2
    )
    assert used is lock
    assert [(result.path, result.lost, result.mismatches, result.runs) for result in results] == [
        ("solutions/early", ("tests",), (), 2),
        ("solutions/late", ("run",), (), 2),
    ]
    assert progress.notes == [
        "solutions/early",
        "solutions/early, 2 of 2",
        "solutions/late",
        "solutions/late, 2 of 2",
    ]


def test_a_lock_that_is_stale_is_used_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenge = challenge_in(tmp_path)
    lock, _ = verify(challenge, SETTING, Notes(), 1)
    progress = Notes()
    old = lock.model_copy(update={"challenge": "old"})
    _, (result,) = verify_some(challenge, old, matching(challenge, ["solutions/late"]), SETTING, progress)
    assert (result.path, result.mismatches) == ("solutions/late", ())
    assert progress.notes[0] == (
        "challenge.lock is stale, for the challenge has changed since it was written; "
        "solutions are judged by it all the same"
    )


def test_without_a_lock_some_solutions_are_graded_only_where_none_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenge = challenge_in(tmp_path)
    with pytest.raises(SpecError, match="is not there, and solutions are judged by it"):
        verify_some(challenge, None, matching(challenge, ["solutions/late"]), SETTING, Notes())

    def commanded(*rest: Any, **more: bool) -> Record:  # noqa: ANN401 - of grade
        assert rest[1] is not None
        assert not more["recording"]
        done: JsonValue = {"runs": [{"name": "run", "ending": "exited", "exit_code": 1}]}
        return record_of(rest[0], rest[3](), Observation(check="run", kind="command", state="observed", evidence=done))

    monkeypatch.setattr("gradekit.verify.grade", commanded)
    spec = SPEC.replace("  - {id: tests, criterion: api, suite: {files: hidden}}\n", "").replace("[tests]", "[run]")
    (tmp_path / "challenge.yaml").write_text(spec, encoding="utf-8")
    challenge = load_challenge(tmp_path, rubrics=[])
    _, (result,) = verify_some(challenge, None, matching(challenge, ["solutions/late"]), SETTING, Notes())
    assert (result.lost, result.mismatches) == (("run",), ())


def test_a_pattern_that_matches_no_solution_is_refused(tmp_path: Path) -> None:
    challenge = challenge_in(tmp_path)
    with pytest.raises(UsageError) as refused:
        matching(challenge, ["solutions/early", "late"])
    assert str(refused.value) == '--solution: no solution is "late"; did you mean "solutions/late"?'
    with pytest.raises(UsageError) as refused:
        matching(challenge, ["zzz"])
    assert str(refused.value) == (
        '--solution: no solution is "zzz"; one of solutions/early, solutions/reference, solutions/late; '
        "a pattern may have * in it"
    )


@pytest.mark.parametrize(("failing", "more"), [(1, 0), (MISTAKES, 0), (MISTAKES + 3, 3)])
def test_a_reference_that_does_not_pass_each_test_is_a_mismatch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int, more: int
) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenge = challenge_in(tmp_path)
    outcomes = tmp_path / "solutions" / "reference" / "outcomes"
    outcomes.write_text("passed passed" + " failed" * failing, encoding="utf-8")
    lock, results = verify(challenge, SETTING, Notes())
    found = results[0].mismatches
    assert found[0] == "tests: hidden/test_0: failed on the reference: no message"
    assert [line for line in found if line.endswith("more of these")] == (
        [f"tests: {more} more of these"] if more else []
    )
    assert found[-1] == "not graded before the reference of their language is right: solutions/early, solutions/late"
    assert len(found) == min(failing, MISTAKES) + bool(more) + 1
    assert lock.tests == {"tests": ("test_x",)}
    assert [(result.path, result.odd, result.runs) for result in results] == [("solutions/reference", "tests", 3)]


def test_a_broken_reference_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenge = challenge_in(tmp_path)
    outcomes = tmp_path / "solutions" / "reference" / "outcomes"
    outcomes.write_text("passed failed", encoding="utf-8")
    progress = Notes()
    lock, results = verify(challenge, SETTING, progress)
    (reference,) = results
    assert reference.mismatches == (
        "run: failed, should pass: broken",
        "not graded before the reference of their language is right: solutions/early, solutions/late",
    )
    assert (reference.odd, reference.broken, lock.sharpness, unproven(results)) == ("run", True, {}, ())
    assert [note for note in progress.notes if "changed answers" in note or "early" in note] == []


def test_only_what_rests_on_a_broken_reference_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is of another language, or of one whose first reference is right, is graded all the same."""
    runners = {runner.name: runner for runner in load_all(runners_folder()) if runner.name in {"python", "node"}}
    setting = replace(SETTING, runners=runners)

    def known(challenge: Challenge, *rest: Any, **more: bool) -> Record:  # noqa: ANN401 - of grade
        submission = rest[2]()
        record = graded(challenge, rest[0], rest[1], lambda: submission, rest[3], **more)
        language = runners["node" if "package.json" in submission.files else "python"]
        return record.model_copy(update={"images": {language.name: "i"}})

    monkeypatch.setattr("gradekit.verify.grade", known)
    spec = SPEC + "  - {path: solutions/node, expect: {passes: all}}\n"
    spec += "  - {path: solutions/node-second, expect: {passes: all}}\n"
    spec += "  - {path: solutions/node-late, expect: {fails: [run]}}\n"
    spec += "  - {path: solutions/on-second, base: solutions/node-second, expect: {fails: [run]}}\n"
    for name, outcomes in {
        "node": "passed passed",
        "node-second": "passed failed",
        "node-late": "passed failed",
        "on-second": "passed failed",
    }.items():
        (tmp_path / "solutions" / name).mkdir(parents=True)
        (tmp_path / "solutions" / name / "outcomes").write_text(outcomes, encoding="utf-8")
        (tmp_path / "solutions" / name / "package.json").write_text("{}", encoding="utf-8")
    challenge = challenge_in(tmp_path, spec)
    for name in ("reference", "early"):
        (tmp_path / "solutions" / name / "requirements.txt").write_text("", encoding="utf-8")
    _, results = verify(challenge, setting, Notes(), 1)
    ungraded = "not graded before the reference of their language is right: "
    assert results[0].mismatches == (f"{ungraded}solutions/on-second",)
    assert [result.path for result in results if result.broken] == ["solutions/node-second"]

    (tmp_path / "solutions" / "reference" / "outcomes").write_text("passed failed", encoding="utf-8")
    _, results = verify(challenge, setting, Notes(), 1)
    # Nothing tells the language of solutions/late, so it may be none that a broken reference has.
    assert results[0].mismatches[-1] == f"{ungraded}solutions/early, solutions/on-second"
    assert [result.path for result in results if not result.reference] == ["solutions/late", "solutions/node-late"]


def test_a_reference_that_cannot_be_run_is_graded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenge = challenge_in(tmp_path)
    outcomes = tmp_path / "solutions" / "reference" / "outcomes"
    # ``graded`` says of the command that it was blocked, of the test that it ran and failed.
    for text, asked, runs in (
        ("passed failed", None, 1),
        ("passed failed", 2, 2),
        ("failed passed", None, 3),
    ):
        outcomes.write_text(text, encoding="utf-8")
        assert [result.runs for result in verify(challenge, SETTING, Notes(), asked)[1]] == [runs]


LOG = """\
Traceback (most recent call last):
  File "/work/app.py", line 9, in do_POST
    len(None)
    ~~~^^^^^^
TypeError: object of type 'NoneType' has no len()
----------------------------------------

"""


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ({"detail": LOG}, ("len(None)", "TypeError: object of type 'NoneType' has no len()")),
        ({"detail": "no command"}, ("no command",)),
        ({"printed": {"text": "x" * 999}}, ("x" * 199 + "…",)),
        ({}, ()),
    ],
)
def test_a_mismatch_comes_with_what_the_app_printed_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, JsonValue], lines: tuple[str, ...]
) -> None:
    def printing(*rest: Any, **named: Any) -> Record:  # noqa: ANN401 - of grade
        record = graded(*rest, **named)
        data = {"check": "run", "kind": "command", "state": "blocked", "message": "no answer", **more}
        return record.model_copy(
            update={"observations": (record.observations[0], Observation.model_validate(data, strict=False))}
        )

    monkeypatch.setattr("gradekit.verify.grade", printing)
    _, (reference,) = verify(challenge_in(tmp_path), SETTING, Notes(), 2)
    told = "run: failed, should pass: no answer"
    assert reference.mismatches[0] == told
    assert reference.printed == ({told: lines} if lines else {})


def test_a_challenge_without_a_reference_cannot_be_verified(tmp_path: Path) -> None:
    spec = SPEC.replace("  - {path: solutions/reference, expect: {passes: all}}\n", "")
    with pytest.raises(SpecError, match="there is no reference"):
        verify(challenge_in(tmp_path, spec), SETTING, Notes())


def test_a_check_that_varies_is_flaky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times: dict[str, int] = {}

    def sometimes(
        challenge: Challenge,
        lock: Lock | None,
        setting: Setting,
        obtain: Callable[[], Submission],
        progress: Silent,
        *,
        recording: bool,
        trusting: bool,
    ) -> Record:
        record = graded(challenge, lock, setting, obtain, progress, recording=recording, trusting=trusting)
        name = record.submission.repo
        times[name] = times.get(name, 0) + 1
        if times[name] != 2:
            return record
        broken = Observation(check="run", kind="command", state="blocked", message="broken")
        return record.model_copy(update={"observations": (record.observations[0], broken)})

    monkeypatch.setattr("gradekit.verify.grade", sometimes)
    _, results = verify(challenge_in(tmp_path), SETTING, Notes(), 2)
    assert [result.mismatches for result in results] == [
        (
            "run: failed, should pass: broken",
            "run: flaky: passed, failed in 2 gradings of the same files",
        ),
        (
            "run: failed, should pass: broken",
            "run: flaky: passed, failed in 2 gradings of the same files",
        ),
        (),
    ]
    assert [result.runs for result in results] == [2, 2, 2]
    times.clear()
    varying = SPEC.replace("{fails: [tests]}", "{fails: [tests], may_fail: [run]}")
    (tmp_path / "varying").mkdir()
    _, results = verify(challenge_in(tmp_path / "varying", varying), SETTING, Notes(), 2)
    assert [bool(result.mismatches) for result in results] == [True, False, False], "the reference may not"


def test_who_cheats_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    spec = SPEC + "  - {path: solutions/cheat, expect: {passes: none}}\n"
    (tmp_path / "solutions" / "cheat").mkdir(parents=True)
    cheat = tmp_path / "solutions" / "cheat" / "outcomes"
    cheat.write_text("failed failed", encoding="utf-8")
    challenge = challenge_in(tmp_path, spec)
    lock, results = verify(challenge, SETTING, Notes(), 1)
    assert [result.mismatches for result in results] == [(), (), (), ()]
    assert [result.cheats for result in results] == [False, False, False, True]
    assert [got.get("cheats", False) for got in lock.solutions.values()] == [False, False, False, True]
    cheat.write_text("failed passed", encoding="utf-8")
    _, results = verify(challenge, SETTING, Notes(), 1)
    assert results[3].mismatches == ("run: passed, should fail: it takes what a cheat says",)
    assert results[3].odd == "run"


def test_one_grading_with_a_fault_of_ours_among_several_is_neither_flaky_nor_overlooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: dict[str, int] = {}

    def sometimes(*rest: Any, **more: Any) -> Record:  # noqa: ANN401 - of grade
        record = graded(*rest, **more)
        name = record.submission.repo
        times[name] = times.get(name, 0) + 1
        if times[name] != 2:
            return record
        broken = Observation(check="run", kind="command", state="errored", message="the disk is full")
        return record.model_copy(update={"observations": (record.observations[0], broken)})

    monkeypatch.setattr("gradekit.verify.grade", sometimes)
    _, (reference, early, late) = verify(challenge_in(tmp_path), SETTING, Notes(), 3)
    told = ("run: errored, should pass: the disk is full",)
    # The last one has to lose this check, and did, as far as anybody knows.
    assert [result.mismatches for result in (reference, early, late)] == [told, told, ()]
    assert {result.state for result in (reference, early, late)} == {"incomplete"}
    assert verdict([reference, early, late]) is ExitCode.INFRASTRUCTURE
    assert verdict([late]) is ExitCode.INFRASTRUCTURE


def test_expectations_that_notice_less_than_before_are_a_mismatch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenge = challenge_in(tmp_path)
    lock, _ = verify(challenge, SETTING, Notes(), 1)
    was = lock.sharpness["run"]
    less = "run: notices 1 of 1 changed answers, 2 when challenge.lock was written: an expectation is gone or weaker"
    for before, found in (
        (was, ()),
        (was.model_copy(update={"noticed": 0}), ()),
        (was.model_copy(update={"changed": 9, "noticed": 9}), ()),
        (was.model_copy(update={"noticed": 2}), (f"{less}; --accept-weaker lets it pass",)),
    ):
        earlier = lock.model_copy(update={"sharpness": {"run": before, "gone": was}})
        _, results = verify(challenge, SETTING, Notes(), 1, earlier)
        assert results[0].mismatches == found


def test_a_check_is_proven_by_who_loses_it_and_passes_another() -> None:
    def verified(*lost: str) -> Verified:
        return Verified("x", report(*lost), ())

    assert unproven([verified(), verified("a", "b", "c")]) == ("a", "b", "c")
    assert unproven([verified(), verified("b"), verified("a", "b")]) == ("c",)
    assert unproven([verified(), verified("b", "c"), verified("a", "b")]) == ()


@pytest.mark.parametrize(
    ("cases", "evidence", "proves"),
    [
        ("pf", "d", True),
        ("ff", "d", False),
        ("fs", "d", False),
        ("f", "d", True),
        ("", "d", True),
        ("f", None, False),
        ("", None, False),
        ("", "absent", False),
    ],
)
def test_the_only_check_is_proven_by_who_passes_a_case_of_it(cases: str, evidence: str | None, *, proves: bool) -> None:
    whole = report("a")
    status = {"p": Status.PASSED, "f": Status.FAILED, "s": Status.SKIPPED}
    found = tuple(
        CaseResult(id=str(number), title=letter, outcome=Outcome(status=status[letter]))
        for number, letter in enumerate(cases)
    )
    (check, *_) = whole.checks
    runs = {} if evidence == "absent" else {"a": CheckRun(seconds=1.0, evidence=evidence)}
    update = {
        "checks": (check.model_copy(update={"cases": found}),),
        "run": whole.run.model_copy(update={"checks": runs}),
    }
    right = Verified("reference", report().model_copy(update={"checks": report().checks[:1]}), ())
    wrong = Verified("wrong", whole.model_copy(update=update), ())
    assert unproven([right, wrong]) == (() if proves else ("a",))


def test_what_only_kept_a_check_from_being_run_proves_nothing() -> None:
    def verified(status: Status, *, alone: bool = False, seen: bool = False) -> Verified:
        lost = Outcome(status=status, message="the app does not start")
        passed = Outcome(status=Status.PASSED, ratio=1.0)
        outcomes = {"a": lost, "b": passed if alone else lost, "c": passed}
        found = report()
        checks = tuple(check.model_copy(update={"outcome": outcomes[check.id]}) for check in found.checks)
        runs = {name: CheckRun(seconds=1.0, evidence="d" if seen else None) for name in outcomes}
        run = found.run.model_copy(update={"checks": runs})
        return Verified("x", found.model_copy(update={"checks": checks, "run": run}), ())

    assert unproven([verified(Status.FAILED, seen=True)]) == ("c",)
    assert unproven([verified(Status.FAILED)]) == ("a", "b", "c"), "an app that does not start"
    assert unproven([verified(Status.FAILED, alone=True)]) == ("b", "c"), "such as a check that ran past its limit"
    assert unproven([verified(Status.SKIPPED, seen=True)]) == ("a", "b", "c"), "for a check that it needs"
    assert unproven([verified(Status.ERRORED)]) == ("a", "b", "c")


def test_a_check_that_only_advises_and_passes_where_nothing_is_proves_no_other() -> None:
    def verified(*lost: str, alone: bool = False) -> Verified:
        found = report(*lost)
        checks = tuple(check.model_copy(update={"kind": "git"} if check.id == "c" else {}) for check in found.checks)
        return Verified("x", found.model_copy(update={"checks": checks[2:] if alone else checks}), ())

    assert unproven([verified("a", "b")]) == ("a", "b", "c")
    assert unproven([verified("a"), verified("b", "c")]) == ()
    assert unproven([verified("c", alone=True)]) == ("c",), "advice alone is a challenge with one check"


def test_a_patch_that_does_not_fit_is_told_first_and_keeps_no_other_from_being_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    late = "{path: solutions/late"
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "late.patch").write_text("--- a/outcomes\n+++ b/outcomes\n@@ -1 +1 @@\n-all\n+none\n")
    challenge = challenge_in(tmp_path, SPEC.replace(late, f"{late}.patch, base: solutions/reference"))
    notes = Notes()
    _, results = verify(challenge, SETTING, notes)
    why = f'{tmp_path}/solutions/late.patch:4: does not fit solutions/reference: it expects "all" as line 1'
    assert notes.notes[0].startswith(why)
    reference, early, late_ = results
    assert (reference.mismatches, early.mismatches) == ((), ())
    assert (late_.path, late_.report, late_.state) == ("solutions/late.patch", None, "refused")
    assert [told.startswith(why) for told in late_.mismatches] == [True]
    assert isinstance(late_.refused, SpecError)


def test_a_solution_that_is_no_submission_is_a_mismatch_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenge = challenge_in(tmp_path)
    (tmp_path / "solutions" / "early" / "outcomes").unlink()
    told: list[Verified] = []
    lock, results = verify(challenge, SETTING, Notes(), repeat=2, told=told.append)
    assert [result.path for result in told] == ["solutions/reference", "solutions/early", "solutions/late"]
    reference, early, late = results
    assert (reference.mismatches, late.mismatches) == ((), ())
    assert (early.lost, early.earned, early.possible, early.seconds, early.runs) == ((), None, None, None, 1)
    assert early.mismatches == ("solutions/early: the folder has no files; put the submission's files into it",)
    assert isinstance(early.refused, SubmissionError)
    assert unproven(results) == ("tests",), "who was not graded proves nothing"
    assert lock.solutions.keys() == {"solutions/reference", "solutions/late"}
    _, (early, late) = verify_some(challenge, lock, challenge.spec.solutions[::2], SETTING, Notes())
    assert (early.state, late.mismatches) == ("refused", ())


def test_another_reference_that_is_no_submission_leaves_those_that_rest_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    late = "{path: solutions/late, expect: {fails: [run]}}"
    more = f"""{late}
  - {{path: solutions/other, expect: {{passes: all}}}}
  - {{path: solutions/wrong, base: solutions/other, expect: {{fails: [run]}}}}
"""
    for name in ("other", "wrong"):
        (tmp_path / "solutions" / name).mkdir(parents=True)
    _, results = verify(challenge_in(tmp_path, SPEC.replace(late, more)), SETTING, Notes())
    assert [(result.path, result.state) for result in results[:2]] == [
        ("solutions/reference", "complete"),
        ("solutions/other", "refused"),
    ]
    assert results[1].broken
    assert results[0].mismatches[0].endswith("reference of their language is right: solutions/wrong")


def test_an_error_of_ours_ends_it_and_takes_nothing_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def until_late(challenge: Challenge, *rest: Any, **more: Any) -> Record:  # noqa: ANN401 - of grade
        record = graded(challenge, *rest, **more)
        if record.submission.repo.endswith("late"):
            raise InfrastructureError(Problem("engine", "is gone"))
        return record

    monkeypatch.setattr("gradekit.verify.grade", until_late)
    told: list[Verified] = []
    with pytest.raises(InfrastructureError, match="engine: is gone"):
        verify(challenge_in(tmp_path), SETTING, Notes(), told=told.append)
    assert [(result.path, result.mismatches) for result in told] == [
        ("solutions/reference", ()),
        ("solutions/early", ()),
    ]


def test_without_its_first_reference_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenge = challenge_in(tmp_path)
    (tmp_path / "solutions" / "reference" / "outcomes").unlink()
    with pytest.raises(SubmissionError, match=r"^solutions/reference: the folder has no files"):
        verify(challenge, SETTING, Notes())


def test_a_solution_may_be_what_it_changes_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, dict[str, bytes]] = {}

    def looked_at(
        challenge: Challenge,
        lock: Lock | None,
        setting: Setting,
        obtain: Callable[[], Submission],
        progress: Silent,
        *,
        recording: bool,
        trusting: bool,
    ) -> Record:
        submission = obtain()
        seen[submission.candidate or ""] = {name: file.data for name, file in submission.files.items()}
        return graded(challenge, lock, setting, lambda: submission, progress, recording=recording, trusting=trusting)

    monkeypatch.setattr("gradekit.verify.grade", looked_at)
    late = "{path: solutions/late, "
    challenge = challenge_in(tmp_path, SPEC.replace(late, f"{late}base: solutions/reference, "))
    (tmp_path / "solutions" / "reference" / "deep").mkdir()
    (tmp_path / "solutions" / "reference" / "deep" / "same").write_text("of the base", encoding="utf-8")
    _, results = verify(challenge, SETTING, Notes(), 1)
    assert [(result.path, result.mismatches) for result in results][2] == ("solutions/late", ())
    assert seen["solutions/late"] == {"outcomes": b"passed failed", "deep/same": b"of the base"}
    assert set(seen["solutions/early"]) == {"outcomes"}
    assert not list(Path(tempfile.gettempdir()).glob(f"gradekit-{os.getpid()}-solution-*"))


def test_mutants_that_no_data_set_sees_are_a_mismatch_of_the_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    monkeypatch.setattr("gradekit.verify.killed", lambda *_: ({"killed": 1, "of": 2}, ["mutation: 1 of 2"]))
    lock, results = verify(challenge_in(tmp_path, SPEC + "mutation: {}\n"), SETTING, Notes())
    assert results[0].mismatches == ("mutation: 1 of 2",)
    assert lock.mutants == {"killed": 1, "of": 2}
    assert results[0].state != "incomplete"
    unrun = {"killed": 1, "of": 1, "errored": 1}
    monkeypatch.setattr("gradekit.verify.killed", lambda *_: (unrun, ["mutation: q.sql: it could not be run"]))
    _, results = verify(load_challenge(tmp_path, rubrics=[]), SETTING, Notes(), 1)
    assert [result.state == "incomplete" for result in results] == [True, False, False]
    assert verdict(results) is ExitCode.INFRASTRUCTURE, "a fault of ours is no mismatch"


def test_what_stands_in_for_an_official_image_is_told_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    spec = SPEC.replace("checks:\n", "services: {db: {runner: mongodb}, cache: {runner: redis}}\nchecks:\n", 1)
    other = Image("t", "i", {STAND_IN_LABEL: "mongo:7.0"})
    setting = replace(SETTING, images={"mongodb": other, "redis": Image("r", "j")})
    progress = Notes()
    lock, _ = verify(challenge_in(tmp_path, spec), setting, progress)
    assert lock.stand_ins == {"mongodb": "another server in the place of mongo:7.0"}
    assert progress.notes[0].startswith(
        "runner mongodb: another server in the place of mongo:7.0; that wrong solutions"
    )


LOAD = """\
gradekit: 1
id: small
title: Small
runner: any
rubric: rubric.yaml
app: {port: 8080}
checks:
  - id: burden
    criterion: api
    load:
      {request: {request: GET /a}, baseline: {request: GET /b}, limits: {p50: {times_reference: 1.5}}, rounds: 3}
solutions:
  - {path: solutions/early, expect: {fails: [burden]}}
  - {path: solutions/reference, expect: {passes: all}}
  - {path: solutions/late, expect: {passes: all}}
"""


def test_each_references_ratios_are_recorded_by_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``outcomes`` of a solution is its language and how many times the request takes as long, round by round."""

    def loaded(challenge: Challenge, *rest: Any, **more: bool) -> Record:  # noqa: ANN401 - of grade
        submission = rest[2]()
        language, *times = submission.files["outcomes"].data.decode().split()
        base: dict[str, JsonValue] = {
            "p50": 0.01,
            "p95": 0.01,
            "p99": 0.01,
            "answers": 9,
            "seconds": 0.5,
            "statuses": [[200, 9]],
        }
        rounds: JsonValue = [{"baseline": base, "request": {**base, "p50": 0.01 * float(one)}} for one in times]
        observation = Observation(
            check="burden", kind="load", state="observed", evidence={"language": language, "rounds": rounds}
        )
        assert (rest[0] is None) is more["recording"]
        return record_of(challenge, submission, observation)

    monkeypatch.setattr("gradekit.verify.grade", loaded)
    challenge = challenge_in(tmp_path, LOAD)

    def verified(**outcomes: str) -> tuple[Lock, dict[str, tuple[str, ...]]]:
        for name, text in outcomes.items():
            (tmp_path / "solutions" / name / "outcomes").write_text(text, encoding="utf-8")
        lock, results = verify(challenge, SETTING, Notes(), 1)
        assert [result.path.rpartition("/")[2] for result in results] == ["reference", "late", "early"]
        return lock, {result.path.rpartition("/")[2]: result.mismatches for result in results}

    lock, mismatches = verified(reference="python 1 1 1", late="java 3 3 3", early="java 6 6 6")
    assert {language: one["p50"].value for language, one in lock.ratios["burden"].items()} == {"python": 1, "java": 3}
    assert set(mismatches.values()) == {()}

    # Of two references in one language the first one counts.
    lock, mismatches = verified(late="python 2 2 2")
    assert {language: one["p50"].value for language, one in lock.ratios["burden"].items()} == {"python": 1}
    (told,) = mismatches["late"]
    assert told.startswith(
        "burden: failed, should pass: 1 of 2 limits failed; p50: median time: p50 of GET /a is above the limit"
    )

    _, mismatches = verified(late="java 1 3 9")
    what = "burden: p50: inconclusive: its rounds differ by more than 1.5 times on the reference"
    assert what in mismatches["late"][-1]
