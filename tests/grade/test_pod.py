"""What a pod is planned with."""

from __future__ import annotations

from pathlib import Path

from gradekit.grade.pod import Pod
from gradekit.sandbox.protocol import CANDIDATE_UID, TESTER_UID
from gradekit.spec.load import load_challenge
from tests.fakes import FakeEngine, FakeSandbox
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
