"""The containers of one submission in its pod: what they see of it, and the engine's time, which is given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gradekit.checks.base import MAX_PRINTED
from gradekit.errors import Blocked
from gradekit.grade.allowance import Allowance
from gradekit.grade.servers.base import Server
from gradekit.runner import Runner
from gradekit.sandbox.plans import ContainerPlan, Ending, ExecResult, FileEntry, Limits, Mount, Tmpfs
from gradekit.sandbox.protocol import Running, Sandbox

WORK: Final = "work"
"""The volume that holds the submission."""
BUILD: Final = "build"
"""The volume that holds what the runner's `build` made of it."""
UNBUILT: Final = "the submission does not build"
"""How the message of a check begins that was blocked by that."""
COPY: Final = Tmpfs("/copy", 256 << 20, 20_000, executable=True)
"""Where a copy of the submission is written."""
_BUILDING: Final = 180.0
"""Seconds that `build` may take."""
_TOLD: Final = 4_000
_GIST: Final = 400


def files_volume(check: str) -> str:
    """The volume for what one check puts beside the submission."""
    return f"files-{check}"


def call_volume(check: str) -> str:
    """The volume for the socket over which one check calls the submission."""
    return f"call-{check}"


@dataclass
class Containers:
    """Containers of one submission."""

    sandbox: Sandbox
    allowance: Allowance
    image: str
    """Id of the image that holds the runner and the fetched packages."""
    runner: Runner | None
    limits: Limits
    """What the challenge leaves to candidates."""
    servers: Mapping[str, Server]
    shares: Mapping[str, Mount]
    """By service, the folder of files that the app shares with it."""
    exposed: bool = False
    """Whether code of the candidate ran in the pod."""
    filled: set[str] = field(default_factory=set)
    """Volumes that hold something of a check's."""
    _unbuilt: Blocked | None = None
    """Why the submission could not be built."""

    @property
    def _builds(self) -> bool:
        return self.runner is not None and "build" in self.runner.verbs

    def build(self) -> str:
        """Run the runner's `build`; what happened in a word. If it fails, so does all that runs the candidate's code.

        It has no network and nothing of the challenge: whatever goes wrong in it is the doing of the sources.

        Raises:
            InfrastructureError: its container could not be started.
        """
        if self.runner is None:
            return "nothing to do"
        limit = max(0.0, self.allowance.until(_BUILDING) - self.allowance.now())
        result = self.run(
            ContainerPlan(
                self.image,
                self.runner.argv("build"),
                workdir="/work",
                mounts=(Mount(WORK, "/work"), Mount(BUILD, "/build", writable=True)),
                limits=self.limits,
                alone=True,
                name="build",
            ),
            timeout=limit,
        )
        if result.ending is Ending.EXITED and result.exit_code == 0:
            return "done"
        said = result.stderr[-_TOLD:].decode(errors="replace")
        why = {
            Ending.EXITED: " ".join(said.split())[-_GIST:] or f"exit code {result.exit_code}",
            Ending.TIMEOUT: f"it took longer than {limit:.0f} s",
            Ending.OOM: "it ran out of memory",
            Ending.OUTPUT: "it printed too much",
        }[result.ending]
        self._unbuilt = Blocked(f"{UNBUILT}: {why}", said)
        return "does not build"

    def need_build(self) -> None:
        """See that code of the candidate can run.

        Raises:
            Blocked: it does not build.
        """
        if self._unbuilt is not None:
            raise Blocked(self._unbuilt.message, self._unbuilt.detail)

    def code(self) -> tuple[Mount, ...]:
        """What a container that runs code of the candidate sees of it.

        Raises:
            Blocked: it does not build.
        """
        self.need_build()
        return (Mount(WORK, "/work"), Mount(BUILD, "/build")) if self._builds else (Mount(WORK, "/work"),)

    def touch(self) -> None:
        """Code of the candidate is about to run in the pod, where it reaches every server's port."""
        self.exposed = True
        for server in self.servers.values():
            server.touched = True

    def start_beside(
        self,
        services: Sequence[str],
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        workdir: str = "/work",
        tmpfs: Sequence[Tmpfs] = (),
    ) -> Running:
        """Start code of the candidate in the pod, with the files that it shares with some services.

        Raises:
            Blocked: it does not build.
            InfrastructureError: a fault of ours.
        """
        mounts = (*self.code(), *(self.shares[service] for service in services if service in self.shares))
        self.touch()
        return self.start(
            ContainerPlan(
                self.image, argv, env=env, workdir=workdir, mounts=mounts, tmpfs=tmpfs, limits=self.limits, name=name
            )
        )

    # --- what the engine does meanwhile takes no time of the candidate's

    def run(
        self, plan: ContainerPlan, *, stdin: bytes = b"", timeout: float, max_output: int = MAX_PRINTED
    ) -> ExecResult:
        """Run a container to its end; see ``Sandbox``."""
        begun = self.allowance.now()
        result = self.sandbox.run(plan, stdin=stdin, timeout=timeout, max_output=max_output)
        self.allowance.grant(self.allowance.now() - begun - result.seconds)
        return result

    def start(self, plan: ContainerPlan) -> Running:
        """Start a container; see ``Sandbox``."""
        begun = self.allowance.now()
        running = self.sandbox.start(plan)
        self.allowance.grant(self.allowance.now() - begun)
        return running

    def fill(self, volume: str, files: Sequence[FileEntry]) -> None:
        """Put files of a check into a volume."""
        begun = self.allowance.now()
        self.filled.add(volume)
        self.sandbox.fill(volume, files)
        self.allowance.grant(self.allowance.now() - begun)

    # --- between rounds and submissions

    def empty(self) -> None:
        """Remove what checks have put into volumes."""
        for volume in sorted(self.filled):
            self.sandbox.empty(volume)
        self.filled.clear()

    def clear(self) -> None:
        """Remove the submission."""
        self.sandbox.empty(WORK)
        if self._builds:
            self.sandbox.empty(BUILD)
        for server in self.servers.values():
            server.touched = False
