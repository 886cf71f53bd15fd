from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from gradekit import runner as runners
from gradekit.cli import assemble
from gradekit.cli import config as configuration
from gradekit.cli.terminal import Lines
from gradekit.errors import UsageError
from gradekit.grade.setting import Setting
from gradekit.progress import Silent
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.image import Image
from gradekit.spec.challenge import Expectation, Solution
from tests.fakes import FakeEngine

FOLDER = Path(__file__).parents[2] / "runners"


class Engine:
    """Has the images that it is told to have."""

    def __init__(self, *tags: str) -> None:
        self.tags = tags

    def image(self, tag: str) -> Image | None:
        return Image(id="sha256:0", tag=tag, labels={}, size=0) if tag in self.tags else None


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch) -> str:
    """The tag of the runner python, which is "built" with two lines of log."""

    def ensure(
        names: list[str], log: images.Progress, *, done: Callable[[str, float], None], **_: object
    ) -> dict[str, Image]:
        log("Step 1/2 : FROM scratch")
        log("Step 2/2 : RUN true")
        for name in names:
            done(name, 0.01)
        return {name: Image(id="sha256:0", tag=name, labels={}, size=0) for name in names}

    monkeypatch.setattr(images, "ensure", ensure)
    return runners.find(FOLDER, "python").tag


@pytest.mark.parametrize("verbosity", [0, 1])
def test_a_missing_image_is_told_in_two_lines(python: str, capsys: pytest.CaptureFixture[str], verbosity: int) -> None:
    progress = Lines(verbosity)
    built = assemble.built(["python"], cast("DockerEngine", Engine()), progress, FOLDER)
    progress.close()
    assert list(built) == ["python"]
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "building python (a minute or two each)"
    assert said[-1].split() == ["image", "0.0", "s", python]
    assert len(said) == (2, 5)[verbosity]


def test_images_that_are_there_are_not_told(
    python: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "ensure", lambda names, *_, **__: dict.fromkeys(names))
    progress = Lines()
    assemble.built(["python"], cast("DockerEngine", Engine(python)), progress, FOLDER)
    progress.close()
    assert capsys.readouterr().err == ""


def test_an_unknown_runner_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="pyhton"):
        assemble.built(["pyhton"], cast("DockerEngine", Engine()), Silent(), FOLDER)


@pytest.mark.parametrize("later", [False, True])
def test_images_of_languages_may_wait_until_one_is_known(monkeypatch: pytest.MonkeyPatch, later: bool) -> None:
    asked: list[Sequence[str]] = []

    def ensure(names: Sequence[str], *_: object, **__: object) -> dict[str, Image]:
        asked.append(tuple(names))
        return {name: Image(tag=name, id=f"sha256:{name}") for name in names}

    monkeypatch.setattr(images, "ensure", ensure)
    config = configuration.Config()
    challenge, _ = assemble.challenge_for(str(FOLDER.parent / "challenges" / "rate-limiter"), config)
    engine = cast("DockerEngine", Engine(*(runners.find(FOLDER, name).tag for name in ("probe", "node"))))
    setting = assemble.setting_for(challenge.spec, config, Silent(), engine=engine, later=later)
    if not later:
        assert asked == [("probe", "redis", "java", "node", "python")]
        return
    assert asked == [("probe", "node")]
    assert set(setting.images) == {"probe", "node"}
    setting.make(("probe", "redis", "java"))
    setting.make(("probe", "redis", "java"))
    assert [names for names in asked[1:] if names] == [("redis", "java")]
    assert set(setting.images) == {"probe", "node", "redis", "java"}


def test_a_challenge_is_verified_with_the_languages_of_its_solutions(tmp_path: Path) -> None:
    config = configuration.Config()
    challenge, _ = assemble.challenge_for(str(FOLDER.parent / "challenges" / "rate-limiter"), config)
    known = {name: runners.find(FOLDER, name) for name in ("python", "node", "java", "redis")}
    setting = Setting(FakeEngine(), {}, known)
    spec = challenge.spec
    expect = Expectation(passes="all")
    solutions = [Solution(path=path, expect=expect) for path in "abc"]
    solutions.append(Solution(path="c", base="d", expect=expect))
    for path, name in (("a", "app.py"), ("b", "src/Main.java"), ("c", "README"), ("d", "app.js")):
        (tmp_path / path / name).parent.mkdir(parents=True)
        (tmp_path / path / name).touch()
    moved = replace(
        challenge, spec=spec.model_copy(update={"solutions": tuple(solutions)}), source=tmp_path / "challenge.yaml"
    )
    assert assemble.solved_in(moved, setting) == ("probe", "redis", "python", "java", "node")
    alone = replace(moved, spec=moved.spec.model_copy(update={"runner": "none"}))
    assert assemble.solved_in(alone, setting) == ("probe", "redis")
