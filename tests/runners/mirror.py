"""Folders of files that answer as a package registry does, on an address that a fetching container can reach."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def tar(files: Mapping[str, bytes], mode: str = "w", *, executable: tuple[str, ...] = ()) -> bytes:
    """An archive; ``mode`` is ``w`` or ``w:gz``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as made:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.mode = 0o755 if name in executable else 0o644
            made.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@contextmanager
def served(
    folder: Path,
    address: str,
    status: int = 200,
    asked: list[str] | None = None,
    moved: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Its URL, while a server of ours answers there; with a status it answers that and nothing else.

    ``moved``: ends of paths, and the URL of the server that has those files instead.
    """

    class Answers(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            if asked is not None:
                asked.append(self.path)

        def send_head(self) -> io.BytesIO | None:
            if status != 200:
                self.send_error(status)
                return None
            there = next((url for end, url in (moved or {}).items() if self.path.endswith(end)), None)
            if there is not None:
                self.send_response(302)
                self.send_header("Location", there.rstrip("/") + self.path)
                self.end_headers()
                return None
            return super().send_head()  # type: ignore[return-value]

    server = ThreadingHTTPServer((address, 0), partial(Answers, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{address}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
