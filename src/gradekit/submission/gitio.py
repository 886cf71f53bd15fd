"""The only door to git: our own arguments, a clean environment, hard limits, and every byte counted."""

from __future__ import annotations

import base64
import math
import os
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gradekit.errors import ExitCode, InfrastructureError, Problem, UsageError
from gradekit.scratch import scratch
from gradekit.submission.access import Access
from gradekit.submission.address import Address
from gradekit.submission.network import looked_up
from gradekit.submission.redirect import moved

if TYPE_CHECKING:
    from git.cmd import Git as GitPython

_OLDEST = (2, 32)  # GIT_CONFIG_GLOBAL
_COLLECTED = 1 << 20
_STDERR_KEPT = 64 << 10
_STDERR_MAX = 8 << 20
_MEMORY = 2 << 30
_CHUNK = 1 << 16
_BLOCK = 512
_GRACE = 0.25
_TRACE = 1 << 20
_REDIRECTED = re.compile(r"returned error: 30[12378]\b")
_LOCATION = re.compile(r"<= Recv header: ?location:[ \t]*([!-~]+)", re.IGNORECASE)

_LIMITED = """\
ulimit -c 0 2>/dev/null
ulimit -t $(($1 + 5)) 2>/dev/null
ulimit -S -t "$1" 2>/dev/null
ulimit -f "$2" 2>/dev/null
ulimit -v "$3" 2>/dev/null
shift 3
exec "$@"
"""
"""Seconds of processor time, blocks of 512 bytes a file, KiB of memory; a shell without a limit goes on without. The
harder limit of time is above the softer one, which ends a program by a signal that nothing else sends."""

_CONFIG = """\
[core]
\tbigFileThreshold = 32m
\tpackedGitWindowSize = 32m
\tpackedGitLimit = 256m
[fetch "fsck"]
\tbadTimezone = ignore
\tmissingSpaceBeforeDate = ignore
\tmissingNameBeforeEmail = ignore
\tzeroPaddedDate = ignore
\tzeroPaddedFilemode = ignore
[pack]
\tthreads = 1
[transfer]
\tfsckObjects = true
"""
"""All the configuration there is beside what a fetch sets itself: no file of the machine or its user is read, and what
git does anyway with none (no hooks without templates, no credential helper, no prompt) needs no line. Large files are
streamed and packs are seen through small windows, for memory is limited. With fsckObjects all that comes is one pack,
whose size is limited. The fsck rules that are ignored are slips of old, honest programs."""

_SSH = (
    "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oConnectTimeout=20 -oServerAliveInterval=10"
    " -oForwardAgent=no -oClearAllForwardings=yes -oPermitLocalCommand=no -oControlMaster=no -oControlPath=none"
)
_UPLOAD_PACK = "GIT_ALLOW_PROTOCOL=none GIT_NO_LAZY_FETCH=1 git upload-pack"
"""How a local repository is served: one that asks to fetch missing objects from elsewhere runs no transport."""

_PATIENCE = 5
"""How much longer than its processor time reading may take."""

_NO_CONFIG = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
_FROM_OUTSIDE = {
    "https": (
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
        "GIT_SSL_CAPATH",
    ),
    "ssh": ("SSH_AUTH_SOCK",),
}
"""Variables that say how this machine reaches the network; no other one of the caller reaches git."""


class Enough(Exception):  # noqa: N818 - no error: what was wanted is there
    """Raised by a sink that needs no more output."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A git program's end; ``errors`` is what it printed, hostile, without the token, the last 64 KiB."""

    code: int
    stdout: bytes
    errors: str
    cut: bool = False
    """The output was longer than what was taken."""

    @property
    def spent(self) -> bool:
        """Whether it used all the processor time that it had."""
        return self.code == -signal.SIGXCPU


@contextmanager
def private_folder() -> Iterator[Path]:
    """A temporary folder that is gone afterwards, also when the process is told to terminate meanwhile."""
    with _terminable(), scratch("clone") as folder:
        yield folder


