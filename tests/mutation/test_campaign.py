"""A sample of mutants as submissions: which are noticed, by whom, and what the author is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest

from gradekit.cli import proven
from gradekit.errors import ExitCode, InfrastructureError, UsageError
from gradekit.grade.session import Tried
from gradekit.grade.setting import Setting
from gradekit.mutation import campaign as campaigns
from gradekit.mutation.campaign import Campaign, Graded, campaign, fits, inputs, sampled
from gradekit.mutation.syntax import Mutant
from gradekit.record import Observation
from gradekit.results import CheckResult, Outcome, Status, Tier
from gradekit.spec.challenge import Challenge, Check
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Lock, read_lock, write_lock
from gradekit.submission import Submission
from tests.fakes import FakeEngine
from tests.test_verify import RUBRIC, Notes

SPEC = """\
gradekit: 1
id: small
title: Small
runner: [python]
rubric: rubric.yaml
checks:
  - {id: slow, criterion: api, command: {run: "true", expect: {exit: 0}}}
  - {id: quick, criterion: api, command: {run: "true", expect: {exit: 0}}}
  - {id: after, criterion: api, need: [slow], command: {run: "true", expect: {exit: 0}}}
  - {id: never, criterion: api, command: {run: "true", expect: {exit: 0}}}
mutation:
  min_score: 0.5
  ignore:
    - {mutant: "one.sql: *", reason: of a query}
    - {mutant: "right/a.py:4: *", reason: nobody sees it}
    - {mutant: "right/a.py:99: *", reason: gone}
    - {mutant: "right/a.py:*: first = found[0] → first = found[1]", reason: both are the same}
solutions:
  - {path: right, expect: {passes: all}}
