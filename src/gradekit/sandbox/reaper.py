"""Who owns what is on the engine, and the removal of what dead owners left there."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from gradekit.errors import InfrastructureError
from gradekit.sandbox.client import Client, Found
from gradekit.sandbox.container import OWNER_LABEL, PIDNS_LABEL, RUN_LABEL

_log = logging.getLogger(__name__)
_PROC = Path("/proc")
_FOREIGN_AGE = 3600.0
"""Seconds after which something of another boot or machine that does not run counts as left behind."""
_START_FIELD = 19
"""Index of the start time among the fields of /proc/PID/stat that follow the command's name."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process of gradekit: a pid alone is used again, so boot and start time belong to it."""

    boot: str
    pid: int
    started: int
    pidns: str

    def labels(self, run: str) -> dict[str, str]:
        """The labels of everything that this process makes for a run."""
        return {
            RUN_LABEL: run,
            OWNER_LABEL: f"{self.boot}:{self.pid}:{self.started}",
            PIDNS_LABEL: self.pidns,
        }


def this_process(proc: Path = _PROC) -> Owner:
    """The owner that this process is."""
    pid = os.getpid()
    return Owner(boot_id(proc), pid, start_time(pid, proc) or 0, pid_namespace(proc))


@cache
def boot_id(proc: Path = _PROC) -> str:
    """Changes with every boot; ``unknown`` on a system that does not tell."""
    try:
        return (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


@cache
def pid_namespace(proc: Path = _PROC) -> str:
    """The pid namespace that our pids belong to; ``unknown`` on a system that does not tell."""
    try:
        return str((proc / "self/ns/pid").stat().st_ino)
    except OSError:
        return "unknown"


def start_time(pid: int, proc: Path = _PROC) -> int | None:
    """When a process started, in clock ticks since boot; None when there is none of that pid."""
    try:
        stat = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name stands in parentheses and may itself have spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    return int(fields[_START_FIELD]) if len(fields) > _START_FIELD else None


def read_owner(labels: Mapping[str, str]) -> Owner | None:
    """The owner that labels name; None when they name none."""
    boot, _, rest = labels.get(OWNER_LABEL, "").partition(":")
    pid, _, started = rest.partition(":")
    if not boot or not pid.isdecimal() or not started.isdecimal():
        return None
    return Owner(boot, int(pid), int(started), labels.get(PIDNS_LABEL, ""))


def is_left_behind(
    owner: Owner, here: Owner, started: Callable[[int], int | None], *, running: bool, age: float
) -> bool:
    """Whether an object's owner is surely dead; in doubt it lives.

    - Same boot, same pid namespace: it is dead when no process has that pid and start time.
    - Same boot, other pid namespace (gradekit in another container): nothing can be known.
    - Another boot: of this machine before it was booted again, or of another machine that shares the
      engine. What runs has been started since, so somebody there is alive; what does not
      run is given an hour.

    Args:
        owner: who made the object.
        here: this process.
        started: the start time of a pid here.
        running: whether the object is a container that runs.
        age: of the object, in seconds.
    """
    if owner.boot != here.boot:
        return not running and age > _FOREIGN_AGE
    return owner.pidns == here.pidns and started(owner.pid) != owner.started


def reap(client: Client, *, all_owners: bool) -> Sequence[str]:
    """Remove containers, then volumes and networks, that dead owners (or any, ``all_owners``) left.

    Returns:
        ``container NAME``, ``volume NAME`` and ``network NAME`` of what was removed. What cannot be removed is
        logged and stays.

    Raises:
        InfrastructureError: the engine cannot list its objects.
    """
    here = this_process()
    removed: list[str] = []
    for kind, found, remove in (
        ("container", client.containers, client.remove),
        ("volume", client.volumes, client.remove_volume),
        ("network", client.networks, client.remove_network),
    ):
        for thing in found(OWNER_LABEL):
            if not all_owners and not _is_orphan(thing, here):
                continue
            try:
                remove(thing.id)
            except InfrastructureError as error:
                _log.warning("%s %s could not be removed: %s", kind, thing.name, error)
            else:
                removed.append(f"{kind} {thing.name}")
    return tuple(removed)


def _is_orphan(thing: Found, here: Owner) -> bool:
    owner = read_owner(thing.labels)
    if owner is None:
        return False
    return is_left_behind(owner, here, start_time, running=thing.running, age=time.time() - created_at(thing.created))


def created_at(text: str) -> float:
    """Seconds since the epoch of the engine's time (epoch seconds or ISO 8601); now when unreadable."""
    try:
        return float(text) if text.isdecimal() else datetime.fromisoformat(text).timestamp()
    except ValueError:
        return time.time()
