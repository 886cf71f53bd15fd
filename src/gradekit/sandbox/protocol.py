"""What a sandbox can do: the only view of an engine that the layers above have.

A sandbox is one running pod: a trusted probe container owns a network namespace with loopback only;
services, the app and one-shot commands join it, unless they are to be alone, each with its own process,
ipc and mount namespaces, user and limits. Every method raises ``InfrastructureError`` for a fault of ours; what the
code inside does (exit 1, out of memory, too much output) is data in the result.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from gradekit.results import Isolation

CANDIDATE_UID = 10001
"""Build, app, commands and in-process suites."""
SERVICE_UID = 10002
"""Databases and caches."""
PROBE_UID = 10003
"""The trusted probe."""
TESTER_UID = 10004
"""Hidden tests that are kept apart from the candidate's code."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A regular file to put into a sandbox; ``path`` is relative, with ``/``."""

    path: str
    data: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class VolumePlan:
    """A capped tmpfs volume: ``size`` in bytes, at most ``inodes`` files and folders."""

    name: str
    size: int
    inodes: int = 20_000
    uid: int = CANDIDATE_UID


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume of the sandbox at an absolute path in one container."""

    volume: str
    path: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Tmpfs:
    """A writable scratch folder of one container, counted against its memory."""

    path: str
    size: int
    inodes: int = 8_192
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one container: ``memory`` in bytes (swap included), ``cpus`` in cores."""

    memory: int = 1 << 30
    cpus: float = 2.0
    pids: int = 256


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """A container to run; ``image`` is an image id, ``argv`` never passes through a shell of ours.

    ``env`` is the whole environment (nothing is inherited but PATH, HOME=/tmp, LANG=C.UTF-8, TZ=UTC).
    A tmpfs at ``/tmp`` of 64 MiB (noexec) is always there.
    """

    image: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    uid: int = CANDIDATE_UID
    workdir: str = "/"
    mounts: Sequence[Mount] = ()
    tmpfs: Sequence[Tmpfs] = ()
    limits: Limits = Limits()
    alone: bool = False
    """Without the pod's network, with a loopback of its own: it reaches neither services nor the app."""
    name: str = "command"
    """A word for progress and errors: ``app``, ``db``, ``suite unit``."""


class Ending(StrEnum):
    """How a process ended."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    OOM = "oom"
    OUTPUT = "output"
    """It wrote more than the cap and was killed."""


@dataclass(frozen=True, slots=True)
class ExecResult:
    """A finished process; ``exit_code`` is None unless it exited by itself; outputs are capped bytes."""

    argv: Sequence[str]
    ending: Ending
    exit_code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP/1.1 request to a port on the pod's loopback; ``target`` is the raw path and query."""

    port: int
    method: str
    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    timeout: float = 5.0
    """Seconds, a total deadline over connect, send and the whole body."""
    max_body: int = 1 << 20


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The answer, or why there was none (``error`` is then one of ERRORS and ``status`` is 0).

    Redirects are never followed, bodies never decompressed.
    """

    ERRORS = ("refused", "timeout", "closed", "protocol", "too-large")
    status: int
    reason: str = ""
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    error: str | None = None
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """The same request again and again, from several clients."""

    request: HttpRequest
    clients: int
    seconds: float
    """How long requests are begun."""
    rate: float | None = None
    """Requests a second in all, each begun at its time however late the others are; None: a client's next one follows
    its last answer."""
    most: int = 20_000
    """Requests in all."""


@dataclass(frozen=True, slots=True)
class LoadReply:
    """What came of a load; times are seconds, in no order."""

    times: Sequence[float]
    """Of every answer, from when its request was due."""
    statuses: Mapping[int, int] = field(default_factory=dict)
    """Status to how many answers had it; 0 where there was none."""
    seconds: float = 0.0
    """From the first request to the last answer."""


@dataclass(frozen=True, slots=True)
class SqlRequest:
    """Statements on a service, each sent alone, in one session, outside a transaction of ours.

    All go over the service's unix socket, whose folder only the service and the probe have. ``user`` None means
    the administrator.
    """

    service: str
    database: str
    statements: Sequence[str]
    user: str | None = None
    password: str | None = None
    timeout: float = 5.0
    """Seconds for each statement (statement_timeout, and 2 s more on the wire)."""
    total: float | None = None
    """Seconds for all statements together, and 2 s more on the wire; None: as many times ``timeout``."""
    read_only: bool = False
    max_rows: int = 100_000
    max_bytes: int = 8 << 20
    """Of each statement's result."""
    engine: str = "postgres"
    """What the service speaks: ``engine`` of its runner."""
    keep_going: bool = False
    """Run what follows a statement that failed, too, unless the session is lost."""


