"""The OCI runtime that makes containers: which one is used, what gVisor needs, what the report may claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradekit.errors import Problem, UsageError
from gradekit.sandbox.container import seccomp_name

GVISOR = "runsc"
"""What the names of gVisor's runtime begin with."""
_FLAGS = {
    "--network=host": "the containers of a pod share one loopback",
    "--host-uds=all": "the probe reaches a database over a unix socket",
}
"""What gVisor must be started with, and why. Here `host` means the pod's own network namespace, which has loopback
only."""
_SECCOMP = "--oci-seccomp"


@dataclass(frozen=True, slots=True)
class Runtime:
    """The runtime of every container of ours."""

    name: str
    chosen: bool
    """Whether the operator named it; else it is the engine's own choice."""
    flags: Sequence[str] = ()
    """What the engine starts it with."""

    @property
    def own_kernel(self) -> bool:
        """Whether it brings a kernel of its own, so that the host's is not what candidate code talks to."""
        return self.name.startswith(GVISOR)

    @property
    def seccomp(self) -> str:
        """The filter that candidate code has; gVisor answers all system calls itself unless it is told to filter."""
        return "gVisor's own" if self.own_kernel and _SECCOMP not in self.flags else seccomp_name()


def choose(wanted: str | None, default: str, known: Mapping[str, Sequence[str]]) -> Runtime:
    """The runtime to use.

    Args:
        wanted: what the operator named; None for the engine's choice.
        default: the engine's choice.
        known: names of the engine's runtimes, with the flags that it starts them with.

    Raises:
        UsageError: the engine does not have it, or starts gVisor so that a pod cannot work.
    """
    name = wanted or default
    if wanted is not None and wanted not in known:
        there = ", ".join(sorted(known)) or "none by name"
        hint = f"register {wanted} with the engine as docs/security.md says, or leave the setting out"
        raise UsageError(Problem("runtime", f"the engine has no runtime {wanted!r}", f"it has: {there}", hint))
    found = Runtime(name, wanted is not None, known.get(name, ()))
    missing = {flag: why for flag, why in _FLAGS.items() if flag not in found.flags} if found.own_kernel else {}
    if missing:
        needs = ", ".join(f"{flag} ({why})" for flag, why in missing.items())
        hint = "add it to runtimeArgs in /etc/docker/daemon.json and reload the engine"
        raise UsageError(Problem("runtime", f"{name} is registered without {needs}", "", hint))
    return found
