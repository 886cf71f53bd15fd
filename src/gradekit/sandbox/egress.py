"""The way out of a fetching container, which has no route: a forwarder beside it, a socket, a proxy with a list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.client import DOCTOR
from gradekit.sandbox.container import volume_options
from gradekit.sandbox.plans import (
    CANDIDATE_UID,
    PROBE_UID,
    ContainerPlan,
    Egress,
    Ending,
    ExecResult,
    Limits,
    Mount,
    VolumePlan,
)
from gradekit.sandbox.pod import Estate
from gradekit.sandbox.probe_client import ProbeClient, ProbeLostError
from gradekit.sandbox.streams import run_inside

EGRESS_LABEL = "io.gradekit.egress"
"""On an image of packages: the hosts they came from with the bytes that were transferred."""
PORT = 3128
_SOCKET = "/egress/proxy"
_MEMORY = 192 << 20
_PIDS = 64
_ROOM = 64 << 10
_PORTS = {"http": 80, "https": 443}
_OPENING = 20.0
_ANSWERING = 10.0
_NAMING = 120.0
"""Seconds for the program that names the registries."""
_NAMED = 1 << 20
_GRACE = 60.0
"""Seconds that the proxy works beyond the fetching program's own time limit."""
_ENTRY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_LOOPBACK = IPv4Address("127.0.0.1")


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went through the proxy."""

    hosts: Mapping[str, int] = field(default_factory=dict)
    """``host:port`` -> bytes both ways."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """``host:port`` -> why."""
    cut: str = ""
    """The cap that was reached: ``bytes``, ``upload`` or ``time``; else empty."""

    def label(self) -> str:
        """The hosts and bytes as the value of ``EGRESS_LABEL``."""
        return " ".join(f"{name}={size}" for name, size in sorted(self.hosts.items()))

    @classmethod
    def of_label(cls, text: str) -> Traffic:
        """Read what ``label`` wrote."""
        pairs = (word.rpartition("=") for word in text.split())
        return cls({name: int(size) for name, _, size in pairs if name and size.isdecimal()})


@cache
def program(mode: str) -> tuple[str, ...]:
    """The argv of ``proxy`` or ``forward``; like the probe's, its source travels along."""
    source = files("gradekit.probe").joinpath("egress.py").read_text(encoding="utf-8")
    return ("python3", "-I", "-u", "-c", source, mode)


def inside(env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program whose only way out is the forwarder: its proxies instead of the machine's."""
    kept = {name: value for name, value in env.items() if name.upper() not in {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}}
    way = f"http://{_LOOPBACK}:{PORT}"
    return kept | dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), way)


def place(url: str) -> str | None:
    """``host:port`` of an http or https URL; None for anything else."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or not port:
        return None
    text = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return text if _ENTRY.fullmatch(text) else None


def listed(env: Mapping[str, str], hosts: Iterable[str]) -> set[str]:
    """``host:port`` of what the operator chose: the URLs in package clients' settings, and the configured registries.

    Raises:
        InfrastructureError: a configured registry is not HOST or HOST:PORT.
    """
    found = set()
    for entry in hosts:
        if not _ENTRY.fullmatch(entry):
            raise InfrastructureError(
                Problem("registries", f"{entry!r} is not a host", "HOST or HOST:PORT", "correct gradekit.toml")
            )
        found.add(entry if re.search(r":[0-9]+$", entry) and not entry.endswith("]") else f"{entry}:{_PORTS['https']}")
    for name, value in env.items():
        if not name.upper().endswith("_PROXY"):
            found |= {text for word in value.split() if (text := place(word))}
    return found


def own_addresses(proc: Path = Path("/proc")) -> list[str]:
    """The addresses of this machine: those of a local engine's host. Empty where the system does not tell."""
    found: set[str] = set()
    try:
        lines = (proc / "net/fib_trie").read_text(encoding="ascii").splitlines()
        for before, line in pairwise(lines):
            if "host LOCAL" in line:
                found.add(str(IPv4Address(before.split()[-1])))
    except (OSError, ValueError, IndexError):
        pass
    try:
        for line in (proc / "net/if_inet6").read_text(encoding="ascii").splitlines():
            found.add(str(IPv6Address(int(line.split()[0], 16))))
    except (OSError, ValueError, IndexError):
        pass
    return sorted(found)


class _Told(ProbeClient):
    """A program of ours at the other end of a container's stdio; it is started once."""

    def tell(self, operation: str, fields: Mapping[str, object], timeout: float) -> Mapping[str, Any]:
        """Have it do something.

        Raises:
            InfrastructureError: it does not, or is gone.
        """
        try:
            answer = self._call(operation, fields, timeout=timeout, cap=0)
        except ProbeLostError as error:
            raise InfrastructureError(Problem("registry proxy", str(error), "", DOCTOR)) from error
        if "error" in answer:
            what = f"it refused {operation!r} ({answer['error']})"
            raise InfrastructureError(Problem("registry proxy", what, "", "check HTTPS_PROXY and the index settings"))
        return answer


