"""Git repositories made on the spot, and small HTTP servers that are not what they seem."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from gradekit.submission import Access, CloneRules, Submission

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


class Repository:
    """A repository with a work tree that the tests may damage."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main", ".")

    @property
    def url(self) -> str:
        return str(self.path)

    def git(self, *arguments: str, stdin: bytes = b"", when: int = 1_700_000_000) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=_ENVIRONMENT | {"GIT_AUTHOR_DATE": f"{when} +0000", "GIT_COMMITTER_DATE": f"{when} +0000"},
            input=stdin,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def commit(self, files: Mapping[str, str | bytes], when: int = 1_700_000_000) -> str:
        for name, data in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        self.git("add", "--all", "--force", ".")
        self.git("commit", "--quiet", "--allow-empty", "-m", "work", when=when)
        return self.git("rev-parse", "HEAD")

    def blob(self, data: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=data)

    def tree(self, entries: Mapping[bytes, str], *, mode: str = "100644") -> str:
        """A tree of blobs, or with mode 040000 of trees; names are not looked at."""
        ordered = sorted(entries.items(), key=lambda item: item[0] + (b"/" if mode == "040000" else b""))
        raw = b"".join(mode.lstrip("0").encode() + b" " + name + b"\0" + bytes.fromhex(oid) for name, oid in ordered)
        return self.git("hash-object", "-w", "--literally", "-t", "tree", "--stdin", stdin=raw)

    def publish(self, tree: str) -> str:
        commit = self.git("commit-tree", "-m", "work", tree)
        self.git("update-ref", "refs/heads/main", commit)
        return commit


class Get(Protocol):
    def __call__(
        self,
        repo: str,
        ref: str | None = None,
        *,
        before: datetime | None = None,
        rules: CloneRules = ...,
        access: Access = ...,
    ) -> Submission: ...


Refusal = Callable[..., str]


class Reply:
    """What a scripted server answers."""

    def __init__(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}


class Asked:
    """A request that a scripted server got."""

    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body

    def forward(self, base: str, *, without: tuple[str, ...] = ()) -> Reply:
        """The answer of another server to the same request."""
        drop = {"host", "authorization", "connection", "content-length", *without}
        connection = HTTPConnection(urlsplit(base).netloc, timeout=20)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in drop}
        try:
            connection.request(self.method, self.target, self.body or None, headers)
            answer = connection.getresponse()
            kind = answer.headers.get("content-type", "text/plain")
            return Reply(answer.status, answer.read(), {"Content-Type": kind})
        finally:
            connection.close()


@contextmanager
def scripted(
    answer: Callable[[Asked], Reply], wrap: Callable[[ThreadingHTTPServer], None] | None = None
) -> Iterator[str]:
    class Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            reply = answer(Asked(self.command, self.path, dict(self.headers), self.rfile.read(length)))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            with suppress(ConnectionError):  # it has heard enough
                self.wfile.write(reply.body)

        do_POST = do_GET  # noqa: N815 - the name that the base class looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    if wrap is not None:
        wrap(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def command_lines(*secrets: str) -> list[str]:
    """Command lines of living processes, of everybody's, that show one of the secrets."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if any(secret.encode() in line for secret in secrets):
            found.append(line.decode(errors="replace"))
    return found
