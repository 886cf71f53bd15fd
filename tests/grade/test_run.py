from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gradekit import runner as runners
from gradekit.errors import InfrastructureError, Problem, SubmissionError
from gradekit.grade.judging import judge
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.history import Commit, History
from gradekit.progress import Silent
from gradekit.record import Record, read, write
from gradekit.results import Status
from gradekit.sandbox.image import SAID_LABEL, VERSIONS_LABEL, Image
from gradekit.sandbox.messages import SqlColumn, SqlResult
from gradekit.sandbox.plans import ContainerPlan, ExecResult, FileEntry, SandboxPlan
from gradekit.sandbox.protocol import Sandbox
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.submission import Submission
from tests.fakes import FakeEngine, FakeRunning, FakeSandbox, exited, reply
from tests.grade.conftest import RUBRIC

RUNNERS = Path(__file__).parents[2] / "runners"


def submission(files: Mapping[str, FileEntry]) -> Submission:
    return Submission("https://x.example/a.git", None, "c" * 40, "t" * 64, "ana", None, files, ("l (symlink)",), 0.1)


def setting(engine: FakeEngine) -> Setting:
    images = {name: Image(f"gradekit/{name}:1", f"sha256:{name}") for name in ("probe", "python", "postgres")}
    return Setting(engine, images, {name: runners.find(RUNNERS, name) for name in ("python", "postgres")})


class BrokenEngine(FakeEngine):
    @contextmanager
    def open(self, plan: SandboxPlan) -> Iterator[Sandbox]:
        if plan.run:
            raise InfrastructureError(Problem("engine", "is gone"))
        yield FakeSandbox()


def run(challenge: Challenge, files: Mapping[str, FileEntry], engine: FakeEngine) -> Record:
    return grade(challenge, None, setting(engine), lambda: submission(files), Silent())


def test_an_engine_that_fails_at_the_start_errors_every_check(
    challenge: Challenge, files: Mapping[str, FileEntry], tmp_path: Path
) -> None:
    record = run(challenge, files, BrokenEngine())
    assert {observation.state for observation in record.observations} == {"errored"}
    report = judge(challenge, record, None)
    assert report.score.state == "incomplete"
    assert (report.score.total, report.score.earned, report.score.passed) == (None, None, None)
    write(tmp_path / "record", record)
    assert judge(challenge, read(tmp_path / "record"), None) == report


def test_a_submission_that_breaks_the_rules_blocks_every_check(
    challenge: Challenge, files: Mapping[str, FileEntry]
) -> None:
    rules = challenge.spec.submission.model_copy(update={"required": ("README.md",)})
    spec = challenge.spec.model_copy(update={"submission": rules})
    changed = type(challenge)(
        spec, challenge.rubric, challenge.source, challenge.files, challenge.digest, challenge.rubric_digest
    )
    report = judge(changed, run(changed, files, FakeEngine(sandbox())), None)
    assert {check.outcome.status for check in report.checks} == {Status.FAILED, Status.SKIPPED}
    assert "README.md" in report.checks[0].outcome.message
    assert report.score.earned is None or report.score.earned == 0


def sandbox() -> FakeSandbox:
    return FakeSandbox(
        sql=lambda request: [SqlResult() for _ in request.statements],
        http=lambda _request: reply(200),
        run=lambda _plan, _stdin: exited(),
        start=FakeRunning,
    )


def test_no_runner_for_the_files(challenge: Challenge) -> None:
    engine = FakeEngine(sandbox())
    with pytest.raises(SubmissionError, match="no language was recognised"):
        run(challenge, {"index.html": FileEntry("index.html", b"")}, engine)
    assert engine.open_pods == 0


@pytest.mark.parametrize("there", [(), ("probe", "postgres"), ("probe", "postgres", "python")])
def test_missing_images_are_made_once_the_language_is_known(
    challenge: Challenge, files: Mapping[str, FileEntry], there: tuple[str, ...]
) -> None:
    happened: list[str] = []
    whole = setting(FakeEngine(sandbox()))
    made = {name: whole.images[name] for name in there}

    def make(names: Sequence[str]) -> None:
        happened.append(f"make {' '.join(names)}")
        made.update({name: whole.images[name] for name in names})

    def obtain() -> Submission:
        happened.append("obtain")
        return submission(files)

    known = replace(whole, images=made, make=make)
    record = grade(challenge, None, known, obtain, Silent())
    assert happened == ["obtain", "make probe postgres python"]
    assert record.images == {name: f"sha256:{name}" for name in ("postgres", "probe", "python")}
    assert {observation.state for observation in record.observations} == {"observed"}


def test_no_image_is_made_for_what_is_no_submission(challenge: Challenge) -> None:
    def make(names: Sequence[str]) -> None:
        pytest.fail(f"{names} are not needed")

    known = replace(setting(FakeEngine(sandbox())), images={}, make=make)
    with pytest.raises(SubmissionError, match="no language was recognised"):
        grade(challenge, None, known, lambda: submission({"a.html": FileEntry("a.html", b"")}), Silent())


