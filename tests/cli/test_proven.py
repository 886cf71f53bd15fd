"""What challenge verify prints: lines, the table of languages, the document."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from gradekit.cli import proven
from gradekit.cli.app import app
from gradekit.cli.proven import Proof
from gradekit.errors import ExitCode, GradekitError, InfrastructureError, Problem, SpecError, SubmissionError
from gradekit.results import ChallengeRef, CheckResult, Outcome, Report, Run, Score, Status, SubmissionRef, Tier
from gradekit.spec.challenge import Challenge
from gradekit.spec.limits import Limit
from gradekit.spec.lock import Lock, Sharpness, read_lock, write_lock
from gradekit.verify import Verified
from tests.cli.test_commands import run
from tests.test_verify import SETTING, challenge_in


def result(
    path: str,
    language: str,
    *,
    earned: float | None = 90.0,
    lost: tuple[str, ...] = (),
    mismatches: tuple[str, ...] = (),
    state: Literal["provisional", "incomplete"] = "provisional",
) -> Verified:
    checks = tuple(
        CheckResult(
            id=name,
            title=name,
            kind="http",
            criterion="api",
            points=1,
            required=False,
            tier=Tier.BLACK_BOX,
            outcome=Outcome(status=Status.FAILED if name in lost else Status.PASSED),
        )
        for name in ("health", "rounding")
    )
    report = Report(
        gradekit="0",
        challenge=ChallengeRef(id="x", title="x", digest="d", lock="fresh"),
        rubric="r@1",
        submission=SubmissionRef(repo="r", tree="t", files=1, bytes=1),
        score=Score(state=state, earned=earned, possible=None if earned is None else 90.0),
        criteria=(),
        checks=checks,
        run=Run(id="1", started_at="2026-01-01T00:00:00+00:00", seconds=12.34),
    )
    return Verified(path, report, mismatches, language, reference=not lost and not path.startswith("bad"))


ORDERS = Proof(
    "orders",
    "orders/challenge.lock",
    results=(
        result("reference", "python"),
        result("reference-java", "java"),
        result("bad/rounding", "python", earned=88.2, lost=("rounding",)),
    ),
)
TEXTS = Proof(
    "texts",
    results=(
        result("reference", "python", earned=80.0, mismatches=("rounding: failed, should pass",)),
        result("bad/all", "python"),
    ),
    untwinned={"unit": ("test_a",)},
    unproven=("health", "rounding"),
    code=ExitCode.BELOW,
)


def test_the_lines_of_a_challenge() -> None:
    assert list(proven.lines(ORDERS)) == [
        "reference       python  90.0 of 90.0  12.3 s  as claimed",
        "reference-java  java    90.0 of 90.0  12.3 s  as claimed",
        "bad/rounding    python  88.2 of 90.0  12.3 s  as claimed",
        "wrote orders/challenge.lock",
    ]
    assert list(proven.lines(replace(ORDERS, tests=1)))[-1] == "wrote orders/challenge.lock (1 test id)"
    told = list(proven.lines(ORDERS.with_table(None).with_table(Path("orders/README.md"))))
    assert told[-1] == "wrote orders/challenge.lock and the table in orders/README.md"
    found = list(proven.lines(TEXTS))
    assert found[1:2] == ["    rounding: failed, should pass"]
    why = "no wrong solution fails them by itself and passes another check, so nothing shows that they can fail"
    assert f"unproven: health, rounding: {why}; add one that does" in found
    (one,) = (line for line in proven.lines(replace(TEXTS, unproven=("health",))) if line.startswith("unproven"))
    assert "fails it by itself and passes another check, so nothing shows that it can fail" in one
    only = result("reference", "python")
    assert only.report is not None
    only = replace(only, report=only.report.model_copy(update={"checks": only.report.checks[:1]}))
    (one,) = (
        line for line in proven.lines(replace(TEXTS, results=(only,), unproven=("health",))) if "unproven" in line
    )
    assert "fails it by itself and passes one of its cases, so nothing shows that it can fail; add one that does" in one
    assert "  unit: test_a" in found
    assert found[-1] == "challenge.lock was not written"


def test_a_mismatch_stands_with_what_the_app_printed_and_with_what_shows_more() -> None:
    wrong = result("solutions/my reference", "python", lost=("health",), mismatches=("health: failed", "flaky"))
    wrong = replace(wrong, printed={"health: failed": ("line 3", "SyntaxError")}, odd="health")
    proof = replace(TEXTS, place="challenges/texts", results=(wrong, ORDERS.results[1]))
    assert list(proven.lines(proof))[1:7] == [
        "    health: failed",
        "      │ line 3",
        "      │ SyntaxError",
        "    flaky",
        "    see more: gradekit challenge try challenges/texts health 'solutions/my reference'",
        "reference-java          java    90.0 of 90.0  12.3 s  as claimed",
    ]
    (told,) = (
        line for line in proven.lines(replace(proof, results=(replace(wrong, variant=3),))) if "see more" in line
    )
    assert told.endswith(" health 'solutions/my reference' --variant 3")
    (document,) = json.loads(proven.document([proof]))["challenges"]
    assert document["solutions"][0]["printed"] == {"health: failed": ["line 3", "SyntaxError"]}


def test_expectations_that_nobody_needs_are_named() -> None:
    sharp = Sharpness(changed=9, noticed=7, expectations=4)
    proof = replace(ORDERS, sharpness={"health": sharp, "rounding": sharp.model_copy(update={"needless": ("a", "b")})})
    assert list(proven.lines(proof))[3:6] == [
        "6 of 8 expectations are needed; any one of these could be left out, and all that was tried be noticed:",
        "    rounding: a",
        "    rounding: b",
    ]
    many = replace(
        ORDERS, sharpness={"x": sharp.model_copy(update={"expectations": 30, "needless": tuple("abcdefghijkl")})}
    )
    assert list(proven.lines(many))[-2] == "    and 2 more, see challenge.lock"
    all_needed = replace(ORDERS, sharpness={"health": sharp})
    assert "4 of 4 expectations are needed" in list(proven.lines(all_needed))
    document = json.loads(proven.document([proof]))
    assert document["challenges"][0]["sharpness"]["rounding"] == {
        "changed": 9,
        "noticed": 7,
        "expectations": 4,
        "needless": ["a", "b"],
        "seen": [],
        "more": 0,
        "unseen": [],
    }


def test_places_that_nobody_looks_at_are_named_the_most_telling_first() -> None:
    sharp = Sharpness(changed=9, noticed=7, expectations=4, unseen=("GET /a: status", "GET /a: $.x", "GET /a: $.y"))
    other = sharp.model_copy(update={"unseen": ("exit code", "stdout: $.z")})
    found = list(proven.lines(replace(ORDERS, sharpness={"health": sharp, "rounding": other})))
    assert found[4:9] == [
        "no expectation looks at these places of the reference's answers; is one forgotten?",
        "    health: GET /a: status",
        "    rounding: exit code",
        "    health: GET /a: $.x, $.y",
        "    rounding: stdout: $.z",
    ]
    many = sharp.model_copy(update={"unseen": tuple(f"GET /{name}: $" for name in "abcdefghijkl")})
    assert list(proven.lines(replace(ORDERS, sharpness={"x": many})))[-2] == "    and 2 more, see challenge.lock"
    assert not any("no expectation" in line for line in proven.lines(replace(ORDERS, sharpness={})))


def test_the_table_has_challenges_and_languages() -> None:
    assert list(proven.matrix([ORDERS, TEXTS])) == [
        "",
        "challenge  java                  python",
        "orders     90.0 of 90.0, 12.3 s  90.0 of 90.0, 12.3 s",
        "texts      -                     80.0 of 90.0, 12.3 s !",
        "",
        "known-bad                    score         loses",
        "orders bad/rounding  python  88.2 of 90.0  rounding",
        "texts bad/all        python  90.0 of 90.0  nothing",
        "",
        "1 of 2 challenges are not as claimed: texts",
    ]
    assert list(proven.matrix([ORDERS]))[-1] == "all as claimed: 1 challenge, 3 solutions"


def test_of_who_cheats_no_check_is_named_unless_one_gives_something() -> None:
    cheat = replace(result("bad/cheat", "python", earned=0.0, lost=("rounding",)), cheats=True)
    proof = replace(ORDERS, results=[*ORDERS.results[:2], cheat])
    assert [line for line in proven.matrix([proof]) if "bad/cheat" in line] == [
        "orders bad/cheat  python  0.0 of 90.0  everything, for it cheats"
    ]
    taken = replace(cheat, mismatches=("rounding: passed",))
    proof = replace(ORDERS, results=[*ORDERS.results[:2], taken])
    assert any(line.endswith("0.0 of 90.0  rounding") for line in proven.matrix([proof]))


def test_one_reference_needs_no_table_but_a_verdict() -> None:
    assert list(proven.matrix([TEXTS])) == ["not as claimed: 1 of 2 solutions: reference"]
    alone = replace(ORDERS, results=ORDERS.results[:1])
    starter = result("starter", "python", mismatches=("35 % of the points",))
    begun = replace(alone, starting_points=[starter])
    assert list(proven.matrix([begun])) == ["not as claimed: starter; nothing is wrong with 1 solution"]
    both = replace(TEXTS, starting_points=[starter])
    assert list(proven.matrix([both])) == ["not as claimed: starter; 1 of 2 solutions: reference"]
    assert list(proven.matrix([alone])) == ["all as claimed: 1 challenge, 1 solution"]
    assert list(proven.matrix([replace(alone, partial="--solution leaves solutions out")])) == [
        "as claimed: 1 solution; others were not graded"
    ]
    (unknown,) = proven.matrix([replace(TEXTS, code=ExitCode.INFRASTRUCTURE)])
    assert unknown == "not known: some of texts could not be graded, which is no fault of its solutions"
    (mutants,) = proven.matrix([replace(alone, code=ExitCode.BELOW)])
    assert mutants == "not as claimed: orders, by what stands above"


def test_what_a_wrong_reference_leaves_ungraded_is_no_fault_of_ours() -> None:
    right, wrong = (result("reference", "java", mismatches=found) for found in ((), ("unit: failed, should pass",)))
    ungraded = result("bad/all", "java", earned=None, lost=("rounding",), state="incomplete")
    assert proven.verdict([wrong, ungraded]) is ExitCode.BELOW
    assert proven.verdict([right, ungraded]) is ExitCode.INFRASTRUCTURE
    assert proven.verdict([right], ungraded=True) is ExitCode.INFRASTRUCTURE
    # A reference that was not graded says nothing of the others.
    lost = result("reference", "java", earned=None, mismatches=("unit: errored, should pass",), state="incomplete")
    assert proven.verdict([lost, ungraded]) is ExitCode.INFRASTRUCTURE
    assert proven.verdict([right, result("bad/all", "java", mismatches=("x",))]) is ExitCode.BELOW
    assert proven.verdict([right]) is ExitCode.OK
    found = list(proven.lines(replace(TEXTS, results=(wrong, ungraded))))
    assert found[2] == "bad/all    java      no score  12.3 s  not graded"


def test_mutants_of_queries_are_told_also_when_all_is_well() -> None:
    proof = replace(ORDERS, query_mutants={"killed": 9, "of": 10, "survivors": ["q.sql: x"]})
    assert list(proven.lines(proof))[-2] == "mutants of reference queries: the data sets tell 9 of 10 apart"
    (challenge,) = json.loads(proven.document([proof]))["challenges"]
    assert challenge["query_mutants"]["killed"] == 9


def test_a_challenge_that_runs_no_code_stands_under_none() -> None:
    queries = Proof("queries", "queries/challenge.lock", results=(result("reference", ""),))
    head, first, *_ = list(proven.matrix([queries, TEXTS]))[1:]
    assert head.split() == ["challenge", "none", "python"]
    assert first.split()[0] == "queries"


def test_the_document() -> None:
    document = json.loads(proven.document([ORDERS, TEXTS]))
    assert document["holds"] is False
    orders, texts = document["challenges"]
    assert (orders["challenge"], orders["holds"], orders["lock"]) == ("orders", True, "orders/challenge.lock")
    assert orders["solutions"][2] == {
        "path": "bad/rounding",
        "language": "python",
        "reference": False,
        "cheats": False,
        "state": "provisional",
        "earned": 88.2,
        "possible": 90.0,
        "seconds": 12.34,
        "runs": 1,
        "lost": ["rounding"],
        "mismatches": [],
        "printed": {},
    }
    assert (texts["lock"], texts["untwinned"]) == (None, {"unit": ["test_a"]})


def test_a_challenge_that_cannot_be_read() -> None:
    proof = Proof.failed("c/x", SpecError(Problem("c/x", "wrong")))
    assert (proof.code, proof.problems, proof.holds) == (ExitCode.USAGE, ("c/x: wrong",), False)
    assert list(proven.lines(proof)) == []
    assert list(proven.matrix([proof, proof])) == ["", "2 of 2 challenges are not as claimed: c/x, c/x"]
    assert list(proven.matrix([ORDERS, proof]))[2:4] == [
        "orders     90.0 of 90.0, 12.3 s  90.0 of 90.0, 12.3 s",
        "c/x        -                     -",
    ]


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ((ExitCode.OK, ExitCode.OK), ExitCode.OK),
        ((ExitCode.OK, ExitCode.BELOW), ExitCode.BELOW),
        ((ExitCode.BELOW, ExitCode.USAGE), ExitCode.USAGE),
        ((ExitCode.USAGE, ExitCode.INFRASTRUCTURE, ExitCode.BELOW), ExitCode.INFRASTRUCTURE),
    ],
)
def test_the_exit_code_is_that_of_the_worst(codes: tuple[ExitCode, ...], code: ExitCode) -> None:
    assert proven.exit_code([Proof(str(path), code=path) for path in codes]) is code


def test_all_and_a_name_exclude_each_other(tmp_path: Path) -> None:
    done = run("challenge", "verify", "--all", "orders-api")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "error: --all: stands beside names of challenges; only one of the two can be given; leave one out"
        in done.stderr
    )
    (tmp_path / ".git").mkdir()
    done = run("challenge", "verify", "--all", cwd=tmp_path)
    assert done.returncode == 2
    assert "error: --all: no challenge found" in done.stderr


def test_what_stood_in_is_told() -> None:
    proof = replace(ORDERS, stand_ins={"mongodb": "other 1.0 in the place of mongo:7.0"})
    told = "runner mongodb: other 1.0 in the place of mongo:7.0; that wrong solutions fail is shown for that one only"
    assert list(proven.lines(proof))[-2] == told
    assert json.loads(proven.document([proof]))["challenges"][0]["stand_ins"] == dict(proof.stand_ins)


def test_some_solutions_prove_no_challenge_and_write_no_lock(tmp_path: Path) -> None:
    proof = replace(ORDERS, partial="--solution leaves solutions out")
    assert (proof.holds, proof.locks) == (True, False)
    assert list(proven.lines(proof))[-1] == "challenge.lock was not written, for --solution leaves solutions out"
    (challenge,) = json.loads(proven.document([proof]))["challenges"]
    assert (challenge["holds"], challenge["lock"]) == (True, None)
    (tmp_path / ".git").mkdir()
    done = run("challenge", "verify", "orders-api", "--solution", "solutions/best")
    assert (done.returncode, done.stdout) == (2, "")
    done = run("challenge", "verify", "orders-api", "--solution", "solutions/*", "--mutants", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: --mutants: stands beside --solution; only one of the two can be given; leave one out" in done.stderr


def test_limits_are_shown_with_their_margin_and_what_half_of_them_would_change() -> None:
    limits = [
        Limit("slow", 10.0, 6.0, "java"),
        Limit("slow", 5.0, 1.0, "python", action=True),
        Limit("quick", 60.0, 0.5, ""),
        Limit("quicker", 60.0, 0.0, "python"),
    ]
    proof = replace(ORDERS, limits=limits, tight=limits[:1], longest=600.0)
    told = list(proven.lines(proof))
    begin = told.index("time limits beside the slowest reference, the tightest of 4:")
    assert [line.split() for line in told[begin + 1 : begin + 5]] == [
        ["check", "limit", "reference", "margin"],
        ["slow", "10", "s", "6.00", "s", "java", "1.7", "times"],
        ["slow,", "each", "action", "5", "s", "1.00", "s", "python", "5.0", "times"],
        ["quick", "60", "s", "0.50", "s", "over", "100", "times"],
    ]
    assert told[begin + 5 :][:4] == [
        "    with half the limits, or on half the machine, 1 check would fail the slowest reference: slow",
        "    with a quarter of them 1 check would fail the slowest reference: slow",
        "    a submission that uses every limit up takes 10 min in its checks",
        f"tight limit: {limits[0].told}; set its timeout to 60s, or let it do less",
    ]
    assert "    a submission that uses every limit up takes 40 s in its checks" in list(
        proven.lines(replace(proof, longest=40.0))
    )
    document = json.loads(proven.document([proof]))["challenges"][0]
    assert document["limits"][1] == {
        "check": "slow",
        "of": "action",
        "seconds": 5.0,
        "slowest": 1.0,
        "language": "python",
        "tight": False,
    }
    assert document["longest"] == 600.0


def refused(path: str, error: GradekitError) -> Verified:
    told = tuple(map(str, error.problems))
    return Verified(path, None, told, "python", reference=not path.startswith("bad"), refused=error)


def test_a_solution_that_was_not_graded_stands_among_the_others() -> None:
    empty = refused("bad/empty", SubmissionError(Problem("bad/empty", "the folder has no files")))
    results = (*ORDERS.results, empty)
    assert proven.verdict(results) is ExitCode.SUBMISSION
    misfit = refused("bad/misfit", SpecError(Problem("misfit.patch:3", "does not fit")))
    assert proven.verdict([*results, misfit, result("bad/x", "python", mismatches=("x",))]) is ExitCode.USAGE
    assert proven.verdict([refused("reference", SpecError(Problem("x", "y"))), empty]) is ExitCode.USAGE
    proof = replace(ORDERS, results=results, code=ExitCode.SUBMISSION)
    told = list(proven.lines(proof))
    assert told[3:5] == [
        "bad/empty       python      no score       -  not graded",
        "    bad/empty: the folder has no files",
    ]
    assert told[-1] == "challenge.lock was not written"
    table = list(proven.matrix([proof]))
    assert table[-3:] == [
        "orders bad/empty     python  no score      -",
        "",
        "not as claimed: 1 of 4 solutions: bad/empty",
    ]
    (challenge,) = json.loads(proven.document([proof]))["challenges"]
    assert challenge["solutions"][3] == {
        "path": "bad/empty",
        "language": "python",
        "reference": False,
        "cheats": False,
        "state": "refused",
        "earned": None,
        "possible": None,
        "seconds": None,
        "runs": 1,
        "lost": [],
        "mismatches": ["bad/empty: the folder has no files"],
        "printed": {},
    }


def test_what_was_found_before_an_error_is_shown() -> None:
    proof = Proof.failed("orders", InfrastructureError(Problem("engine", "is gone")), ORDERS.results[:2])
    assert [line.split()[0] for line in proven.lines(proof)] == ["reference", "reference-java", "challenge.lock"]
    assert list(proven.matrix([proof]))[-1] == "not known: it ended early, after 2 solutions"


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (InfrastructureError(Problem("engine", "is gone")), 3, "engine: is gone"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_ends_verify_does_not_take_along_what_was_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    *,
    error: BaseException,
    code: int,
    told: str,
    as_json: bool,
) -> None:
    def ends(*_: object, told: Callable[[Verified], object]) -> None:
        told(ORDERS.results[0])
        raise error

    monkeypatch.setattr("gradekit.verify.verify", ends)
    monkeypatch.setattr("gradekit.cli.assemble.setting_for", lambda *_, **__: SETTING)
    challenge_in(tmp_path)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.raises(SystemExit) as caught:
        app(["challenge", "verify", str(tmp_path), "-q", *(["--json"] if as_json else [])])
    out, err = capfd.readouterr()
    with pytest.raises(SystemExit):
        app(["challenge", "verify", str(tmp_path), "-qq", *(["--json"] if as_json else [])])
    assert capfd.readouterr().out == ""
    for number, action in before.items():
        signal.signal(number, action)
    assert caught.value.code == code
    if as_json:
        (challenge,) = json.loads(out)["challenges"]
        assert challenge["problems"]
        assert [one["path"] for one in challenge["solutions"]] == ["reference"]
    else:
        assert out.startswith("reference  ")
        assert "challenge.lock was not written" in out
    if not as_json:
        assert out.endswith("not known: it ended early, after 1 solution\n")
    assert told in err
    assert "Traceback" not in err


def verifying(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str, meanwhile: Callable[[Path, Lock], None] | None = None
) -> object:
    """The exit code of verify, which finds all as claimed; ``meanwhile`` gets the path and the content of the lock."""

    def graded(challenge: Challenge, *_: object, told: Callable[[Verified], object]) -> tuple[Lock, list[Verified]]:
        assert meanwhile is not None, "nothing is to be graded"
        told(ORDERS.results[0])
        lock = Lock(gradekit="0", challenge=challenge.digest, rubric="r")
        meanwhile(challenge.lock_path, lock)
        return lock, [ORDERS.results[0]]

    monkeypatch.setattr("gradekit.verify.verify", graded)
    monkeypatch.setattr("gradekit.starting.verify_starting_points", lambda *_: ())
    monkeypatch.setattr("gradekit.cli.assemble.setting_for", lambda *_, **__: SETTING)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.raises(SystemExit) as caught:
        app(["challenge", "verify", str(folder), *options])
    for number, action in before.items():
        signal.signal(number, action)
    return caught.value.code


def test_a_lock_that_cannot_be_read_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    challenge = challenge_in(tmp_path)
    challenge.lock_path.write_text("<<<<<<< HEAD\n")
    assert verifying(tmp_path, monkeypatch, "--solution", "*") == 2
    assert "is not JSON" in capfd.readouterr().err
    assert verifying(tmp_path, monkeypatch, meanwhile=lambda *_: None) == 0
    assert "challenge.lock cannot be read, so nothing is compared with it" in capfd.readouterr().err
    lock = read_lock(challenge.lock_path)
    assert lock is not None
    assert lock.challenge == challenge.digest


def test_an_older_state_of_the_challenge_does_not_replace_the_lock_of_a_newer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = challenge_in(tmp_path).lock_path

    def other(path: Path, lock: Lock) -> None:
        write_lock(path, lock.model_copy(update={"challenge": "other"}))

    assert verifying(tmp_path, monkeypatch, meanwhile=other) == 2
    out, err = capfd.readouterr()
    assert "was written meanwhile, for another state of the challenge than was graded here; run it again" in err
    assert out.startswith("reference  ")
    lock = read_lock(path)
    assert lock is not None
    assert lock.challenge == "other"
    # What was there before, and what another process wrote for the same state, makes way.
    assert verifying(tmp_path, monkeypatch, meanwhile=lambda *_: None) == 0
    assert verifying(tmp_path, monkeypatch, meanwhile=write_lock) == 0


def test_that_nothing_can_be_mutated_is_told_before_anything_is_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    challenge_in(tmp_path)
    assert verifying(tmp_path, monkeypatch, "--mutants", "3") == 2
    assert "none of its code can be mutated" in capfd.readouterr().err
