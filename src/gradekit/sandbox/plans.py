"""What a sandbox is to hold and to run, within which limits, and how a program in it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

CANDIDATE_UID = 10001
"""Build, app, commands and in-process suites."""
SERVICE_UID = 10002
"""Databases and caches."""
PROBE_UID = 10003
"""The trusted probe."""
TESTER_UID = 10004
"""Hidden tests that are kept apart from the candidate's code."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A regular file to put into a sandbox; ``path`` is relative, with ``/``."""

    path: str
    data: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class VolumePlan:
    """A capped tmpfs volume: ``size`` in bytes, at most ``inodes`` files and folders."""

    name: str
    size: int
    inodes: int = 20_000
    uid: int = CANDIDATE_UID


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume of the sandbox at an absolute path in one container."""

    volume: str
    path: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Tmpfs:
    """A writable scratch folder of one container, counted against its memory."""

    path: str
    size: int
    inodes: int = 8_192
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one container: ``memory`` in bytes (swap included), ``cpus`` in cores."""

    memory: int = 1 << 30
    cpus: float = 2.0
    pids: int = 256


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """A container to run; ``image`` is an image id, ``argv`` never passes through a shell of ours.

    ``env`` is the whole environment (nothing is inherited but PATH, HOME=/tmp, LANG=C.UTF-8, TZ=UTC).
    A tmpfs at ``/tmp`` of 64 MiB (noexec) is always there.
    """

    image: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    uid: int = CANDIDATE_UID
    workdir: str = "/"
    mounts: Sequence[Mount] = ()
    tmpfs: Sequence[Tmpfs] = ()
    limits: Limits = Limits()
    alone: bool = False
    """Without the pod's network, with a loopback of its own: it reaches neither services nor the app."""
    loopback: bool = True
    """Whether a program that is ``alone`` can count on ``localhost``, as code of candidates can. If not, it starts in
    half the time: the engine sets nothing up, so the name is not known, and with gVisor it has no address either."""
    name: str = "command"
    """A word for progress and errors: ``app``, ``db``, ``suite unit``."""


@dataclass(frozen=True, slots=True)
class SandboxPlan:
    """What a pod needs from its start: the probe mounts every volume at /vol/NAME."""

    run: str
    """The run's id, part of every label."""
    probe_image: str
    volumes: Sequence[VolumePlan] = ()


@dataclass(frozen=True, slots=True)
class Egress:
    """What the deps phase may reach: package registries, through a proxy with a list, never by a route."""

    image: str
    """The probe's image, in which proxy and forwarder run."""
    registries: Sequence[str] = ()
    """Argv of the runner's program that names the registries; empty: only those of ``hosts`` and of settings."""
    hosts: Sequence[str] = ()
    """HOST or HOST:PORT that the operator listed; only these may be in private networks."""
    max_bytes: int = 2 << 30
    """Both ways together."""
    max_sent: int = 32 << 20


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """The deps phase: a *trusted* program of a runner fetches packages.

    ``files`` land in /in (read-only); what the program leaves in /out (a tmpfs of ``size`` bytes) is
    copied to ``destination`` in a new image on top of ``image``, tagged ``tag``.
    """

    image: str
    argv: Sequence[str]
    files: Sequence[FileEntry]
    destination: str
    tag: str
    env: Mapping[str, str] = field(default_factory=dict)
    """Index settings and proxies of this machine; the program gets the way out as its proxy instead."""
    egress: Egress | None = None
    """None: no network at all."""
    size: int = 1 << 30
    timeout: float = 300.0


class Ending(StrEnum):
    """How a process ended."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    OOM = "oom"
    OUTPUT = "output"
    """It wrote more than the cap and was killed."""


@dataclass(frozen=True, slots=True)
class ExecResult:
    """A finished process; ``exit_code`` is None unless it exited by itself; outputs are capped bytes."""

    argv: Sequence[str]
    ending: Ending
    exit_code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float
