from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gradekit.report.formats import FORMATS
from gradekit.results import Report

HERE = Path(__file__).parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Site(ThreadingHTTPServer):
    """Serves one page and keeps the path of every request."""

    def __init__(self, page: str) -> None:
        self.page = page.encode()
        self.paths: list[str] = []
        super().__init__(("127.0.0.1", 0), _Door)


class _Door(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server uses
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    # Every place that the hostile texts point to is made local, where a request would be seen.
    html = FORMATS["html"].render(Report.model_validate_json((HERE / "hostile" / "report.json").read_bytes()))
    assert isinstance(html, str)
    with Site(html) as server:
        server.page = html.replace("evil.example", f"127.0.0.1:{server.server_address[1]}").encode()
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.browser
def test_a_browser_runs_nothing_and_asks_for_nothing(site: Site, tmp_path: Path) -> None:
    ran = subprocess.run(
        [
            str(CHROMIUM),
            *SWITCHES,
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            "--enable-logging=stderr",
            f"http://127.0.0.1:{site.server_address[1]}/report.html",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert site.paths == ["/report.html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in ran.stdout
    assert "<script" not in ran.stdout
    assert "<img" not in ran.stdout
    assert "Content Security Policy" not in ran.stderr, "something asked for what the policy forbids"
