"""Ways to take one defence away while a test runs: production code has no switch for it."""

from __future__ import annotations

import copy
import ctypes
import importlib
import inspect
import json
import os
import re
import runpy
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import jinja2
import pytest

from gradekit.checks.base import Database
from gradekit.checks.regex import Regex, RegexProblem
from gradekit.checks.suite.evidence import Record, SuiteEvidence
from gradekit.checks.suite.run import End
from gradekit.grade.allowance import Allowance
from gradekit.grade.app import App
from gradekit.grade.servers.mariadb import MariadbServer
from gradekit.grade.servers.postgres import PostgresServer
from gradekit.grade.servers.redis import RedisServer
from gradekit.probe import egress
from gradekit.record import Observation
from gradekit.results import CaseResult, Judgement
from gradekit.runner import find
from gradekit.sandbox import container, pod, probe_client
from gradekit.sandbox.docker import connect
from gradekit.sandbox.messages import SqlResult
from gradekit.sandbox.plans import CANDIDATE_UID, ContainerPlan
from gradekit.spec.challenge import AppSpec, Challenge, Check
from gradekit.spec.lock import Lock
from gradekit.submission import gitio
from gradekit.submission.address import Address

Without: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Opens a context in which a defence is gone."""
Config: TypeAlias = dict[str, Any]
"""A part of the request that makes a container."""
RUNNERS = Path(__file__).parents[2] / "runners"
GIB = 1 << 30


def changed(place: str, change: Callable[[Any], Any]) -> Without:
    """Something of gradekit (``module:name`` or ``module:Class.name``) is what ``change`` makes of it."""
    module, _, names = place.partition(":")
    *way, name = names.split(".")

    @contextmanager
    def context() -> Iterator[None]:
        # Not by attribute: a package may have a function of the module's name.
        owner: Any = importlib.import_module(f"gradekit.{module}")
        for step in way:
            owner = getattr(owner, step)
        before = inspect.getattr_static(owner, name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, change(before))
            yield

    return context


def set_to(place: str, value: object) -> Without:
    """A constant, or a function without an effect, instead of what stands there."""
    return changed(place, lambda _: value)


def edited(text: str, old: str, new: str) -> str:
    """The text with each ``old`` replaced; it must be there, or the defence would only seem to be gone."""
    assert old in text, f"{old!r} is not there any more"
    return text.replace(old, new)


def text_without(place: str, old: str, new: str = "") -> Without:
    """A text constant in which something is missing."""
    return changed(place, lambda text: edited(text, old, new))


def together(*parts: Without) -> Without:
    """Several at once: one stands in for the other."""

    @contextmanager
    def context() -> Iterator[None]:
        with ExitStack() as stack:
            for part in parts:
                stack.enter_context(part())
            yield

    return context


# --- containers ---------------------------------------------------------------------------------------------------


def host_config(edit: Callable[[Config], object]) -> Without:
    """Every container's HostConfig is edited before the engine gets it."""

    def change(make: Callable[..., Config]) -> Callable[..., Config]:
        def changed_config(*arguments: object, **named: object) -> Config:
            config = make(*arguments, **named)
            edit(config)
            return config

        return changed_config

    return changed("sandbox.container:_host_config", change)


def body(edit: Callable[[Config, ContainerPlan, Mapping[str, Any]], object]) -> Without:
    """Every container's request is edited; ``edit`` also gets the plan and the other arguments."""

    def change(make: Callable[..., Config]) -> Callable[..., Config]:
        def changed_body(plan: ContainerPlan, **named: Any) -> Config:  # noqa: ANN401 - whatever is passed on
            made = make(plan, **named)
            edit(made, plan, named)
            return made

        return changed_body

    return changed("sandbox.pod:container_body", change)


def no_option(name: str) -> Without:
    """A setting of HostConfig is left to the engine."""
    return host_config(lambda config: config.pop(name))