def test_an_image_that_cannot_be_made_ends_the_grading(challenge: Challenge, files: Mapping[str, FileEntry]) -> None:
    def make(names: Sequence[str]) -> None:
        raise InfrastructureError(Problem(f"image {names[-1]}", "cannot be built"))

    engine = FakeEngine(sandbox())
    with pytest.raises(InfrastructureError, match="image python: cannot be built"):
        grade(challenge, None, replace(setting(engine), make=make), lambda: submission(files), Silent())
    assert engine.open_pods == 0


def test_every_check_is_observed_and_needs_are_applied_when_judging(
    challenge: Challenge, files: Mapping[str, FileEntry]
) -> None:
    pod = sandbox()
    pod._http = lambda _request: reply(200 if len(pod.asked("http")) < 2 else 500)
    engine = FakeEngine(pod)
    record = run(challenge, files, engine)
    assert [observation.check for observation in record.observations] == ["health", "tables", "tests", "run"]
    assert engine.open_pods == 0
    results = {check.id: check.outcome.status for check in judge(challenge, record, None).checks}
    assert results["health"] is Status.FAILED
    assert results["tables"] is Status.SKIPPED
    assert results["tests"] is Status.ERRORED, "without challenge.lock nobody knows which tests count"
    assert results["run"] is Status.PASSED


class Told(Silent):
    """Keeps what is told of the end of checks."""

    def __init__(self) -> None:
        self.ends: dict[str, tuple[Status, str]] = {}

    def check_done(self, check: str, status: Status, seconds: float, message: str = "") -> None:
        assert seconds >= 0
        self.ends[check] = (status, message)


def test_while_the_reference_is_recorded_its_suites_are_told_by_what_they_record(
    challenge: Challenge, files: Mapping[str, FileEntry]
) -> None:
    def recorded(outcome: str) -> tuple[Status, str]:
        pod = sandbox()
        lines = f'{{"test": "test_x.py::test_x", "outcome": "{outcome}"}}\n{{"end": 1}}\n'.encode()
        pod._run = lambda _plan, _stdin: exited(0, lines)
        told = Told()
        engine = setting(FakeEngine(pod))
        grade(challenge, None, engine, lambda: submission(files), told, recording=True)
        return told.ends["tests"]

    assert recorded("passed")[0] is Status.PASSED
    assert recorded("failed") == (
        Status.ERRORED,
        "the reference passes no test of this suite; mend the suite or the reference",
    )


LOCKED = {"requirements.txt": FileEntry("requirements.txt", b"")}
OTHER = exited(4, stderr=b"requirements.txt: wants Python 3.13; this runner has 3.11.2; it is refused\n")


def versioned(challenge: Challenge, wanted: str) -> Challenge:
    return replace(challenge, spec=challenge.spec.model_copy(update={"versions": {"python": wanted}}))


def versions_run(challenge: Challenge, files: Mapping[str, FileEntry], engine: FakeEngine) -> Record:
    known = setting(engine)
    python = Image("gradekit/python:1", "sha256:python", {VERSIONS_LABEL: '["Python 3.11.2", "pytest 8.0"]'})
    known = replace(known, images={**known.images, "python": python})
    return grade(challenge, None, known, lambda: submission({**files, **LOCKED}), Silent())


@pytest.mark.parametrize(
    ("wanted", "state", "message"),
    [
        (None, "errored", "runner python: requirements.txt: wants Python 3.13"),
        ("3", "errored", "runner python: requirements.txt: wants Python 3.13"),
        ("3.11", "blocked", "requirements.txt: wants Python 3.13"),
        ("3.11.2", "blocked", "requirements.txt: wants Python 3.13"),
        ("3.1", "errored", "challenge {id}: versions.python: it wants 3.1, and the image of the runner has 3.11.2"),
    ],
)
def test_whose_fault_another_version_is_the_challenge_says(
    challenge: Challenge, files: Mapping[str, FileEntry], wanted: str | None, state: str, message: str
) -> None:
    asked = challenge if wanted is None else versioned(challenge, wanted)
    record = versions_run(asked, files, FakeEngine(fetched=lambda _plan: OTHER))
    assert {observation.state for observation in record.observations} == {state}
    assert all(one.message.startswith(message.format(id=challenge.spec.id)) for one in record.observations)


def test_an_image_that_does_not_tell_its_version_is_not_the_one_that_was_told(
    challenge: Challenge, files: Mapping[str, FileEntry]
) -> None:
    record = run(versioned(challenge, "3.11"), files, FakeEngine())
    assert "the image of the runner has none that it tells" in record.observations[0].message


