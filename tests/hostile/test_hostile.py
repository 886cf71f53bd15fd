"""Hostile submissions, each with the verdict that it must get; README.md describes a case."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gradekit.corpus import Ground, attempt
from gradekit.corpus.host import HostState, look
from tests.hostile.running import CORPUS, left

pytestmark = pytest.mark.docker
GREEDY = ("disk-fill", "memory-bomb", "output-flood")
"""They would use up disk and memory if they could."""


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


def test_nothing_is_left_on_the_host(ground: Ground, before: HostState, tmp_path: Path) -> None:
    """The last test of this file: it compares with the host before the first case.

    Free disk and memory tell something only while nobody else uses them: the greedy cases are tried once more.
    """
    alone = look(ground.engine)
    for name in GREEDY:
        folder = tmp_path / name
        folder.mkdir()
        assert attempt(CORPUS[name], ground, folder).complaints == ()
    assert left(alone, ground, amounts=True) == {}
    assert left(before, ground) == {}
