"""What a sandbox can do: the only view of an engine that the layers above have.

A sandbox is one running pod: a trusted probe container owns a network namespace with loopback only;
services, the app and one-shot commands join it, unless they are to be alone, each with its own process,
ipc and mount namespaces, user and limits. Every method raises ``InfrastructureError`` for a fault of ours; what the
code inside does (exit 1, out of memory, too much output) is data in the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from gradekit.results import Isolation
from gradekit.sandbox.image import Image
from gradekit.sandbox.messages import (
    CallReply,
    CallRequest,
    CommandResult,
    HttpReply,
    HttpRequest,
    InterleaveRequest,
    LoadReply,
    LoadRequest,
    MongoRequest,
    RedisRequest,
    SqlRequest,
    SqlResult,
    StepResult,
)
from gradekit.sandbox.plans import ContainerPlan, ExecResult, FetchPlan, FileEntry, SandboxPlan


class Running(Protocol):
    """A long-running container of the pod."""

    @property
    def id(self) -> str:
        """The engine's id."""

    def alive(self) -> bool:
        """Whether its main process runs."""

    def ending(self) -> str:
        """How it ended in words (``exited with 1``, ``ran out of memory``), or ``running``."""

    def tail(self, since: float = 0.0) -> str:
        """The last 8 KiB of what it printed, decoded leniently; hostile text.

        ``since``: only what it printed after that ``moment``.
        """

    def moment(self) -> float:
        """When it last printed something, in seconds on a clock of the engine's; 0.0 if it never did."""

    def execute(self, argv: Sequence[str], stdin: bytes = b"", timeout: float = 30.0) -> ExecResult:
        """Run a *trusted* program of the image inside it (services only, never the app)."""

    def interact(self, argv: Sequence[str]) -> int:
        """Run a program in it on the terminal of this process, until it ends; its exit code."""

    def end(self, grace: float) -> str:
        """Ask it to end (SIGTERM) and wait, at most ``grace`` seconds; how it ended in words, or ``running``."""

    def stop(self) -> None:
        """Kill and remove it; harmless when it is gone."""


class Sandbox(Protocol):
    """One running pod."""

    def fill(self, volume: str, files: Sequence[FileEntry]) -> None:
        """Put files into a volume through the probe, folders made as needed, modes 0644/0755."""

    def empty(self, volume: str) -> None:
        """Remove what is in a volume; nothing may use it meanwhile."""

    def run(self, plan: ContainerPlan, *, stdin: bytes = b"", timeout: float, max_output: int = 4 << 20) -> ExecResult:
        """Run a fresh container to its end; the clock starts when the process does."""

    def start(self, plan: ContainerPlan) -> Running:
        """Start a long-running container; returns once its process has started."""

    def http(self, request: HttpRequest) -> HttpReply:
        """Send one request from the probe."""

    def volley(self, request: HttpRequest, clients: int) -> Sequence[HttpReply]:
        """Send the same request from several clients at once; a reply for each, in no order."""

    def load(self, request: LoadRequest) -> LoadReply:
        """Send the same request again and again from the probe."""

    def sql(self, request: SqlRequest) -> Sequence[SqlResult]:
        """Run statements from the probe; the list is shorter than the request when one failed.

        A refused or broken connection is one SqlResult with ``error`` and SQLSTATE ``08006``.
        """

    def interleave(self, request: InterleaveRequest) -> Sequence[StepResult] | str:
        """Run steps of several sessions from the probe; or why there is none, such as a refused connection."""

    def redis(self, request: RedisRequest) -> Sequence[CommandResult]:
        """Run commands from the probe; the list is shorter than the request when one failed."""

    def mongodb(self, request: MongoRequest) -> Sequence[CommandResult]:
        """Run commands from the probe; the list is shorter than the request when one failed."""

    def call(self, request: CallRequest) -> CallReply:
        """Exchange one line with whoever serves calls."""

    def listening(self, port: int, timeout: float) -> bool:
        """Wait until something accepts connections on a port of the pod's loopback."""


class Engine(Protocol):
    """A container engine."""

    def isolation(self) -> Isolation:
        """The isolation a sandbox on this engine has."""

    def image(self, tag: str) -> Image | None:
        """A local image by name, or None."""

    def open(self, plan: SandboxPlan) -> AbstractContextManager[Sandbox]:
        """A pod; everything of it is gone when the context ends, however it ends."""

    def fetch(self, plan: FetchPlan, run: str) -> Image | ExecResult:
        """Run the deps phase; the ExecResult is returned when the program did not exit with 0."""

    def cached(self, tag: str) -> AbstractContextManager[Image | None]:
        """A cached image, or None where there is none yet; it is not removed as long as the context lasts."""

    def trim(self, limit: int) -> Sequence[str]:
        """Remove cached images that nobody uses, down to so many bytes, the least recently used first; their names."""

    def reap(self, *, all_owners: bool = False) -> Sequence[str]:
        """Remove what dead runs left (``all_owners``: living ones too); names of what was removed."""
