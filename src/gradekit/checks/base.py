"""What a check kind is: a model, an evidence model, and pure functions around one effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

from gradekit.checks.jsontext import Json
from gradekit.checks.oracle import Oracle
from gradekit.checks.ratios import Ratios
from gradekit.checks.twins.model import Twin
from gradekit.errors import Blocked, InfrastructureError
from gradekit.history import History
from gradekit.language import Framework, Speech
from gradekit.model import Loc
from gradekit.results import Exhibit, Judgement, Tier
from gradekit.sandbox.messages import (
    CallReply,
    CommandResult,
    HttpReply,
    HttpRequest,
    LoadReply,
    LoadRequest,
    SqlResult,
    StepResult,
)
from gradekit.sandbox.plans import ExecResult, FileEntry

S = TypeVar("S", bound=BaseModel)
E = TypeVar("E", bound=BaseModel)

MAX_PRINTED: Final = 4 << 20
"""Bytes that a program of the candidate's may print, stdout and stderr together."""
MAX_RESULT: Final = 8 << 20
"""Bytes of a result of statements that are kept, where a check asks for no other number."""
PRINTED_TOO_MUCH: Final = f"printed more than {MAX_PRINTED >> 20} MiB, which is gradekit's limit"

Role = Literal["owner", "reader"]
"""``owner`` made the data set's tables (the app's own rights); ``reader`` may only read them."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A semantic problem of a check: where (keys and indexes below the kind's map) and what."""

    loc: Loc
    what: str
    expected: str = ""
    hint: str = ""
    place: str = ""
    """``file:line:column`` of another file of the challenge, where it is about that; ``loc`` is then not looked at."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a check may refer to, for ``lint``."""

    files: Mapping[str, bytes]
    """The challenge's files, by path relative to the challenge's folder."""
    variables: Mapping[str, str | int | float | bool]
    """``vars`` of the spec."""
    datasets: Sequence[str] = ()
    services: Sequence[str] = ()
    app: bool = False
    runners: Sequence[str] = ()
    """Languages that the challenge allows by name; empty for any."""
    engines: Mapping[str, str] = field(default_factory=dict)
    """Of data sets, the engine whose rules cut SQL into statements, as far as it is known before anything runs."""
    app_services: Mapping[str, str] = field(default_factory=dict)
    """The services that the app's data sets are on -> their runners."""
    tools: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of scanners that say it, what each can be asked for."""
    submitted: Sequence[str] = ()
    """The data sets that load files of the submission."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a judge may read beside spec and evidence; all of it belongs to the challenge."""

    check: str
    """The check's id."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    variables: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    expected_tests: tuple[str, ...] | None = None
    """For suites: the test ids that the reference passed, from challenge.lock."""
    twins: Mapping[str, Twin] | None = None
    """For suites: test functions with a twin that the reference fails, from challenge.lock; None: not known yet."""
    answers: Mapping[str, tuple[str, ...]] | None = None
    """For generated calls: what the reference answered, from challenge.lock; None: not known yet."""
    ratios: Ratios | None = None
    """For loads: what the references were measured at, from challenge.lock; None: not known yet."""
    memory: int | None = None
    """Bytes that limits.memory of the challenge gives to each container; None: not known."""

    def out_of_memory(self) -> str:
        """What is said of a process that ended for want of memory, after its name."""
        size = "" if self.memory is None else f" of {self.memory / (1 << 20):g} MiB"
        return f"ran out of its memory{size}, which limits.memory of the challenge sets"


@dataclass(frozen=True, slots=True)
class Counted:
    """The statements of the app's sessions that a server counted."""

    sent: int = 0
    """That came from the app, each for itself, however many were in one message."""
    inside: int = 0
    """That functions, procedures and triggers in the database ran."""
    aside: int = 0
    """That begin and end transactions or set up a session; not in ``sent``."""
    lost: bool = False
    """Whether there were more different ones than the server keeps apart, so that numbers are too small."""
    texts: Sequence[tuple[str, int]] = ()
    """Those of ``sent`` that came most often, as the server normalises them, and how often; hostile text."""


