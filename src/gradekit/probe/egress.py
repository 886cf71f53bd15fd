"""The only way out of the deps phase: an allow-list proxy on a unix socket, and the forwarder that leads to it.

It is started from its source text (``python3 -I -u -c SOURCE proxy|forward``), is one file and imports
nothing of gradekit. It is told what to do by JSON lines on stdin, one answer line each, and ends with its stdin.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import re
import socket
import sys
import time
import urllib.parse
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Connect = Callable[[str, int], Awaitable[Streams]]

HTTPS_PORT = 443
HTTP_PORT = 80
MAX_HEAD = 32 * 1024
"""Bytes of a request line with its headers."""
MAX_CONNECTIONS = 64
"""Up to twice as many are told so; more are closed at once."""
MAX_REFUSED = 50
"""Refused names that are remembered."""
HEAD_SECONDS = 10.0
"""Until a client must have sent its request."""
CONNECT_SECONDS = 15.0
"""For a name's addresses, and for each of them to accept."""
LINGER_SECONDS = 30.0
"""For one direction after the other has ended."""
CLOSE_SECONDS = 5.0
"""For the last bytes to somebody who may not read them."""
MAX_LINE = 1 << 20
_PIECE = 64 * 1024
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
_AUTHORITY = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}))(?::(?P<port>[0-9]{1,5}))?"
)
_ABSOLUTE = re.compile(r"http://(?P<authority>[^/?#]*)(?P<rest>[!-~]*)", re.IGNORECASE)
_REQUEST = re.compile(r"(?P<method>[A-Z]{1,20}) (?P<target>[!-~]{1,16000}) HTTP/1\.[01]")
_HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*)")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
_OUR_OWN = {"connection", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "upgrade"}
"""Headers that belong to one connection: ours to the origin has its own."""

_NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
            "::/96", "::ffff:0:0/96", "fe80::/10", "fec0::/10", "ff00::/8", "2001::/32",
        ),
    )
)  # fmt: skip
"""This machine itself, its link (metadata services are there), groups, and forms that hide an IPv4 address."""
_INTERNAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15",
            "fc00::/7", "64:ff9b:1::/48",
        ),
    )
)  # fmt: skip
"""Networks of companies, providers and laboratories: only for hosts that the operator listed."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4 = ipaddress.IPv6Network("2002::/16")


class RefusalError(Exception):
    """A request that is not carried out; ``status`` and the text are the answer."""

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Target:
    """Host (lower case, no brackets) and port."""

    host: str
    port: int

    @property
    def name(self) -> str:
        """``host:port``, the form of the allow-list."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def literal(self) -> Address | None:
        """The address that the host is, None for a name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


def target(authority: str, default_port: int | None = None) -> Target:
    """Read ``host:port``.

    Raises:
        RefusalError: it is something else.
    """
    match = _AUTHORITY.fullmatch(authority)
    port = int(match["port"] or default_port or 0) if match else 0
    if match is None or not 0 < port < 1 << 16:
        raise RefusalError(400, "the target is not HOST:PORT")
    host = match["host"].lower()
    if host.startswith("["):
        try:
            return Target(ipaddress.IPv6Address(host[1:-1]).compressed, port)
        except ValueError as error:
            raise RefusalError(400, "the target is not HOST:PORT") from error
    return Target(host.rstrip("."), port)


def complaint(address: str, *, listed: bool, near: Iterable[Network] = ()) -> str | None:
    """Why an address may not be connected to; None when it may.

    Args:
        address: what a name was resolved to.
        listed: the operator named the host, so it may be in a private network.
        near: the engine's own networks and addresses.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "no address"
    if any(found in network for network in _NEVER):
        return "an address of the machine itself or its link"
    if isinstance(found, ipaddress.IPv6Address):
        inner = None
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        elif found in _6TO4:
            inner = found.sixtofour
        if inner is not None:
            return complaint(str(inner), listed=listed, near=near)
    if not listed and any(found in network for network in (*_INTERNAL, *near)):
        return "an address of a private network or of this machine"
    return None


def neighbours(routes: str) -> list[Network]:
    """Networks on our own link and our gateways, as /proc/net/route lists them."""
    found: list[Network] = []
    for line in routes.splitlines()[1:]:
        fields = line.split()
        with suppress(IndexError, ValueError):
            destination, gateway, mask = (int.from_bytes(bytes.fromhex(fields[i]), "little") for i in (1, 2, 7))
            if gateway:
                found.append(ipaddress.IPv4Network(gateway))
            if destination:
                found.append(ipaddress.IPv4Network((destination, mask.bit_count())))
    return found


