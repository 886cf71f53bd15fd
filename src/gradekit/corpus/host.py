"""What a run leaves on the host: engine, processes, mounts, temporary folders, disk and memory, before and after.

Others may work on the same host at the same time, so only what is surely ours counts: what carries this process's
labels or pid, what belongs to a container that the engine no longer knows, and what no living container explains.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradekit.corpus.smoke import REPOSITORY
from gradekit.grade.deps import REPOSITORY as CACHE
from gradekit.sandbox.cache import CACHE_LABEL
from gradekit.sandbox.client import Client, Found
from gradekit.sandbox.container import OWNER_LABEL
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.reaper import read_owner, this_process

DISK = 512 << 20
"""Bytes of free disk that may be missing afterwards: package caches and the engine's own books grow."""
MEMORY = 1 << 30
"""Bytes of available memory that may be missing afterwards."""
_PROC = Path("/proc")
_CONTAINER = re.compile(r"(?:docker[/-]|libpod-)(?P<id>[0-9a-f]{64})")
_IMAGES = "gradekit/"
_RUNTIME = ("/run/docker/", "/var/run/docker/")
_HOST_NETWORK = "/netns/default"
"""Stays once it was needed: it is the host's own network."""
_PARENT_FIELD = 1
"""Index of the parent's pid among the fields of /proc/PID/stat that follow the command's name."""
_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class HostState:
    """What there is of ours at one time."""

    ours: Mapping[str, frozenset[str]]
    """Kind (containers, volumes, networks, images, processes, mounts, folders) -> what there is, each in words."""
    cached: int
    """Images of packages that are kept on purpose."""
    others: frozenset[str]
    """Ids of the running containers of others; they use disk and memory, too."""
    disk: int | None
    """Free bytes where the engine keeps its things; None when it is on another machine."""
    memory: int | None
    """Available bytes; None when the engine is on another machine, or the system does not tell."""


@dataclass(frozen=True, slots=True)
class HostRow:
    """One kind of thing before and after; ``left`` is empty when nothing was left."""

    what: str
    before: str
    after: str
    left: tuple[str, ...] = ()
    note: str = ""


def look(engine: DockerEngine, proc: Path = _PROC) -> HostState:
    """What there is now.

    Raises:
        InfrastructureError: the engine does not answer.
    """
    client = engine.client
    local = engine.endpoint.url.startswith("unix://")
    root = Path(client.root())
    # Processes and mounts first: what goes away meanwhile looks left behind once, and not again.
    confined = list(_confined(proc)) if local else []
    mounts = _mounts(proc, root) if local else []
    containers = client.containers()
    known = {container.id for container in containers}
    others = [container for container in containers if not _is_ours(container)]
    described = [client.description(container.id) for container in others] if mounts else []
    volumes, networks = (
        [found.name for found in listed(OWNER_LABEL) if _is_ours(found)] for listed in (client.volumes, client.networks)
    )
    cached = [tag for tag in client.images(CACHE_LABEL) if tag.startswith(f"{CACHE}/")]
    return HostState(
        ours={
            "containers": frozenset(found.name for found in containers if _is_ours(found)),
            "volumes": frozenset(volumes),
            "networks": frozenset(networks),
            "images": frozenset(_images(client)),
            "processes": frozenset(
                [
                    f"{name} of the gone container {container[:12]}"
                    for name, container in confined
                    if container not in known
                ]
                + list(_children(proc))
            ),
            "mounts": frozenset(
                place
                for place in mounts
                if not any(place in text for text in described) and not any(found.id in place for found in others)
            ),
            "folders": frozenset(str(path) for path in Path(tempfile.gettempdir()).glob(f"gradekit-{os.getpid()}-*")),
        },
        cached=len(cached),
        others=frozenset(found.id for found in others if found.running),
        disk=shutil.disk_usage(root).free if local and root.is_dir() else None,
        memory=_memory(proc) if local else None,
    )


