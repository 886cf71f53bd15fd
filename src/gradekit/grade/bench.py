"""The bench: what a check may do to the submission in its pod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import InitVar, dataclass, field, replace
from typing import Final

from gradekit.checks.base import Context, Stretch
from gradekit.checks.jsontext import Json, render
from gradekit.errors import Blocked
from gradekit.grade.allowance import Allowance
from gradekit.grade.app import App
from gradekit.grade.calls import PodCalls, calling_runner, served
from gradekit.grade.containers import COPY, WORK, Containers, files_volume
from gradekit.grade.copies import DatasetCopy, SqlCopy, StoreCopy, asked_in_commands, asked_in_sql
from gradekit.grade.datasets import Datasets
from gradekit.grade.servers.base import Server
from gradekit.grade.suites import run_in_process, run_split
from gradekit.history import History
from gradekit.language import Framework
from gradekit.record import Printed
from gradekit.runner import BIN, Runner
from gradekit.sandbox.messages import HttpReply, HttpRequest, LoadReply, LoadRequest
from gradekit.sandbox.plans import TESTER_UID, ContainerPlan, ExecResult, FileEntry, Limits, Mount
from gradekit.sandbox.protocol import Sandbox
from gradekit.sandbox.transfer import archive
from gradekit.spec.challenge import Challenge

CHECKING: Final = Limits(memory=1 << 30, cpus=2.0, pids=128)
"""Whatever a challenge leaves to candidates, a checker has what it needs."""
SCANNING: Final = Limits(memory=1 << 30, cpus=2.0, pids=128)
"""What a scanner has, whatever a challenge leaves to candidates."""
# A command works in a copy of the submission. ``--`` guards the argv that follows.
_IN_COPY = (
    "/bin/sh",
    "-c",
    'for from; do shift; [ "$from" = -- ] && break; cp -R "$from/." /copy/ || exit 125; done; exec "$@"',
    "sh",
)

_PREPARE = ".gradekit-prepare"
_AS_PREPARED = f"""\
tar -x -f - -C /copy --no-same-owner --no-same-permissions || exit 125
exec </dev/null
sh {_PREPARE} >&2 && rm {_PREPARE} || exit 125
exec /bin/sh -c "$1"
"""


@dataclass
class PodBench:
    """A bench on one pod; ``begin`` opens each check."""

    challenge: Challenge
    submission: Mapping[str, FileEntry]
    sandbox: Sandbox
    image: str
    """Id of the image that holds the runner and the fetched packages."""
    servers: Mapping[str, Server]
    run_deadline: InitVar[float]
    """On ``now()``'s clock: when the whole run is over."""
    runner: Runner | None = None
    """The runner of the submission's language; split suites need to know what it can do."""
    plain_image: str = ""
    """Id of the runner's image without packages of the candidate's."""
    context: Context = field(default_factory=lambda: Context(""))
    shares: Mapping[str, Mount] = field(default_factory=dict)
    """By service, the folder of files that the app shares with it."""
    history: History | None = None
    """The commits before the graded one, if a check wants them."""
    checkers: Mapping[str, str] = field(default_factory=dict)
    """Runner of kind checker -> id of its image."""
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """By service, what stands in it for which official image."""
    scanners: Mapping[str, str] = field(default_factory=dict)
    """Name of a scanner -> id of its image."""
    allowance: Allowance = field(init=False)
    _containers: Containers = field(init=False)
    _datasets: Datasets = field(init=False)
    _app: App = field(init=False)
    _copies: list[DatasetCopy] = field(init=False, default_factory=list)
    _uses_app: bool = field(init=False, default=False)
    _stood_in: set[str] = field(init=False, default_factory=set)
    _stood_in_for_app: set[str] = field(init=False, default_factory=set)

    def __post_init__(self, run_deadline: float) -> None:
        """Nothing is started or loaded before somebody asks for it."""
        spec = self.challenge.spec
        limits = Limits(memory=spec.limits.memory, cpus=spec.limits.cpus, pids=spec.limits.pids)
        self.allowance = Allowance(run_deadline)
        self._containers = Containers(
            self.sandbox, self.allowance, self.image, self.runner, limits, self.servers, self.shares
        )
        self._datasets = Datasets(self.challenge, self.submission, self.servers, self.allowance)
        self._app = App(spec.app, self._containers, self.allowance, self._copy_for_app)

    @property
    def language(self) -> str:
        """The name of the submission's runner."""
        return "" if self.runner is None else self.runner.name

    @property
    def frameworks(self) -> Sequence[Framework]:
        """How test frameworks of the submission's language tell of a run."""
        return () if self.runner is None else self.runner.frameworks

    # --- a check's frame

    def begin(self, context: Context, timeout: float, *, app: bool, fresh: bool) -> None:
        """Open a check: set its deadline and, where it uses the app, see that it runs.

        Raises:
            Blocked: the app does not start, or the run's time is over.
            InfrastructureError: a fault of ours.
        """
        self.context = context
        self._stood_in, self._uses_app = set(), app
        self.allowance.begin(timeout)
        if app:
            self._app.begin(fresh=fresh)
            self.allowance.begin_anew()

    @property
    def stood_in(self) -> str:
        """What the check that was opened last, or the app that it uses, had in the place of official images."""
        return "; ".join(sorted(self._stood_in | (self._stood_in_for_app if self._uses_app else set())))

    def printed(self, *, wait: bool) -> Printed | None:
        """The end of what the app has written since the check began; None for nothing, or if the check does not use it.

        ``wait``: until the engine should have all of it.
        """
        return self._app.printed(wait=wait) if self._uses_app else None

    def end(self) -> None:
        """Close a check: drop the copies it made. A server that the candidate broke does not undo what was observed."""
        for copy in self._copies:
            with suppress(Blocked):
                copy.drop()
        self._copies.clear()
        self._app.end()

    def renew(self, challenge: Challenge) -> None:
        """Begin another round of checks, as if none had been; ``challenge`` differs in its checks at most.

        The app starts anew on fresh data when a check uses it: what one round stored must not meet the next.

        Raises:
            Blocked, InfrastructureError: the pod cannot be used any more.
        """
        self._app.renew()
        self._containers.empty()
        self.challenge = self._datasets.challenge = challenge
        self.allowance.run_deadline = self.now() + challenge.spec.limits.timeout

    def clear(self) -> None:
        """Leave the pod as it was before the submission came.

        Raises:
            Blocked, InfrastructureError: the pod cannot be used any more.
        """
        self.renew(self.challenge)
        self._datasets.drop()
        self._containers.clear()

    def within(self, timeout: float) -> float:
        """The part of ``timeout`` that the check's deadline leaves.

        Raises:
            Blocked: none is left.
        """
        return self.allowance.within(timeout)

    def spent(self) -> float:
        """Seconds of the check's limit that are used up."""
        return self.allowance.spent()

    def now(self) -> float:
        """A monotonic clock in seconds."""
        return self.allowance.now()

    def sleep(self, seconds: float) -> None:
        """Wait, interruptibly, within the check's deadline."""
        self.allowance.sleep(seconds)

    def build(self) -> str:
        """Run the runner's `build`; what happened in a word. If it fails, so does all that runs the candidate's code.

        Raises:
            InfrastructureError: its container could not be started.
        """
        return self._containers.build()

    # --- data sets

    def engine(self, dataset: str) -> str:
        """The engine of a data set's service."""
        return self._datasets.engine(dataset)

    def _copy(self, dataset: str) -> DatasetCopy:
        """A fresh copy of a data set, dropped at the end of the check; raises as ``Datasets.copy``."""
        self._stood_in |= self._stand_in(dataset)
        copy = self._datasets.copy(dataset)
        self._copies.append(copy)
        return copy

    def _copy_for_app(self, dataset: str) -> DatasetCopy:
        """A fresh copy of a data set, which the app drops; raises as ``Datasets.copy``."""
        self._stood_in_for_app |= self._stand_in(dataset)
        return self._datasets.copy(dataset, for_app=True)

    def _stand_in(self, dataset: str) -> set[str]:
        """What stands in for the official image of a data set's service, if anything does."""
        service = self.challenge.spec.datasets[dataset].service
        return {self.stand_ins[service]} if service in self.stand_ins else set()

    def database(self, dataset: str) -> SqlCopy:
        """A fresh copy of a data set, dropped at the end of the check.

        Raises:
            Blocked: the candidate's part of it does not load.
            InfrastructureError: a fault of ours, such as a service that knows no SQL.
        """
        return asked_in_sql(self._copy(dataset))

    def app_database(self) -> SqlCopy:
        """The database that the running app uses, the first one if there are several.

        Raises:
            Blocked: the app has none because it did not start.
            InfrastructureError: its service knows no SQL.
        """
        return self._app.database()

    def store(self, dataset: str) -> StoreCopy:
        """A fresh copy of a data set in a store, dropped at the end of the check.

        Raises:
            Blocked: the candidate's part of it does not load.
            InfrastructureError: a fault of ours, such as a service that is no such store.
        """
        return asked_in_commands(self._copy(dataset))

    def app_store(self) -> StoreCopy:
        """The store that the running app uses.

        Raises:
            Blocked: the app has none because it did not start.
            InfrastructureError: its service is no such store.
        """
        return self._app.store()

    # --- the app

    def stop_app(self) -> None:
        """Stop the app and drop what it used; the next check that uses it starts a fresh one."""
        self._app.stop()

    def restart(self, *, grace: float) -> str:
        """Stop the app and start it again on the same data; how it ended in words.

        Raises:
            Blocked: it does not run, or does not start again.
        """
        return self._app.restart(grace=grace)

    def switch(self, service: str, *, on: bool) -> None:
        """Take a service away from the app, or give it back. The next check that uses the app starts a fresh one.

        Raises:
            Blocked: the server does not work as it did before the candidate's code used it.
            InfrastructureError: the app has no such service, or its server cannot refuse an app.
        """
        self._app.switch(service, on=on)

    def stretched(self, tables: Sequence[str] | None, delay: float) -> AbstractContextManager[Stretch | None]:
        """Let the app's writing statements wait, until the context ends.

        Raises:
            Blocked: the tables, which the candidate made, do not let us.
            InfrastructureError: tables are named, and the app's database is none of a server that can wait.
        """
        return self._app.stretched(tables, delay, place=f"check {self.context.check}")

    def request(self, request: HttpRequest) -> HttpReply:
        """Send a request to the app, within the check's deadline."""
        return self.sandbox.http(replace(request, port=self._app.spec.port, timeout=self.within(request.timeout)))

    def volley(self, request: HttpRequest, clients: int) -> Sequence[HttpReply]:
        """Send the same request to the app from several clients at once, within the check's deadline."""
        asked = replace(request, port=self._app.spec.port, timeout=self.within(request.timeout))
        return self.sandbox.volley(asked, clients)

    def load(self, request: LoadRequest) -> LoadReply:
        """Send the same request to the app again and again, within the check's deadline."""
        asked = replace(request.request, port=self._app.spec.port, timeout=self.within(request.request.timeout))
        return self.sandbox.load(replace(request, request=asked, seconds=self.within(request.seconds)))

    # --- one-shot containers

    def shell(self) -> int:
        """Lend this process's terminal to a shell in a copy of the submission, beside the app; its exit code.

        It is the candidate's user, in a container like the app's.

        Raises:
            Blocked: the submission does not build.
            InfrastructureError: a fault of ours.
        """
        running = self._containers.start_beside(
            self._app.services,
            "shell",
            ("sleep", "infinity"),
            env={"PYTHONPATH": "/opt/deps", **self._app.surroundings()},
            workdir="/copy",
            tmpfs=(COPY,),
        )
        try:
            return running.interact((*_IN_COPY, "/work", "--", "/bin/sh", "-i"))
        finally:
            running.stop()

    def command(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes,
        timeout: float,
        files: Sequence[FileEntry] = (),
        env: Mapping[str, str],
    ) -> ExecResult:
        """Run a program in a writable copy of the submission in a fresh container."""
        mounts = [*self._containers.code()]
        sources = ["/work"]
        if files:
            volume = files_volume(self.context.check)
            self._containers.fill(volume, files)
            mounts.append(Mount(volume, "/extra"))
            sources.append("/extra")
        self._containers.touch()
        return self._containers.run(
            ContainerPlan(
                self.image,
                (*_IN_COPY, *sources, "--", *argv),
                env={"PYTHONPATH": "/opt/deps", **env},
                workdir="/copy",
                mounts=mounts,
                tmpfs=(COPY,),
                limits=self._containers.limits,
                name=f"command {self.context.check}",
            ),
            stdin=stdin,
            timeout=self.within(timeout),
        )

    def own_tests(
        self, line: str, *, prepare: str, files: Sequence[FileEntry], timeout: float, env: Mapping[str, str]
    ) -> ExecResult:
        """Run a line of the candidate's in a prepared copy of the submission.

        All files and the script come through stdin: a volume, an argument or a variable would tell the line what it
        runs on, and beside the submission as it is (or as it was built) tests would only have to compare.
        """
        self._containers.need_build()
        self._containers.exposed = True
        entries = {**self.submission, **{entry.path: entry for entry in files}}
        return self._containers.run(
            ContainerPlan(
                self.image,
                ("/bin/sh", "-c", _AS_PREPARED, "sh", line),
                env={"PYTHONPATH": "/opt/deps", **env},
                workdir="/copy",
                tmpfs=(COPY,),
                limits=self._containers.limits,
                alone=True,
                name=f"tests {self.context.check}",
            ),
            stdin=archive([*entries.values(), FileEntry(_PREPARE, prepare.encode())]),
            timeout=self.within(timeout),
        )

    def scan(
        self, scanner: str, line: str, *, files: Sequence[FileEntry] | None = None, timeout: float, max_output: int
    ) -> ExecResult:
        """Run a shell line in a scanner's image over the submission, or over ``files``; no code of either runs."""
        volume = WORK
        if files is not None:
            volume = files_volume(self.context.check)
            if volume in self._containers.filled:
                self.sandbox.empty(volume)
            self._containers.fill(volume, files)
        return self._containers.run(
            ContainerPlan(
                self.scanners[scanner],
                ("/bin/sh", "-c", line),
                workdir="/work",
                mounts=(Mount(volume, "/work"),),
                limits=SCANNING,
                alone=True,
                loopback=False,
                name=f"scan {self.context.check}",
            ),
            timeout=self.within(timeout),
            max_output=max_output,
        )

    def test(self, files: Sequence[FileEntry], *, timeout: float, max_output: int, split: bool = False) -> ExecResult:
        """Run a hidden suite, ``split`` or together with the submission; see ``suites``."""
        containers, check = self._containers, self.context.check
        if split:
            return run_split(containers, self.plain_image, check, files, timeout=timeout, max_output=max_output)
        return run_in_process(containers, check, files, timeout=timeout, max_output=max_output)

    def checker(self, name: str, settings: Mapping[str, Json], *, timeout: float, max_output: int) -> ExecResult:
        """Run the ``check`` of a checker's image beside the app; it has the pod's network and nothing else."""
        return self._containers.run(
            ContainerPlan(
                self.checkers[name],
                (f"{BIN}/check",),
                uid=TESTER_UID,
                workdir="/tmp",  # noqa: S108 - inside the container
                limits=CHECKING,
                name=f"{name} {self.context.check}",
            ),
            stdin=render({**settings, "port": self._app.spec.port}).encode(),
            timeout=self.within(timeout),
            max_output=max_output,
        )

    def calls(self) -> AbstractContextManager[PodCalls]:
        """The candidate's code behind the call protocol, until the context ends.

        Raises:
            Blocked: the submission does not build.
            InfrastructureError: a fault of ours, such as a runner that has no ``call``.
        """
        so, hint = "nothing can be called", "leave this language out of the challenge's `runner`"
        runner = calling_runner(self.runner, self.context.check, so, hint)
        return served(self._containers, runner, self.context.check)
