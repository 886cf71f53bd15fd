"""What the probe can be asked from inside a sandbox, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


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
