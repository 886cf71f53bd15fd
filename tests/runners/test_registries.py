"""The program of the Python runner that names registries, on indexes of our own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "runners/python/bin/registries"
JSON = "application/vnd.pypi.simple.v1+json"
PAGES = {
    "/json/pip/": (
        JSON,
        json.dumps({"files": [{"url": "https://files.example/a.whl"}, {"url": "../../b.whl"}]}),
    ),
    "/html/pip/": (
        "text/html",
        '<a href="https://u:p@files.example:8443/x.whl#sha256=0">x</a><a href="/y.whl">y</a><a>no target</a><a href="',
    ),
    "/broken/pip/": (JSON, '{"files": [1]}'),
}


class Index(BaseHTTPRequestHandler):
    asked: list[str | None]

    def do_GET(self) -> None:
        kind, text = PAGES.get(self.path, ("text/plain", "none"))
        type(self).asked.append(self.headers["Authorization"])
        self.send_response(200 if self.path in PAGES else 404)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def place() -> Iterator[str]:
    Index.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def ask(*arguments: str, **env: str) -> tuple[int, list[dict[str, str]], str]:
    done = subprocess.run(
        [sys.executable, "-I", str(PROGRAM), *arguments], env=env, capture_output=True, text=True, check=False
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_the_indexes_in_force_need_no_network() -> None:
    env = {"PIP_INDEX_URL": "https://a.example/simple", "PIP_EXTRA_INDEX_URL": "https://b.example/x https://c.example"}
    urls = ["https://a.example/simple", "https://b.example/x", "https://c.example"]
    assert ask(**env) == (0, [{"index": url} for url in urls], "")


@pytest.mark.parametrize(
    ("page", "hosts"),
    [("json", ["http://{}", "https://files.example"]), ("html/", ["http://{}", "https://files.example:8443"])],
)
def test_hosts_of_files(place: str, page: str, hosts: list[str]) -> None:
    code, lines, _ = ask("files", PIP_INDEX_URL=f"http://me:s%20x@{place}/{page}")
    assert (code, [line["files"] for line in lines]) == (0, [host.format(place) for host in hosts])
    assert Index.asked == ["Basic bWU6cyB4"]


def test_an_index_without_that_package_names_no_host(place: str) -> None:
    assert ask("files", PIP_INDEX_URL=f"http://{place}/empty") == (0, [], "")


def test_an_index_that_does_not_answer_keeps_its_secret_and_the_others(place: str) -> None:
    urls = {"PIP_INDEX_URL": "http://me:secret@127.0.0.1:9/x", "PIP_EXTRA_INDEX_URL": f"http://{place}/json"}
    code, lines, told = ask("files", **urls)
    assert (code, len(lines)) == (3, 2)
    assert "http://***@127.0.0.1:9/x: " in told
    assert "secret" not in told


def test_a_broken_answer_is_told(place: str) -> None:
    code, lines, told = ask("files", PIP_INDEX_URL=f"http://{place}/broken")
    assert (code, lines) == (3, [])
    assert told
