"""What the Node.js runner's programs do by themselves: tests in JavaScript, run by the runner in its own image."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradekit import runner
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.plans import ContainerPlan, FileEntry, Mount, SandboxPlan, VolumePlan

pytestmark = pytest.mark.docker
FOLDER = Path(__file__).parents[2] / "runners"
TESTS = Path(__file__).parent / "node"
NODE = runner.find(FOLDER, "node")
VOLUME = 8 << 20


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    with_engine = connect()
    yield with_engine
    with_engine.close()


def entries(folder: Path, pattern: str) -> list[FileEntry]:
    files = [path for path in sorted(folder.glob(pattern)) if path.is_file()]
    return [FileEntry(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files]


@pytest.mark.parametrize("name", ["calls", "deps", "registries"])
def test_the_programs_of_the_runner(name: str, engine: DockerEngine) -> None:
    built = images.ensure(["node", "probe"], folder=FOLDER, engine=engine)
    volumes = VolumePlan("work", VOLUME), VolumePlan("hidden", VOLUME)
    with engine.open(SandboxPlan(run=f"node-{name}", probe_image=built["probe"].id, volumes=volumes)) as sandbox:
        sandbox.fill("work", entries(TESTS / "submission", "**/*"))
        sandbox.fill("hidden", entries(TESTS, f"{name}.test.mjs"))
        plan = ContainerPlan(
            built["node"].id, NODE.argv("test"), mounts=(Mount("work", "/work"), Mount("hidden", "/hidden"))
        )
        result = sandbox.run(plan, timeout=60.0)
    *records, end = [json.loads(line) for line in result.stdout.splitlines()]
    wrong = "\n".join(f"{record['test']}: {record['message']}" for record in records if record["outcome"] != "passed")
    assert not wrong, wrong
    assert end == {"end": len(records)}
    assert Counter(record["test"].partition(" > ")[0] for record in records) == {f"{name}.test.mjs": len(records)}
    assert len(records) > 5
