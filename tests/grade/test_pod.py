"""What a pod is planned with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gradekit.errors import InfrastructureError
from gradekit.grade.pod import Pod
from gradekit.sandbox.image import Image
from gradekit.sandbox.messages import SqlResult
from gradekit.sandbox.plans import CANDIDATE_UID, TESTER_UID, Mount
from gradekit.spec.load import load_challenge
from tests.fakes import FakeEngine, FakeRunning, FakeSandbox
from tests.grade.conftest import RUBRIC
from tests.grade.test_run import setting

SPEC = """\
gradekit: 1
id: small
title: Small
runner: [python]
rubric: rubric.yaml
checks:
  - {id: classic, criterion: api, suite: {files: hidden}}
  - {id: apart, criterion: api, suite: {files: hidden, isolation: split}}
  - {id: asked, criterion: api, call: {module: shop, cases: [{name: one, call: one, returns: 1}]}}
"""


def test_what_calls_has_a_volume_for_its_socket_and_a_split_suite_one_for_its_tests(tmp_path: Path) -> None:
    (tmp_path / "challenge.yaml").write_text(SPEC)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "test_x.py").write_text("def test_x(): pass")
    engine = FakeEngine(FakeSandbox())
    pod = Pod(load_challenge(tmp_path, rubrics=[]), setting(engine), "run")
    pod.open()
    pod.close()
    (plan,) = engine.plans
    volumes = {volume.name: volume for volume in plan.volumes}
    assert list(volumes) == ["work", "files-classic", "files-apart", "call-apart", "call-asked"]
    assert volumes["files-classic"].uid == CANDIDATE_UID
    assert volumes["files-apart"].uid == TESTER_UID
    assert (volumes["call-apart"].uid, volumes["call-apart"].size, volumes["call-apart"].inodes) == (
        CANDIDATE_UID,
        1 << 20,
        64,
    )


SERVED = """\
gradekit: 1
id: served
title: Served
runner: [python]
rubric: rubric.yaml
services: {db: {runner: store}}
checks:
  - {id: run, criterion: api, command: {run: "true", expect: {exit: 0}}}
"""


def _served(tmp_path: Path, sandbox: FakeSandbox, **changes: object) -> Pod:
    """A pod with one service, whose runner is that of PostgreSQL with ``changes``."""
    (tmp_path / "challenge.yaml").write_text(SERVED)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    using = setting(FakeEngine(sandbox))
    runner = using.runners["postgres"].model_copy(update={"name": "store", **changes})
    images = {**using.images, "store": Image("gradekit/store:1", "sha256:store")}
    using = replace(using, images=images, runners={**using.runners, "store": runner})
    return Pod(load_challenge(tmp_path, rubrics=[]), using, "run")


def test_a_service_has_its_folders_and_its_uid_from_its_runner(tmp_path: Path) -> None:
    sandbox = FakeSandbox(sql=lambda request: [SqlResult() for _ in request.statements])
    pod = _served(tmp_path, sandbox, data="/stored", sockets="/run/store", uid=12345)
    pod.open()
    pod.close()
    (plan,) = sandbox.asked("start")
    assert (plan.image, plan.uid, plan.mounts) == ("sha256:store", 12345, (Mount("db", "/run/store", writable=True),))
    assert [folder.path for folder in plan.tmpfs] == ["/stored"]


def test_a_service_that_ends_before_it_answers_is_our_fault(tmp_path: Path) -> None:
    refused = SqlResult(error="no socket", sqlstate="08006")
    ended = FakeSandbox(sql=lambda _: [refused], start=lambda plan: FakeRunning(plan, dead="exited with 1", said="oh"))
    with pytest.raises(InfrastructureError, match=r"service db: .*exited with 1; no socket; 'oh'"):
        _served(tmp_path, ended).open()


def test_an_engine_that_nothing_is_known_of_is_our_fault(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="runner store: nothing is known of the engine abacus"):
        _served(tmp_path, FakeSandbox(), engine="abacus").open()


def test_an_app_shares_the_files_of_its_service(tmp_path: Path) -> None:
    sandbox = FakeSandbox(sql=lambda request: [SqlResult() for _ in request.statements])
    pod = _served(tmp_path, sandbox, files="/files")
    shared = "datasets: {d: {service: db}}\napp: {dataset: d, ready: {tcp: true}}\n"
    (tmp_path / "challenge.yaml").write_text(SERVED.replace("checks:", f"{shared}checks:"))
    pod.challenge = load_challenge(tmp_path, rubrics=[])
    pod.open()
    pod.close()
    (plan,) = sandbox.asked("start")
    share = Mount("db.files", "/files", writable=True)
    assert pod.shares == {"db": share}
    assert share in plan.mounts
