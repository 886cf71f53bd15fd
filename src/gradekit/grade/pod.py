"""The pod of one grading: its volumes are planned, its services started, before there is a submission."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from gradekit.checks.kinds import KINDS
from gradekit.errors import InfrastructureError, Problem
from gradekit.grade.containers import BUILD, WORK, call_volume, files_volume
from gradekit.grade.servers import ENGINES
from gradekit.grade.servers.base import Server
from gradekit.grade.setting import Setting
from gradekit.results import Tier
from gradekit.runner import Runner
from gradekit.sandbox.plans import (
    CANDIDATE_UID,
    SERVICE_UID,
    TESTER_UID,
    ContainerPlan,
    Limits,
    Mount,
    SandboxPlan,
    Tmpfs,
    VolumePlan,
)
from gradekit.sandbox.protocol import Running, Sandbox
from gradekit.spec.challenge import Challenge

_READY = 30.0
_POLL = 0.02
_SERVICE = Limits(memory=1 << 30, cpus=2.0, pids=128)
_DATA = 512 << 20
_SOCKETS = 1 << 20
_SHARED = 128 << 20
"""Files that an app shares with its service."""
_HIDDEN = 32 << 20
_BUILT = 256 << 20
_ROOM = 8 << 20
"""tmpfs counts whole pages and inodes: room beside the files' own bytes."""


class Pod:
    """Opens the sandbox and its services; ``close`` ends both and may be called at any time after ``open`` ended."""

    def __init__(self, challenge: Challenge, setting: Setting, run: str) -> None:
        """Nothing is started before ``open``."""
        self.challenge = challenge
        self.setting = setting
        self.run = run
        self.servers: dict[str, Server] = {}
        self.shares: dict[str, Mount] = {}
        """By service, the folder of files that the app shares with it."""
        self._sandbox: Sandbox | None = None
        self._stack = ExitStack()

    @property
    def stand_ins(self) -> dict[str, str]:
        """By service, what stands in it for which official image."""
        services = self.challenge.spec.services
        found = {name: self.setting.images[service.runner].stand_in for name, service in services.items()}
        return {name: stand_in for name, stand_in in found.items() if stand_in}

    @property
    def sandbox(self) -> Sandbox:
        """The open sandbox.

        Raises:
            InfrastructureError: it was never opened.
        """
        if self._sandbox is None:
            raise InfrastructureError(Problem("sandbox", "is not open", "", "run again"))
        return self._sandbox

    def _plan(self) -> SandboxPlan:
        spec = self.challenge.spec
        rules = spec.submission
        volumes = [VolumePlan(WORK, rules.max_size + rules.max_files * 4096 + _ROOM, 2 * rules.max_files + 1024)]
        # What language the submission has is not known yet.
        if any("build" in runner.verbs for runner in self.setting.languages(self.challenge).values()):
            volumes.append(VolumePlan(BUILD, _BUILT))
        volumes += [VolumePlan(name, _SOCKETS, 64, self._runner(name).uid or SERVICE_UID) for name in spec.services]
        self.shares = dict(self._shared())
        for name, share in self.shares.items():
            volumes.append(VolumePlan(share.volume, _SHARED, 2_000, self._runner(name).uid or SERVICE_UID))
        for check in spec.checks:
            kind = KINDS[check.kind]
            split = kind.tier(check.body) is Tier.SPLIT
            if kind.ships_files(check.body):
                volumes.append(VolumePlan(files_volume(check.id), _HIDDEN, uid=TESTER_UID if split else CANDIDATE_UID))
            if split or kind.calls(check.body):
                volumes.append(VolumePlan(call_volume(check.id), _SOCKETS, 64))
        return SandboxPlan(self.run, self.setting.images["probe"].id, tuple(volumes))

    def _shared(self) -> Iterator[tuple[str, Mount]]:
        """The folders of files of the services that the app's data sets live in, where they are of that sort."""
        spec = self.challenge.spec
        for dataset in () if spec.app is None else spec.app.dataset:
            name = spec.datasets[dataset].service
            folder = self._runner(name).files
            if folder is not None:
                # No service has a dot in its name.
                yield name, Mount(f"{name}.files", folder, writable=True)

    def _runner(self, service: str) -> Runner:
        return self.setting.runners[self.challenge.spec.services[service].runner]

    def fits(self, challenge: Challenge) -> bool:
        """Whether what was made for this challenge would be made for another version of it."""
        other = Pod(challenge, self.setting, self.run)
        same = challenge.spec.services == self.challenge.spec.services
        return same and (other._plan(), other.shares) == (self._plan(), self.shares)

    def open(self) -> None:
        """Open the sandbox, start every service and wait until it answers.

        Raises:
            InfrastructureError: a fault of ours.
        """
        self._sandbox = self._stack.enter_context(self.setting.engine.open(self._plan()))
        started = {name: self._start(name) for name in self.challenge.spec.services}
        for name, running in started.items():
            server = self._server(name)
            _await(server, running)
            server.prepare()
            self.servers[name] = server

    def _start(self, name: str) -> Running:
        runner = self._runner(name)
        sockets = () if runner.sockets is None else (Mount(name, runner.sockets, writable=True),)
        files = (self.shares[name],) if name in self.shares else ()
        return self.sandbox.start(
            ContainerPlan(
                self.setting.images[runner.name].id,
                runner.argv("serve"),
                uid=runner.uid or SERVICE_UID,
                mounts=(*sockets, *files),
                tmpfs=() if runner.data is None else (Tmpfs(runner.data, _DATA, 20_000),),
                limits=_SERVICE,
                name=name,
            )
        )

    def _server(self, name: str) -> Server:
        runner = self._runner(name)
        make = ENGINES.get(runner.engine or "")
        if make is None:
            what = f"nothing is known of the engine {runner.engine}"
            raise InfrastructureError(Problem(f"runner {runner.name}", what, f"one of {', '.join(ENGINES)}"))
        return make(self.sandbox, name)

    def close(self) -> None:
        """Remove everything of the pod."""
        self._stack.close()


def _await(server: Server, running: Running) -> None:
    """Wait until a server answers.

    Raises:
        InfrastructureError: it does not.
    """
    end = time.monotonic() + _READY
    while (wrong := server.ready()) is not None:
        if not running.alive() or time.monotonic() > end:
            seen = f"{running.ending()}; {wrong}; {running.tail()[-300:]!r}"
            what = f"was not ready after {_READY:g} s or stopped ({seen})"
            expected = "a server that accepts connections"
            raise InfrastructureError(Problem(f"service {server.service}", what, expected, "gradekit doctor"))
        time.sleep(_POLL)
