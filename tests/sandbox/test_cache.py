"""The cache of fetched packages: what goes, in which order, and what stays because somebody uses it."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest
from typer.testing import CliRunner

from gradekit.cli.app import app
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox import cache, docker
from gradekit.sandbox.cache import CACHE_LABEL, FILTER, SIZE_LABEL, Cache, CacheUse
from gradekit.sandbox.client import Client
from gradekit.sandbox.endpoint import Endpoint
from gradekit.sandbox.image import Image


class FakeClient:
    """An engine that notes when an image was named, and refuses to remove what a container has."""

    def __init__(self, *names: str, size: str | None = "100") -> None:
        self.endpoint = Endpoint("unix:///fake.sock", "test")
        self.clock = 0
        self.named: dict[str, int] = {}
        self.in_containers: set[str] = set()
        self.size = size
        self.gone = False
        for name in names:
            self.add(name)

    def images(self, label: str) -> Sequence[str]:
        assert label == FILTER
        return sorted(self.named)

    def image(self, tag: str) -> Image | None:
        labels = {SIZE_LABEL: self.size} if self.size is not None else {}
        return Image(tag, f"sha256:{tag}", labels, 7_000) if tag in self.named else None

    def used(self, tag: str) -> str:
        return f"2026-01-01T00:00:{self.named[tag]:02}Z" if tag in self.named else ""

    def add(self, tag: str) -> None:
        self.clock += 1
        self.named[tag] = self.clock

    def touch_image(self, tag: str) -> None:
        if self.gone:
            raise InfrastructureError(Problem("engine", "it is gone"))
        if tag in self.named:
            self.add(tag)

    def remove_image(self, tag: str) -> None:
        if tag in self.in_containers:
            raise InfrastructureError(Problem("engine", "it is in use"))
        del self.named[tag]


def cache_of(client: FakeClient, folder: Path) -> Cache:
    return Cache(cast("Client", client), folder)


def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    client = FakeClient("a", "b", "c", "d")
    cache = cache_of(client, tmp_path / "locks")
    with cache.using("a") as found:
        assert found == client.image("a")
    assert cache.use() == CacheUse(4, 400)
    assert cache.trim(400) == ()
    assert cache.trim(250) == ("b", "c")
    assert cache.use() == CacheUse(2, 200)
    assert cache.trim(0) == ("d", "a")


def test_what_a_run_uses_stays(tmp_path: Path) -> None:
    client = FakeClient("a", "b")
    cache, other = cache_of(client, tmp_path), cache_of(client, tmp_path)
    with cache.using("a"), other.using("a"):
        assert cache.trim(0) == ("b",)
        assert other.clear() == ()
    assert cache.clear() == ("a",)


def test_what_is_fetched_just_now_stays(tmp_path: Path) -> None:
    client = FakeClient()
    cache = cache_of(client, tmp_path)
    with cache.using("a") as found:
        assert found is None
        client.add("a")
        assert cache.trim(0) == ()


def test_an_engine_that_goes_away_hides_no_error(tmp_path: Path) -> None:
    client = FakeClient("a")
    with cache_of(client, tmp_path).using("a"):
        client.gone = True
    assert client.named == {"a": 1}


def test_a_run_that_was_killed_uses_nothing(tmp_path: Path) -> None:
    client = FakeClient("a")
    cache = cache_of(client, tmp_path)
    with cache.using("a"):
        pass
    (lock,) = tmp_path.iterdir()
    holds = f"import fcntl,sys; f = open({str(lock)!r}); fcntl.flock(f, fcntl.LOCK_SH); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert cache.clear() == ()
        other.kill()
        other.wait()
    assert cache.clear() == ("a",)


def test_what_a_container_of_somebody_else_has_stays(tmp_path: Path) -> None:
    client = FakeClient("a", "b")
    client.in_containers.add("a")
    assert cache_of(client, tmp_path).trim(0) == ("b",)


def test_an_image_without_a_size_counts_whole(tmp_path: Path) -> None:
    assert cache_of(FakeClient("a", size=None), tmp_path).use() == CacheUse(1, 7_000)
    assert cache_of(FakeClient("a", size="-1"), tmp_path).use() == CacheUse(1, 7_000)


def test_without_a_place_for_locks_nothing_is_removed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    client = FakeClient("a")
    cache = cache_of(client, tmp_path / "file" / "locks")
    with cache.using("a") as found:
        assert found is not None
    assert (cache.trim(0), cache.clear()) == ((), ())


def test_locks_of_two_engines_are_two(tmp_path: Path) -> None:
    one, other = FakeClient("a"), FakeClient("a")
    other.endpoint = Endpoint("unix:///other.sock", "test")
    with cache_of(one, tmp_path).using("a"):
        assert cache_of(other, tmp_path).clear() == ("a",)


@pytest.mark.docker
class TestEngine:
    @pytest.fixture
    def engine(self) -> Iterator[docker.DockerEngine]:
        engine = docker.connect()
        yield engine
        engine.close()

    @pytest.fixture
    def tags(self, engine: docker.DockerEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sequence[str]]:
        """Two images of 5 bytes; a label of their own keeps the machine's cache out of this."""
        own = secrets.token_hex(6)
        monkeypatch.setattr(cache, "FILTER", f"{CACHE_LABEL}={own}")
        client = engine.client
        made = [f"gradekit-test-cache/{own}:{name}" for name in ("a", "b")]
        try:
            for tag in made:
                fresh = self.container(engine, "debian:bookworm-slim")
                client.commit(fresh, tag, {CACHE_LABEL: own, SIZE_LABEL: "5"})
                client.remove(fresh)
            yield made
        finally:
            for tag in made:
                client.remove_image(tag)

    def container(self, engine: docker.DockerEngine, image: str) -> str:
        """One that is never started."""
        return engine.client.create("gk-test-cache", {"Image": image, "Cmd": ["/bin/true"], "NetworkDisabled": True})

    def test_the_engine_notes_when_an_image_was_used(
        self, engine: docker.DockerEngine, tags: Sequence[str], tmp_path: Path
    ) -> None:
        client = engine.client
        assert client.used(tags[0]) < client.used(tags[1])
        cached = Cache(client, tmp_path)
        with cached.using(tags[0]) as found:
            assert found is not None
            assert found.labels[SIZE_LABEL] == "5"
        assert client.used(tags[0]) > client.used(tags[1])
        with cached.using(f"{tags[0]}x") as none:
            assert none is None
        assert client.used(f"{tags[0]}x") == ""

    def test_the_least_recently_used_goes_from_the_engine(
        self, engine: docker.DockerEngine, tags: Sequence[str], tmp_path: Path
    ) -> None:
        first, second = tags
        cached = Cache(engine.client, tmp_path)
        assert (cached.use(), cached.trim(10)) == (CacheUse(2, 10), ())
        with cached.using(first):
            pass
        assert cached.trim(5) == (second,)
        assert engine.image(second) is None
        assert engine.image(first) is not None

    def test_what_a_container_has_stays_on_the_engine(
        self, engine: docker.DockerEngine, tags: Sequence[str], tmp_path: Path
    ) -> None:
        first, second = tags
        holding = self.container(engine, first)
        cached = Cache(engine.client, tmp_path)
        try:
            assert cached.trim(0) == (second,)
        finally:
            engine.client.remove(holding)
        assert cached.trim(0) == (first,)

    def test_clean_removes_what_no_run_uses(self, engine: docker.DockerEngine, tags: Sequence[str]) -> None:
        first, second = tags
        assert engine.cache.use() == CacheUse(2, 10), "these are not the test's own"
        with engine.cached(first):
            said = CliRunner().invoke(app, ["clean", "--cache"])
            assert (said.exit_code, f"removed {second}\n" in said.output, first in said.output) == (0, True, False)
        said = CliRunner().invoke(app, ["clean", "--cache"])
        assert (said.exit_code, f"removed {first}\n" in said.output) == (0, True)
        assert (engine.image(first), engine.image(second)) == (None, None)
