"""What a run leaves on the host is seen, and what others do there is not taken for it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gradekit.corpus.host import DISK, MEMORY, HostState, compare, crowded, look, settled
from gradekit.sandbox import images
from gradekit.sandbox.container import OWNER_LABEL
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import ContainerPlan, Mount, SandboxPlan, VolumePlan
from gradekit.scratch import scratch

KINDS = ("containers", "volumes", "networks", "images", "processes", "mounts", "folders")
EMPTY = HostState({kind: frozenset() for kind in KINDS}, 2, frozenset(), 100 << 30, 8 << 30)
CONTAINER = "ab" * 32


def left(before: HostState, after: HostState) -> dict[str, tuple[str, ...]]:
    return {row.what: row.left for row in compare(before, after) if row.left}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_new_is_left(kind: str) -> None:
    had = replace(EMPTY, ours={**EMPTY.ours, kind: frozenset({"old"})})
    has = replace(EMPTY, ours={**EMPTY.ours, kind: frozenset({"old", "new"})})
    assert left(had, has) == {kind: ("new",)}
    assert left(has, had) == {}


def test_amounts_have_a_tolerance() -> None:
    assert left(EMPTY, replace(EMPTY, disk=(100 << 30) - DISK, memory=(8 << 30) - MEMORY, cached=9)) == {}
    assert left(EMPTY, replace(EMPTY, disk=99 << 30)) == {"free disk": ("1024 MiB less",)}
    assert left(EMPTY, replace(EMPTY, memory=6 << 30)) == {"free memory": ("2048 MiB less",)}


def test_amounts_are_not_judged_while_others_use_the_host() -> None:
    busy = replace(EMPTY, others=frozenset({CONTAINER}), disk=0, memory=0)
    assert left(EMPTY, busy) == {}
    notes = {row.note for row in compare(EMPTY, busy)}
    assert "not judged: containers of others run on this host" in notes


def test_what_cannot_be_seen_is_said() -> None:
    rows = compare(EMPTY, replace(EMPTY, disk=None, memory=None))
    assert [(row.after, row.note) for row in rows[-2:]] == [("-", "cannot be seen from here")] * 2


@pytest.mark.parametrize(("load", "said"), [(3.0, ""), (3.4, "load 3.4 on 2 cores")])
def test_a_busy_host_is_told(load: float, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert said in crowded()
    assert bool(said) == bool(crowded())


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    found = connect()
    yield found
    found.close()


@pytest.fixture(scope="module")
def built(engine: DockerEngine) -> dict[str, Image]:
    return images.ensure(("probe", "python"), engine=engine)


@pytest.mark.docker
class TestEngine:
    def test_what_lives_is_seen_and_what_is_gone_is_not(self, engine: DockerEngine, built: dict[str, Image]) -> None:
        before = look(engine)
        with engine.open(SandboxPlan("host", built["probe"].id, (VolumePlan("work", 1 << 20),))), scratch("host"):
            during = {row.what: len(row.left) for row in compare(before, look(engine))}
        assert (during["containers"], during["volumes"], during["folders"]) == (1, 1, 1)
        assert during["mounts"] >= 2
        assert [row for row in settled(before, engine) if row.left] == []

    def test_what_others_own_is_not_ours(self, engine: DockerEngine, built: dict[str, Image]) -> None:
        before = look(engine)
        body = {
            "Image": built["probe"].id,
            "Entrypoint": ["sleep", "60"],
            "Cmd": [],
            "Labels": {OWNER_LABEL: "another-boot:1:1"},
            "HostConfig": {"NetworkMode": "none"},
        }
        container = engine.client.create(f"gradekit-test-other-{os.getpid()}", body)
        try:
            engine.client.start(container)
            after = look(engine)
            assert [row for row in compare(before, after) if row.left] == []
            assert container in after.others
        finally:
            engine.client.remove(container)

    def test_processes_of_containers_that_the_engine_forgot(
        self, engine: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gradekit.corpus.host.os.getpid", lambda: 77)
        for pid, name, parent, group in (
            (5, "lost (1)", 1, f"4:memory:/docker/{CONTAINER}\n"),
            (6, "scoped", 1, f"0::/system.slice/docker-{CONTAINER}.scope\n"),
            (7, "pod", 1, f"0::/user.slice/libpod-{CONTAINER}.scope/container\n"),
            (8, "child", 77, "0::/\n"),
            (9, "stranger", 1, f"0::/kubepods/{CONTAINER}\n"),
        ):
            (tmp_path / str(pid)).mkdir()
            (tmp_path / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} 1 1")
            (tmp_path / str(pid) / "cgroup").write_text(group)
        (tmp_path / "10").mkdir()
        found = look(engine, tmp_path).ours["processes"]
        gone = f"of the gone container {CONTAINER[:12]}"
        assert found == {f"5 (lost (1)) {gone}", f"6 (scoped) {gone}", f"7 (pod) {gone}", "8 (child)"}

    def test_a_child_left_over_is_seen(self, engine: DockerEngine) -> None:
        before = look(engine)
        with subprocess.Popen(["sleep", "60"]) as child:
            after = look(engine)
            child.kill()
        assert left(before, after) == {"processes": (f"{child.pid} (sleep)",)}

    def test_nothing_that_code_does_changes_a_container(self, engine: DockerEngine, built: dict[str, Image]) -> None:
        """What candidates write lies in memory: the engine finds the root of a living container unchanged."""
        script = """
            for place in / /etc /usr/bin /opt /opt/gradekit /var/tmp /run /dev /root /home /work /tmp /dev/shm; do
                touch $place/written 2>/dev/null && echo $place
            done; echo done; exec sleep 60"""
        plan = ContainerPlan(built["python"].id, ["sleep", "60"], mounts=[Mount("work", "/work", writable=True)])
        with engine.open(SandboxPlan("diff", built["probe"].id, (VolumePlan("work", 1 << 20),))) as sandbox:
            idle = sandbox.start(plan)
            running = sandbox.start(replace(plan, argv=["sh", "-c", script]))
            while "done" not in running.tail():
                assert running.alive()
                time.sleep(0.05)
            assert running.tail().split() == ["/work", "/tmp", "/dev/shm", "done"]
            # The engine itself makes the mount point of its init.
            by_engine, by_code = (
                engine.client.sdk.containers.get(container.id).diff() for container in (idle, running)
            )
        assert by_code == by_engine
        assert not any(str(change["Path"]).endswith("/written") for change in by_code or ())