@dataclass(frozen=True, slots=True)
class SqlColumn:
    """A column of a result: its name and the engine's type name, such as ``int4`` or ``numeric``."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class SqlResult:
    """The result of one statement: rows in the engine's own text form, None for NULL."""

    columns: Sequence[SqlColumn] = ()
    rows: Sequence[Sequence[str | None]] = ()
    affected: int | None = None
    truncated: bool = False
    error: str | None = None
    """The engine's message; execution stopped here, unless it was to keep going."""
    sqlstate: str | None = None
    """As PostgreSQL would say it where an engine's own says less, such as 23505, 23514 and 57014."""


@dataclass(frozen=True, slots=True)
class InterleaveRequest:
    """Steps of several sessions on a service, in the order in which they begin; see ``SqlRequest``."""

    service: str
    database: str
    steps: Sequence[tuple[str, Sequence[str]]]
    """Name of the session, and statements."""
    user: str
    password: str
    timeout: float = 10.0
    """Seconds for each statement, its waiting for locks included."""
    total: float = 60.0
    """Seconds for everything."""
    max_rows: int = 1000
    max_bytes: int = 256 << 10
    """Of each step."""
    engine: str = "postgres"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of a step."""

    begun: bool = True
    """False where its session waited until all was over."""
    late: bool = False
    """Whether its session waited when it was due, so that it began later."""
    waited: bool = False
    """Whether it waited for a lock of another session, so that others went on."""
    ended: bool = True
    """False where it still waited when all was over."""
    at: int = 0
    """Number of the statement that ``result`` is of, from 1."""
    result: SqlResult = SqlResult()
    """Of its last statement, or of the one that failed."""


@dataclass(frozen=True, slots=True)
class RedisRequest:
    """Commands for Redis, each a list of texts, sent one after the other in one session.

    All go over the service's unix socket, whose folder only the service and the probe have. ``user`` None means
    the administrator.
    """

    service: str
    commands: Sequence[Sequence[str]]
    database: int = 0
    user: str | None = None
    password: str | None = None
    timeout: float = 5.0
    """Seconds for each command."""
    total: float | None = None
    """Seconds for all commands together, and 2 s more; None: as many times ``timeout``."""
    max_bytes: int = 1 << 20
    """Of each reply."""


@dataclass(frozen=True, slots=True)
class MongoRequest:
    """Commands for MongoDB, texts of Extended JSON, sent one after the other on one connection.

    All go over a unix socket in a folder that only the service and the probe have; there is nobody to log in.
    """

    service: str
    commands: Sequence[str]
    server: str
    """Which of the service's servers: the name of its socket without ``.sock``."""
    database: str = "admin"
    timeout: float = 5.0
    """Seconds for each command."""
    total: float | None = None
    """Seconds for all commands together, and 2 s more; None: as many times ``timeout``."""
    max_bytes: int = 1 << 20
    """Of each reply, all batches together."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The reply to one command of a store: the text of a JSON value.

    Of Redis: maps are objects, sets are sorted lists, and what is not UTF-8 is ``{"base64": ...}``. Of MongoDB:
    relaxed Extended JSON, the documents of a cursor as a list.
    """

    OURS = ("refused", "timeout", "closed", "protocol", "too-large")
    reply: str = "null"
    code: str | None = None
    """The server's code, such as ``WRONGTYPE`` or ``DuplicateKey``, or one of OURS: the commands ended here."""
    error: str | None = None
    """The server's message."""


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A line of the call protocol (runners/README.md) for the socket in a volume."""

    volume: str
    line: str
    """Without its end."""
    fresh: bool = False
    """Begin a connection, which means a new process at the other end; else go on with the one there is."""
    wait: float = 1.0
    """Seconds in which somebody must listen, for ``fresh``."""
    timeout: float = 5.0
    """Seconds from the line to the whole answer."""
    max_line: int = 1 << 18


@dataclass(frozen=True, slots=True)
class CallReply:
    """The line that answers, without its end, or why there is none (``error`` is then one of ERRORS).

    ``refused``: nobody listens. After an error the connection is over.
    """

    ERRORS = ("refused", "timeout", "closed", "protocol", "too-large")
    line: bytes = b""
    error: str | None = None
    detail: str = ""
    seconds: float = 0.0


BASE_LABEL: Final = "io.gradekit.base"
"""Name and id of the image that a runner's image was built on."""
VERSIONS_LABEL: Final = "io.gradekit.versions"
STAND_IN_LABEL: Final = "io.gradekit.stands-in"
"""What is inside of a runner's image, a JSON list of lines."""
SAID_LABEL: Final = "io.gradekit.said"
"""What the program that fetched an image's packages printed, cut and in base64: a label takes no line breaks."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image on the engine: ``id`` is its digest, ``tag`` the name it was found by."""

    tag: str
    id: str
    labels: Mapping[str, str] = field(default_factory=dict)
    size: int = 0
    created: str = ""
    """When it was made, ISO 8601 as the engine writes it."""

    @property
    def said(self) -> str:
        """What the program that fetched its packages printed; nothing where the label is none of ours."""
        try:
            return base64.b64decode(self.labels.get(SAID_LABEL, "")).decode(errors="replace")
        except ValueError:
            return ""

    @property
    def versions(self) -> tuple[str, ...]:
        """What its label says of the versions inside; nothing where it has none."""
        try:
            found = json.loads(self.labels.get(VERSIONS_LABEL, "[]"))
        except ValueError:
            return ()
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def stand_in(self) -> str:
        """What stands in it for which official image, in words; empty where nothing does."""
        official = self.labels.get(STAND_IN_LABEL, "")
        inside = "; ".join(self.versions) or "another server"
        return f"{inside} in the place of {official}" if official else ""

    @property
    def base(self) -> str:
        """Name and id of the image that it was built on; empty where it does not say."""
        return self.labels.get(BASE_LABEL, "")


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


