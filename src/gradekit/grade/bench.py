"""The bench: what a check may do to the submission in its pod, and the app behind that."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace

from gradekit.checks.base import MAX_PRINTED, Context, Stretch
from gradekit.checks.jsontext import Json, render
from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade.calls import PodCalls, unanswered
from gradekit.grade.copies import DatasetCopy, SqlCopy, StoreCopy, asked_in_commands, asked_in_sql
from gradekit.grade.datasets import Datasets
from gradekit.grade.servers.base import Server
from gradekit.history import History
from gradekit.language import Framework
from gradekit.record import Printed
from gradekit.runner import Runner
from gradekit.sandbox.protocol import (
    TESTER_UID,
    ContainerPlan,
    Ending,
    ExecResult,
    FileEntry,
    HttpReply,
    HttpRequest,
    Limits,
    LoadReply,
    LoadRequest,
    Mount,
    Running,
    Sandbox,
    Tmpfs,
)
from gradekit.sandbox.transfer import archive
from gradekit.spec.challenge import SERVICE_REFERENCE, AppSpec, Challenge
from gradekit.texts import last_lines

WORK = "work"
"""The volume that holds the submission."""
UNBUILT = "the submission does not build"
"""How the message of a check begins that was blocked by that."""
BUILD = "build"
"""The volume that holds what the runner's `build` made of it."""
_VERBS = "/opt/gradekit/bin"
_READY_PAUSE = 0.03
CHECKING = Limits(memory=1 << 30, cpus=2.0, pids=128)
"""Whatever a challenge leaves to candidates, a checker has what it needs."""
_SCRATCH = 256 << 20
SCANNING = Limits(memory=1 << 30, cpus=2.0, pids=128)
"""What a scanner has, whatever a challenge leaves to candidates."""
_BUILDING = 180.0
"""Seconds that `build` may take."""
_TOLD = 4_000
_GIST = 400
_PRINTED = 4 << 10
"""Bytes kept of what the app wrote while a check was observed."""
_LOGGING = 0.1
"""Seconds by which the engine's log may trail what a program writes."""
_CALL = 10.0
"""Seconds that one call of a split suite may take."""
_UNREACHABLE = 3
"""What the tests exit with when nothing listens, before any code of the candidate was loaded (runners/README.md)."""
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


def files_volume(check: str) -> str:
    """The volume for what one check puts beside the submission."""
    return f"files-{check}"


def call_volume(check: str) -> str:
    """The volume for the socket over which one check calls the submission."""
    return f"call-{check}"


