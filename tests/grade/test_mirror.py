"""The deps phase against a mirror and an upstream proxy of our own, on the engine's gateway: a company's network."""

from __future__ import annotations

import asyncio
import io
import secrets
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gradekit import runner as runners
from gradekit.errors import InfrastructureError
from gradekit.grade import deps
from gradekit.grade.setting import Setting
from gradekit.probe.egress import Caps, Proxy
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import ContainerPlan, FileEntry, SandboxPlan
from tests.runners import fetching

pytestmark = pytest.mark.docker
PYTHON = runners.find(Path(__file__).parents[2] / "runners", "python")


def wheel() -> bytes:
    """A package ``tiny`` with one module."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tiny.py", "print('tiny is here')\n")
        archive.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n")
        archive.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.dist-info/RECORD", "tiny.py,,\n")
    return buffer.getvalue()


class Mirror(BaseHTTPRequestHandler):
    pages: Mapping[str, bytes]

    def do_GET(self) -> None:
        data = self.pages.get(self.path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    engine = connect()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def gateway(engine: DockerEngine) -> str:
    return fetching.gateway(engine)


@contextmanager
def serving(gateway: str, pages: Mapping[str, bytes]) -> Iterator[str]:
    with ThreadingHTTPServer((gateway, 0), type("Pages", (Mirror,), {"pages": pages})) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"{gateway}:{server.server_address[1]}"
        finally:
            server.shutdown()


@pytest.fixture
def mirror(gateway: str) -> Iterator[str]:
    pages = {
        "/simple/pip/": b'<a href="/files/pip-1-py3-none-any.whl">pip</a>',
        "/simple/tiny/": b'<a href="/files/tiny-1-py3-none-any.whl">tiny</a>',
        "/files/tiny-1-py3-none-any.whl": wheel(),
    }
    with serving(gateway, pages) as place:
        yield place


@pytest.fixture
def upstream(gateway: str) -> Iterator[tuple[str, Proxy]]:
    """A proxy that leads to listed hosts only, and counts."""
    proxy = Proxy(Caps(1 << 30, 1 << 30, 600.0))
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(proxy.serve, gateway, 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"http://{gateway}:{server.sockets[0].getsockname()[1]}", proxy
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def setting(engine: DockerEngine, env: dict[str, str], *hosts: str) -> Setting:
    built = images.ensure(["python", "probe"], engine=engine)
    return Setting(engine, built, {"python": PYTHON}, registry_env=lambda: env, registries=hosts)


def fetched(chosen: Setting) -> tuple[Image, str]:
    wanted = f"tiny==1  # {secrets.token_hex(8)}\n".encode()
    files = {"requirements.txt": FileEntry("requirements.txt", wanted)}
    return deps.fetch(chosen, PYTHON, files, "mirror", ExitStack())


def environment(place: str, **env: str) -> dict[str, str]:
    return {"PIP_INDEX_URL": f"http://{place}/simple", "PIP_TRUSTED_HOST": place.partition(":")[0], **env}


def test_a_plain_mirror_in_a_private_network_is_reached_because_it_is_set(engine: DockerEngine, mirror: str) -> None:
    chosen = setting(engine, environment(mirror))
    image, word = fetched(chosen)
    try:
        assert word == f"fetched (1 host, 0.0 MiB: {mirror})"
        with engine.open(SandboxPlan("mirror", chosen.images["probe"].id)) as pod:
            plan = ContainerPlan(image.id, ["/usr/bin/python3", "/opt/deps/tiny.py"])
            assert pod.run(plan, timeout=20.0).stdout == b"tiny is here\n"
    finally:
        engine.client.sdk.images.remove(image.tag)


def test_files_elsewhere_in_a_private_network_must_be_listed(engine: DockerEngine, gateway: str) -> None:
    with serving(gateway, {"/tiny-1-py3-none-any.whl": wheel()}) as elsewhere:
        link = f'<a href="http://{elsewhere}/tiny-1-py3-none-any.whl">tiny</a>'.encode()
        pages = {"/simple/pip/": link.replace(b"tiny", b"pip"), "/simple/tiny/": link}
        with serving(gateway, pages) as index:
            with pytest.raises(InfrastructureError, match="not one of the package registries"):
                fetched(setting(engine, environment(index, PIP_RETRIES="0")))
            image, word = fetched(setting(engine, environment(index), elsewhere))
    engine.client.sdk.images.remove(image.tag)
    assert word == f"fetched (2 hosts, 0.0 MiB: {', '.join(sorted((index, elsewhere)))})"


def test_an_upstream_proxy_is_the_way_where_there_is_one(
    engine: DockerEngine, mirror: str, upstream: tuple[str, Proxy]
) -> None:
    url, proxy = upstream
    proxy.allow({mirror: True})
    image, word = fetched(setting(engine, environment(mirror, HTTP_PROXY=url, http_proxy=url)))
    engine.client.sdk.images.remove(image.tag)
    assert word == f"fetched (1 host, 0.0 MiB: {mirror})"
    (name, (_, _, connections)), *others = proxy.log()["hosts"].items()
    assert (name, others) == (mirror, [])
    assert connections >= 3
