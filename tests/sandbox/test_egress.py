from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gradekit.errors import InfrastructureError
from gradekit.sandbox import egress, images
from gradekit.sandbox.container import RUN_LABEL
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.egress import EGRESS_LABEL, Traffic, inside, listed, place
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import Egress, ExecResult, FetchPlan, FileEntry
from tests.runners import fetching

REGISTRIES = "/opt/gradekit/bin/registries"


def test_a_label_keeps_hosts_and_bytes() -> None:
    traffic = Traffic({"b.example:8080": 5, "[2a00::1]:443": 7})
    assert traffic.label() == "[2a00::1]:443=7 b.example:8080=5"
    assert Traffic.of_label(traffic.label()) == traffic
    assert Traffic.of_label("") == Traffic()
    assert Traffic.of_label("nonsense =1 a=b") == Traffic()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://index.example/simple", "index.example:443"),
        ("http://user:secret@index.example/simple", "index.example:80"),
        ("https://INDEX.example:8443/", "index.example:8443"),
        ("https://[2a00::1]/simple", "[2a00::1]:443"),
        ("file:///opt/index", None),
        ("https://", None),
        ("https://a b/", None),
        ("https://index.example:99999999/", None),
        ("https://[bad/", None),
        ("", None),
    ],
)
def test_places_of_urls(url: str, name: str | None) -> None:
    assert place(url) == name


def test_the_operators_hosts_are_those_of_settings_and_of_the_list() -> None:
    env = {
        "PIP_INDEX_URL": "https://a.example/simple",
        "PIP_EXTRA_INDEX_URL": "http://b.example/simple file:///c https://d.example:8443/simple",
        "PIP_TRUSTED_HOST": "t.example",
        "HTTPS_PROXY": "http://proxy.example:3128",
    }
    found = listed(env, ["m.example", "n.example:8080", "[fd00::1]", "[fd00::1]:80", "10.0.0.1"])
    assert found == {
        "a.example:443", "b.example:80", "d.example:8443",
        "m.example:443", "n.example:8080", "[fd00::1]:443", "[fd00::1]:80", "10.0.0.1:443",
    }  # fmt: skip


@pytest.mark.parametrize("entry", ["https://a.example", "a.example/simple", "*.example", "", "a b"])
def test_a_list_with_something_else_than_hosts_is_refused(entry: str) -> None:
    with pytest.raises(InfrastructureError, match=r"registries: .* is not a host"):
        listed({}, [entry])


def test_inside_the_only_proxy_is_the_forwarder() -> None:
    machine = {
        "HTTPS_PROXY": "http://up.example:1",
        "https_proxy": "http://up.example:1",
        "NO_PROXY": "*",
        "PIP_X": "1",
    }
    way = "http://127.0.0.1:3128"
    assert inside(machine) == {
        "PIP_X": "1", "HTTP_PROXY": way, "HTTPS_PROXY": way, "http_proxy": way, "https_proxy": way,
    }  # fmt: skip


def test_this_machines_addresses(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/fib_trie").write_text(
        "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.0\n        /24 link UNICAST\n"
        "     |-- 192.0.2.2\n        /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n"
    )
    (tmp_path / "net/if_inet6").write_text("fd000000000000000000000000000002 04 40 00 80     eth0\n")
    assert egress.own_addresses(tmp_path) == ["192.0.2.2", "fd00::2"]
    assert egress.own_addresses(tmp_path / "none") == []