def bypassed(place: Target, hosts: str) -> bool:
    """Whether a NO_PROXY names a host: by itself, by a domain above it, with its port, or with ``*``."""
    words = [word.strip().lower().lstrip(".") for word in hosts.split(",")]
    return any(word and (word in {"*", place.host, place.name} or place.host.endswith(f".{word}")) for word in words)


@dataclass(frozen=True, slots=True)
class Upstream:
    """A proxy that this machine must go through."""

    target: Target
    authorization: str = ""
    """The value of Proxy-Authorization; empty for none."""

    @classmethod
    def read(cls, url: str) -> Upstream:
        """Read ``http://[user:password@]host:port``.

        Raises:
            ValueError: it is something else.
        """
        parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("an upstream proxy must be http://HOST:PORT")
        authorization = ""
        if parts.username is not None:
            pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
        host = parts.hostname
        try:
            place = target(f"[{host}]" if ":" in host else host, parts.port or HTTP_PORT)
        except RefusalError as error:
            raise ValueError("an upstream proxy must be http://HOST:PORT") from error
        return cls(place, authorization)


@dataclass(slots=True)
class Count:
    """What went to and came from one host."""

    received: int = 0
    sent: int = 0
    connections: int = 0


@dataclass(frozen=True, slots=True)
class Caps:
    """Of everything together: bytes both ways, bytes to the registries, and seconds."""

    total: int
    sent: int
    seconds: float


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, each once, in the system's order."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


async def connect_by_address(address: str, port: int) -> Streams:
    """Connect to an address, never to a name: there is no second look-up."""
    return await asyncio.open_connection(str(ipaddress.ip_address(address)), port, limit=_PIECE)


