"""A pod that stays open: what is made anew when what changed, and what becomes of it in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gradekit import runner as runners
from gradekit.errors import Blocked, InfrastructureError, Problem, SubmissionError
from gradekit.grade.bench import PodBench
from gradekit.grade.session import Session, Tried
from gradekit.grade.setting import Setting
from gradekit.progress import Silent
from gradekit.record import Printed
from gradekit.results import CheckResult, Status
from gradekit.sandbox.image import Image
from gradekit.sandbox.messages import HttpReply, SqlRequest, SqlResult
from gradekit.sandbox.plans import CANDIDATE_UID, ContainerPlan, FileEntry
from gradekit.spec.challenge import Challenge
from gradekit.submission import Submission
from tests.fakes import FakeEngine, FakeRunning, FakeSandbox, exited, reply

RUNNERS = Path(__file__).parents[2] / "runners"


def submission(files: Mapping[str, FileEntry], tree: str = "t") -> Submission:
    return Submission("./ana", None, None, tree * 64, "ana", None, files, (), 0.1)


class World:
    """A session on fakes."""

    def __init__(self, challenge: Challenge, files: Mapping[str, FileEntry]) -> None:
        self.challenge, self.files = challenge, files
        self.health = reply(200)
        self.refuses = ""
        self.sandboxes: list[FakeSandbox] = []
        self.engine = FakeEngine(lambda _plan: self.sandbox())
        images = {name: Image(f"gradekit/{name}:1", f"sha256:{name}") for name in ("probe", "python", "postgres")}
        found = {name: runners.find(RUNNERS, name) for name in ("python", "postgres")}
        self.session = Session(Setting(self.engine, images, found))

    def sandbox(self) -> FakeSandbox:
        made = FakeSandbox(
            sql=self.sql,
            http=lambda _request: self.answer(),
            run=lambda _plan, _stdin: exited(),
            start=FakeRunning,
            listening=True,
        )
        self.sandboxes.append(made)
        return made

    def answer(self) -> HttpReply:
        return self.health

    def sql(self, request: SqlRequest) -> Sequence[SqlResult]:
        if self.refuses and any(self.refuses in statement for statement in request.statements):
            return [SqlResult(error="no", sqlstate="08006")]
        return [SqlResult() for _ in request.statements]

    def run(
        self,
        *ids: str,
        challenge: Challenge | None = None,
        tree: str = "t",
        until: Callable[[CheckResult], bool] = lambda _result: False,
    ) -> Sequence[Tried]:
        challenge = challenge or self.challenge
        checks = [challenge.spec.check(name) for name in ids]
        return self.session.run(challenge, None, submission(self.files, tree), checks, Silent(), until=until)

    def apps(self) -> list[FakeRunning]:
        running = [running for made in self.sandboxes for running in made.running]
        return [found for found in running if found.plan.name == "app"]

    def filled(self) -> list[str]:
        return [str(what) for made in self.sandboxes for kind, what in made.calls if kind == "fill"]

    def emptied(self) -> list[str]:
        return [str(what) for made in self.sandboxes for kind, what in made.calls if kind == "empty"]


@pytest.fixture
def world(challenge: Challenge, files: Mapping[str, FileEntry]) -> World:
    return World(challenge, files)


def statuses(tried: Sequence[Tried]) -> dict[str, Status]:
    return {result.id: result.outcome.status for _, result in tried}


def changed(challenge: Challenge, **update: object) -> Challenge:
    return replace(challenge, spec=challenge.spec.model_copy(update=update))


def test_the_next_round_has_the_same_pod_and_a_fresh_app(world: World) -> None:
    assert statuses(world.run("health")) == {"health": Status.PASSED}
    assert statuses(world.run("health")) == {"health": Status.PASSED}
    assert len(world.engine.plans) == 1
    assert [app.alive() for app in world.apps()] == [False, True]
    assert world.filled() == ["work"]
    world.session.close()
    assert world.engine.open_pods == 0


def test_a_changed_check_runs_on_what_is_there_and_without_the_files_of_the_last_one(world: World) -> None:
    world.run("tests")
    files = {**world.challenge.files, "hidden/test_x.py": b"def test_y(): pass"}
    world.run("tests", challenge=replace(world.challenge, files=files))
    assert world.filled() == ["work", "files-tests", "files-tests"]
    assert world.emptied() == ["files-tests"]
    assert world.sandboxes[0].files["files-tests"]["test_x.py"].data == b"def test_y(): pass"


def test_changed_files_take_the_place_of_the_old_ones_in_the_same_pod(world: World) -> None:
    world.run("health")
    world.files = {"app.py": FileEntry("app.py", b"2"), "migrations/1.sql": FileEntry("migrations/1.sql", b"")}
    world.run("health", tree="u")
    assert len(world.engine.plans) == 1
    assert world.emptied() == ["work"]
    assert set(world.sandboxes[0].files["work"]) == set(world.files)
    dropped = [
        statement
        for _, request in world.sandboxes[0].calls
        if isinstance(request, SqlRequest)
        for statement in request.statements
        if "DROP DATABASE" in statement and "template_0" in statement
    ]
    assert dropped


@pytest.mark.parametrize("what", ["app", "seed", "limits"])
def test_what_the_app_is_made_of_makes_it_anew(world: World, what: str) -> None:
    world.run("health")
    spec = world.challenge.spec
    assert spec.app is not None
    if what == "seed":
        files = {**world.challenge.files, "seed.sql": b"insert into orders values (2)"}
        other = replace(world.challenge, files=files)
    elif what == "app":
        other = changed(world.challenge, app=spec.app.model_copy(update={"port": 9090}))
    else:
        other = changed(world.challenge, limits=spec.limits.model_copy(update={"pids": 99}))
    world.run("health", challenge=other)
    assert len(world.engine.plans) == 1
    assert world.filled() == ["work", "work"]
    if what == "app":
        assert world.apps()[-1].plan.env["PORT"] == "9090"


def test_another_volume_needs_another_pod(world: World) -> None:
    world.run("health")
    less = changed(world.challenge, checks=world.challenge.spec.checks[:2])
    world.run("health", challenge=less)
    assert (len(world.engine.plans), world.engine.open_pods) == (2, 1)


def test_a_round_may_end_early(world: World) -> None:
    world.health = reply(503)
    tried = world.run("health", "run", until=lambda result: result.outcome.status is Status.FAILED)
    assert statuses(tried) == {"health": Status.FAILED}


def test_a_failed_need_skips(world: World) -> None:
    world.health = reply(503)
    assert statuses(world.run("health", "tables")) == {"health": Status.FAILED, "tables": Status.SKIPPED}


def test_what_the_app_printed_stands_beside_what_was_observed(world: World) -> None:
    asked: list[bool] = []

    def answer() -> HttpReply:
        (app,) = world.apps()
        app.said += f"answer {len(asked)}\n"
        asked.append(True)
        return world.health if len(asked) == 1 else reply(500)

    world.answer = answer  # type: ignore[method-assign]
    ((observation, result),) = world.run("health")
    assert result.outcome.status is Status.FAILED
    assert observation.printed == Printed(text="answer 0\nanswer 1\n")
    assert "answer 1" not in str(observation.evidence)


def test_what_the_app_printed_before_a_check_ran_out_of_time_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(_bench: PodBench, _request: object) -> HttpReply:
        world.apps()[0].said = "still at it\n"
        raise Blocked("the check ran past its limit of 5 s")

    monkeypatch.setattr(PodBench, "request", late)
    ((observation, _),) = world.run("health")
    assert (observation.state, observation.printed) == ("blocked", Printed(text="still at it\n"))


def test_an_app_that_did_not_start_may_start_in_the_next_round(world: World) -> None:
    world.health = reply(503)
    assert statuses(world.run("health")) == {"health": Status.FAILED}
    world.health = reply(200)
    assert statuses(world.run("health")) == {"health": Status.PASSED}


def test_broken_rules_block_and_the_pod_stays(world: World) -> None:
    rules = world.challenge.spec.submission.model_copy(update={"required": ("README.md",)})
    strict = changed(world.challenge, submission=rules)
    tried = world.run("health", "tables", challenge=strict)
    assert statuses(tried) == {"health": Status.FAILED, "tables": Status.SKIPPED}
    assert "README.md" in tried[0][1].outcome.message
    assert statuses(world.run("health")) == {"health": Status.PASSED}
    assert len(world.engine.plans) == 1


def test_our_fault_is_errored_and_the_pod_is_not_used_again(world: World) -> None:
    world.refuses = "CREATE DATABASE"
    assert statuses(world.run("health", "tables")) == {"health": Status.ERRORED, "tables": Status.ERRORED}
    assert world.engine.open_pods == 0
    world.refuses = ""
    assert statuses(world.run("health")) == {"health": Status.PASSED}
    assert world.engine.open_pods == 1


def test_an_engine_without_a_pod_errors_every_check(world: World) -> None:
    world.engine.open = broken  # type: ignore[method-assign,assignment]
    assert statuses(world.run("health", "tables")) == {"health": Status.ERRORED, "tables": Status.ERRORED}


def broken(_plan: object) -> object:
    raise InfrastructureError(Problem("engine", "is gone"))


def test_what_the_last_round_left_broken_is_no_matter_of_the_next(world: World) -> None:
    world.run("health")
    world.refuses = "DROP DATABASE"
    assert statuses(world.run("run", tree="u")) == {"run": Status.PASSED}
    assert (len(world.engine.plans), world.engine.open_pods) == (2, 1)


def test_no_runner_fits(world: World) -> None:
    world.files = {"index.html": FileEntry("index.html", b"")}
    with pytest.raises(SubmissionError, match="no language was recognised"):
        world.run("health")


def test_a_shell_is_beside_the_app_as_the_candidates_user(world: World) -> None:
    with pytest.raises(Blocked, match="nothing that a shell"):
        world.session.shell()
    with world.session:
        world.run("health")
        plans = lent(world)
        assert world.session.shell() == 7
    (plan,) = plans
    assert (plan.uid, plan.alone, plan.workdir) == (CANDIDATE_UID, False, "/copy")
    assert plan.env["PORT"] == "8080"
    assert plan.env["DATABASE_URL"].startswith("postgres")
    assert [mount.volume for mount in plan.mounts] == ["work"]
    assert world.engine.open_pods == 0


def test_a_shell_opens_without_an_app_that_does_not_start(world: World) -> None:
    world.health = reply(503)
    world.run("health")
    plans = lent(world)
    assert world.session.shell() == 7
    assert "DATABASE_URL" not in plans[-1].env


def lent(world: World) -> list[ContainerPlan]:
    """Plans of the containers that are started from now on."""
    plans: list[ContainerPlan] = []

    def start(plan: ContainerPlan) -> FakeRunning:
        plans.append(plan)
        return Lent(plan)

    world.sandboxes[0].start = start  # type: ignore[method-assign]
    return plans


class Lent(FakeRunning):
    def interact(self, argv: Sequence[str]) -> int:
        assert argv[-2:] == ("/bin/sh", "-i")
        return 7