@pytest.mark.docker
class TestGate:
    """A fetching program that tries everything: it has the proxy, and the proxy has a list."""

    @pytest.fixture
    def tag(self, engine: DockerEngine) -> Iterator[str]:
        name = f"gradekit-test-deps:{secrets.token_hex(6)}"
        yield name
        if engine.image(name):
            engine.client.sdk.images.remove(name, force=True)

    def plan(self, built: Mapping[str, Image], source: str, tag: str, **fields: object) -> FetchPlan:
        """A program in Python; certificates as everywhere."""
        bundle = images.ca_bundle()
        given = [FileEntry(images.CA_FILE, bundle)] if bundle else [FileEntry("lock", b"")]
        chosen = Egress(built["probe"].id, **{"registries": (REGISTRIES,), **fields})  # type: ignore[arg-type]
        argv = ["/usr/bin/python3", "-I", "-u", "-c", source]
        return FetchPlan(
            built["python"].id, argv, given, "/opt/deps", tag, images.registry_env(), egress=chosen, timeout=60.0
        )

    def gateway(self, engine: DockerEngine) -> str:
        return fetching.gateway(engine)

    def left(self, engine: DockerEngine, run: str) -> list[str]:
        found = [*engine.client.containers(RUN_LABEL), *engine.client.volumes(RUN_LABEL)]
        return [thing.name for thing in found if thing.labels[RUN_LABEL] == run]

    def test_there_is_no_way_but_the_proxy(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], tag: str
    ) -> None:
        gateway = self.gateway(engine)
        source = f"""
import errno, json, os, socket, sys
seen = {{"interfaces": sorted(name for _, name in socket.if_nameindex())}}
seen["routes"] = len(open("/proc/net/route").read().splitlines()) - 1
seen["socket"] = [os.path.exists(path) for path in ("/egress", "/egress/proxy")]
for name, address in (("gateway", "{gateway}"), ("out", "192.0.2.1"), ("metadata", "169.254.169.254")):
    for port in (53, 80, 443, 3128):
        with socket.socket() as connection:
            connection.settimeout(3)
            seen[f"{{name}}:{{port}}"] = errno.errorcode.get(connection.connect_ex((address, port)))
with socket.socket(socket.AF_INET6) as connection:
    seen["six"] = errno.errorcode.get(connection.connect_ex(("2001:db8::1", 443)))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
    try:
        seen["datagram"] = connection.sendto(b"x", ("{gateway}", 53))
    except OSError as error:
        seen["datagram"] = errno.errorcode[error.errno]
try:
    seen["name"] = socket.gethostbyname("index.example")
except OSError as error:
    seen["name"] = type(error).__name__

def ask(head):
    with socket.create_connection(("127.0.0.1", 3128), 10) as connection:
        connection.sendall(head.encode() + b"\\r\\n\\r\\n")
        return connection.recv(100).split(b" ")[1].decode()

seen["denied"] = [
    ask(f"CONNECT {{target}} HTTP/1.1")
    for target in ("denied.example:443", "{gateway}:2375", "127.0.0.1:80", "169.254.169.254:80", "[::1]:80")
]
seen["denied http"] = ask("GET http://169.254.169.254/latest HTTP/1.1")
seen["garbage"] = ask("hello")
print(json.dumps(seen))
sys.exit(2)
"""
        result = engine.fetch(self.plan(runner_images, source, tag), "egress-closed")
        assert isinstance(result, ExecResult)
        assert result.exit_code == 2, result.stderr
        seen = json.loads(result.stdout)
        assert seen.pop("interfaces") == ["lo"]
        assert seen.pop("routes") == 0
        assert seen.pop("socket") == [False, False]
        assert seen.pop("denied") == ["403"] * 5
        assert seen.pop("denied http") == "403"
        assert seen.pop("garbage") == "400"
        assert seen.pop("name") == "gaierror"
        assert seen.pop("six") in {"ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"}
        assert set(seen.values()) == {"ENETUNREACH"}, seen
        assert b"not reached: denied.example:443: it is not one of the package registries" in result.stderr
        assert self.left(engine, "egress-closed") == []

    def test_a_mirror_that_leads_to_this_machine_must_be_listed(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], tag: str
    ) -> None:
        hosts = ("localhost:80", f"{self.gateway(engine)}:9", "169.254.169.254:80")
        source = f"""
import socket, sys
for target in {hosts}:
    with socket.create_connection(("127.0.0.1", 3128), 10) as connection:
        connection.sendall(f"CONNECT {{target}} HTTP/1.1\\r\\n\\r\\n".encode())
        print(connection.recv(100).split(b" ")[1].decode())
sys.exit(2)
"""
        result = engine.fetch(self.plan(runner_images, source, tag, registries=(), hosts=hosts), "egress-listed")
        assert isinstance(result, ExecResult)
        # Listed hosts may be near (nothing listens there), but never the proxy itself or the link.
        assert result.stdout == b"403\n502\n403\n", result.stderr

    def test_the_index_and_its_files_are_reached_and_counted(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], tag: str
    ) -> None:
        source = """
import json, socket, subprocess
urls = set()
for argv in ([], ["files"]):
    done = subprocess.run(["/opt/gradekit/bin/registries", *argv], capture_output=True, text=True, check=True)
    urls |= {url for line in done.stdout.splitlines() for url in json.loads(line).values()}
assert urls
"""
        image = engine.fetch(self.plan(runner_images, source, tag), "egress-open")
        assert isinstance(image, Image), image.stderr
        hosts = Traffic.of_label(image.labels[EGRESS_LABEL]).hosts
        assert hosts
        assert all(size > 1000 for size in hosts.values())
        assert self.left(engine, "egress-open") == []

    def test_the_cap_on_bytes_is_not_the_registrys_fault(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], tag: str
    ) -> None:
        result = engine.fetch(self.plan(runner_images, "import sys; sys.exit(3)", tag, max_bytes=2000), "egress-cap")
        assert isinstance(result, ExecResult)
        assert result.exit_code == 2
        assert b"fetching was stopped by the cap on bytes" in result.stderr

    def test_without_egress_there_is_nothing(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], tag: str
    ) -> None:
        source = "import socket, sys; sys.exit(2 if socket.socket().connect_ex(('127.0.0.1', 3128)) else 0)"
        plan = FetchPlan(runner_images["python"].id, ["/usr/bin/python3", "-c", source], (), "/opt/deps", tag)
        result = engine.fetch(plan, "egress-none")
        assert isinstance(result, ExecResult)
        assert result.exit_code == 2

    def test_an_upstream_that_cannot_be_used_is_our_fault(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], tag: str
    ) -> None:
        plan = self.plan(runner_images, "", tag)
        broken = FetchPlan(
            plan.image, plan.argv, (), plan.destination, tag, {"HTTPS_PROXY": "socks5://x"}, egress=plan.egress
        )
        with pytest.raises(InfrastructureError, match="an upstream proxy must be http://HOST:PORT"):
            engine.fetch(broken, "egress-upstream")
        assert self.left(engine, "egress-upstream") == []

    @pytest.mark.parametrize("when", [signal.SIGINT, signal.SIGKILL])
    def test_nothing_is_left_when_it_is_interrupted(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], when: signal.Signals
    ) -> None:
        run = f"egress-{when.name}-{os.getpid()}"
        source = (
            "import sys\n"
            "from gradekit.sandbox.docker import connect\n"
            "from gradekit.sandbox.plans import Egress, FetchPlan\n"
            "probe, python, run = sys.argv[1:]\n"
            "argv = ['/usr/bin/python3', '-c', 'import time; time.sleep(60)']\n"
            "plan = FetchPlan(python, argv, (), '/opt/deps', 'gradekit-test-deps:x', egress=Egress(probe))\n"
            "connect().fetch(plan, run)\n"
        )
        argv = [sys.executable, "-c", source, runner_images["probe"].id, runner_images["python"].id, run]
        with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 30
            # Proxy, forwarder, holder, program; and three volumes.
            while len(self.left(engine, run)) < 7 and time.monotonic() < deadline:
                time.sleep(0.1)
            assert len(self.left(engine, run)) == 7
            process.send_signal(when)
            process.wait(30)
        if when is signal.SIGKILL:
            # The way out is closed at once; the rest is the reaper's.
            while time.monotonic() < deadline and self.programs(engine, run):
                time.sleep(0.1)
            assert self.programs(engine, run) == []
            engine.reap()
            # Another process on this engine may be at it, too.
            while time.monotonic() < deadline and self.left(engine, run):
                time.sleep(0.1)
        assert self.left(engine, run) == []

    def programs(self, engine: DockerEngine, run: str) -> list[str]:
        """Names of running proxies and forwarders."""
        found = [
            thing.name
            for thing in engine.client.containers(RUN_LABEL)
            if thing.labels[RUN_LABEL] == run and thing.running
        ]
        shown = [engine.client.sdk.api.inspect_container(name) for name in found]
        return [item["Name"] for item in shown if item["Config"]["Entrypoint"][-1] in {"proxy", "forward"}]