@dataclass(slots=True)
class Proxy:
    """Carries CONNECT, and GET and HEAD of plain http, to allowed hosts only."""

    caps: Caps
    near: Sequence[Network] = ()
    upstreams: Mapping[str, Upstream] = field(default_factory=dict)
    """By scheme of what is asked for."""
    bypass: str = ""
    """Hosts that are reached directly, as in NO_PROXY."""
    resolve: Resolve = resolve_by_system
    connect: Connect = connect_by_address
    allowed: dict[str, bool] = field(default_factory=dict)
    """``host:port`` to whether the operator listed it."""
    counts: dict[str, Count] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    cut: str = ""
    """Which cap was reached: ``bytes``, ``upload`` or ``time``."""
    _begun: float = field(default_factory=time.monotonic)
    _open: int = 0

    def allow(self, hosts: Mapping[str, bool]) -> None:
        """Add ``host:port``; what the operator listed once stays so.

        Raises:
            RefusalError: one is not in that form.
        """
        for text, listed in hosts.items():
            name = target(text).name
            self.allowed[name] = listed or self.allowed.get(name, False)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry out the one request of a connection."""
        self._open += 1
        left = self.caps.seconds - (time.monotonic() - self._begun)
        try:
            async with asyncio.timeout(max(left, 0.0)):
                await self._serve(reader, writer)
        except OSError:
            if time.monotonic() - self._begun >= self.caps.seconds:
                self.cut = self.cut or "time"
        finally:
            self._open -= 1
            await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open > 2 * MAX_CONNECTIONS:
            return
        try:
            lines = await _request(reader)
            if self._open > MAX_CONNECTIONS:
                raise RefusalError(503, f"more than {MAX_CONNECTIONS} connections")  # noqa: TRY301 - the answer is below
            remote, first, name = await self._prepare(lines)
        except RefusalError as error:
            await _answer(writer, error)
            return
        count = self.counts.setdefault(name, Count())
        count.connections += 1
        try:
            if first:
                self._add(count, sent=len(first))
                remote[1].write(first)
            else:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._relay((reader, writer), remote, count, tunnel=not first)
        finally:
            await _close(remote[1])

    async def _prepare(self, lines: list[str]) -> tuple[Streams, bytes, str]:
        """Connect; the streams, what is to be sent first (nothing for a tunnel), and the host's name.

        Raises:
            RefusalError: the request is wrong, not allowed, or its host cannot be reached.
        """
        match = _REQUEST.fullmatch(lines[0])
        if match is None:
            raise RefusalError(400, "the request line is wrong")
        if match["method"] == "CONNECT":
            place = target(match["target"])
            return await self._reach(place, "https"), b"", place.name
        absolute = _ABSOLUTE.fullmatch(match["target"])
        if absolute is None:
            raise RefusalError(400, "the target is neither HOST:PORT nor an http URL")
        if match["method"] not in {"GET", "HEAD"}:
            raise RefusalError(405, "only GET and HEAD are taken over http")
        place = target(absolute["authority"], HTTP_PORT)
        headers = _headers(lines[1:])
        rest = absolute["rest"].partition("#")[0]
        path = rest if rest.startswith("/") else f"/{rest}"
        upstream = self._upstream(place, "http")
        if upstream is not None:
            path = f"http://{place.name}{path}"
            if upstream.authorization:
                headers.append(f"Proxy-Authorization: {upstream.authorization}")
        host = place.name.removesuffix(f":{HTTP_PORT}")
        head = [f"{match['method']} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
        return await self._reach(place, "http"), "\r\n".join([*head, "", ""]).encode("latin-1"), place.name

    async def _reach(self, place: Target, scheme: str) -> Streams:
        """Connect to an allowed host, or to the proxy that leads there.

        Raises:
            RefusalError: it is not allowed or cannot be reached.
        """
        listed = self.allowed.get(place.name)
        if self.cut:
            raise RefusalError(503, f"the cap on {self.cut} is reached")
        if listed is None or (place.literal is not None and not listed):
            raise self._refuse(place, "it is not one of the package registries")
        upstream = self._upstream(place, scheme)
        if upstream is None:
            return await self._dial(place, listed=listed)
        streams = await self._dial(upstream.target, listed=True)
        if scheme == "http":
            return streams
        try:
            await _ask_through(streams, place, upstream)
        except BaseException:
            await _close(streams[1])
            raise
        return streams

    async def _dial(self, place: Target, *, listed: bool) -> Streams:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                found = [str(place.literal)] if place.literal else await self.resolve(place.host, place.port)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise RefusalError(502, f"{place.host}: its address is not known") from error
        usable = [address for address in found if complaint(address, listed=listed, near=self.near) is None]
        if found and not usable:
            why = complaint(found[0], listed=listed, near=self.near)
            raise self._refuse(place, f"it leads to {why}")
        for address in usable:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self.connect(address, place.port)
        raise RefusalError(502, f"{place.name} does not answer")

    def _upstream(self, place: Target, scheme: str) -> Upstream | None:
        return None if bypassed(place, self.bypass) else self.upstreams.get(scheme)

    def _refuse(self, place: Target, why: str) -> RefusalError:
        if place.name in self.refused or len(self.refused) < MAX_REFUSED:
            self.refused[place.name] = why
        return RefusalError(403, f"{place.name}: {why}")

    def _add(self, count: Count, *, received: int = 0, sent: int = 0) -> bool:
        """Count bytes; False when a cap is reached."""
        count.received += received
        count.sent += sent
        if sum(item.received + item.sent for item in self.counts.values()) > self.caps.total:
            self.cut = self.cut or "bytes"
        elif sum(item.sent for item in self.counts.values()) > self.caps.sent:
            self.cut = self.cut or "upload"
        return not self.cut

    async def _relay(self, client: Streams, remote: Streams, count: Count, *, tunnel: bool) -> None:
        await relay(
            client,
            remote,
            # Behind a request that was looked at there could be another one, that nobody looks at.
            outward=lambda size: tunnel and self._add(count, sent=size),
            inward=lambda size: self._add(count, received=size),
        )

    def log(self) -> Json:
        """Hosts with what was transferred, what was refused, and the cap that was reached."""
        return {
            "hosts": {name: [item.received, item.sent, item.connections] for name, item in sorted(self.counts.items())},
            "refused": dict(sorted(self.refused.items())),
            "cut": self.cut,
        }


async def _request(reader: asyncio.StreamReader) -> list[str]:
    """The lines of a request's head.

    Raises:
        RefusalError: there is none in time, it is too long, or not text.
    """
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except TimeoutError as error:
        raise RefusalError(408, "the request did not come in time") from error
    except asyncio.LimitOverrunError as error:
        raise RefusalError(431, "the request is too long") from error
    except asyncio.IncompleteReadError as error:
        raise RefusalError(400, "the request is incomplete") from error
    return head[:-4].decode("latin-1").split("\r\n")


def _headers(lines: Iterable[str]) -> list[str]:
    """The headers that go on to the origin.

    Raises:
        RefusalError: one is malformed, or announces a body.
    """
    kept = []
    named: set[str] = set()
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None:
            raise RefusalError(400, "a header is malformed")
        name = match["name"].lower()
        if name == "transfer-encoding" or (name == "content-length" and match["value"].strip() != "0"):
            raise RefusalError(400, "requests with a body are not taken")
        if name == "connection":
            named |= {word.strip().lower() for word in match["value"].split(",")}
        kept.append((name, line))
    return [line for name, line in kept if name not in _OUR_OWN | named]


async def _ask_through(streams: Streams, place: Target, upstream: Upstream) -> None:
    """Have an upstream proxy connect to a host.

    Raises:
        RefusalError: it does not.
    """
    reader, writer = streams
    lines = [f"CONNECT {place.name} HTTP/1.1", f"Host: {place.name}"]
    if upstream.authorization:
        lines.append(f"Proxy-Authorization: {upstream.authorization}")
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except (OSError, TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError) as error:
        raise RefusalError(502, "the upstream proxy gave no answer") from error
    match = _STATUS.match(head)
    if match is None or match[1] != b"200":
        status = match[1].decode() if match else "no status"
        raise RefusalError(502, f"the upstream proxy does not connect to {place.name} ({status})")


async def _answer(writer: asyncio.StreamWriter, error: RefusalError) -> None:
    text = f"{error}\n".encode("ascii", "replace")
    head = (
        f"HTTP/1.1 {error.status} {_REASONS[error.status]}\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + text)
    await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close after what is still to be sent, or at once where nobody takes it."""
    writer.close()
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await writer.wait_closed()
    except (OSError, asyncio.CancelledError):
        writer.transport.abort()


