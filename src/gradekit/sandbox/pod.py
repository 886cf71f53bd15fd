"""One pod on a real engine: the probe owns the network namespace, everything else joins it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from gradekit import cleanup
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.client import DOCTOR, Client
from gradekit.sandbox.container import Host, container_body, random_name, volume_options
from gradekit.sandbox.faults import Exposure, Fault, Mishap, whose
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
from gradekit.sandbox.plans import (
    CANDIDATE_UID,
    PROBE_UID,
    ContainerPlan,
    Ending,
    ExecResult,
    FileEntry,
    Limits,
    Mount,
    SandboxPlan,
    VolumePlan,
)
from gradekit.sandbox.probe_client import ProbeClient, ProbeLostError
from gradekit.sandbox.protocol import Running
from gradekit.sandbox.streams import describe, final_state, run_container, run_inside
from gradekit.sandbox.terminal import interact
from gradekit.sandbox.transfer import archive, emptying_argv, unpack_argv
from gradekit.sandbox.wire import Wire

_log = logging.getLogger(__name__)
_CLEANING = 20.0
"""Seconds of silence that end the cleaning up: an engine that hangs then must not hang us."""
_FILLING = 60.0
_TAIL = 8 << 10
_PROBE_MEMORY = 256 << 20
_PROBE_PIDS = 64
_GONE = "08006"
IDLE = ("sleep", "infinity")
"""What a container runs that only holds a namespace and volumes."""


class Estate:
    """All containers and volumes of one piece of work; each is known before it is made."""

    def __init__(self, client: Client, labels: Mapping[str, str], host: Host) -> None:
        """``labels`` go on everything that is made."""
        self.client = client
        self._labels = labels
        self._host = host
        self._containers: list[str] = []
        self._volumes: list[str] = []
        self._making = threading.Lock()
        self._cleared = False

    def volume(self, options: Mapping[str, str]) -> str:
        """Make a volume of the local driver; its name."""
        name = random_name()
        with self._making:
            self._owe()
            self._volumes.append(name)
            self.client.create_volume(name, options, self._labels)
        return name

    def container(
        self, plan: ContainerPlan, *, volumes: Mapping[str, str], network: str, keep_log: bool = False
    ) -> str:
        """Make a confined container; its name."""
        body = container_body(
            plan, host=self._host, labels=self._labels, volumes=volumes, network=network, keep_log=keep_log
        )
        return self.raw_container(body)

    def raw_container(self, body: Mapping[str, object]) -> str:
        """Make a container of a whole request body; its name."""
        name = random_name()
        with self._making:
            self._owe()
            self._containers.append(name)
            self.client.create(name, body)
        return name

    def _owe(self) -> None:
        """What is made will be removed; after that nothing more is made.

        Raises:
            InfrastructureError: it was cleared. A thread may not know that yet, and the engine would make anew the
                volumes that a container names, without labels.
        """
        if self._cleared:
            raise InfrastructureError(Problem("sandbox", "was cleared while something was made for it"))
        cleanup.owe(self.clear)

    def discard(self, container: str) -> None:
        """Remove one container now."""
        self.client.remove(container)
        if container in self._containers:
            self._containers.remove(container)

    def clear(self) -> None:
        """Remove everything, newest first, and let nothing interrupt it; what cannot be removed waits for the reaper.

        Never raises an engine's error: it would hide what went wrong before.
        """
        with cleanup.unbroken(), self._making:
            self._cleared = True
            if self._containers or self._volumes:
                self._remove_all()
            cleanup.paid(self.clear)

    def _remove_all(self) -> None:
        try:
            client = self.client.patient(_CLEANING)
        except InfrastructureError as error:
            _log.warning("left behind: %s (%s)", ", ".join(self._containers + self._volumes), error)
            return
        try:
            if _each(client.remove, reversed(self._containers)):
                self._containers.clear()
            # Volumes of containers that are still there are in use.
            if not self._containers and _each(client.remove_volume, self._volumes):
                self._volumes.clear()
        finally:
            client.close()


def _each(action: Callable[[str], None], names: Iterable[str]) -> bool:
    """Do it to all of them, a few at a time; False when one of them failed."""

    def attempt(name: str) -> bool:
        try:
            action(name)
        except InfrastructureError as error:
            _log.warning("%s is left behind: %s", name, error)
            return False
        return True

    with ThreadPoolExecutor(4, thread_name_prefix="gradekit-clean") as threads:
        return all(list(threads.map(attempt, names)))


@dataclass(eq=False)
class DockerRunning:
    """A long-running container of a pod."""

    client: Client
    name: str
    uid: int
    _discard: Callable[[str], None] = field(repr=False)

    @property
    def id(self) -> str:
        """The engine's name for it."""
        return self.name

    def alive(self) -> bool:
        """Whether its main process runs."""
        return self.client.state(self.name).running

    def ending(self) -> str:
        """How it ended in words, or ``running``."""
        return describe(final_state(self.client, self.name))

    def tail(self, since: float = 0.0) -> str:
        """The last 8 KiB of what it printed (after that ``moment``); hostile text."""
        return self.client.log(self.name, _TAIL, since).decode(errors="replace")

    def moment(self) -> float:
        """When it last printed something, by the engine's log; 0.0 if it never did."""
        return self.client.last_logged(self.name)

    def execute(self, argv: Sequence[str], stdin: bytes = b"", timeout: float = 30.0) -> ExecResult:
        """Run a trusted program in it; a timeout kills the whole container, for an exec cannot be killed."""
        return run_inside(self.client, self.name, argv, uid=self.uid, stdin=stdin, timeout=timeout)

    def interact(self, argv: Sequence[str]) -> int:
        """Run a program in it on the terminal of this process, until it ends; its exit code."""
        return interact(self.client, self.name, argv, uid=self.uid)

    def end(self, grace: float) -> str:
        """Ask it to end and wait; how it ended in words, or ``running``."""
        self.client.kill(self.name, "SIGTERM")
        return describe(self.client.wait(self.name, grace))

    def stop(self) -> None:
        """Kill and remove it; harmless when it is gone."""
        self._discard(self.name)


