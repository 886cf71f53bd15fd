"""runner list: what is built, how large, how old, on what, with which versions."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from gradekit import runner as runners
from gradekit.cli import shelf
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.image import BASE_LABEL, STAND_IN_LABEL, VERSIONS_LABEL, Image
from gradekit.sandbox.images import DIGEST_LABEL
from tests.cli.test_commands import run
from tests.fakes import FakeEngine

PROBE = runners.find(Path(__file__).parents[2] / "runners", "probe")
NOW = datetime.fromisoformat("2026-03-10T12:00:00+00:00")
LABELS = {
    DIGEST_LABEL: PROBE.digest,
    BASE_LABEL: "debian:bookworm-slim sha256:" + "0123456789ab" * 5,
    VERSIONS_LABEL: json.dumps(["Python 3.11.2", "psycopg\x1b 3.2"]),
}


def look(image: Image | None) -> shelf.Item:
    engine = FakeEngine(images={} if image is None else {PROBE.tag: image})
    return shelf.look(PROBE, cast("DockerEngine", engine))


def test_a_built_runner() -> None:
    item = look(Image(PROBE.tag, "sha256:1", LABELS, 170 << 20, "2026-03-07T11:59:00.123456789Z"))
    assert list(shelf.table([item], NOW)) == [
        f"probe      probe     170 MiB    3 d     {PROBE.tag:<34} Probe\n",
        "           on debian:bookworm-slim 0123456789ab\n",
        "           Python 3.11.2\n",
        "           psycopg\\x1b 3.2\n",
    ]
    (found,) = json.loads(shelf.document([item]))
    assert (found["state"], found["size"], found["versions"][0]) == ("built", 170 << 20, "Python 3.11.2")


@pytest.mark.parametrize("image", [None, Image(PROBE.tag, "sha256:1", {DIGEST_LABEL: "another"})])
def test_a_runner_without_its_image(image: Image | None) -> None:
    assert list(shelf.table([look(image)], NOW)) == [f"probe      probe     not built          {PROBE.tag:<34} Probe\n"]


def test_without_an_engine() -> None:
    (line,) = shelf.table([shelf.look(PROBE, None)], NOW)
    assert "no engine" in line


@pytest.mark.parametrize(
    ("created", "age"),
    [
        ("2026-03-10T11:59:30+00:00", "now"),
        ("2026-03-10T11:48:00+00:00", "12 min"),
        ("2026-03-10T01:00:00+00:00", "11 h"),
        ("2026-03-01T00:00:00+00:00", "9 d"),
        ("2026-03-10", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_ages(created: str, age: str) -> None:
    (line,) = shelf.table([look(Image(PROBE.tag, "sha256:1", {DIGEST_LABEL: PROBE.digest}, 0, created))], NOW)
    assert line[31:39].strip() == age


@pytest.mark.parametrize(
    "arguments", [["--image", "x"], ["--image", "x", "python", "node"], ["--image", "x", "python", "--class", "host"]]
)
def test_an_image_is_tested_as_one_runner(arguments: list[str]) -> None:
    done = run("runner", "test", *arguments)
    assert done.returncode == 2
    assert "error: --image: an image stands for one runner, in its smoke cases" in done.stderr


def test_what_stands_in_for_another_is_told() -> None:
    labels = {DIGEST_LABEL: PROBE.digest, STAND_IN_LABEL: "mongo:7.0"}
    lines = list(shelf.table([look(Image(PROBE.tag, "sha256:1", labels))], NOW))
    assert lines[1:] == [" " * 11 + "another server in the place of mongo:7.0: it can only confirm\n"]