def crowded() -> str:
    """Why cases may miss their time limits on this host, in a sentence; empty when nothing speaks for it."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load <= cores + 1:
        return ""
    return f"this host is busy (load {load:.1f} on {cores} cores): cases may miss their time limits"


def settled(before: HostState, engine: DockerEngine, patience: float = 20.0) -> tuple[HostRow, ...]:
    """Compare with an earlier state; what seems left has ``patience`` seconds to go away.

    Raises:
        InfrastructureError: the engine does not answer.
    """
    deadline = time.monotonic() + patience
    rows = compare(before, look(engine))
    while any(row.left for row in rows) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        rows = compare(before, look(engine))
    return rows


def compare(before: HostState, after: HostState) -> tuple[HostRow, ...]:
    """One row a kind."""
    rows = []
    for kind, had in before.ours.items():
        has = after.ours[kind]
        rows.append(HostRow(kind, str(len(had)), str(len(has)), tuple(sorted(has - had))))
    rows.append(HostRow("cached packages", str(before.cached), str(after.cached), note="images, kept on purpose"))
    busy = bool(before.others | after.others)
    rows.append(_amount("free disk", before.disk, after.disk, DISK, busy=busy))
    rows.append(_amount("free memory", before.memory, after.memory, MEMORY, busy=busy))
    return tuple(rows)


def _amount(what: str, before: int | None, after: int | None, tolerance: int, *, busy: bool) -> HostRow:
    if before is None or after is None:
        return HostRow(what, "-", "-", note="cannot be seen from here")
    if busy:
        return HostRow(what, _mib(before), _mib(after), note="not judged: containers of others run on this host")
    lost = before - after
    left = (f"{_mib(lost)} less",) if lost > tolerance else ()
    return HostRow(what, _mib(before), _mib(after), left, f"at most {_mib(tolerance)} less")


def _mib(size: int) -> str:
    return f"{size >> 20} MiB"


def _is_ours(found: Found) -> bool:
    """Whether this process made it, or nobody knows who made it of an image of ours."""
    owner = read_owner(found.labels)
    return found.image.startswith(_IMAGES) if owner is None else owner == this_process()


def _images(client: Client) -> Iterator[str]:
    """What fetching packages must not leave: images of this process's smoke cases, and images without a name."""
    yield from (tag for tag in client.images(CACHE_LABEL) if tag.startswith(f"{REPOSITORY}:{os.getpid()}-"))
    yield from client.nameless_images(CACHE_LABEL)


def _processes(proc: Path) -> Iterator[tuple[Path, str, Sequence[str]]]:
    """Each process's folder, ``PID (NAME)``, and the fields that follow the name."""
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            try:
                head, _, rest = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
            except OSError:
                continue
            yield folder, f"{head})", rest.split()


def _confined(proc: Path) -> Iterator[tuple[str, str]]:
    """Processes in containers, each with the container's id."""
    for folder, name, _ in _processes(proc):
        try:
            match = _CONTAINER.search((folder / "cgroup").read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if match:
            yield name, match["id"]


def _children(proc: Path) -> Iterator[str]:
    own = str(os.getpid())
    return (name for _, name, fields in _processes(proc) if fields[_PARENT_FIELD : _PARENT_FIELD + 1] == [own])


def _mounts(proc: Path, root: Path) -> list[str]:
    """Mount points of the engine and in the temporary folder."""
    try:
        lines = (proc / "self" / "mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    places = [fields[1] for line in lines if len(fields := line.split(" ")) > 1]
    below = (f"{root}/", *_RUNTIME, f"{tempfile.gettempdir()}/")
    return [place for place in places if place.startswith(below) and not place.endswith(_HOST_NETWORK)]


def _memory(proc: Path) -> int | None:
    try:
        text = (proc / "meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    match = re.search(r"^MemAvailable:\s+(\d+) kB$", text, re.MULTILINE)
    return int(match[1]) << 10 if match else None