def no_security(option: str, instead: str | None = None) -> Without:
    """A security option is left out, or another stands in its place."""

    def edit(config: Config) -> None:
        kept = [text for text in config["SecurityOpt"] if not text.startswith(option)]
        assert len(kept) < len(config["SecurityOpt"])
        config["SecurityOpt"] = kept + ([instead] if instead is not None else [])

    return host_config(edit)


def no_ulimit(name: str) -> Without:
    """A limit of a process is left to the engine."""

    def edit(config: Config) -> None:
        config["Ulimits"] = [limit for limit in config["Ulimits"] if limit["Name"] != name]

    return host_config(edit)


def tmpfs_option(old: str, new: str) -> Without:
    """An option of every tmpfs folder is another one; ``old`` ends where its value begins."""

    def edit(config: Config) -> None:
        for path, options in config["Tmpfs"].items():
            parts = [new if part.startswith(old) else part for part in options.split(",")]
            assert new in parts
            config["Tmpfs"][path] = ",".join(filter(None, parts))

    return host_config(edit)


def calls_allowed(*names: str) -> Without:
    """The seccomp profile lets some system calls through, whatever their arguments."""
    profile = json.loads(container.seccomp_profile())
    for rule in profile["syscalls"]:
        rule["names"] = [name for name in rule["names"] if name not in names]
    profile["syscalls"] = [rule for rule in profile["syscalls"] if rule["names"]]
    profile["syscalls"].append({"names": list(names), "action": "SCMP_ACT_ALLOW"})
    text = json.dumps(profile)
    return set_to("sandbox.container:seccomp_profile", lambda: text)


@contextmanager
def a_network() -> Iterator[None]:
    """Pods are on a network of their own that leads nowhere, instead of on none."""
    engine = connect()
    network = engine.client.sdk.networks.create(f"gradekit-test-{secrets.token_hex(6)}", internal=True)
    name = str(network.name)

    def edit(made: Config, _plan: ContainerPlan, _named: Mapping[str, Any]) -> None:
        if made["HostConfig"]["NetworkMode"] == "none":
            made["HostConfig"]["NetworkMode"] = name

    try:
        with body(edit)():
            yield
    finally:
        network.remove()
        engine.close()


def _host_ipc(made: Config, plan: ContainerPlan, _named: Mapping[str, Any]) -> None:
    if plan.uid == CANDIDATE_UID:
        made["HostConfig"]["IpcMode"] = "host"


@contextmanager
def shared_memory() -> Iterator[None]:
    """Containers have the host's ipc namespace, in which there is a segment of memory."""
    libc = ctypes.CDLL(None)
    segment = libc.shmget(0, 4096, 0o1600)
    try:
        with body(_host_ipc)():
            yield
    finally:
        libc.shmctl(segment, 0, None)


def shared_processes(made: Config, _plan: ContainerPlan, named: Mapping[str, Any]) -> None:
    """Containers of a pod see each other's processes."""
    if named["network"].startswith("container:"):
        made["HostConfig"]["PidMode"] = named["network"]


def shared_socket(made: Config, plan: ContainerPlan, named: Mapping[str, Any]) -> None:
    """The candidate's containers have the folder of the database's socket."""
    if plan.uid == CANDIDATE_UID and "db" in named["volumes"]:
        mount = {"Type": "volume", "Source": named["volumes"]["db"], "Target": "/run/postgresql", "ReadOnly": False}
        made["HostConfig"]["Mounts"].append(mount)


def as_root(made: Config, plan: ContainerPlan, _named: Mapping[str, Any]) -> None:
    """The candidate's containers run as root."""
    if plan.uid == CANDIDATE_UID:
        made["User"] = "0:0"