class DockerSandbox:
    """A pod. ``open`` it once, ``close`` it always; not to be shared between gradings."""

    def __init__(self, client: Client, plan: SandboxPlan, labels: Mapping[str, str], host: Host) -> None:
        """Nothing is made yet."""
        self._client = client
        self._plan = plan
        self._estate = Estate(client, labels, host)
        self._volumes: dict[str, str] = {}
        self._probe = ""
        self._talk = ProbeClient(self._execute_in_probe)
        self._exposure = Exposure.NONE

    def open(self) -> None:
        """Make the volumes and the probe, and start its program.

        Raises:
            InfrastructureError: the engine refused; what was made is for ``close`` to remove.
        """
        for volume in self._plan.volumes:
            self._volumes[volume.name] = self._estate.volume(volume_options(volume))
        # Files are charged to whoever writes them first, and the probe fills the volumes.
        memory = _PROBE_MEMORY + sum(volume.size for volume in self._plan.volumes)
        probe = ContainerPlan(
            image=self._plan.probe_image,
            argv=IDLE,
            uid=PROBE_UID,
            mounts=[Mount(volume.name, f"/vol/{volume.name}", writable=True) for volume in self._plan.volumes],
            limits=Limits(memory=memory, pids=_PROBE_PIDS),
            name="probe",
        )
        self._probe = self._estate.container(probe, volumes=self._volumes, network="none")
        self._client.start(self._probe)
        self._talk.start()

    def close(self) -> None:
        """Remove everything of the pod; never raises an engine's error."""
        self._talk.close()
        self._estate.clear()

    def fill(self, volume: str, files: Sequence[FileEntry]) -> None:
        """Put files into a volume, as its owner."""
        plan = self._volume(volume)
        size = sum(len(file.data) for file in files)
        if size > plan.size or len(files) > plan.inodes:
            what = f"{len(files)} files of {size} bytes do not fit"
            raise InfrastructureError(
                Problem(f"volume {volume}", what, f"expected at most {plan.inodes} files of {plan.size} bytes")
            )
        self._as_owner(plan, unpack_argv(f"/vol/{volume}"), "filled", archive(files))

    def empty(self, volume: str) -> None:
        """Remove what is in a volume, as its owner."""
        self._as_owner(self._volume(volume), emptying_argv(f"/vol/{volume}"), "emptied")

    def _volume(self, name: str) -> VolumePlan:
        plan = next((plan for plan in self._plan.volumes if plan.name == name), None)
        if plan is None:
            known = ", ".join(self._volumes) or "none"
            raise InfrastructureError(Problem(f"volume {name}", "the sandbox has no such volume", f"it has: {known}"))
        return plan

    def _as_owner(self, plan: VolumePlan, argv: Sequence[str], done: str, stdin: bytes = b"") -> None:
        result = run_inside(self._client, self._probe, argv, uid=plan.uid, stdin=stdin, timeout=_FILLING)
        if result.ending is not Ending.EXITED or result.exit_code != 0:
            said = " ".join(result.stderr.decode(errors="replace").split())[:400]
            what = f"could not be {done} ({said or result.ending})"
            raise InfrastructureError(Problem(f"volume {plan.name}", what, "", DOCTOR))

    def run(self, plan: ContainerPlan, *, stdin: bytes = b"", timeout: float, max_output: int = 4 << 20) -> ExecResult:
        """Run a fresh container to its end."""
        self._expose(plan)
        container = self._estate.container(plan, volumes=self._volumes, network=self._network(plan))
        try:
            result = run_container(self._client, container, plan.argv, stdin=stdin, timeout=timeout, cap=max_output)
        except BaseException:
            # The first error is the one to tell; what cannot be removed now is removed at the end.
            with suppress(InfrastructureError):
                self._estate.discard(container)
            raise
        self._estate.discard(container)
        return result

    def start(self, plan: ContainerPlan) -> Running:
        """Start a long-running container."""
        self._expose(plan)
        container = self._estate.container(plan, volumes=self._volumes, network=self._network(plan), keep_log=True)
        self._client.start(container)
        return DockerRunning(self._client, container, plan.uid, self._estate.discard)

    def http(self, request: HttpRequest) -> HttpReply:
        """Send one request from the probe."""
        begun = time.monotonic()
        try:
            return self._talk.http(request)
        except ProbeLostError as error:
            self._blame(error, Exposure.NONE)
            return HttpReply(0, error="protocol", detail=str(error), seconds=time.monotonic() - begun)

    def volley(self, request: HttpRequest, clients: int) -> Sequence[HttpReply]:
        """Send the same request from several clients at once."""
        begun = time.monotonic()
        try:
            return self._talk.volley(request, clients)
        except ProbeLostError as error:
            self._blame(error, Exposure.NONE)
            lost = HttpReply(0, error="protocol", detail=str(error), seconds=time.monotonic() - begun)
            return (lost,) * clients

    def load(self, request: LoadRequest) -> LoadReply:
        """Send the same request again and again."""
        try:
            return self._talk.load(request)
        except ProbeLostError as error:
            self._blame(error, Exposure.NONE)
            return LoadReply((), {0: 1})

    def sql(self, request: SqlRequest) -> Sequence[SqlResult]:
        """Run statements from the probe."""
        try:
            return self._talk.sql(request)
        except ProbeLostError as error:
            self._blame(error, Exposure.NONE if request.user is None else Exposure.DATA)
            return (SqlResult(error=str(error), sqlstate=_GONE),)

    def interleave(self, request: InterleaveRequest) -> Sequence[StepResult] | str:
        """Run steps of several sessions from the probe."""
        try:
            return self._talk.interleave(request)
        except ProbeLostError as error:
            self._blame(error, Exposure.DATA)
            return str(error)

    def redis(self, request: RedisRequest) -> Sequence[CommandResult]:
        """Run commands from the probe."""
        try:
            return self._talk.redis(request)
        except ProbeLostError as error:
            self._blame(error, Exposure.NONE if request.user is None else Exposure.DATA)
            return (CommandResult(code="closed", error=str(error)),)

    def mongodb(self, request: MongoRequest) -> Sequence[CommandResult]:
        """Run commands from the probe."""
        try:
            return self._talk.mongodb(request)
        except ProbeLostError as error:
            # Whatever these servers hold, somebody else may have put it there.
            self._blame(error, Exposure.DATA)
            return (CommandResult(code="closed", error=str(error)),)

    def call(self, request: CallRequest) -> CallReply:
        """Exchange one line with whoever serves calls."""
        begun = time.monotonic()
        try:
            return self._talk.call(request)
        except ProbeLostError as error:
            # What answers is code of the candidate's, although it has a network of its own.
            self._blame(error, Exposure.CODE)
            return CallReply(error="protocol", detail=str(error), seconds=time.monotonic() - begun)

    def listening(self, port: int, timeout: float) -> bool:
        """Wait until something accepts connections on a port of the pod's loopback."""
        try:
            return self._talk.listening(port, timeout)
        except ProbeLostError as error:
            self._blame(error, Exposure.NONE)
            return False

    def _blame(self, error: ProbeLostError, given: Exposure) -> None:
        """Return when a lost probe is the candidate's fault.

        Raises:
            InfrastructureError: it is ours.
        """
        exposure = given if self._exposure is Exposure.NONE else self._exposure
        # Asks the engine first: a probe container that is gone is no work of its neighbours.
        gone = not self._client.state(self._probe).running
        if gone or whose(Mishap.LOST, exposure) is Fault.OURS:
            raise InfrastructureError(Problem("probe", str(error), "", DOCTOR)) from error

    def _network(self, plan: ContainerPlan) -> str:
        return "none" if plan.alone else f"container:{self._probe}"

    def _expose(self, plan: ContainerPlan) -> None:
        if plan.uid == CANDIDATE_UID and not plan.alone:
            self._exposure = Exposure.CODE

    def _execute_in_probe(self, argv: Sequence[str], uid: int) -> Wire:
        return self._client.execute(self._probe, argv, uid)[1]