"""
SOURCE = """\
ready = limit < 5
log(ready)
both = ready and limit
unseen = True
first = found[0]
"""
SECONDS = {"slow": 9.0, "quick": 0.1, "after": 0.0, "never": 1.0}
LOCK = Lock(gradekit="0", challenge="d", rubric="r")


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    (tmp_path / "challenge.yaml").write_text(SPEC)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    (tmp_path / "right").mkdir()
    (tmp_path / "right" / "a.py").write_text(SOURCE)
    return load_challenge(tmp_path, rubrics=[])


Judge = Callable[[str, str, int], Status | str]
"""Of the text of a.py, the id of a check and its place in the round, how it ends; or why it is blocked."""


def sessions(monkeypatch: pytest.MonkeyPatch, judge: Judge) -> list[list[str]]:
    """Rounds that were run, by the ids of their checks."""
    rounds: list[list[str]] = []

    class FakeSession:
        def __init__(self, _setting: Setting) -> None:
            pass

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def run(
            self,
            _challenge: Challenge,
            lock: Lock,
            submission: Submission,
            checks: Sequence[Check],
            _progress: object,
            until: Callable[[CheckResult], bool] = lambda _result: False,
        ) -> Sequence[Tried]:
            assert lock is LOCK
            rounds.append([])
            found: list[Tried] = []
            for place, check in enumerate(checks):
                rounds[-1].append(check.id)
                end = judge(submission.files["a.py"].data.decode(), check.id, place)
                status = end if isinstance(end, Status) else Status.FAILED
                blocked = {} if isinstance(end, Status) else {"state": "blocked", "message": end}
                known: dict[str, Any] = {"state": "observed", **blocked}
                observation = Observation(check=check.id, kind="command", seconds=SECONDS[check.id], **known)
                found.append((observation, result(check.id, status)))
                if until(found[-1][1]):
                    break
            return found

    monkeypatch.setattr(campaigns, "Session", FakeSession)
    return rounds


def result(name: str, status: Status) -> CheckResult:
    return CheckResult(
        id=name,
        title=name,
        kind="command",
        criterion="api",
        points=1,
        required=False,
        tier=Tier.BLACK_BOX,
        outcome=Outcome(status=status, message="the disk is full" if status is Status.ERRORED else ""),
    )


def run(challenge: Challenge, **more: int) -> tuple[Campaign, list[str]]:
    notes = Notes()
    return campaign(challenge, LOCK, Setting(FakeEngine(), {}, {}), notes, **more), notes.notes


def judged(text: str, check: str, _place: int) -> Status | str:
    if "<=" in text and check == "slow":
        return Status.FAILED
    if "pass" in text:
        return "the submission does not build: no"
    if " or " in text and check == "quick":
        return Status.ERRORED
    return Status.PASSED


def test_mutants_are_graded_until_one_check_notices(challenge: Challenge, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = sessions(monkeypatch, judged)
    done, notes = run(challenge)
    # The quickest comes first, and what needs another one after that.
    order = ["quick", "never", "slow", "after"]
    assert rounds[:2] == [["slow", "quick", "after", "never"], order]
    fates = {mutant.name: (mutant.fate, mutant.check) for mutant in done.graded}
    assert fates == {
        "right/a.py:1: ready = limit < 5 → ready = limit <= 5": ("killed", "slow"),
        "right/a.py:1: ready = limit < 5 → ready = limit < 4": ("survived", ""),
        "right/a.py:1: ready = limit < 5 → ready = limit < 6": ("survived", ""),
        "right/a.py:2: log(ready) → pass": ("stillborn", ""),
        "right/a.py:3: both = ready and limit → both = ready or limit": ("errored", "quick"),
    }
    assert sorted(map(len, rounds[2:])) == [1, 1, 3, 4, 4]
    assert (done.made, done.ignored, done.of, done.score) == (7, 2, 3, 1 / 3)
    assert done.document()["ignored"] == 2
    assert done.by("operator") == {"border": (1, 1), "number": (0, 2)}
    assert done.by("file") == {"right/a.py": (1, 3)}
    errored = "right/a.py:3: both = ready and limit → both = ready or limit"
    assert done.problems == (
        'mutation: no mutant "right/a.py:99: *"; remove it from ignore',
        f"mutants: 1 could not be graded, such as {errored}; run it again",
        "mutants: checks notice 1 of 3, at least 50% expected",
    )
    assert any(line.endswith("killed by slow: right/a.py:1: ready = limit < 5 → ready = limit <= 5") for line in notes)


def test_checks_keep_their_order_where_another_one_changes_what_the_reference_gets(
    challenge: Challenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = sessions(
        monkeypatch, lambda _text, check, place: Status.FAILED if check == "slow" and place else Status.PASSED
    )
    run(challenge, sample=1)
    assert rounds[2] == rounds[0] == ["slow", "quick", "after", "never"]


@pytest.mark.parametrize(
    ("ends", "told", "rounds"),
    [
        ([Status.FAILED], "does not pass quick", 1),
        (["the app does not start"], "does not pass quick", 1),
        ([Status.PASSED, Status.FAILED, Status.FAILED], "passes quick in one run, and not in another", 3),
    ],
)
def test_of_a_reference_that_does_not_pass_everything_each_time_no_mutant_is_graded(
    challenge: Challenge, monkeypatch: pytest.MonkeyPatch, ends: list[Status | str], told: str, rounds: int
) -> None:
    left = iter(ends)
    seen = sessions(monkeypatch, lambda _text, check, _place: next(left) if check == "quick" else Status.PASSED)
    done, _ = run(challenge)
    assert (len(seen), done.graded, done.made, done.score) == (rounds, (), 7, None)
    assert done.problems == (
        'mutation: no mutant "right/a.py:99: *"; remove it from ignore',
        f"mutants: right itself {told}; none was graded, run verify without --mutants",
    )
    proof = proven.Proof.of_lock(challenge, LOCK).with_mutants(done)
    assert (proof.code, proof.locks) == (ExitCode.BELOW, False)


def test_a_fault_of_ours_with_the_reference_is_none_of_its_own(
    challenge: Challenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions(monkeypatch, lambda _text, _check, _place: Status.ERRORED)
    with pytest.raises(InfrastructureError, match="--mutants: check slow: the disk is full"):
        run(challenge)


def test_a_reference_without_code_cannot_have_mutants(challenge: Challenge) -> None:
    (challenge.root / "right" / "a.py").write_text("x = y")
    with pytest.raises(UsageError, match="none of its code can be mutated"):
        run(challenge)


def test_a_sample_has_some_of_each_operator_and_is_the_same_for_the_same_seed() -> None:
    named = {f"{number}": Mutant("a", number, "number", f"{number}", b"") for number in range(50)}
    named |= {"x": Mutant("a", 1, "border", "", b""), "y": Mutant("a", 1, "border", "", b"")}
    first = [name for name, _ in sampled(named, 6, 0)]
    assert {"x", "y"} <= set(first)
    assert len(first) == 6
    assert first == [name for name, _ in sampled(named, 6, 0)] != [name for name, _ in sampled(named, 6, 1)]
    assert len(sampled(named, 99, 0)) == len(named)


def test_a_sample_stays_when_other_code_comes_and_goes() -> None:
    before = [Mutant("a", line, "number", f"{line}", b"") for line in range(1, 51)]
    after = [Mutant("a", 1, "number", "new", b""), *(replace(mutant, line=mutant.line + 1) for mutant in before)]
    first, second = (
        {mutant.change for _, mutant in sampled({mutant.name: mutant for mutant in some}, 10, 0)}
        for some in (before, after)
    )
    assert len(first) == 10
    assert len(first - second) <= 1


def test_which_patterns_are_about_code(challenge: Challenge) -> None:
    of_queries = challenge.spec.ignored(of_code=False)
    assert of_queries == ("one.sql: *",)
    assert challenge.spec.ignored(of_code=True)[0] == "right/a.py:4: *"
    assert len(challenge.spec.ignored(of_code=True)) == 3
    assert challenge.spec.model_copy(update={"mutation": None}).ignored(of_code=False) == ()


def test_what_a_campaign_found_is_of_these_checks_this_reference_and_these_mutants(
    challenge: Challenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions(monkeypatch, lambda *_: Status.PASSED)
    counts = run(challenge)[0].document()
    assert fits(challenge, counts)
    assert not fits(challenge, {})
    assert not fits(challenge, {**counts, "inputs": inputs(challenge, "other")})
    source, right = challenge.root / "challenge.yaml", challenge.root / "right" / "a.py"
    text = source.read_text()

    def fits_now() -> bool:
        return fits(load_challenge(challenge.root, rubrics=[]), counts)

    source.write_text(f"{text}  - {{path: wrong, expect: {{fails: [slow]}}}}\n".replace("one.sql", "two.sql"))
    (challenge.root / "wrong").mkdir()
    assert fits_now(), "wrong solutions, and mutants of queries, are not what it looks at"
    for change in (
        ("reason: gone}", "reason: gone}\n    - {mutant: right/new, reason: r}"),
        ("title: Small", "title: Tiny"),
    ):
        source.write_text(text.replace(*change))
        assert not fits_now(), change
    source.write_text(text)
    assert fits_now()
    right.write_text(f"{SOURCE}# more\n")
    assert not fits_now()


DONE = Campaign(
    "right",
    3,
    90,
    (
        Graded("right/a.py:1: a → b", "border", "killed", "slow"),
        Graded("right/b.py:2: c → \x1b", "number", "survived"),
        Graded("right/b.py:3: d → e", "number", "stillborn"),
        Graded("right/b.py:4: f → g", "number", "errored"),
    ),
)


def test_what_verify_prints_and_keeps(challenge: Challenge) -> None:
    open_ = proven.Proof.of_lock(challenge, LOCK).with_mutants(DONE)
    assert (open_.code, open_.locks) == (ExitCode.INFRASTRUCTURE, False)
    assert "    1 could not be graded and do not count" in proven.lines(open_)
    done = replace(DONE, graded=DONE.graded[:3])
    proof = proven.Proof.of_lock(challenge, LOCK).with_mutants(done)
    assert proof.code is ExitCode.OK
    assert list(proven.lines(proof)) == [
        "mutants of right: checks notice 1 of 2, 50% (3 of 90 mutants, seed 3)",
        "    1 do not build and do not count",
        "    by file: right/a.py 1/1, right/b.py 0/1",
        "    by operator: border 1/1, number 0/1",
        "    survived: right/b.py:2: c → \x1b",
        "    add a step that sees each of them, or name it under mutation.ignore with the reason why it is right",
        f"wrote {challenge.lock_path}",
    ]
    assert list(proven.matrix([proof])) == ["challenge.lock fits, so solutions were not graded again"]
    path = challenge.lock_path
    write_lock(path, LOCK.model_copy(update={"code_mutants": DONE.document()}))
    again = read_lock(path)
    assert again is not None
    assert (again.code_mutants["killed"], again.code_mutants["of"]) == (1, 2)
    assert again.code_mutants["survivors"] == ["right/b.py:2: c → \x1b"]
    write_lock(path, LOCK)
    assert "code_mutants" not in path.read_text()


@pytest.mark.parametrize(
    ("graded", "problems", "code"),
    [
        (DONE.graded[:3], ("checks notice 1 of 2",), ExitCode.BELOW),
        (DONE.graded, ("checks notice 1 of 2",), ExitCode.INFRASTRUCTURE),
        (DONE.graded[2:3], (), ExitCode.INFRASTRUCTURE),
    ],
)
def test_exit_codes(challenge: Challenge, graded: Sequence[Graded], problems: Sequence[str], code: ExitCode) -> None:
    done = Campaign("right", 3, 90, graded, problems)
    proof = proven.Proof.of_lock(challenge, LOCK).with_mutants(done)
    assert (proof.code, proof.holds) == (code, False)
