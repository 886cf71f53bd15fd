"""A private repository over https, from the command line to the report: the token opens it and is seen nowhere."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gradekit.submission.publish import publish
from gradekit.submission.serve import serve_repositories
from tests.e2e.running import OWNER, ROOT, Finished, left_on_engine
from tests.submission.gitserver import Asked, Reply, command_lines
from tests.submission.tls import Authority, secured

pytestmark = pytest.mark.docker
CHALLENGE = ROOT / "tests" / "hostile" / "challenge"
TOKEN = "tok-e2e-0123456789"
BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
SECRETS = (TOKEN, BASIC, base64.b64encode(TOKEN.encode()).decode().rstrip("="))
Run = Callable[..., Finished]


class Watch:
    """Looks at what the engine says about our containers, and at the environment of processes, until it is closed."""

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}
        self.leaks: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            listed = ["docker", "ps", "-aq", "--no-trunc", "--filter", f"label={OWNER}"]
            names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
            for name in names:
                told = subprocess.run(["docker", "inspect", name], capture_output=True, text=True, check=False)
                self.seen[name] = told.stdout
                self.leaks += [name for secret in SECRETS if secret in told.stdout]
            self.leaks += command_lines(*SECRETS)
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    inside = any(name in (folder / "cgroup").read_text() for name in names)
                    environment = (folder / "environ").read_bytes() if inside else b""
                except OSError:
                    continue
                self.leaks += [str(folder) for secret in SECRETS if secret.encode() in environment]


@pytest.fixture
def watch() -> Iterator[Watch]:
    watching = Watch()
    yield watching
    watching.close()


@pytest.fixture
def private(tmp_path: Path) -> Iterator[tuple[str, Authority]]:
    """The URL of a repository behind TLS and a password, and the authority that its server's certificate is of."""
    for name in ("authority", "served"):
        (tmp_path / name).mkdir()
    authority = Authority(tmp_path / "authority")
    publish(CHALLENGE / "solutions" / "reference", tmp_path / "served" / "private.git")
    with serve_repositories(tmp_path / "served") as base, served(authority.context(), base) as url:
        yield f"{url}/private.git", authority


def served(context: ssl.SSLContext, base: str) -> AbstractContextManager[str]:
    def answer(asked: Asked) -> Reply:
        assert command_lines(*SECRETS) == []
        if asked.headers.get("Authorization") == f"Basic {BASIC}":
            return asked.forward(base)
        return Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})

    return secured(context, answer)


def test_a_private_repository_is_graded_and_the_token_is_nowhere(
    gradekit: Run, private: tuple[str, Authority], watch: Watch, tmp_path: Path
) -> None:
    url, authority = private
    out, state = tmp_path / "out", tmp_path / "state"
    env = {
        "GRADEKIT_TOKEN": TOKEN,
        "GRADEKIT_TOKEN_HOSTS": url.split("/")[2],
        "GRADEKIT_CA_BUNDLE": str(authority.certificate),
        "XDG_STATE_HOME": str(state),
    }
    formats = [word for name in ("json", "html", "text", "markdown", "junit") for word in ("-f", name)]
    done = gradekit("grade", url, "-c", str(CHALLENGE), "-vv", "-o", str(out), *formats, env=env)
    watch.close()
    assert done.code in {0, 1}, done.err
    assert json.loads((out / "report.json").read_text())["score"]["earned"] > 0
    kept = gradekit("grade", url, "-c", str(CHALLENGE), env=env | {"GRADEKIT_TOKEN": "tok-wrong"})
    assert kept.code == 4
    assert "whether GRADEKIT_TOKEN is good for this repository" in kept.err
    assert "tok-wrong" not in kept.err + kept.out
    files = [path for folder in (out, state) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for text in (done.out, done.err, *(path.read_bytes().decode("latin-1") for path in files)):
        assert not any(secret in text for secret in SECRETS)
    assert watch.seen
    assert watch.leaks == []
    assert left_on_engine(done.pid) == []
