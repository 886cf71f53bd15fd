from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from gradekit.probe import egress
from gradekit.probe.egress import Caps, Proxy, RefusalError, Streams, Upstream, bypassed, complaint, neighbours, target

PUBLIC = "203.0.113.7"
CAPS = Caps(total=1 << 20, sent=1 << 16, seconds=10.0)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


class World:
    """Names and addresses of a test, and an origin on loopback behind every address that is dialled."""

    def __init__(self, **names: Sequence[str]) -> None:
        self.names = {name.replace("_", "."): addresses for name, addresses in names.items()}
        self.dialled: list[tuple[str, int]] = []
        self.heads: list[bytes] = []
        self.lookups = 0
        self.body = b"x" * 1000
        self.port = 0

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        del port
        self.lookups += 1
        if host not in self.names:
            raise OSError("no such name")
        return self.names[host]

    async def connect(self, address: str, port: int) -> Streams:
        self.dialled.append((address, port))
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def origin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one head with a body; an upstream's CONNECT with a tunnel to the same."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        if head.startswith(b"CONNECT "):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + self.body)
        writer.close()


@asynccontextmanager
async def started(world: World, folder: Path, **fields: Any) -> AsyncIterator[tuple[Proxy, Path]]:  # noqa: ANN401
    origin = await asyncio.start_server(world.origin, "127.0.0.1", 0)
    world.port = origin.sockets[0].getsockname()[1]
    proxy = Proxy(**{"caps": CAPS, "resolve": world.resolve, "connect": world.connect, **fields})
    path = folder / "proxy"
    server = await asyncio.start_unix_server(proxy.serve, path, limit=egress.MAX_HEAD)
    try:
        yield proxy, path
    finally:
        server.close()
        origin.close()