@dataclass(frozen=True, slots=True)
class SandboxPlan:
    """What a pod needs from its start: the probe mounts every volume at /vol/NAME."""

    run: str
    """The run's id, part of every label."""
    probe_image: str
    volumes: Sequence[VolumePlan] = ()


@dataclass(frozen=True, slots=True)
class Egress:
    """What the deps phase may reach: package registries, through a proxy with a list, never by a route."""

    image: str
    """The probe's image, in which proxy and forwarder run."""
    registries: Sequence[str] = ()
    """Argv of the runner's program that names the registries; empty: only those of ``hosts`` and of settings."""
    hosts: Sequence[str] = ()
    """HOST or HOST:PORT that the operator listed; only these may be in private networks."""
    max_bytes: int = 2 << 30
    """Both ways together."""
    max_sent: int = 32 << 20


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """The deps phase: a *trusted* program of a runner fetches packages.

    ``files`` land in /in (read-only); what the program leaves in /out (a tmpfs of ``size`` bytes) is
    copied to ``destination`` in a new image on top of ``image``, tagged ``tag``.
    """

    image: str
    argv: Sequence[str]
    files: Sequence[FileEntry]
    destination: str
    tag: str
    env: Mapping[str, str] = field(default_factory=dict)
    """Index settings and proxies of this machine; the program gets the way out as its proxy instead."""
    egress: Egress | None = None
    """None: no network at all."""
    size: int = 1 << 30
    timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class CacheUse:
    """What the cache of fetched packages holds."""

    entries: int
    size: int
    """Bytes."""


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