def script_without(name: str, *edits: tuple[str, str], interpreter: Sequence[str] = ()) -> Without:
    """A script of the python runner has other text: it is run from its argv, for the image has the right one."""
    path = RUNNERS / "python" / "bin" / name
    text = path.read_text(encoding="utf-8")
    shebang = text.splitlines()[0].removeprefix("#!").split()
    for old, new in edits:
        text = edited(text, old, new)
    argv = [*(interpreter or shebang), *(["-c", text] if edits else [f"/opt/gradekit/bin/{name}"])]

    def edit(made: Config, _plan: ContainerPlan, _named: Mapping[str, Any]) -> None:
        if made["Entrypoint"][0] == f"/opt/gradekit/bin/{name}":
            made["Entrypoint"] = argv + made["Entrypoint"][1:]

    return body(edit)


def scanner_without(name: str, old: str, new: str) -> Without:
    """The program of a scanner has other text: it is run from its argv, for the image has the right one."""
    text = (RUNNERS / name / "bin" / "scan").read_text(encoding="utf-8")
    argv = [*text.splitlines()[0].removeprefix("#!").split(), "-c", edited(text, old, new)]

    def edit(made: Config, _plan: ContainerPlan, _named: Mapping[str, Any]) -> None:
        program, _, tool = made["Entrypoint"][-1].rpartition(" ")
        if program == "exec /opt/gradekit/bin/scan":
            made["Entrypoint"] = [*argv, tool]

    return body(edit)


def service_without(name: str, *edits: tuple[str, str]) -> Without:
    """The program that starts a service has other text: it is run from its argv, for the image has the right one."""
    runner = find(RUNNERS, name)
    text = (runner.folder / "bin" / "serve").read_text(encoding="utf-8")
    shebang = text.splitlines()[0].removeprefix("#!").split()
    for old, new in edits:
        text = edited(text, old, new)

    def edit(made: Config, plan: ContainerPlan, _named: Mapping[str, Any]) -> None:
        if made["Entrypoint"] == [*runner.argv("serve")] and any(one.path == runner.sockets for one in plan.mounts):
            made["Entrypoint"] = [*shebang, "-c", text]

    return body(edit)


# --- the rest -----------------------------------------------------------------------------------------------------


def probe_without(name: str, old: str, new: str) -> Without:
    """A module of the probe's program has other text."""
    modules = dict(probe_client.modules())
    modules[f"gradekit.probe.{name}"] = edited(modules[f"gradekit.probe.{name}"], old, new)
    return set_to("sandbox.probe_client:modules", lambda: modules)


def later(place: str, seconds: float) -> Without:
    """A function's ``timeout`` is longer than it should be."""

    def change(function: Callable[..., Any]) -> Callable[..., Any]:
        def patient(*arguments: object, timeout: float, **named: object) -> object:
            return function(*arguments, timeout=timeout + seconds, **named)

        return patient

    return changed(place, change)


def git_setting(line: str) -> Without:
    """A line of git's configuration is missing."""
    return text_without("submission.gitio:_CONFIG", f"\t{line}\n")