class Database(Protocol):
    """A fresh copy of a data set, for one check."""

    @property
    def engine(self) -> str:
        """The engine of its service, as its runner.yaml has it."""

    @property
    def by_candidate(self) -> bool:
        """Whether files of the submission made its tables, so that a query of the challenge may not fit them."""

    def query(
        self,
        statements: Sequence[str],
        *,
        role: Role,
        timeout: float,
        read_only: bool = False,
        max_rows: int = 100_000,
        max_bytes: int = MAX_RESULT,
        theirs: bool = False,
        keep_going: bool = False,
    ) -> Sequence[SqlResult]:
        """Run statements as a role; see ``SqlRequest``. ``theirs``: the candidate wrote them."""

    def interleave(
        self, steps: Sequence[tuple[str, Sequence[str]]], *, timeout: float, total: float, theirs: bool
    ) -> Sequence[StepResult]:
        """Run steps of several sessions (name, statements) as the owner, in the order in which they begin.

        Raises:
            InfrastructureError: a fault of ours, such as a server that has one session at a time.
            Blocked: the server does not work as it did before the candidate's statements reached it.
        """

    def count_anew(self) -> None:
        """Count the app's statements from now on.

        Raises:
            InfrastructureError: a fault of ours, such as a server that counts none.
        """

    def counted(self) -> Counted:
        """The app's statements since ``count_anew``."""

    def fault(self, place: str, what: str, *, server: bool = False) -> InfrastructureError | Blocked:
        """The exception for a statement of ours that cannot run here.

        Blocked where the candidate's files made the tables (a slow view in the place of a table is their
        doing), and where the ``server`` failed that their code could reach before; InfrastructureError where all of it
        is ours.
        """


@dataclass(slots=True)
class Stretch:
    """Tables in which the app's writing statements wait before they begin."""

    tables: tuple[str, ...]
    kept: bool = True
    """Whether all of them still did when it ended; known then."""


class Store(Protocol):
    """A fresh copy of a data set in a store, for one check."""

    @property
    def engine(self) -> str:
        """The engine of its service, as its runner.yaml has it."""

    def command(self, commands: Sequence[Sequence[str]], *, role: Role, timeout: float) -> Sequence[CommandResult]:
        """Run commands as a role, up to the first that fails; ``timeout`` seconds for each.

        A command is a list of words for Redis, and one text of Extended JSON for MongoDB.
        """

    def fault(self, place: str, what: str, *, server: bool = False) -> InfrastructureError | Blocked:
        """The exception for a command of ours that cannot run here; as of ``Database``."""


class Calls(Protocol):
    """The candidate's code in a container of its own, which answers calls."""

    @property
    def language(self) -> str:
        """The name of its runner."""

    @property
    def speech(self) -> Speech:
        """How the language names things."""

    def exchange(self, line: str, *, fresh: bool, timeout: float, max_line: int) -> CallReply:
        """Send a request line of the call protocol; ``fresh``: to a new process, which has ``timeout`` once it runs."""

    def printed(self) -> str:
        """The end of what the code printed; hostile text."""


