"""Every runner keeps its contract: each smoke case in a real sandbox, under the limits of a grading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gradekit import runner
from gradekit.corpus import SmokeCase, attempt_smoke, lacking, read_smoke
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.image import Image
from tests.runners import go_mirror, java_mirror, php_mirror, ruby_mirror
from tests.runners.fetching import gateway
from tests.runners.mirror import served

FOLDER = Path(__file__).parents[2] / "runners"
RUNNERS = runner.load_all(FOLDER)
CASES = read_smoke(RUNNERS)


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    with_engine = connect()
    yield with_engine
    with_engine.close()


@pytest.fixture(scope="module")
def built(engine: DockerEngine) -> dict[str, Image]:
    return images.ensure((item.name for item in RUNNERS), folder=FOLDER, engine=engine)


@pytest.fixture(scope="module")
def mirrors(engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Where registries of the tests' own answer, by variable: the public ones need not be within reach."""
    address = gateway(engine)
    with (
        java_mirror.served(java_mirror.filled(tmp_path_factory.mktemp("maven")), address) as maven,
        served(ruby_mirror.filled(tmp_path_factory.mktemp("gems")), address) as gems,
        served(go_mirror.filled(tmp_path_factory.mktemp("modules")), address) as modules,
        served(php_mirror.filled(tmp_path_factory.mktemp("composer")), address) as composer,
    ):
        yield {
            "MAVEN_MIRROR": maven,
            "BUNDLE_MIRROR__ALL": gems,
            "GOPROXY": modules,
            "COMPOSER_MIRROR": composer,
        }


@pytest.mark.docker
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_smoke(
    case: SmokeCase,
    engine: DockerEngine,
    built: dict[str, Image],
    mirrors: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, url in mirrors.items():
        monkeypatch.setenv(name, url)
    complaints = attempt_smoke(case, engine, built).complaints
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("item", RUNNERS, ids=lambda item: str(item.name))
def test_every_runner_is_asked_what_all_are_asked(item: runner.Runner) -> None:
    assert lacking(item, CASES) == []
