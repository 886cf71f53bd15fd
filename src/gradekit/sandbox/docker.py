"""The real engine: Docker, or anything that speaks its API."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from gradekit.errors import InfrastructureError, Problem
from gradekit.results import Isolation
from gradekit.sandbox import fetch, reaper
from gradekit.sandbox.cache import Cache
from gradekit.sandbox.client import DOCTOR, Client
from gradekit.sandbox.container import Host
from gradekit.sandbox.endpoint import Endpoint, candidates
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import ExecResult, FetchPlan, SandboxPlan
from gradekit.sandbox.pod import DockerSandbox
from gradekit.sandbox.protocol import Sandbox
from gradekit.sandbox.runtime import choose
from gradekit.scratch import lock_folder


class DockerEngine:
    """Pods on one engine; may be shared by threads, each with pods of its own."""

    def __init__(self, client: Client, runtime: str | None = None) -> None:
        """Use a connection, and make every container with one OCI runtime (None: the engine's choice).

        Raises:
            InfrastructureError: the engine does not describe itself.
            UsageError: it has no such runtime, or not as a pod needs it.
        """
        self.client = client
        self.cache = Cache(client, lock_folder())
        """Fetched packages."""
        self._facts = client.facts()
        self._runtime = choose(runtime, self._facts.runtime, self._facts.runtimes)
        self._host = Host(self._facts.cgroupns, self._facts.cpus, runtime, self._runtime.own_kernel)
        self._owner = reaper.this_process()
        self._reaped = False
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> Endpoint:
        """Where it is, and which setting said so."""
        return self.client.endpoint

    @property
    def runtimes(self) -> Sequence[str]:
        """Names of the OCI runtimes that it has."""
        return tuple(self._facts.runtimes)

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def isolation(self) -> Isolation:
        """The isolation a sandbox on this engine has."""
        options = [option.removeprefix("name=").partition(",")[0] for option in self._facts.options]
        return Isolation(
            engine=f"{self._facts.name} {self._facts.version}",
            runtime=self._runtime.name,
            rootless="rootless" in options,
            userns="userns" in options,
            seccomp=self._runtime.seccomp if self._runtime.own_kernel or "seccomp" in options else "none",
            cgroup=self._facts.cgroup,
        )

    def image(self, tag: str) -> Image | None:
        """A local image by name, or None."""
        return self.client.image(tag)

    @contextmanager
    def open(self, plan: SandboxPlan) -> Iterator[Sandbox]:
        """A pod; everything of it is gone when the context ends, however it ends."""
        self._reap_once()
        pod = DockerSandbox(self.client, plan, self._owner_now().labels(plan.run), self._host)
        try:
            pod.open()
            yield pod
        finally:
            pod.close()

    def fetch(self, plan: FetchPlan, run: str) -> Image | ExecResult:
        """Run the deps phase; the ExecResult is returned when the program did not exit with 0."""
        self._reap_once()
        return fetch.fetch(self.client, plan, self._owner_now().labels(run), self._host)

    def reap(self, *, all_owners: bool = False) -> Sequence[str]:
        """Remove what dead runs left (``all_owners``: living ones too); names of what was removed."""
        return reaper.reap(self.client, all_owners=all_owners)

    def cached(self, tag: str) -> AbstractContextManager[Image | None]:
        """A cached image, or None where there is none yet; it is not removed as long as the context lasts."""
        return self.cache.using(tag)

    def trim(self, limit: int) -> Sequence[str]:
        """Remove cached images that nobody uses, down to so many bytes, the least recently used first; their names."""
        return self.cache.trim(limit)

    def _owner_now(self) -> reaper.Owner:
        """This process, also when the engine object came over a fork."""
        if self._owner.pid != os.getpid():
            self._owner = reaper.this_process()
        return self._owner

    def _reap_once(self) -> None:
        """Clear up after dead runs before the first thing of our own is made; failing at that is no matter."""
        with self._lock:
            if not self._reaped:
                self._reaped = True
                with suppress(InfrastructureError):
                    self.reap()


def connect(
    host: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    timeout: float = 60.0,
    runtime: str | None = None,
) -> DockerEngine:
    """Connect to the engine that the settings name, else to the first well-known socket that answers.

    Args:
        host: an address that beats every setting.
        environ: instead of the process's environment.
        timeout: seconds of silence that end a call.
        runtime: the OCI runtime of every container, such as ``runsc``; None for the engine's choice.

    Raises:
        UsageError: a setting names an address or a context that cannot be used, or the engine has no such runtime.
        InfrastructureError: no engine answers.
    """
    failures: list[str] = []
    found = candidates(os.environ if environ is None else environ, Path.home(), host)
    for endpoint in found:
        try:
            return DockerEngine(Client(endpoint, timeout=timeout), runtime)
        except InfrastructureError as error:
            failures.append(error.problems[0].what)
    where = ", ".join(map(str, found))
    what = f"no engine answers: {'; '.join(failures)}"
    raise InfrastructureError(Problem(where, what, "expected Docker or Podman to run", DOCTOR))
