"""A certificate authority of the tests' own, and servers that show its certificates."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

from tests.submission.gitserver import Asked, Reply, scripted

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")
NAMES = "DNS:localhost,IP:127.0.0.1,DNS:git.example.invalid"


class Authority:
    """An authority whose certificate is the file ``certificate``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.certificate = folder / "authority.pem"
        _openssl(
            "req", "-x509", *_KEY, folder / "authority.key", "-out", self.certificate, "-days", 2, "-subj", "/CN=Own"
        )

    def context(self, names: str = NAMES, days: int = 2) -> ssl.SSLContext:
        """What a server needs to show a certificate for these names."""
        key, request, certificate, extension = (self._folder / name for name in ("key", "request", "pem", "extension"))
        extension.write_text(f"subjectAltName={names}\n")
        _openssl("req", "-new", *_KEY, key, "-out", request, "-subj", "/CN=server")
        signed = ("-CA", self.certificate, "-CAkey", self._folder / "authority.key", "-extfile", extension)
        _openssl("x509", "-req", "-in", request, "-out", certificate, "-days", days, *signed)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


@contextmanager
def secured(context: ssl.SSLContext, answer: Callable[[Asked], Reply]) -> Iterator[str]:
    """A scripted server that speaks TLS; its base URL."""

    def wrap(server: ThreadingHTTPServer) -> None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)

    with scripted(answer, wrap) as url:
        yield url.replace("http:", "https:")


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True)