def git_variable(**changes: str | None) -> Without:
    """Variables of git's environment are missing, or have another value."""

    def change(make: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
        def environment(git: object) -> dict[str, str]:
            made = copy.copy(make(git))
            for name, value in changes.items():
                made.pop(name, None)
                if value is not None:
                    made[name] = value
            return made

        return environment

    return changed("submission.gitio:Git._clean_environment", change)


def statements_without(word: str) -> Without:
    """What has a word in it is not among the administrator's statements."""

    def change(run: Callable[..., None]) -> Callable[..., None]:
        def administer(server: PostgresServer, database: str, *statements: str) -> None:
            run(server, database, *(statement for statement in statements if word not in statement))

        return administer

    return changed("grade.servers.postgres:PostgresServer.administer", change)


def statements_more(*statements: str) -> Without:
    """The administrator prepares a server with more statements."""

    def change(prepare: Callable[[PostgresServer], None]) -> Callable[[PostgresServer], None]:
        def prepare_more(server: PostgresServer) -> None:
            prepare(server)
            server.administer("postgres", *statements)

        return prepare_more

    return changed("grade.servers.postgres:PostgresServer.prepare", change)


def mariadb_statements(pattern: str, new: str | None) -> Without:
    """The administrator's statements of MariaDB have something else in the place of a pattern; None leaves them out."""

    def change(run: Callable[..., None]) -> Callable[..., None]:
        def administer(server: MariadbServer, *statements: str) -> None:
            kept = [text for text in statements if new is not None or re.search(pattern, text) is None]
            run(server, *(re.sub(pattern, new or "", text) for text in kept))

        return administer

    return changed("grade.servers.mariadb:MariadbServer.administer", change)


def redis_commands(*words: str) -> Without:
    """Commands that begin with one of the words are not among the administrator's of Redis."""

    def change(run: Callable[..., None]) -> Callable[..., None]:
        def administer(server: RedisServer, *script: Sequence[str], database: int = 0) -> None:
            run(server, ["PING"], *(command for command in script if command[0] not in words), database=database)

        return administer

    return changed("grade.servers.redis:RedisServer._administer", change)


def one_copy(copy_: Callable[..., str]) -> Callable[..., str]:
    """The first copy of a template is the only one."""
    known: dict[tuple[int, str], str] = {}

    def copy_once(server: PostgresServer, template: str, *, for_app: bool = False) -> str:
        key = (id(server), template)
        if key not in known:
            known[key] = name = copy_(server, template, for_app=for_app)
            logins = ("app", "loader", "reader")
            server.administer("postgres", *(f"GRANT CONNECT ON DATABASE {name} TO {login}" for login in logins))
        return known[key]

    return copy_once


def over_the_network(call: Callable[..., Any]) -> Callable[..., Any]:
    """Our own statements take the way of the app's."""

    def called(client: object, operation: str, fields: Mapping[str, object], **named: object) -> object:
        host = {"host": "127.0.0.1"} if operation == "sql" else {}
        return call(client, operation, {**fields, **host}, **named)

    return called


@contextmanager
def nothing_is_cleared() -> Iterator[None]:
    """Pods leave everything behind, until the context ends."""
    left: list[Callable[[], None]] = []
    clear = pod.Estate.clear
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pod.Estate, "clear", lambda estate: left.append(lambda: clear(estate)))
        yield
    for remove in left:
        remove()


# --- one defence each ---------------------------------------------------------------------------------------------


def without_identity(encode: Callable[..., tuple[bytes, bytes]]) -> Callable[..., tuple[bytes, bytes]]:
    """A request does not say that it wants no compressed answer."""

    def encoded(request: object) -> tuple[bytes, bytes]:
        head, content = encode(request)
        return head.replace(b"Accept-Encoding: identity\r\n", b""), content

    return encoded


def judging_what_came(judge: Callable[..., Judgement]) -> Callable[..., Judgement]:
    """A suite is judged by the tests that it reported."""

    def judged(
        challenge: Challenge, check: Check, observation: Observation, lock: Lock | None, *, trusting: bool = False
    ) -> Judgement:
        if check.kind == "suite" and observation.state == "observed" and lock is not None:
            evidence = SuiteEvidence.model_validate(observation.evidence, strict=False)
            ids = tuple(dict.fromkeys(record.test for record in evidence.records))
            lock = lock.model_copy(update={"tests": {**lock.tests, check.id: ids}})
        return judge(challenge, check, observation, lock, trusting=trusting)

    return judged


def skipped_as_passed(case: Callable[..., CaseResult]) -> Callable[..., CaseResult]:
    """A test that was skipped is taken for passed."""

    def judged(test: str, count: int, record: Record) -> CaseResult:
        if record.outcome == "skipped":
            record = record.model_copy(update={"outcome": "passed"})
        return case(test, count, record)

    return judged