async def relay(
    left: Streams,
    right: Streams,
    *,
    outward: Callable[[int], bool] = lambda _: True,
    inward: Callable[[int], bool] = lambda _: True,
) -> None:
    """Carry bytes both ways until both ends are done, or one is and the other lingers, or a counter says no."""

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, count: Callable[[int], bool]) -> bool:
        while data := await source.read(_PIECE):
            if not count(len(data)):
                return False
            sink.write(data)
            await sink.drain()
        with suppress(OSError, NotImplementedError):
            sink.write_eof()
        return True

    pumps = [
        asyncio.ensure_future(pump(left[0], right[1], outward)),
        asyncio.ensure_future(pump(right[0], left[1], inward)),
    ]
    try:
        done, pending = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        if pending and all(item.exception() is None and item.result() for item in done):
            await asyncio.wait(pending, timeout=LINGER_SECONDS)
    finally:
        for item in pumps:
            item.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


class Forwarder:
    """Relays connections to the proxy's unix socket."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection."""
        self._open += 1
        try:
            if self._open <= 2 * MAX_CONNECTIONS:
                remote = await asyncio.open_unix_connection(self._path, limit=_PIECE)
                try:
                    await relay((reader, writer), remote)
                finally:
                    await _close(remote[1])
        except OSError:
            pass
        finally:
            self._open -= 1
            await _close(writer)


Operation = Callable[[Json], Coroutine[Any, Any, Json]]


def proxy_operations() -> Mapping[str, Operation]:
    """What the proxy can be told: ``open`` once, then ``allow`` and ``log``."""
    servers: list[tuple[Proxy, asyncio.AbstractServer]] = []
    own = neighbours(Path("/proc/net/route").read_text(encoding="ascii"))

    async def open_(request: Json) -> Json:
        proxy = Proxy(
            Caps(request["max_bytes"], request["max_sent"], request["seconds"]),
            [*own, *(ipaddress.ip_network(text) for text in request["near"])],
            {scheme: Upstream.read(url) for scheme, url in request["upstreams"].items()},
            request["bypass"],
        )
        server = await asyncio.start_unix_server(proxy.serve, request["socket"], limit=MAX_HEAD, backlog=256)
        servers.append((proxy, server))
        return {}

    async def allow(request: Json) -> Json:
        servers[0][0].allow(request["hosts"])
        return {}

    async def log(_request: Json) -> Json:
        return servers[0][0].log()

    return {"open": open_, "allow": allow, "log": log}


def forward_operations() -> Mapping[str, Operation]:
    """What the forwarder can be told: ``open`` once."""
    servers: list[asyncio.AbstractServer] = []

    async def open_(request: Json) -> Json:
        forwarder = Forwarder(request["socket"])
        servers.append(
            await asyncio.start_server(forwarder.serve, "127.0.0.1", request["port"], limit=_PIECE, backlog=256)
        )
        return {}

    return {"open": open_}


async def answer(operations: Mapping[str, Operation], line: bytes) -> Json:
    """Carry out one line; an ``error`` in the answer is a fault of ours or of the settings."""
    number = None
    try:
        request = json.loads(line)
        number = request["id"]
        return {"id": number, **await operations[request["op"]](request)}
    except (OSError, RefusalError, ValueError, KeyError, TypeError, IndexError) as error:
        return {"id": number, "error": f"{type(error).__name__}: {error}"}


async def main(mode: str) -> None:
    """Answer lines until stdin ends."""
    operations = proxy_operations() if mode == "proxy" else forward_operations()
    reader = asyncio.StreamReader(limit=MAX_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        sys.stdout.write(json.dumps(await answer(operations, line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
