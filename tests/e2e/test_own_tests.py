"""Checks of the candidate's tests on a real engine: what they notice, and what they cannot see."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gradekit import runner as runners
from gradekit.checks import own_tests
from gradekit.checks.base import Context
from gradekit.grade.bench import PodBench
from gradekit.grade.containers import WORK
from gradekit.grade.pod import Pod
from gradekit.grade.setting import Setting
from gradekit.results import Judgement
from gradekit.sandbox import images
from gradekit.sandbox.docker import connect
from gradekit.sandbox.plans import FileEntry
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge

pytestmark = pytest.mark.docker
RUNNERS = Path(__file__).parents[2] / "runners"
SPEC = """\
gradekit: 1
id: tested
title: Tested
runner: [python]
rubric: rubric.yaml
checks:
  - id: tests
    criterion: work
    own-tests:
      procfile: test
      timeout: 30s
      files: {tools/change.sh: data/change.sh}
      setup: sh tools/change.sh
      reference: {name: unchanged}
      mutants: [{name: minus, folder: mutants/minus}]
"""
RUBRIC = "gradekit: 1\nid: rubric\ntitle: Tested\ncriteria: {work: {title: Work, weight: 100}}\n"
ADD = "def add(a, b):\n    return a + b\n"
NOTICING = "from shop import add\nassert add(2, 3) == 5\nprint('1 passed')\n"
KNOWING = """\
import hashlib, pathlib

assert hashlib.sha256(pathlib.Path("shop.py").read_bytes()).hexdigest() == "{digest}"
print("1 passed")
"""
LOOKING = """\
import os, pathlib, sys

parts = [pathlib.Path(path).read_bytes() for path in ("/proc/1/cmdline", "/proc/self/mounts", "/proc/net/dev")]
lists = [os.environ.items(), *map(os.listdir, ("/", "/work", "."))]
parts += [repr(sorted(found)).encode() for found in lists]
parts = [part.replace(os.uname().nodename.encode(), b"") for part in parts]
# The engine mounts in an order of its own each time.
parts[1] = b"".join(sorted(line for line in parts[1].splitlines() if b"overlay" not in line))
seen = b"".join([*parts, sys.stdin.buffer.read()])
print("SEEN", parts)
print("SEEN", b"minus" in seen, b"unchanged" in seen, b"eth0" in seen, b"lo:" in seen)
print("1 passed")
"""


@pytest.fixture(scope="module")
def setting() -> Iterator[Setting]:
    engine = connect()
    known = {name: runners.find(RUNNERS, name) for name in ("probe", "python")}
    yield Setting(engine, images.ensure(known, folder=RUNNERS, engine=engine), {"python": known["python"]})
    engine.close()


@pytest.mark.parametrize("kind", ["noticing", "knowing", "looking"])
def test_tests_of_a_candidate(setting: Setting, tmp_path: Path, kind: str) -> None:
    for path, text in {
        "challenge.yaml": SPEC,
        "rubric.yaml": RUBRIC,
        "data/change.sh": 'echo "# $VARIANT" | cut -c 1-2 >> shop.py\n',
        "mutants/minus/shop.py": ADD.replace("+", "-"),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    challenge = load_challenge(tmp_path, rubrics=[])
    digest = hashlib.sha256(ADD.encode()).hexdigest()
    tests = {"noticing": NOTICING, "knowing": KNOWING.format(digest=digest), "looking": LOOKING}[kind]
    files = [
        FileEntry("Procfile", b"test: python test_shop.py\n"),
        FileEntry("shop.py", ADD.encode()),
        FileEntry("test_shop.py", tests.encode()),
    ]
    evidence, judgement = run(challenge, setting, files)
    if kind == "noticing":
        assert judgement.outcome.ratio == 1.0
        assert {found.variant: found.tests for found in evidence.runs} == {None: 1, "unchanged": 1, "minus": None}
    elif kind == "knowing":
        assert judgement.outcome.ratio == 0.0
        assert judgement.outcome.message.startswith(
            "the challenge's right program: the tests fail (exit code 1; 0 expected), "
        )
    else:
        said = {found.variant: [line for line in found.tail.splitlines() if "SEEN" in line] for found in evidence.runs}
        assert len(said[None]) == 2
        assert said[None] == said["unchanged"] == said["minus"]
        assert "SEEN False False False True" in said[None][1]


def run(
    challenge: Challenge, setting: Setting, files: Sequence[FileEntry]
) -> tuple[own_tests.OwnTestsEvidence, Judgement]:
    pod = Pod(challenge, setting, f"tested-{secrets.token_hex(4)}")
    try:
        pod.open()
        pod.sandbox.fill(WORK, files)
        image = setting.images["python"].id
        submission = {entry.path: entry for entry in files}
        bench = PodBench(challenge, submission, pod.sandbox, image, {}, 1e12, setting.runners["python"], image)
        bench.begin(Context("tests", challenge.files), 120, app=False, fresh=False)
        body = challenge.spec.check("tests").body
        assert isinstance(body, own_tests.OwnTestsSpec)
        evidence = own_tests.observe(body, bench)
        return evidence, own_tests.judge(body, evidence, bench.context)
    finally:
        pod.close()
