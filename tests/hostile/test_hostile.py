"""Hostile submissions, each with the verdict that it must get; README.md describes a case."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gradekit.corpus import Ground, attempt
from gradekit.corpus.host import HostState, settled
from tests.hostile.running import CORPUS

pytestmark = pytest.mark.docker


@pytest.mark.parametrize("name", CORPUS)
def test_verdict(name: str, ground: Ground, tmp_path: Path) -> None:
    assert attempt(CORPUS[name], ground, tmp_path).complaints == ()


def test_a_neighbour_under_attack_is_graded_as_if_alone(ground: Ground, tmp_path: Path) -> None:
    honest, hostile = tmp_path / "honest", tmp_path / "hostile"
    for folder, name in ((honest, "reference"), (hostile, "neighbour")):
        folder.mkdir()
        CORPUS[name].write(folder)
    alone = ground.grade(str(honest), "notes", tmp_path / "alone")
    begun = threading.Event()

    def attack() -> None:
        begun.set()
        ground.grade(str(hostile), "notes", tmp_path / "attack")

    with ThreadPoolExecutor(1) as threads:
        attacking = threads.submit(attack)
        begun.wait()
        beside = ground.grade(str(honest), "notes", tmp_path / "beside")
        attacking.result()
    assert beside.view() == alone.view()
    assert alone.exit == 0


def test_nothing_is_left_on_the_host(ground: Ground, before: HostState) -> None:
    """The last test of this file: it compares with the host before the first case."""
    assert [row for row in settled(before, ground.engine) if row.left] == []