class Gate:
    """Forwarder and proxy of one fetching. Its containers belong to the estate, which removes them.

    Both start in threads while the caller prepares containers of its own; they end with their stdin, so that
    they do not outlive a process of ours that was killed.
    """

    def __init__(self, estate: Estate, egress: Egress, env: Mapping[str, str], seconds: float) -> None:
        """Make nothing yet.

        Args:
            estate: where containers and the volume are made.
            egress: what is allowed.
            env: the machine's index settings and proxies.
            seconds: how long the way is open.
        """
        self._estate = estate
        self._client = estate.client
        self._egress = egress
        self._env = env
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="gradekit-egress")
        self._programs: list[_Told] = []
        self._volume = ""
        self._forwarder: Future[object] = Future()
        self._proxy: Future[_Told] = Future()
        self._complaint = b""
        self.network = "none"
        """What a container joins to have this way out; set by ``open``."""

    def open(self) -> None:
        """Start both programs.

        Raises:
            InfrastructureError: the engine refused.
        """
        self._volume = self._estate.volume(volume_options(VolumePlan("egress", _ROOM, 16, uid=PROBE_UID)))
        self._proxy = self._threads.submit(self._open_proxy)
        name, forwarder = self._start("forward", "none", writable=False)
        self._forwarder = self._threads.submit(forwarder.tell, "open", {"socket": _SOCKET, "port": PORT}, _OPENING)
        self.network = f"container:{name}"

    def close(self) -> None:
        """Let both programs end; returns when no thread makes anything any more."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for program_ in self._programs:
            program_.close()

    def admit(self, container: str) -> None:
        """Let the registries be reached, as a program in a container beside the forwarder names them.

        Raises:
            InfrastructureError: it names none, or the engine failed.
        """
        chosen = listed(self._env, self._egress.hosts)
        argv = self._egress.registries
        if not argv:
            self._allow(dict.fromkeys(chosen, True))
            return
        indexes, named = self._ask(container, argv, "index")
        if named.exit_code != 0 or not indexes:
            said = _text(named.stderr) or "it printed no index"
            raise InfrastructureError(Problem(argv[0], f"the package registries are not known ({said})", "", DOCTOR))
        self._allow({**{name: name in chosen for name in indexes}, **dict.fromkeys(chosen, True)})
        hosts, asked = self._ask(container, (*argv, "files"), "files")
        self._complaint = asked.stderr if asked.exit_code != 0 else b""
        if hosts:
            self._allow({name: name in chosen for name in hosts})

    def traffic(self) -> Traffic:
        """What went through until now.

        Raises:
            InfrastructureError: the proxy is gone.
        """
        answer = self._proxy.result().tell("log", {}, _ANSWERING)
        hosts = {str(name): int(received) + int(sent) for name, (received, sent, _) in answer["hosts"].items()}
        return Traffic(hosts, {str(name): str(why) for name, why in answer["refused"].items()}, str(answer["cut"]))

    def explained(self, result: ExecResult) -> ExecResult:
        """The result of a program that failed, with what the proxy knows about it.

        A cap that was reached is no fault of the registry: these packages cannot be had here (exit code 2).
        """
        traffic = self.traffic()
        lines = [f"not reached: {name}: {why}" for name, why in traffic.refused.items()]
        if self._complaint:
            lines.append(f"the registries did not say where their files are: {_text(self._complaint)}")
        code = result.exit_code
        if traffic.cut and result.ending is Ending.EXITED:
            code = 2
            allowed = f"{self._egress.max_bytes >> 20} MiB, {self._egress.max_sent >> 20} MiB of them sent"
            lines.append(f"fetching was stopped by the cap on {traffic.cut}; at most {allowed} are transferred")
        added = "".join(f"\n{line}" for line in lines).encode()
        return replace(result, exit_code=code, stderr=result.stderr + added)

    def _open_proxy(self) -> _Told:
        _, proxy = self._start("proxy", "bridge", writable=True)
        local = self._client.endpoint.url.startswith("unix:")
        proxy.tell(
            "open",
            {
                "socket": _SOCKET,
                "max_bytes": self._egress.max_bytes,
                "max_sent": self._egress.max_sent,
                "seconds": self._seconds + _GRACE,
                "near": own_addresses() if local else [],
                "upstreams": {
                    scheme: url for scheme in _PORTS if (url := self._env.get(f"{scheme.upper()}_PROXY", "").strip())
                },
                "bypass": self._env.get("NO_PROXY", ""),
            },
            _OPENING,
        )
        return proxy

    def _start(self, mode: str, network: str, *, writable: bool) -> tuple[str, _Told]:
        plan = ContainerPlan(
            image=self._egress.image,
            argv=program(mode),
            uid=PROBE_UID,
            mounts=[Mount("egress", str(PurePosixPath(_SOCKET).parent), writable=writable)],
            limits=Limits(memory=_MEMORY, pids=_PIDS),
            name="egress",
        )
        name = self._estate.container(plan, volumes={"egress": self._volume}, network=network)
        wire = self._client.attach(name)
        told = _Told(lambda _argv, _uid: wire)
        self._programs.append(told)
        self._client.start(name)
        return name, told

    def _allow(self, hosts: Mapping[str, bool]) -> None:
        self._proxy.result().tell("allow", {"hosts": dict(hosts)}, _ANSWERING)
        self._forwarder.result()

    def _ask(self, container: str, argv: Sequence[str], key: str) -> tuple[set[str], ExecResult]:
        """The places that the naming program prints under a key."""
        result = run_inside(self._client, container, argv, uid=CANDIDATE_UID, timeout=_NAMING, cap=_NAMED)
        found = set()
        for line in result.stdout.splitlines():
            with suppress(ValueError, TypeError, AttributeError):
                if text := place(json.loads(line).get(key)):
                    found.add(text)
        return found, result


def _text(data: bytes) -> str:
    return " ".join(data.decode(errors="replace").split())[:400]