def without_end(read: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """The end record is a line like any other."""

    def read_line(line: bytes) -> object:
        found = read(line)
        return None if isinstance(found, End) else found

    return read_line


def unescaped(environment: jinja2.Environment) -> jinja2.Environment:
    """Templates put texts in as they are."""
    environment.autoescape = False
    environment.finalize = None
    return environment


def of_the_caller(make: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """Git also gets the caller's whole environment."""
    return lambda git: {**os.environ, **make(git)}


def lenient(compile_regex: Callable[[str], Regex]) -> Callable[[str], object]:
    """What cannot be searched in linear time is searched all the same."""

    def compiled(pattern: str) -> object:
        try:
            return compile_regex(pattern)
        except RegexProblem as problem:
            try:
                return re.compile(pattern)
            except re.error:
                raise problem from None

    return compiled


def moved_anywhere(address: Address, _url: str, location: str, hops: int, _access: object) -> str:
    """A redirect is followed wherever it leads, once."""
    if hops > 1:
        raise address.refused("was followed")
    return location.partition("/info/")[0]


def asked_with(run: Callable[..., Any], name: str, value: object) -> Callable[..., Any]:
    """Records ask their database for more than they may have."""

    class Lavish:
        def __init__(self, database: Database) -> None:
            self._database = database

        def query(self, statements: Sequence[str], **named: Any) -> Sequence[SqlResult]:  # noqa: ANN401
            assert name in named
            return self._database.query(statements, **{**named, name: value})

    return lambda spec, database, *others: run(spec, Lavish(database), *others)


def later_by(git: gitio.Git, seconds: float, left: Callable[..., float]) -> float:
    """Git has more time than it should."""
    until = git._until
    git._until += seconds
    try:
        return left(git)
    finally:
        git._until = until


@contextmanager
def _program(path: Path, text: str) -> Iterator[None]:
    run_path = runpy.run_path

    def run(name: str, **named: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever is passed on
        if Path(name) != path:
            return run_path(name, **named)
        found: dict[str, Any] = {"__name__": "program"}
        exec(compile(text, name, "exec"), found)  # noqa: S102 - a script of ours
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runpy, "run_path", run)
        yield


def program_without(name: str, *edits: tuple[str, str]) -> Without:
    """A script of the python runner that a test loads has other text."""
    path = RUNNERS / "python" / "bin" / name
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        text = edited(text, old, new)
    return lambda: _program(path, text)


def any_host(reach: Callable[..., Any]) -> Callable[..., Any]:
    """The proxy connects to whatever host is asked for."""

    async def reached(proxy: egress.Proxy, place: egress.Target, scheme: str) -> object:
        proxy.allowed.setdefault(place.name, False)
        return await reach(proxy, place, scheme)

    return reached


def uncounted(serve: Callable[..., Any]) -> Callable[..., Any]:
    """The proxy believes that each connection is the only one."""

    async def served(proxy: egress.Proxy, reader: object, writer: object) -> None:
        proxy._open = 1
        await serve(proxy, reader, writer)

    return served


def remembering(refuse: Callable[..., Exception]) -> Callable[..., Exception]:
    """The proxy keeps every name that it refused."""

    def refused(proxy: egress.Proxy, place: egress.Target, why: str) -> Exception:
        proxy.refused[place.name] = why
        return refuse(proxy, place, why)

    return refused


def patient(wait: Callable[..., None]) -> Callable[..., None]:
    """An app has all the time of the run to be ready."""

    def waited(app: object, running: object, spec: AppSpec) -> None:
        wait(app, running, spec.model_copy(update={"ready": spec.ready.model_copy(update={"timeout": 600.0})}))

    return waited


def trying_again(begin: Callable[..., None]) -> Callable[..., None]:
    """What kept an app from starting is forgotten."""

    def begun(app: App, **named: object) -> None:
        app._blocked = None
        begin(app, **named)

    return begun


def endless(begin: Callable[..., None]) -> Callable[..., None]:
    """A run has no end."""

    def begun(allowance: Allowance, timeout: float) -> None:
        allowance.run_deadline = float("inf")
        begin(allowance, timeout)

    return begun