class Git:
    """git programs on one bare repository in a private folder.

    All that fetch have one deadline, those that read another; each has ``timeout`` seconds of processor time as well.
    """

    def __init__(self, folder: Path, address: Address, *, timeout: float, max_pack: int, access: Access) -> None:
        """Make the repository; ``max_pack`` bounds each file that git writes.

        Raises:
            InfrastructureError: git is missing, too old, or cannot make a repository; certificates cannot be read.
            SubmissionError: the host is at an address where no repository is.
            UsageError: the credential helper has nothing for its host.
        """
        self._address = address
        self._url = address.url
        self._hops = 0
        self._access = access
        self._folder = folder
        self.timeout = timeout
        self._reading = False
        self._until = time.monotonic() + timeout
        self._program = git_program()
        self._max_pack = max_pack
        self._secrets: tuple[str, ...] = ()
        (folder / "home").mkdir()
        (folder / "config").write_text(_CONFIG)
        self._directory = folder / "repository"
        numbers = () if address.kind == "repository" else looked_up(address)
        self._environment = self._clean_environment()
        if access.admits(address):
            user, password = (_USER, access.token) if access.token else self._from_helper()
            self._secrets = (password, base64.b64encode(f"{user}:{password}".encode()).decode())
        self._environment |= _settings(self._web_settings(numbers) if address.kind in _WEB else {})
        made = self.run("init", "--quiet", "--bare", "--template=", str(self._directory), inside=False)
        if made.code:
            raise InfrastructureError(
                Problem("git init", self._first_line(made), "", f"look at {tempfile.gettempdir()}")
            )

    def fetch(self, *arguments: str, stdin: BinaryIO | None = None) -> Finished:
        """Fetch refspecs from the address, or, with ``stdin``, those listed in it; a host may move it on itself.

        Raises:
            SubmissionError: as ``run``, or the host sends git to another host, or in circles.
        """
        finished = self._fetch(arguments, stdin)
        while finished.code and self._address.kind in _WEB and _REDIRECTED.search(finished.errors) and self._follow():
            finished = self._fetch(arguments, stdin)
        return finished

    def _fetch(self, arguments: tuple[str, ...], stdin: BinaryIO | None) -> Finished:
        return self.run(
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--update-shallow",
            *self._upload_pack(),
            *(["--stdin"] if stdin else []),
            *(argument for argument in arguments if argument.startswith("-")),
            "--",
            self._url,
            *(argument for argument in arguments if not argument.startswith("-")),
            stdin=stdin,
        )

    def _follow(self) -> bool:
        """Take the address that the host sends git to, if it is its own; whether it names one.

        git itself follows to every host, and hands it the Authorization header with the second request.
        """
        trace = self._folder / "trace"
        trace.unlink(missing_ok=True)
        more = {"GIT_TRACE_CURL": str(trace), "GIT_TRACE_CURL_NO_DATA": "1"}
        self.run("ls-remote", "--quiet", "--", self._url, environment=self._environment | more)
        with suppress(FileNotFoundError), trace.open("rb") as lines:
            found = _LOCATION.search(self._redacted(lines.read(_TRACE)))
            if found is not None:
                self._hops += 1
                self._url = moved(self._address, self._url, found[1], self._hops, self._access)
                return True
        return False

    def overfull(self) -> bool:
        """Whether a pack grew to the limit; the program that wrote it died there without a word."""
        packs = self._directory / "objects" / "pack"
        return any(path.stat().st_size > self._max_pack - _CHUNK for path in packs.iterdir())

    def shallow(self) -> frozenset[str]:
        """Commits whose parents are not there because the clone, or the repository it is of, ends with them."""
        try:
            return frozenset((self._directory / "shallow").read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()

    def remote_refs(self) -> list[tuple[str, str]]:
        """Object id and name of the remote's HEAD, branches and tags, as many as fit into 1 MiB."""
        listed = self.run("ls-remote", "--quiet", *self._upload_pack(), "--", self._url)
        lines = listed.stdout.decode("utf-8", "replace").split("\n")[:-1]
        return [(oid, name) for oid, _, name in (line.partition("\t") for line in lines) if name]

    def _upload_pack(self) -> list[str]:
        return [f"--upload-pack={_UPLOAD_PACK}"] if self._address.kind == "repository" else []

    def run(
        self,
        *arguments: str,
        stdin: BinaryIO | None = None,
        sink: Callable[[bytes], None] | None = None,
        inside: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run one git program to its end; ``sink`` gets the output in pieces, else 1 MiB of it is kept.

        ``environment`` is used instead of git's own clean one.

        Raises:
            SubmissionError: the time to fetch is up, or the other side prints without end.
            InfrastructureError: the program cannot be started or was killed, or the time to read is up.
        """
        where = [f"--git-dir={self._directory}"] if inside else []
        environment = self._environment if environment is None else environment
        command = [
            "/usr/bin/env",
            *(part for name in os.environ if name not in environment for part in ("-u", name)),
            "/bin/sh",
            "-c",
            _LIMITED,
            "gradekit",
            str(max(1, math.ceil(self.timeout))),
            str(math.ceil(self._max_pack / _BLOCK)),
            str(_MEMORY >> 10),
            str(self._program),
            *where,
            *arguments,
        ]
        collected = bytearray()
        cut = False
        with self._started(command, stdin, environment) as process:
            try:
                errors = self._pump(process, sink or _collector(collected))
            except Enough:
                errors, cut = b"", True
            else:
                self._wait(process)
        if process.returncode == -signal.SIGKILL and not cut:
            hint = "this machine may be out of memory; look into its log, and grade again"
            raise InfrastructureError(Problem("git", "was killed, which no limit of ours does", hint=hint))
        return Finished(process.returncode, bytes(collected), self._redacted(errors), cut)

    @contextmanager
    def _started(
        self, command: list[str], stdin: BinaryIO | None, environment: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A process that leads a session of its own; nothing of the session is left afterwards."""
        running = _runner()(str(self._folder)).execute(
            command,
            istream=stdin,
            as_process=True,
            shell=False,
            env=dict(environment),
            start_new_session=True,
        )
        process = running.proc
        if process is None:  # only after it has ended
            raise InfrastructureError(Problem("git", "did not start"))
        ended = False
        try:
            yield process
            ended = True
        finally:
            # The leader is reaped last: until then its number cannot be anyone else's.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not ended:
                _await_group(process.pid)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

    def _pump(self, process: subprocess.Popen[bytes], sink: Callable[[bytes], None]) -> bytes:
        """Read both outputs to their end; the last part of the error output."""
        errors = bytearray()
        printed = 0
        with selectors.DefaultSelector() as selector:
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(self._left()):
                    chunk = os.read(key.fd, _CHUNK)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is process.stdout:
                        sink(chunk)
                    else:
                        printed += len(chunk)
                        errors += chunk
                        del errors[:-_STDERR_KEPT]
                        if printed > _STDERR_MAX:
                            raise self._address.refused("its server prints messages without end")
        return bytes(errors)

    def begin_reading(self) -> None:
        """What follows only reads what was fetched.

        How much of a processor that takes is the doing of what was committed, and bounded by ``timeout`` for each
        program. How long it takes beyond that is ours, so its deadline is far away, and no fault of a submission.
        """
        self._reading = True
        self._until = time.monotonic() + _PATIENCE * self.timeout

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        pause = 0.0005
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            time.sleep(min(pause, self._left()))
            pause = min(2 * pause, 0.05)

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0 and self._reading:
            what = (
                f"did not read the history within {_PATIENCE * self.timeout:g} s, and did not use the "
                f"{self.timeout:g} s of a processor that a submission has for it"
            )
            hint = "this machine is very busy, or its disk is slow; grade again when it is quieter"
            raise InfrastructureError(Problem("git", what, hint=hint))
        if left <= 0:
            raise self._address.refused(
                f"was not fetched within {self.timeout:g} s", "", "try again later, or look whether the host is slow"
            )
        return left

    def _clean_environment(self) -> dict[str, str]:
        kind = self._address.kind
        folders = [Path(found).parent for name in ("git", "ssh") if (found := shutil.which(name))]
        environment = {
            "PATH": ":".join(dict.fromkeys([*map(str, folders), "/usr/bin", "/bin"])),
            "HOME": str(self._folder / "home"),
            "TMPDIR": str(self._folder),
            "LANG": "C",
            "LC_ALL": "C",
            "LANGUAGE": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self._folder / "config"),
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "file" if kind == "repository" else kind,
            "GIT_SSH_COMMAND": _SSH if kind == "ssh" else "false",
            "GIT_SSH_VARIANT": "ssh",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
        }
        environment.update({name: os.environ[name] for name in _FROM_OUTSIDE.get(kind, ()) if name in os.environ})
        certificates = self._access.authorities(self._folder) if kind == "https" else None
        return environment | ({"GIT_SSL_CAINFO": certificates} if certificates else {})

    def _web_settings(self, numbers: tuple[str, ...]) -> dict[str, str]:
        """Nothing is followed; the host is what was looked up (git 2.37); the secret is in no command line."""
        settings = {"http.followRedirects": "false"}
        host, _, port = self._address.host_and_port.rpartition(":")
        if numbers and host.strip("[]") not in numbers:
            listed = ",".join(f"[{number}]" if ":" in number else number for number in numbers)
            settings["http.curloptResolve"] = f"{host}:{port}:{listed}"
        if self._secrets:
            origin = "/".join(self._url.split("/")[:3])
            settings[f"http.{origin}/.extraHeader"] = f"Authorization: Basic {self._secrets[-1]}"
        return settings

    def _from_helper(self) -> tuple[str, str]:
        """User name and password for the host; the helper is a program of the operator, in their environment."""
        host = self._address.host_and_port.removesuffix(":443" if self._address.kind == "https" else ":80")
        ours = {name: value for name, value in self._environment.items() if name.startswith("GIT_")}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        settings = _settings({"credential.helper": self._access.helper or ""})
        with tempfile.TemporaryFile() as question:
            question.write(f"protocol={self._address.kind}\nhost={host}\n\n".encode())
            question.seek(0)
            asked = self.run("credential", "fill", stdin=question, environment=kept | ours | settings)
        said = dict(line.partition("=")[::2] for line in asked.stdout.decode("utf-8", "replace").split("\n"))
        if asked.code or not said.get("username") or not said.get("password"):
            raise UsageError(
                Problem(
                    "credential_helper (GRADEKIT_CREDENTIAL_HELPER)",
                    f"gave no user name and password for {host}",
                    "what git's credential.helper may be, such as store --file /path/to/file",
                    "try it with git credential fill",
                )
            )
        return said["username"], said["password"]

    def _redacted(self, errors: bytes) -> str:
        text = errors.decode("utf-8", "replace")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _first_line(self, finished: Finished) -> str:
        return next((line for line in finished.errors.splitlines() if line.strip()), f"ended with {finished.code}")


@cache
def git_program() -> Path:
    """The git program.

    Raises:
        InfrastructureError: there is none, or it is older than 2.32.
    """
    found = shutil.which("git")
    hint = "install git 2.32 or newer"
    if found is None:
        raise InfrastructureError(Problem("git", "is not installed", "", hint))
    try:
        done = subprocess.run([found, "version"], env=_NO_CONFIG, capture_output=True, timeout=20, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise InfrastructureError(Problem("git", f"does not start ({error})", "", hint)) from error
    text = done.stdout.decode("utf-8", "replace")
    match = re.search(r"(\d+)\.(\d+)", text)
    if match is None or (int(match[1]), int(match[2])) < _OLDEST:
        raise InfrastructureError(Problem("git", f"is too old ({text.strip()[:50]})", "", hint))
    return Path(found)


@cache
def _runner() -> type[GitPython]:
    """GitPython's class, imported late, for it is slow.

    At its import it would run a git with the caller's environment and configuration, and give up when
    these are broken; so it must not find one.
    """
    hidden = {"GIT_PYTHON_GIT_EXECUTABLE": "/nonexistent/git", "GIT_PYTHON_REFRESH": "quiet"}
    known = {name: os.environ.get(name) for name in hidden}
    os.environ.update(hidden)
    try:
        import git.cmd  # noqa: PLC0415 - see above
    finally:
        for name, value in known.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return git.cmd.Git


_WEB = frozenset({"https", "http"})
_USER = "x-access-token"
"""A user name that the big hosts accept for tokens."""


def _settings(values: Mapping[str, str]) -> dict[str, str]:
    """Configuration for one git program, as variables."""
    variables = {"GIT_CONFIG_COUNT": str(len(values))}
    for index, (key, value) in enumerate(values.items()):
        variables |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return variables


def _collector(collected: bytearray) -> Callable[[bytes], None]:
    def collect(chunk: bytes) -> None:
        collected.extend(chunk[: _COLLECTED - len(collected)])
        if len(collected) == _COLLECTED:
            raise Enough

    return collect


def _await_group(group: int) -> None:
    """Wait a little until the kernel has ended a killed group, so that none of it writes while files are removed."""
    until = time.monotonic() + _GRACE
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < until:
            os.killpg(group, 0)
            time.sleep(0.005)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM unwind the stack, where nobody else has decided what it does."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def leave(_number: int, _frame: object) -> None:
        raise SystemExit(int(ExitCode.TERMINATED))

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
