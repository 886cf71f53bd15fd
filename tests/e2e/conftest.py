"""Whole runs of the command line: a served submission, the real engine, the installed program."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gradekit.cli.demo import STEPS
from gradekit.submission.publish import publish
from gradekit.submission.serve import serve_repositories
from tests.e2e.running import CHALLENGE, NOTES, ROOT, Background, EngineProxy, Finished, command, run_in


@pytest.fixture
def gradekit(tmp_path: Path) -> Callable[..., Finished]:
    """Run the command line in a folder of its own; ``env`` adds to the environment."""

    def run(*arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Finished:
        return run_in(cwd or tmp_path, *arguments, env=env)

    return run


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Solution name -> URL of a git repository that holds it, over HTTP on loopback."""
    folder = tmp_path_factory.mktemp("served")
    names = {"reference": "reference", "oversell": "known-bad/oversell"}
    for name, path in names.items():
        publish(CHALLENGE / "solutions" / path, folder / f"{name}.git", steps=STEPS)
    publish(NOTES / "solutions" / "reference", folder / "notes.git")
    with serve_repositories(folder) as base:
        yield {name: f"{base}/{name}.git" for name in (*names, "notes")}


@pytest.fixture
def challenge_copy(tmp_path: Path) -> Path:
    """A copy of the shipped challenge and rubrics that a test may change."""
    copy = tmp_path / "challenges" / "orders-api"
    shutil.copytree(CHALLENGE, copy)
    shutil.copytree(ROOT / "rubrics", tmp_path / "rubrics")
    return copy


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A copy of the small challenge, with time for busy machines and a criterion that people score."""
    copy = Path(shutil.copytree(NOTES, tmp_path / "notes"))
    spec, rubric = copy / "challenge.yaml", copy / "rubric.yaml"
    spec.write_text(spec.read_text().replace("timeout: 12s}", "timeout: 2m}").replace("timeout: 3s}", "timeout: 30s}"))
    review = "  review: {title: Review, weight: 10, manual: true, levels: [%s]}\n"
    levels = ("{level: 0, title: poor, anchor: none}", "{level: 1, title: sound, anchor: some}")
    criteria = rubric.read_text().replace("weight: 100", "weight: 90").replace("pass_mark: 100", "pass_mark: 50")
    rubric.write_text(criteria + review % ", ".join(levels))
    return copy


@pytest.fixture
def in_background(tmp_path: Path) -> Iterator[Callable[..., Background]]:
    running: list[Background] = []

    def start(*arguments: str, env: Mapping[str, str] | None = None) -> Background:
        environment = {**os.environ, "CI": "true", **(env or {})}
        process = subprocess.Popen(
            command(arguments),
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        background = Background(process, [])

        def read() -> None:
            assert process.stderr is not None
            background.lines.extend(process.stderr)

        background.reader = threading.Thread(target=read, daemon=True)
        background.reader.start()
        running.append(background)
        return background

    yield start
    for background in running:
        background.process.kill()
        background.process.wait()
        if background.reader is not None:
            background.reader.join(10)
        if background.process.stderr is not None:
            background.process.stderr.close()


@pytest.fixture
def engine_proxy() -> Iterator[EngineProxy]:
    # The path of a socket has at most 107 characters, fewer than many temporary folders of tests.
    with tempfile.TemporaryDirectory(prefix="gk-") as folder:
        proxy = EngineProxy(Path(folder) / "engine.sock", "/var/run/docker.sock")
        yield proxy
        proxy.stop()
