"""A smart-HTTP git server for this machine only: demonstrations and tests clone from it."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from gradekit.submission.gitio import git_program

_TARGET = re.compile(r"(?P<path>/[\w./~%+-]+/(?P<what>info/refs|git-upload-pack))(?:\?(?P<query>[\w=-]*))?")
_MAX_BODY = 4 << 20
_MAX_HEAD = 64
_TIMEOUT = 60.0


@contextmanager
def serve_repositories(folder: Path) -> Iterator[str]:
    """Serve every repository below a folder for cloning; the base URL, without a slash at the end.

    ``folder/orders`` (or its ``.git``) is then at ``BASE/orders``. It listens on 127.0.0.1 on a free
    port, and nothing can be pushed.

    Raises:
        InfrastructureError: git is missing or too old.
    """
    root = folder.resolve()
    program = git_program()

    class Request(_Request):
        environment = {  # noqa: RUF012 - a constant of a class that lives as long as its server
            "PATH": f"{program.parent}:/usr/bin:/bin",
            "HOME": "/nonexistent",
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",
        }
        command_line = (str(program), "http-backend")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Request(BaseHTTPRequestHandler):
    environment: dict[str, str]
    command_line: tuple[str, ...]
    timeout = _TIMEOUT

    def do_GET(self) -> None:
        self._answer("info/refs", b"")

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MAX_BODY:
            self.send_error(411)
            return
        self._answer("git-upload-pack", self.rfile.read(int(length)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Say nothing: stderr belongs to the program that demonstrates."""

    def _answer(self, what: str, body: bytes) -> None:
        match = _TARGET.fullmatch(self.path)
        query = match["query"] or "" if match else ""
        if match is None or match["what"] != what or (what == "info/refs") != (query == "service=git-upload-pack"):
            self.send_error(404)
            return
        variables = {
            "PATH_INFO": unquote(match["path"]),
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
            "GIT_PROTOCOL": self.headers.get("git-protocol", ""),
        }
        with subprocess.Popen(  # noqa: S603 - a constant command
            self.command_line,
            env=self.environment | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            self._relay(process, body)

    def _relay(self, process: subprocess.Popen[bytes], body: bytes) -> None:
        """Send a CGI program's answer; it has read its whole input before it prints more than a pipe holds."""
        if process.stdin is None or process.stdout is None:
            return
        try:
            process.stdin.write(body)
            process.stdin.close()
            head: dict[str, str] = {}
            while (line := process.stdout.readline(8192).strip()) and len(head) < _MAX_HEAD:
                name, _, value = line.decode("latin-1").partition(":")
                head[name.strip()] = value.strip()
            self.send_response(int(head.pop("Status", "200").split()[0]))
            for name, value in head.items():
                self.send_header(name, value)
            self.end_headers()
            shutil.copyfileobj(process.stdout, self.wfile)
        except OSError:  # the client went away
            process.kill()
