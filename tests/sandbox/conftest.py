"""The real engine, its images, and a pod that tests may share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import SERVICE_UID, SandboxPlan, VolumePlan
from gradekit.sandbox.pod import DockerSandbox

RUN = "test-run"


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Iterator[DockerEngine]:
    found = connect(runtime=request.config.getoption("--runtime"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def runner_images(engine: DockerEngine) -> Mapping[str, Image]:
    return images.ensure(("probe", "python", "postgres"), engine=engine)


@pytest.fixture(scope="session")
def pod_plan(runner_images: Mapping[str, Image]) -> SandboxPlan:
    volumes = (
        VolumePlan("work", 16 << 20, inodes=500),
        VolumePlan("other", 4 << 20, inodes=100),
        VolumePlan("db", 1 << 20, uid=SERVICE_UID),
    )
    return SandboxPlan(RUN, runner_images["probe"].id, volumes)


@pytest.fixture(scope="module")
def pod(engine: DockerEngine, pod_plan: SandboxPlan) -> Iterator[DockerSandbox]:
    with engine.open(pod_plan) as opened:
        assert isinstance(opened, DockerSandbox)
        yield opened


@pytest.fixture(scope="session")
def python(runner_images: Mapping[str, Image]) -> str:
    """The id of an image with Python and coreutils."""
    return runner_images["python"].id
