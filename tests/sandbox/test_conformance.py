from __future__ import annotations

from collections.abc import Callable

import pytest

from gradekit.sandbox.plans import SandboxPlan
from gradekit.sandbox.pod import DockerSandbox
from gradekit.sandbox.protocol import Engine
from tests.fakes import FakeEngine, FakeSandbox
from tests.sandbox.conformance import BEHAVIOURS, Setup, scripted

behaviours = pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.__name__)


@behaviours
def test_fake(behaviour: Callable[[Setup], None]) -> None:
    behaviour(Setup(scripted(), "any"))


@pytest.mark.docker
@behaviours
def test_docker(behaviour: Callable[[Setup], None], pod: DockerSandbox, python: str) -> None:
    behaviour(Setup(pod, python))


def test_a_fake_engine_is_an_engine() -> None:
    sandbox = FakeSandbox()
    engine = FakeEngine(sandbox)
    as_engine: Engine = engine
    with as_engine.open(SandboxPlan("run", "probe")) as opened:
        assert opened is sandbox
        assert engine.open_pods == 1
    assert engine.open_pods == 0


def test_a_fake_names_the_answers_it_has() -> None:
    sandbox = FakeSandbox(run={"true": []})
    with pytest.raises(AssertionError, match=r"no answer for run .* has \['true'\]"):
        behaviour_plan(sandbox)


def behaviour_plan(sandbox: FakeSandbox) -> None:
    Setup(sandbox, "any").run("unknown")