@dataclass
class PodBench:
    """A bench on one pod; ``begin`` opens each check."""

    challenge: Challenge
    submission: Mapping[str, FileEntry]
    sandbox: Sandbox
    image: str
    """Id of the image that holds the runner and the fetched packages."""
    servers: Mapping[str, Server]
    run_deadline: float
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
    _stood_in: set[str] = field(default_factory=set)
    _stood_in_for_app: set[str] = field(default_factory=set)
    _uses_app: bool = False
    scanners: Mapping[str, str] = field(default_factory=dict)
    """Name of a scanner -> id of its image."""
    _deadline: float = 0.0
    _opened: float = 0.0
    """When the check's time began, later by all that it was given back."""
    _timeout: float = 0.0
    _app: Running | None = None
    _since: float = 0.0
    """The moment of the app's log at which the check began."""
    _restarted: bool = False
    """Whether the app was started again in the check."""
    _app_copies: list[DatasetCopy] = field(default_factory=list)
    _app_blocked: Blocked | None = None
    _unbuilt: Blocked | None = None
    """Why the submission could not be built."""
    _datasets: Datasets = field(init=False)
    _copies: list[DatasetCopy] = field(default_factory=list)
    _shut: list[DatasetCopy] = field(default_factory=list)
    """Those of the app's that the check has taken away from it."""
    _spoiled: bool = False
    """Whether the app's data must not be used by another check."""
    _filled: set[str] = field(default_factory=set)
    """Volumes that hold something of a check's."""
    _exposed: bool = False
    """Whether code of the candidate ran in the pod."""

    def __post_init__(self) -> None:
        """No data set is loaded before somebody asks for it."""
        self._datasets = Datasets(self.challenge, self.submission, self.servers, self)

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
        self._since, self._restarted = 0.0, False
        self._timeout = timeout
        self._deadline = min(self.now() + timeout, self.run_deadline)
        if self.now() >= self.run_deadline:
            raise Blocked("the run's time limit was used up before this check began")
        if app:
            if fresh or self._app is None or not self._app.alive():
                self.stop_app()
            elif self._app is not None:
                self._since = self._app.moment()
            self._ensure_app()
        self._opened = self.now()
        self._deadline = min(self._opened + timeout, self.run_deadline)

    @property
    def stood_in(self) -> str:
        """What the check that was opened last, or the app that it uses, had in the place of official images."""
        return "; ".join(sorted(self._stood_in | (self._stood_in_for_app if self._uses_app else set())))

    def printed(self, *, wait: bool) -> Printed | None:
        """The end of what the app has written since the check began; None for nothing.

        If it was started again meanwhile, only since then: the engine forgets a container's log with the container.
        ``wait``: until the engine should have all of it.
        """
        if not self._uses_app or self._app is None:
            return None
        if wait:
            time.sleep(_LOGGING)
            self._grant(_LOGGING)
        try:
            text = last_lines(self._app.tail(self._since), _PRINTED)
        except InfrastructureError:  # what was observed is whole without it
            return None
        return Printed(text=text, restarted=self._restarted) if text else None

    def end(self) -> None:
        """Close a check: drop the copies it made. A server that the candidate broke does not undo what was observed."""
        for copy in self._copies:
            with suppress(Blocked):
                copy.drop()
        self._copies.clear()
        if self._shut:
            # What is to come in again may have been taken by the app meanwhile, such as the port.
            self._halt()
        while self._shut:
            copy = self._shut.pop()
            with suppress(Blocked):
                copy.server.admit(copy.name)
        if self._spoiled:
            self._spoiled = False
            with suppress(Blocked):
                self.stop_app()

    def renew(self, challenge: Challenge) -> None:
        """Begin another round of checks, as if none had been; ``challenge`` differs in its checks at most.

        The app starts anew on fresh data when a check uses it: what one round stored must not meet the next.

        Raises:
            Blocked, InfrastructureError: the pod cannot be used any more.
        """
        self.stop_app()
        self._app_blocked, self._spoiled = None, False
        for volume in sorted(self._filled):
            self.sandbox.empty(volume)
        self._filled.clear()
        self.challenge = self._datasets.challenge = challenge
        self.run_deadline = self.now() + challenge.spec.limits.timeout

    def clear(self) -> None:
        """Leave the pod as it was before the submission came.

        Raises:
            Blocked, InfrastructureError: the pod cannot be used any more.
        """
        self.renew(self.challenge)
        self._datasets.drop()
        self.sandbox.empty(WORK)
        if self.runner is not None and "build" in self.runner.verbs:
            self.sandbox.empty(BUILD)
        for server in self.servers.values():
            server.touched = False

    def within(self, timeout: float) -> float:
        """The part of ``timeout`` that the check's deadline leaves.

        Raises:
            Blocked: none is left.
        """
        left = self._deadline - self.now()
        if left <= 0:
            if self._deadline >= self.run_deadline:
                raise Blocked("the run's time limit was used up")
            raise Blocked(f"the check ran past its limit of {self._timeout:g} s")
        return min(timeout, left)

    def spent(self) -> float:
        """Seconds of the check's limit that are used up."""
        return self.now() - self._opened

    def now(self) -> float:
        """A monotonic clock in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, interruptibly, within the check's deadline."""
        time.sleep(self.within(seconds))

    # --- the build

    def build(self) -> str:
        """Run the runner's `build`; what happened in a word. If it fails, so does all that runs the candidate's code.

        It has no network and nothing of the challenge: whatever goes wrong in it is the doing of the sources.

        Raises:
            InfrastructureError: its container could not be started.
        """
        if self.runner is None:
            return "nothing to do"
        limit = max(0.0, min(_BUILDING, self.run_deadline - self.now()))
        result = self._run(
            ContainerPlan(
                self.image,
                self.runner.argv("build"),
                workdir="/work",
                mounts=(Mount(WORK, "/work"), Mount(BUILD, "/build", writable=True)),
                limits=self._limits,
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

    @property
    def _code(self) -> tuple[Mount, ...]:
        """What a container that runs code of the candidate sees of it.

        Raises:
            Blocked: it does not build.
        """
        if self._unbuilt is not None:
            raise Blocked(self._unbuilt.message, self._unbuilt.detail)
        built = self.runner is not None and "build" in self.runner.verbs
        return (Mount(WORK, "/work"), Mount(BUILD, "/build")) if built else (Mount(WORK, "/work"),)

    # --- time of the engine's

    def _grant(self, seconds: float) -> None:
        """Give time back: what a busy engine takes to make containers is not taken from the candidate's limits."""
        self._opened += max(seconds, 0.0)
        self._deadline += max(seconds, 0.0)
        self.run_deadline += max(seconds, 0.0)

    def _run(
        self, plan: ContainerPlan, *, stdin: bytes = b"", timeout: float, max_output: int = MAX_PRINTED
    ) -> ExecResult:
        begun = self.now()
        result = self.sandbox.run(plan, stdin=stdin, timeout=timeout, max_output=max_output)
        self._grant(self.now() - begun - result.seconds)
        return result

    def _start(self, plan: ContainerPlan) -> Running:
        begun = self.now()
        running = self.sandbox.start(plan)
        self._grant(self.now() - begun)
        return running

    def _fill(self, volume: str, files: Sequence[FileEntry]) -> None:
        begun = self.now()
        self._filled.add(volume)
        self.sandbox.fill(volume, files)
        self._grant(self.now() - begun)

    # --- data sets

    def engine(self, dataset: str) -> str:
        """The engine of a data set's service."""
        return self._datasets.engine(dataset)

    def _copy(self, dataset: str, *, for_app: bool = False) -> DatasetCopy:
        """A fresh copy of a data set.

        Raises:
            Blocked: the candidate's part of it does not load.
            InfrastructureError: a fault of ours.
        """
        stand_in = self.stand_ins.get(self.challenge.spec.datasets[dataset].service)
        if stand_in is not None:
            (self._stood_in_for_app if for_app else self._stood_in).add(stand_in)
        return self._datasets.copy(dataset, for_app=for_app)

    def database(self, dataset: str) -> SqlCopy:
        """A fresh copy of a data set, dropped at the end of the check.

        Raises:
            Blocked: the candidate's part of it does not load.
            InfrastructureError: a fault of ours, such as a service that knows no SQL.
        """
        copy = self._copy(dataset)
        self._copies.append(copy)
        return asked_in_sql(copy)

    def app_database(self) -> SqlCopy:
        """The database that the running app uses, the first one if there are several.

        Raises:
            Blocked: the app has none because it did not start.
            InfrastructureError: its service knows no SQL.
        """
        if not self._app_copies:
            raise Blocked("the app has no database")
        copies = self._app_copies
        return asked_in_sql(next((copy for copy in copies if isinstance(copy, SqlCopy)), copies[0]))

    def store(self, dataset: str) -> StoreCopy:
        """A fresh copy of a data set in a store, dropped at the end of the check.

        Raises:
            Blocked: the candidate's part of it does not load.
            InfrastructureError: a fault of ours, such as a service that is no such store.
        """
        copy = self._copy(dataset)
        self._copies.append(copy)
        return asked_in_commands(copy)

    def app_store(self) -> StoreCopy:
        """The store that the running app uses.

        Raises:
            Blocked: the app has none because it did not start.
            InfrastructureError: its service is no such store.
        """
        if not self._app_copies:
            raise Blocked("the app has no store")
        copies = self._app_copies
        return asked_in_commands(next((copy for copy in copies if isinstance(copy, StoreCopy)), copies[0]))

    # --- the app

    @property
    def _app_spec(self) -> AppSpec:
        spec = self.challenge.spec.app
        if spec is None:
            raise InfrastructureError(
                Problem("app", "the challenge has none", "an app section", "correct the challenge")
            )
        return spec

    def _ensure_app(self) -> None:
        if self._app_blocked is not None:
            raise Blocked(self._app_blocked.message, self._app_blocked.detail)
        if self._app is not None:
            return
        try:
            self._start_app()
        except Blocked as blocked:
            self._app_blocked = blocked
            with suppress(Blocked):
                self.stop_app()
            raise

    def _start_app(self) -> None:
        code = self._code
        for dataset in self._app_spec.dataset:
            self._app_copies.append(self._copy(dataset, for_app=True))
        self._launch(code)

    def _launch(self, code: Sequence[Mount]) -> None:
        """Start the app on the copies that there are."""
        spec = self._app_spec
        used = [copy.server.service for copy in self._app_copies]
        argv = (f"{_VERBS}/serve",) if spec.start is None else ("/bin/sh", "-c", f"exec {spec.start}")
        self._touch()
        self._app = self._start(
            ContainerPlan(
                self.image,
                argv,
                env={**self._app_env(), "PORT": str(spec.port)},
                workdir="/work",
                mounts=(*code, *(self.shares[name] for name in used if name in self.shares)),
                limits=self._limits,
                name="app",
            )
        )
        self._wait_ready(self._app, spec)

    def _app_env(self) -> dict[str, str]:
        facts = {copy.server.service: copy.server.facts(copy.name) for copy in self._app_copies}
        return {
            name: SERVICE_REFERENCE.sub(lambda found: facts[found["service"]][found["fact"]], value)
            for name, value in self._app_spec.env.items()
        }

    def _wait_ready(self, app: Running, spec: AppSpec) -> None:
        ready = spec.ready
        end = min(self.now() + ready.timeout, self.run_deadline)
        what = f"answered {ready.http}" if ready.http else f"listened on port {spec.port}"
        last = "nothing listened on the port"
        while True:
            left = end - self.now()
            if ready.http is None:
                answered = self.sandbox.listening(spec.port, min(0.2, max(left, 0.01)))
            else:
                method, _, target = ready.http.partition(" ")
                reply = self.sandbox.http(HttpRequest(spec.port, method, target, timeout=min(2.0, max(left, 0.05))))
                answered = reply.error is None and reply.status == ready.status
                if reply.error is None:
                    last = f"the last answer had status {reply.status}"
                elif reply.error != "refused":
                    last = f"the last request got no whole answer ({reply.error})"
            if answered:
                return
            if not app.alive():
                raise Blocked(f"the app {app.ending()} before it {what}", app.tail())
            if left <= 0:
                raise Blocked(f"the app had not {what} after {ready.timeout:g} s; {last}", app.tail())
            time.sleep(_READY_PAUSE)

    def stop_app(self) -> None:
        """Stop the app and drop what it used; the next check that uses it starts a fresh one."""
        self._halt()
        copies, self._app_copies = self._app_copies, []
        with ExitStack() as stack:
            for copy in copies:
                stack.callback(copy.drop)

    def restart(self, *, grace: float) -> str:
        """Stop the app and start it again on the same data; how it ended in words.

        Raises:
            Blocked: it does not run, or does not start again. The data is still there for the check, and the next
                check that uses the app starts a fresh one.
        """
        app = self._app
        if app is None or not app.alive():
            raise Blocked("the app does not run any more", "" if app is None else app.tail())
        ending = app.end(self.within(grace)) if grace else "running"
        self._halt()
        self._relaunch()
        return "was killed" if ending == "running" else ending

    def _halt(self) -> None:
        if self._app is not None:
            self._app.stop()
            self._app = None

    def _relaunch(self) -> None:
        self._since, self._restarted = 0.0, True
        try:
            self._launch(self._code)
        except Blocked:
            self._halt()
            raise

    def switch(self, service: str, *, on: bool) -> None:
        """Take a service away from the app, or give it back. The next check that uses the app starts a fresh one.

        Raises:
            Blocked: the server does not work as it did before the candidate's code used it.
            InfrastructureError: the app has no such service, or its server cannot refuse an app.
        """
        self.within(1.0)
        copies = [copy for copy in self._app_copies if copy.server.service == service]
        # An app that did not get over the outage would fail the checks behind this one as well.
        self._spoiled = True
        for copy in copies:
            if on:
                copy.server.admit(copy.name)
                self._shut.remove(copy)
                continue
            self._shut.append(copy)
            if not copy.server.shut(copy.name):
                raise _stays(service)
        if not copies:
            raise _stays(service)

    @contextmanager
    def stretched(self, tables: Sequence[str] | None, delay: float) -> Iterator[Stretch | None]:
        """Let the app's writing statements wait, until the context ends.

        Raises:
            Blocked: the tables, which the candidate made, do not let us.
            InfrastructureError: tables are named, and the app's database is none of a server that can wait.
        """
        copy = next((copy for copy in self._app_copies if isinstance(copy, SqlCopy)), None)
        waits = None if copy is None else copy.server.stretch(copy.name, tables, delay)
        if copy is None or waits is None:
            if tables is not None:
                what = "statements cannot be made to wait: the app's database is no PostgreSQL or MariaDB"
                raise InfrastructureError(Problem(f"check {self.context.check}", what, hint="set stretch: off"))
            yield None
            return
        if waits.busy:
            # A session of the app's that left a transaction open holds its tables; it ends with the app.
            self._halt()
            waits = copy.server.stretch(copy.name, tables, delay) or waits
            self._relaunch()
        if waits.error is not None:
            self._spoiled = True
            raise copy.fault("slowing the tables down", waits.error)
        found = Stretch(waits.tables)
        try:
            yield found
        finally:
            kept = copy.server.relax(copy.name, waits)
            found.kept = kept is not False
            self._spoiled |= kept is None

    def request(self, request: HttpRequest) -> HttpReply:
        """Send a request to the app, within the check's deadline."""
        return self.sandbox.http(replace(request, port=self._app_spec.port, timeout=self.within(request.timeout)))

    def volley(self, request: HttpRequest, clients: int) -> Sequence[HttpReply]:
        """Send the same request to the app from several clients at once, within the check's deadline."""
        asked = replace(request, port=self._app_spec.port, timeout=self.within(request.timeout))
        return self.sandbox.volley(asked, clients)

    def load(self, request: LoadRequest) -> LoadReply:
        """Send the same request to the app again and again, within the check's deadline."""
        asked = replace(request.request, port=self._app_spec.port, timeout=self.within(request.request.timeout))
        return self.sandbox.load(replace(request, request=asked, seconds=self.within(request.seconds)))

    # --- one-shot containers

    def _touch(self) -> None:
        """Code of the candidate is about to run in the pod, where it reaches every server's port."""
        self._exposed = True
        for server in self.servers.values():
            server.touched = True

    def shell(self) -> int:
        """Lend this process's terminal to a shell in a copy of the submission, beside the app; its exit code.

        It is the candidate's user, in a container like the app's.

        Raises:
            Blocked: the submission does not build.
            InfrastructureError: a fault of ours.
        """
        env = {"PYTHONPATH": "/opt/deps"}
        if self._app_copies:
            env |= self._app_env()
        if self._app is not None:
            env["PORT"] = str(self._app_spec.port)
        code = self._code
        used = [copy.server.service for copy in self._app_copies]
        self._touch()
        running = self._start(
            ContainerPlan(
                self.image,
                ("sleep", "infinity"),
                env=env,
                workdir="/copy",
                mounts=(*code, *(self.shares[name] for name in used if name in self.shares)),
                tmpfs=(Tmpfs("/copy", _SCRATCH, 20_000, executable=True),),
                limits=self._limits,
                name="shell",
            )
        )
        try:
            return running.interact((*_IN_COPY, "/work", "--", "/bin/sh", "-i"))
        finally:
            running.stop()

    @property
    def _limits(self) -> Limits:
        spec = self.challenge.spec.limits
        return Limits(memory=spec.memory, cpus=spec.cpus, pids=spec.pids)

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
        mounts = [*self._code]
        sources = ["/work"]
        if files:
            volume = files_volume(self.context.check)
            self._fill(volume, files)
            mounts.append(Mount(volume, "/extra"))
            sources.append("/extra")
        self._touch()
        return self._run(
            ContainerPlan(
                self.image,
                (*_IN_COPY, *sources, "--", *argv),
                env={"PYTHONPATH": "/opt/deps", **env},
                workdir="/copy",
                mounts=mounts,
                tmpfs=(Tmpfs("/copy", _SCRATCH, 20_000, executable=True),),
                limits=self._limits,
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
        if self._unbuilt is not None:
            raise Blocked(self._unbuilt.message, self._unbuilt.detail)
        self._exposed = True
        entries = {**self.submission, **{entry.path: entry for entry in files}}
        return self._run(
            ContainerPlan(
                self.image,
                ("/bin/sh", "-c", _AS_PREPARED, "sh", line),
                env={"PYTHONPATH": "/opt/deps", **env},
                workdir="/copy",
                tmpfs=(Tmpfs("/copy", _SCRATCH, 20_000, executable=True),),
                limits=self._limits,
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
            if volume in self._filled:
                self.sandbox.empty(volume)
            self._fill(volume, files)
        return self._run(
            ContainerPlan(
                self.scanners[scanner],
                ("/bin/sh", "-c", line),
                workdir="/work",
                mounts=(Mount(volume, "/work"),),
                limits=SCANNING,
                alone=True,
                name=f"scan {self.context.check}",
            ),
            timeout=self.within(timeout),
            max_output=max_output,
        )

    def test(self, files: Sequence[FileEntry], *, timeout: float, max_output: int, split: bool = False) -> ExecResult:
        """Run a hidden suite in a fresh container; the suite's volume is filled only now.

        It shares no network with the app, which lives on and could tell the code under test of earlier runs.

        Raises:
            InfrastructureError: a fault of ours, such as a runner that has no ``call`` for a split suite.
        """
        volume, code = files_volume(self.context.check), self._code
        if split:
            return self._test_split(files, volume, timeout=timeout, max_output=max_output)
        self._fill(volume, files)
        self._exposed = True
        return self._run(
            ContainerPlan(
                self.image,
                (f"{_VERBS}/test",),
                mounts=(*code, Mount(volume, "/hidden")),
                limits=self._limits,
                alone=True,
                name=f"suite {self.context.check}",
            ),
            timeout=self.within(timeout),
            max_output=max_output,
        )

    def _test_split(self, files: Sequence[FileEntry], volume: str, *, timeout: float, max_output: int) -> ExecResult:
        """Run a hidden suite in a container without the submission, which answers calls in another one."""
        runner = self._calling_runner("its suites cannot be split", "set isolation: in-process for this suite")
        socket = call_volume(self.context.check)
        self._fill(volume, files)
        exposed, self._exposed = self._exposed, True
        worker = self._worker(runner)
        try:
            result = self._run(
                ContainerPlan(
                    self.plain_image,
                    (*runner.argv("test"), "split", f"{min(_CALL, timeout):g}"),
                    uid=TESTER_UID,
                    mounts=(Mount(volume, "/hidden"), Mount(socket, "/call")),
                    limits=self._limits,
                    alone=True,
                    name=f"suite {self.context.check}",
                ),
                timeout=self.within(timeout),
                max_output=max_output,
            )
            printed = worker.tail()
            ending = worker.ending()
        finally:
            worker.stop()
        # Whoever ran in the pod before may have seen to it that nothing answers.
        if result.ending is Ending.EXITED and result.exit_code == _UNREACHABLE and not exposed:
            raise unanswered(runner, ending, printed)
        if not printed:
            return result
        shown = f"\n--- printed by the candidate's code ---\n{printed}".encode(errors="replace")
        return replace(result, stderr=result.stderr + shown)

    def _worker(self, runner: Runner) -> Running:
        """The candidate's code in a container of its own, which answers calls on its socket."""
        self._filled.add(call_volume(self.context.check))
        return self._start(
            ContainerPlan(
                self.image,
                runner.argv("call"),
                mounts=(*self._code, Mount(call_volume(self.context.check), "/call", writable=True)),
                limits=self._limits,
                alone=True,
                name=f"calls {self.context.check}",
            )
        )

    def checker(self, name: str, settings: Mapping[str, Json], *, timeout: float, max_output: int) -> ExecResult:
        """Run the ``check`` of a checker's image beside the app; it has the pod's network and nothing else."""
        return self._run(
            ContainerPlan(
                self.checkers[name],
                (f"{_VERBS}/check",),
                uid=TESTER_UID,
                workdir="/tmp",  # noqa: S108 - inside the container
                limits=CHECKING,
                name=f"{name} {self.context.check}",
            ),
            stdin=render({**settings, "port": self._app_spec.port}).encode(),
            timeout=self.within(timeout),
            max_output=max_output,
        )

    @contextmanager
    def calls(self) -> Iterator[PodCalls]:
        """The candidate's code behind the call protocol, until the context ends.

        Raises:
            Blocked: the submission does not build.
            InfrastructureError: a fault of ours, such as a runner that has no ``call``.
        """
        runner = self._calling_runner("nothing can be called", "leave this language out of the challenge's `runner`")
        exposed, self._exposed = self._exposed, True
        worker = self._worker(runner)
        try:
            volume = call_volume(self.context.check)
            yield PodCalls(self.sandbox, volume, self.within, runner, worker, unreachable=not exposed)
        finally:
            worker.stop()

    def _calling_runner(self, so: str, hint: str) -> Runner:
        """The runner, if it can serve calls."""
        if self.runner is not None and "call" in self.runner.verbs:
            return self.runner
        name = "this runner" if self.runner is None else f"runner {self.runner.name}"
        raise InfrastructureError(
            Problem(
                f"check {self.context.check}",
                f"{name} has no `call`, so that {so}",
                "a runner with the verb `call`",
                hint,
            )
        )


def _stays(service: str) -> InfrastructureError:
    """That a service cannot be taken away from the app."""
    what, wanted = "cannot be taken away from the app", "PostgreSQL, MariaDB or Redis, used by the app"
    return InfrastructureError(Problem(f"service {service}", what, wanted, "correct the challenge"))