async def say(path: Path, *pieces: bytes) -> bytes:
    """Send pieces; all that came back until the other side closed or reset."""
    reader, writer = await asyncio.open_unix_connection(path)
    answer = b""
    try:
        with suppress(OSError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                answer += data
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return answer


CONNECT = b"CONNECT index.example:443 HTTP/1.1\r\nHost: index.example:443\r\n\r\n"
GET = b"GET / HTTP/1.1\r\n\r\n"


def test_an_allowed_host_is_reached_by_the_address_that_was_checked(tmp_path: Path) -> None:
    async def work() -> None:
        world = World(index_example=["10.0.0.1", PUBLIC])
        async with started(world, tmp_path) as (proxy, path):
            proxy.allow({"index.example:443": False})
            answer = await say(path, CONNECT, GET)
            assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
            assert answer.endswith(world.body)
            assert world.dialled == [(PUBLIC, 443)]
            assert world.lookups == 1
            (name, (received, sent, connections)), *others = proxy.log()["hosts"].items()
            assert (name, sent, connections, others) == ("index.example:443", len(GET), 1, [])
            assert received > len(world.body)

    run(work())


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"CONNECT other.example:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT index.example:22 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT x.index.example:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT index.example.evil.example:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 203.0.113.7:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 2130706433:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 0x7f.1:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT [::ffff:203.0.113.7]:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT inside.example:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT metadata.example:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT unknown.example:443 HTTP/1.1\r\n\r\n", 502),
        (b"GET http://other.example/ HTTP/1.1\r\n\r\n", 403),
        (b"GET http://index.example:443@other.example/ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: index.example\r\n\r\n", 400),
        (b"GET ftp://index.example:443/ HTTP/1.1\r\n\r\n", 400),
        (b"POST http://index.example:443/ HTTP/1.1\r\n\r\n", 405),
        (b"PUT http://index.example:443/ HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 405),
        (b"GET http://index.example:443/ HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"GET http://index.example:443/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET http://index.example:443/ HTTP/1.1\r\nA: b\nHost: other.example\r\n\r\n", 400),
        (b"GET http://index.example:443/ HTTP/1.1\r\n folded\r\n\r\n", 400),
        (b"CONNECT index.example HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT index.example:99999 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT index.example:0 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT [zz]:443 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT  index.example:443 HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"\0\xff\r\n\r\n", 400),
        (b"A" * (egress.MAX_HEAD + 10), 431),
        (b"GET http://index.example:443/ HTTP/1.1\r\n" + b"A: b\r\n" * 20_000, 431),
    ],
)
def test_everything_else_is_refused(tmp_path: Path, asked: bytes, status: int) -> None:
    async def work() -> None:
        world = World(
            index_example=[PUBLIC],
            other_example=[PUBLIC],
            inside_example=["10.1.2.3", "192.168.1.1"],
            metadata_example=["169.254.169.254"],
        )
        async with started(world, tmp_path) as (proxy, path):
            proxy.allow(dict.fromkeys((f"{name}.example:443" for name in ("index", "inside", "unknown")), False))
            # Not even the operator's word opens the machine's own link.
            proxy.allow({"metadata.example:443": True})
            answer = await say(path, asked)
            assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer
            assert world.dialled == []
            assert bool(proxy.log()["refused"]) is (status == 403)

    run(work())


def test_a_literal_that_the_operator_listed_and_a_listed_private_host_are_reached(tmp_path: Path) -> None:
    async def work() -> None:
        world = World(mirror_example=["10.1.2.3"])
        async with started(world, tmp_path) as (proxy, path):
            proxy.allow({"10.9.9.9:443": True, "mirror.example:443": True, "203.0.113.7:443": False})
            proxy.allow({"mirror.example:443": False})
            for host in (b"10.9.9.9", b"mirror.example"):
                assert b" 200 " in await say(path, b"CONNECT " + host + b":443 HTTP/1.1\r\n\r\n", GET)
            assert world.dialled == [("10.9.9.9", 443), ("10.1.2.3", 443)]
            assert (await say(path, b"CONNECT 203.0.113.7:443 HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 403 ")

    run(work())


def test_plain_http_is_sent_in_origin_form_without_headers_of_the_connection(tmp_path: Path) -> None:
    async def work() -> None:
        world = World(mirror_example=[PUBLIC])
        async with started(world, tmp_path) as (proxy, path):
            proxy.allow({"mirror.example:80": False})
            asked = (
                b"GET http://MIRROR.example/simple/x/?a=1 HTTP/1.1\r\nHost: other.example\r\nAccept: text/html\r\n"
                b"Proxy-Authorization: Basic c2VjcmV0\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\r\n"
            )
            assert (await say(path, asked)).endswith(world.body)
            assert world.heads == [
                b"GET /simple/x/?a=1 HTTP/1.1\r\nHost: mirror.example\r\nConnection: close\r\nAccept: text/html\r\n\r\n"
            ]
            assert proxy.log()["hosts"]["mirror.example:80"][1] == len(world.heads[0])

    run(work())


def test_an_upstream_proxy_is_asked_unless_the_host_is_bypassed(tmp_path: Path) -> None:
    async def work() -> None:
        world = World(corp_example=["10.0.0.9"], near_example=[PUBLIC])
        upstream = Upstream.read("http://me:p%40ss@corp.example:8080")
        fields: dict[str, Any] = {"upstreams": {"https": upstream, "http": upstream}, "bypass": "near.example"}
        async with started(world, tmp_path, **fields) as (proxy, path):
            proxy.allow({"index.example:443": False, "index.example:80": False, "near.example:443": False})
            assert (await say(path, CONNECT, GET)).endswith(world.body)
            assert world.heads == [
                (
                    b"CONNECT index.example:443 HTTP/1.1\r\nHost: index.example:443\r\n"
                    b"Proxy-Authorization: Basic bWU6cEBzcw==\r\n\r\n"
                ),
                GET,
            ]
            assert (await say(path, b"GET http://index.example/a HTTP/1.1\r\n\r\n")).endswith(world.body)
            assert world.heads[2].startswith(b"GET http://index.example:80/a HTTP/1.1\r\n")
            assert (await say(path, b"CONNECT near.example:443 HTTP/1.1\r\n\r\n", GET)).endswith(world.body)
            assert world.dialled == [("10.0.0.9", 8080), ("10.0.0.9", 8080), (PUBLIC, 443)]
            assert (await say(path, b"CONNECT other.example:443 HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 403 ")

    run(work())


def test_an_upstream_that_refuses_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        world = World(corp_example=["10.0.0.9"])

        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            writer.close()

        world.origin = refuse  # type: ignore[method-assign]
        async with started(world, tmp_path, upstreams={"https": Upstream.read("corp.example:8080")}) as (proxy, path):
            proxy.allow({"index.example:443": False})
            answer = await say(path, CONNECT)
            assert answer.startswith(b"HTTP/1.1 502 ")
            assert b"(407)" in answer

    run(work())


@pytest.mark.parametrize(
    ("caps", "cut"),
    [(Caps(100_000, 1 << 20, 10.0), "bytes"), (Caps(1 << 30, 10, 10.0), "upload")],
)
def test_a_cap_on_bytes_ends_everything(tmp_path: Path, caps: Caps, cut: str) -> None:
    async def work() -> None:
        world = World(index_example=[PUBLIC])
        world.body = b"x" * 5_000_000
        async with started(world, tmp_path, caps=caps) as (proxy, path):
            proxy.allow({"index.example:443": False})
            answer = await say(path, CONNECT, GET)
            assert len(answer) < 200_000
            assert proxy.log()["cut"] == cut
            again = await say(path, CONNECT)
            assert again.startswith(b"HTTP/1.1 503 ")
            assert cut.encode() in again

    run(work())


def test_a_cap_on_time_ends_open_tunnels_and_takes_no_more(tmp_path: Path) -> None:
    async def work() -> None:
        world = World(index_example=[PUBLIC])
        async with started(world, tmp_path, caps=Caps(1 << 30, 1 << 30, 0.3)) as (proxy, path):
            proxy.allow({"index.example:443": False})
            begun = asyncio.get_running_loop().time()
            assert (await say(path, CONNECT)).startswith(b"HTTP/1.1 200 ")
            assert asyncio.get_running_loop().time() - begun < 2.0
            assert await say(path, CONNECT) == b""
            assert proxy.log()["cut"] == "time"

    run(work())


def test_a_slow_request_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "HEAD_SECONDS", 0.2)

    async def work() -> None:
        async with started(World(), tmp_path) as (proxy, path):
            assert (await say(path, b"CONN", b"ECT")).startswith(b"HTTP/1.1 408 ")
            assert proxy.log()["cut"] == ""

    run(work())


def test_many_connections_are_bounded_and_the_proxy_recovers(tmp_path: Path) -> None:
    async def work() -> None:
        world = World(index_example=[PUBLIC])
        async with started(world, tmp_path) as (proxy, path):
            proxy.allow({"index.example:443": False})
            idle = [await asyncio.open_unix_connection(path) for _ in range(egress.MAX_CONNECTIONS)]
            try:
                await asyncio.sleep(0.05)
                assert (await say(path, CONNECT)).startswith(b"HTTP/1.1 503 ")
            finally:
                for _, writer in idle:
                    writer.close()
                await asyncio.sleep(0.1)
            answers = await asyncio.gather(*(say(path, CONNECT, GET) for _ in range(40)))
            assert all(answer.endswith(world.body) for answer in answers)
            assert proxy.log()["hosts"]["index.example:443"][2] == 40

    run(work())


def test_a_host_that_does_not_answer_and_a_client_that_leaves(tmp_path: Path) -> None:
    async def work() -> None:
        world = World(index_example=[PUBLIC])

        async def refuse(address: str, port: int) -> Streams:
            raise ConnectionRefusedError(address, port)

        async with started(world, tmp_path, connect=refuse) as (proxy, path):
            proxy.allow({"index.example:443": False})
            assert (await say(path, CONNECT)).startswith(b"HTTP/1.1 502 ")
            _, writer = await asyncio.open_unix_connection(path)
            writer.write(CONNECT)
            writer.close()
            await asyncio.sleep(0.05)
            assert (await say(path, CONNECT)).startswith(b"HTTP/1.1 502 ")

    run(work())


def test_refused_names_are_remembered_up_to_a_cap(tmp_path: Path) -> None:
    async def work() -> None:
        async with started(World(), tmp_path) as (proxy, path):
            for number in range(egress.MAX_REFUSED + 5):
                await say(path, f"CONNECT h{number}.example:443 HTTP/1.1\r\n\r\n".encode())
            assert len(proxy.log()["refused"]) == egress.MAX_REFUSED

    run(work())


@pytest.mark.parametrize(
    ("address", "listed", "allowed"),
    [
        ("203.0.113.7", False, True),
        ("2a00:1450::1", False, True),
        ("10.0.0.1", False, False),
        ("10.0.0.1", True, True),
        ("172.31.255.255", False, False),
        ("172.32.0.1", False, True),
        ("192.168.0.1", True, True),
        ("100.64.0.1", False, False),
        ("198.18.0.1", False, False),
        ("fd00::1", False, False),
        ("fd00::1", True, True),
        ("198.51.100.1", False, False),
        ("198.51.100.1", True, True),
        *((address, True, False) for address in (
            "127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255",  # noqa: S104
            "::", "::1", "::10.0.0.1", "::ffff:203.0.113.7", "::ffff:10.0.0.1", "fe80::1", "fe80::1%eth0", "ff02::1",
            "64:ff9b::7f00:1", "2002:7f00:1::", "name.example", "",
        )),
        ("64:ff9b::a00:1", False, False),
        ("64:ff9b::a00:1", True, True),
        ("64:ff9b::cb00:7107", False, True),
        ("2002:a00:1::", False, False),
    ],
)  # fmt: skip
def test_addresses(address: str, listed: bool, allowed: bool) -> None:
    near = [ipaddress.ip_network("198.51.100.0/24")]
    assert (complaint(address, listed=listed, near=near) is None) is allowed


def test_the_gateway_and_the_own_network_are_near() -> None:
    text = (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
        "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
        "nonsense\n"
    )
    assert list(map(str, neighbours(text))) == ["172.17.0.1/32", "172.17.0.0/16"]


def test_names_are_compared_in_one_form() -> None:
    assert target("Index.Example.:443").name == "index.example:443"
    assert target("[2A00:0:0::1]:443").name == "[2a00::1]:443"
    for bad in ("", ":443", "a b:443", "a@b:443", "-a:443", "a:443:443", "::1:443"):
        with pytest.raises(RefusalError):
            target(bad)


def test_bypass() -> None:
    place = target("a.corp.example:443")
    assert all(bypassed(place, text) for text in ("*", "corp.example", ".corp.example", "x, a.corp.example:443"))
    assert not any(bypassed(place, text) for text in ("", ",", "orp.example", "a.corp.example:80"))


@pytest.mark.parametrize("url", ["https://proxy.example:3128", "socks5://proxy.example", "http://", "http://a b:1"])
def test_upstreams_of_other_kinds_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be http://"):
        Upstream.read(url)


def test_the_forwarder_relays_both_ways(tmp_path: Path) -> None:
    async def work() -> None:
        world = World(index_example=[PUBLIC])
        async with started(world, tmp_path) as (proxy, path):
            proxy.allow({"index.example:443": False})
            forwarder = egress.Forwarder(str(path))
            async with await asyncio.start_server(forwarder.serve, "127.0.0.1", 0) as server:
                port = server.sockets[0].getsockname()[1]
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(CONNECT + GET)
                assert (await reader.read()).endswith(world.body)
                writer.close()
                path.unlink()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                assert await reader.read() == b""
                writer.close()

    run(work())


async def told(operations: Callable[[bytes], Awaitable[dict[str, Any]]], **fields: object) -> dict[str, Any]:
    return await operations(json.dumps({"id": 1, **fields}).encode())


def test_operations_answer_and_complain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    servers: list[asyncio.AbstractServer] = []
    start = asyncio.start_unix_server

    async def remembered(*args: Any, **fields: Any) -> asyncio.AbstractServer:  # noqa: ANN401
        servers.append(await start(*args, **fields))
        return servers[-1]

    monkeypatch.setattr(asyncio, "start_unix_server", remembered)

    async def work() -> None:
        operations = egress.proxy_operations()

        async def ask(line: bytes) -> dict[str, Any]:
            return await egress.answer(operations, line)

        assert "error" in await ask(b"no json")
        assert "error" in await told(ask, op="fly")
        assert "error" in await told(ask, op="log")
        opening: dict[str, Any] = {
            "op": "open",
            "socket": str(tmp_path / "s"),
            "max_bytes": 1,
            "max_sent": 1,
            "seconds": 1,
            "near": ["198.51.100.1"],
            "bypass": "",
        }
        assert "ValueError" in (await told(ask, **opening, upstreams={"https": "socks5://x"}))["error"]
        assert await told(ask, **opening, upstreams={}) == {"id": 1}
        assert await told(ask, op="allow", hosts={"a.example:443": True}) == {"id": 1}
        assert "error" in await told(ask, op="allow", hosts={"a b": True})
        assert await told(ask, op="log") == {"id": 1, "hosts": {}, "refused": {}, "cut": ""}
        (server,) = servers
        server.close()

    run(work())


@pytest.mark.parametrize("mode", ["proxy", "forward"])
def test_the_program_is_one_text_and_ends_with_its_stdin(mode: str) -> None:
    source = Path(egress.__file__).read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-u", "-c", source, mode],
        input=b'{"id": 7, "op": "fly"}\n',
        capture_output=True,
        timeout=20,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert json.loads(done.stdout)["id"] == 7
    assert done.stderr == b""


@pytest.mark.parametrize("together", [True, False])
def test_nothing_follows_a_plain_request_to_the_origin(tmp_path: Path, *, together: bool) -> None:
    async def work() -> None:
        world = World(index_example=[PUBLIC])

        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            world.heads += [await reader.readuntil(b"\r\n\r\n"), await reader.read(1000)]
            writer.close()

        world.origin = listen  # type: ignore[method-assign]
        async with started(world, tmp_path) as (proxy, path):
            proxy.allow({"index.example:80": False})
            plain, more = (
                b"GET http://index.example/a HTTP/1.1\r\n\r\n",
                b"POST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi",
            )
            assert await say(path, *([plain + more] if together else [plain, more])) == b""
            assert len(world.heads) == 2
            assert world.heads[1] == b""

    run(work())
