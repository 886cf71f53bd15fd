"""How every container and volume of ours is confined: bodies of API requests, made by pure functions."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from gradekit.sandbox.plans import ContainerPlan, Mount, Tmpfs, VolumePlan

RUN_LABEL = "io.gradekit.run"
OWNER_LABEL = "io.gradekit.owner"
PIDNS_LABEL = "io.gradekit.pidns"
"""Which pid namespace the owner's pid belongs to: without it a pid of another container misleads."""
HOSTNAME = "sandbox"
_TMP = Tmpfs("/tmp", 64 << 20)  # noqa: S108 - inside a container
_SHARED_MEMORY = 64 << 20
_FILE_SIZE = 1 << 30
_OPEN_FILES = 4096
_LOCKED_MEMORY = 1 << 16
_KERNEL_THREADS = 256
"""gVisor's kernel starts threads of its own, and one or two on the host for each of the program's."""


@dataclass(frozen=True, slots=True)
class Host:
    """What depends on the engine: whether it knows private cgroup namespaces, its number of cores, the runtime."""

    cgroupns: bool
    cpus: int
    runtime: str | None = None
    """The OCI runtime that containers are made with; None for the engine's own choice."""
    own_kernel: bool = False
    """Whether the runtime brings a kernel of its own (gVisor), whose threads count as processes of the container."""


def random_name() -> str:
    """A name that nobody can guess or collide with."""
    return f"gk-{secrets.token_hex(8)}"


@cache
def seccomp_profile() -> str:
    """Our allow-list of system calls, as the engine takes it."""
    text = files("gradekit.sandbox").joinpath("seccomp.json").read_text(encoding="utf-8")
    return json.dumps(json.loads(text), separators=(",", ":"))


def seccomp_name() -> str:
    """Name and digest of the profile, for reports."""
    return f"gradekit@{hashlib.sha256(seccomp_profile().encode()).hexdigest()[:12]}"


def volume_options(plan: VolumePlan) -> dict[str, str]:
    """Options of the local volume driver: a tmpfs with caps, owned by the plan's uid."""
    options = f"size={plan.size},nr_inodes={plan.inodes},uid={plan.uid},gid={plan.uid},mode=0755,nosuid,nodev"
    return {"type": "tmpfs", "device": "tmpfs", "o": options}


def container_body(
    plan: ContainerPlan,
    *,
    host: Host,
    labels: Mapping[str, str],
    volumes: Mapping[str, str],
    network: str,
    keep_log: bool,
) -> dict[str, object]:
    """The request that creates a container.

    The whole argv goes into the entrypoint: that drops the image's entrypoint and command alike, on
    every engine.

    Args:
        plan: what runs and with which limits.
        host: the engine's abilities.
        labels: run and owner.
        volumes: the engine's name of each volume of the sandbox.
        network: ``none``, ``container:ID`` or, for the proxy of the deps phase only, ``bridge``.
        keep_log: keep what it prints in a capped log (else it goes only to whoever is attached).
    """
    body: dict[str, object] = {
        "Image": plan.image,
        "Entrypoint": list(plan.argv),
        "Cmd": [],
        "User": f"{plan.uid}:{plan.uid}",
        "WorkingDir": plan.workdir,
        "Env": [f"{name}={value}" for name, value in environment(plan.env).items()],
        "Labels": dict(labels),
        "Tty": False,
        "OpenStdin": not keep_log,
        "StdinOnce": not keep_log,
        "AttachStdin": not keep_log,
        "AttachStdout": True,
        "AttachStderr": True,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": _host_config(plan, host=host, volumes=volumes, network=network, keep_log=keep_log),
    }
    if not network.startswith("container:"):
        body["Hostname"] = HOSTNAME
    if network == "none" and not plan.loopback:
        # The runtime makes an empty network namespace by itself; for one of the engine's own, with a loopback and its
        # names, the engine starts two programs. An engine that does not know this word makes its own.
        body["NetworkDisabled"] = True
    return body


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The whole environment; PATH alone is the image's unless it is given."""
    return {"HOME": "/tmp", "LANG": "C.UTF-8", "TZ": "UTC", **given}  # noqa: S108 - inside a container


def _host_config(
    plan: ContainerPlan, *, host: Host, volumes: Mapping[str, str], network: str, keep_log: bool
) -> dict[str, object]:
    log = (
        {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}}
        if keep_log
        else {"Type": "none", "Config": {}}
    )
    config: dict[str, object] = {
        "NetworkMode": network,
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "Privileged": False,
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={seccomp_profile()}"],
        "Memory": plan.limits.memory,
        "MemorySwap": plan.limits.memory,
        "OomKillDisable": False,
        "NanoCpus": int(min(plan.limits.cpus, host.cpus) * 1_000_000_000),
        "PidsLimit": _KERNEL_THREADS + 2 * plan.limits.pids if host.own_kernel else plan.limits.pids,
        "ShmSize": _SHARED_MEMORY,
        "Ulimits": [
            _ulimit("nofile", _OPEN_FILES),
            _ulimit("core", 0),
            _ulimit("fsize", _FILE_SIZE),
            _ulimit("memlock", _LOCKED_MEMORY),
        ],
        "IpcMode": "private",
        "Init": True,
        "LogConfig": log,
        "Mounts": [_mount(mount, volumes) for mount in plan.mounts],
        "Tmpfs": _tmpfs(plan.tmpfs, plan.uid),
    }
    if host.cgroupns:
        config["CgroupnsMode"] = "private"
    if host.runtime is not None:
        config["Runtime"] = host.runtime
    return config


def _ulimit(name: str, value: int) -> dict[str, object]:
    return {"Name": name, "Soft": value, "Hard": value}


def _mount(mount: Mount, volumes: Mapping[str, str]) -> dict[str, object]:
    return {
        "Type": "volume",
        "Source": volumes[mount.volume],
        "Target": mount.path,
        "ReadOnly": not mount.writable,
        "VolumeOptions": {"NoCopy": True},
    }


def _tmpfs(folders: Sequence[Tmpfs], uid: int) -> dict[str, str]:
    """The usual folder for everybody; other scratch folders belong to the container's user."""
    mounted = {_TMP.path: _tmpfs_options(_TMP, "mode=1777")}
    return mounted | {folder.path: _tmpfs_options(folder, f"mode=0755,uid={uid},gid={uid}") for folder in folders}


def _tmpfs_options(folder: Tmpfs, access: str) -> str:
    execution = "exec" if folder.executable else "noexec"
    return f"rw,nosuid,nodev,{execution},size={folder.size},nr_inodes={folder.inodes},{access}"