class Bench(Protocol):
    """What ``observe`` may do. Raises Blocked (candidate's fault) or InfrastructureError (ours)."""

    @property
    def context(self) -> Context:
        """The challenge's files and variables."""

    @property
    def submission(self) -> Mapping[str, FileEntry]:
        """The candidate's files, by path."""

    @property
    def history(self) -> History | None:
        """The commits before the graded one, for kinds that read them; None for a plain folder."""

    @property
    def language(self) -> str:
        """The name of the submission's runner."""

    @property
    def frameworks(self) -> Sequence[Framework]:
        """How test frameworks of the submission's language tell of a run."""

    def request(self, request: HttpRequest) -> HttpReply:
        """Send a request to the candidate's app (its port is filled in)."""

    def engine(self, dataset: str) -> str:
        """The engine of a data set's service, as its runner.yaml has it."""

    def volley(self, request: HttpRequest, clients: int) -> Sequence[HttpReply]:
        """Send the same request to the candidate's app from several clients at once."""

    def restart(self, *, grace: float) -> str:
        """Stop the app and start it again on the same data; how it ended in words.

        ``grace`` seconds are between the request to end (SIGTERM) and its death; with 0 it is killed at once.
        """

    def switch(self, service: str, *, on: bool) -> None:
        """Take a service away from the app, or give it back; the data stay.

        Off: the app's sessions end, and whoever wants a new one is refused. Checks still ask it.
        """

    def stretched(self, tables: Sequence[str] | None, delay: float) -> AbstractContextManager[Stretch | None]:
        """Let each statement with which the app writes into these tables, or into any, wait ``delay`` seconds first.

        None when any would do, but the app uses no database of a server that can wait.
        """

    def load(self, request: LoadRequest) -> LoadReply:
        """Send the same request to the candidate's app again and again (its port is filled in)."""

    def database(self, dataset: str) -> Database:
        """A fresh copy of a data set."""

    def app_database(self) -> Database:
        """The database that the running app uses."""

    def store(self, dataset: str) -> Store:
        """A fresh copy of a data set in a store."""

    def app_store(self) -> Store:
        """The store that the running app uses."""

    def command(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes,
        timeout: float,
        files: Sequence[FileEntry] = (),
        env: Mapping[str, str],
    ) -> ExecResult:
        """Run a program in the submission's folder (a fresh, writable copy in a fresh container).

        ``files`` are put over the submission's before it starts.
        """

    def own_tests(
        self, line: str, *, prepare: str, files: Sequence[FileEntry], timeout: float, env: Mapping[str, str]
    ) -> ExecResult:
        """Run a shell line of the candidate's in a fresh, writable copy of the submission, without any network.

        ``files`` are put over the copy first, and the shell script ``prepare`` is run; exit code 125 when that fails.
        Nothing that the line can see tells which files or which script it was.
        """

    def scan(
        self, scanner: str, line: str, *, files: Sequence[FileEntry] | None = None, timeout: float, max_output: int
    ) -> ExecResult:
        """Run a shell line in a scanner's image, without network, over the submission in ``/work``, which is read-only.

        ``files`` are there instead of the submission.
        """

    def test(self, files: Sequence[FileEntry], *, timeout: float, max_output: int, split: bool = False) -> ExecResult:
        """Run the runner's ``test`` over a hidden suite (paths relative to the suite) in a fresh container.

        stdout holds the runner's records, one JSON object a line (see runners/README.md). ``split``: that container
        does not have the candidate's code, which runs in another one behind a protocol that carries data only.
        """

    def calls(self) -> AbstractContextManager[Calls]:
        """The candidate's code behind the call protocol, until the context ends."""

    def checker(self, name: str, settings: Mapping[str, Json], *, timeout: float, max_output: int) -> ExecResult:
        """Run the ``check`` of a checker's image beside the app, in a container without code of the candidate.

        stdin is the settings as JSON, with one more member, ``port``: where the app listens.
        """

    def sleep(self, seconds: float) -> None:
        """Wait, interruptibly."""

    def now(self) -> float:
        """A monotonic clock in seconds."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What challenge.lock keeps of the reference's run."""

    tests: tuple[str, ...]
    """Ids of tests that passed."""
    twins: Mapping[str, Twin]
    """Test functions whose twin failed."""
    mistakes: tuple[str, ...] = ()
    """What the author has to mend before there can be a lock, one line each, its place first."""
    answers: Mapping[str, tuple[str, ...]] | None = None
    """For generated calls: name -> arguments with the reference's answer, one JSON text each."""
    ratios: Ratios | None = None
    """For loads: what this run was measured at, by its language."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[S, E]):
    """One check kind. ``observe`` is the only function with effects, and it decides nothing."""

    name: str
    """The key in YAML."""
    spec: type[S]
    evidence: type[E]
    tier: Callable[[S], Tier]
    """Known from the spec alone, before anything runs."""
    observe: Callable[[S, Bench], E]
    """``check.timeout`` bounds it from outside; kinds have timeouts of their own for each action."""
    judge: Callable[[S, E, Context], Judgement]
    show: Callable[[S, E], tuple[Exhibit, ...]]
    lint: Callable[[S, Scope], Iterable[Complaint]]
    beside: Callable[[S, E, Context], tuple[Exhibit, ...]] = lambda _spec, _evidence, _context: ()
    """More of the evidence, made readable beside what challenge.lock has."""
    paths: Callable[[S], Iterable[tuple[Loc, str]]] = lambda _: ()
    """Files of the challenge that it needs: (loc below the kind's map, path or folder)."""
    submitted: Callable[[S], Iterable[tuple[Loc, str]]] = lambda _: ()
    """Files of the submission that it cannot do without: (loc below the kind's map, path or glob)."""
    expanded: Callable[[S, Mapping[str, bytes]], tuple[S, Sequence[Complaint]]] = lambda spec, _files: (spec, ())
    """The check with what its files say in it, once they are read; and what is wrong with them."""
    uses_app: Callable[[S], bool] = lambda _: False
    """Whether the app must run for it."""
    ships_files: Callable[[S], bool] = lambda _: False
    """Whether observing puts files of the challenge into a candidate's container."""
    calls: Callable[[S], bool] = lambda _: False
    """Whether it asks the candidate's code over the call protocol."""
    checker: str = ""
    """The runner of kind checker whose image it needs."""
    runs_code: bool = True
    """Whether it needs a runner of the submission's language; False where only services read its files."""
    reads_history: bool = False
    """Whether it looks at the commits before the graded one, so that they are fetched."""
    reads_lines_without: Callable[[S], Sequence[str] | None] = lambda _: None
    """Names of files, with * and ?, without which it looks at the lines of earlier commits; None: it looks at none."""
    scanner: Callable[[S], str | None] = lambda _: None
    """The runner of kind scanner in whose image it looks at the submission's files."""
    advisory: bool = False
    """Whether a check has no points unless its author gives it some."""
    recorded: Callable[[S, E, Mapping[str, bytes]], Recorded | None] | None = None
    """What the reference's run shows, read with the challenge's files; None where a kind, or a check, needs nothing."""
    tiers: Mapping[Tier, str] = field(default_factory=lambda: {Tier.BLACK_BOX: ""})
    """Every tier that a check of this kind can have, and what in its spec gives it."""
    oracle: Oracle[S, E] | None = None
    """How its expectations are tried on changed evidence; None for kinds whose verdict is about more than answers."""