def test_hints_at_another_version_are_notices(challenge: Challenge, files: Mapping[str, FileEntry]) -> None:
    labels = {SAID_LABEL: base64.b64encode(b'{"note": ".python-version: wants Python 3.13"}\n').decode()}
    engine = BrokenEngine(fetched=lambda plan: Image(plan.tag, "sha256:2", labels))
    assert versions_run(challenge, files, engine).notices == (".python-version: wants Python 3.13",)


def test_what_is_not_committed_is_told_at_once_and_in_the_record(
    challenge: Challenge, files: Mapping[str, FileEntry]
) -> None:
    class Notes(Silent):
        def note(self, text: str) -> None:
            told.append(text)

    told: list[str] = []
    handed_in = replace(submission(files), uncommitted="1 new file is not committed")
    record = grade(challenge, None, setting(FakeEngine(sandbox())), lambda: handed_in, Notes())
    assert record.notices == ("1 new file is not committed",)
    assert "1 new file is not committed" in told


@pytest.mark.parametrize(("code", "word"), [(0, "done"), (1, "does not build")])
def test_a_build_is_a_phase_before_the_checks(
    challenge: Challenge, files: Mapping[str, FileEntry], code: int, word: str
) -> None:
    def results(plan: ContainerPlan, _stdin: bytes) -> ExecResult:
        return exited(code, stderr=b"line 1: what?") if plan.name == "build" else exited()

    pod = sandbox()
    pod._run = results
    engine = FakeEngine(pod)
    known = setting(engine).runners
    builds = known["python"].model_copy(update={"verbs": (*known["python"].verbs, "build")})
    using = replace(setting(engine), runners={**known, "python": builds})
    record = grade(challenge, None, using, lambda: submission(files), Silent())
    assert [phase.name for phase in record.phases] == ["clone", "deps", "services", "build", "checks"]
    assert record.phases[3].detail == f"python: {word}"
    assert "build" in {volume.name for volume in engine.plans[0].volumes}
    states = {observation.check: observation.state for observation in record.observations}
    blocked = [check for check, state in states.items() if state == "blocked"]
    assert blocked == ([] if code == 0 else ["health", "tests", "run"])
    if code:
        assert {observation.message for observation in record.observations if observation.state == "blocked"} == {
            "the submission does not build: line 1: what?"
        }


def test_the_submission_is_shown_with_what_was_left_out(challenge: Challenge, files: Mapping[str, FileEntry]) -> None:
    record = run(challenge, files, FakeEngine(sandbox()))
    assert record.submission.dropped == ("l (symlink)",)
    assert record.submission.candidate == "ana"
    assert record.images == {"postgres": "sha256:postgres", "probe": "sha256:probe", "python": "sha256:python"}


def test_a_challenge_without_a_runner_needs_no_language_and_fetches_nothing(tmp_path: Path) -> None:
    (tmp_path / "challenge.yaml").write_text(
        "gradekit: 1\nid: asked\ntitle: Asked\nrunner: none\nrubric: rubric.yaml\n"
        "services: {db: {runner: postgres}}\ndatasets: {d: {service: db}}\n"
        "checks: [{id: q, criterion: api, sql: {file: q.sql, dataset: d, expect: {value: 1}}}]\n"
    )
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    pod = FakeSandbox(sql=lambda request: [SqlResult((SqlColumn("a", "int4"),), (("1",),)) for _ in request.statements])
    engine = FakeEngine(pod)
    asked = load_challenge(tmp_path, rubrics=[])
    record = run(asked, {"q.sql": FileEntry("q.sql", b"select 1")}, engine)
    assert [(item.state, phase.name) for item in record.observations for phase in record.phases] == [
        ("observed", "clone"),
        ("observed", "services"),
        ("observed", "checks"),
    ]
    assert engine.fetches == []
    assert set(record.images) == {"postgres", "probe"}
    assert judge(asked, record, None).score.total == 100


def test_a_history_is_judged_and_a_plain_folder_has_none(tmp_path: Path) -> None:
    (tmp_path / "challenge.yaml").write_text(
        "gradekit: 1\nid: log\ntitle: Log\nrunner: none\nrubric: rubric.yaml\n"
        "checks: [{id: log, criterion: api, points: 1, git: {expect: {commits: {gte: 2}}}}]\n"
    )
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    challenge = load_challenge(tmp_path, rubrics=[])
    plain = submission({"a": FileEntry("a", b"")})
    cloned = replace(plain, history=History((Commit(id="a" * 40, subject="wip"),), ("Ana",)))
    for given, total in ((plain, 100), (cloned, 0)):
        record = grade(challenge, None, setting(FakeEngine(FakeSandbox())), lambda given=given: given, Silent())  # type: ignore[misc]
        report = judge(challenge, record, None)
        assert report.score.total == total
        assert "ana" not in report.model_dump_json().replace('"candidate":"ana"', "")
