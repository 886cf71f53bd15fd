"""Over HTTP: a real smart server, and servers that answer badly."""

from __future__ import annotations

import base64
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from gradekit.errors import UsageError
from gradekit.submission.serve import serve_repositories
from tests.submission.gitserver import Asked, Get, Refusal, Reply, Repository, scripted

TOKEN = "tok-0123456789"
BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


@pytest.fixture
def base(repository: Repository) -> Iterator[str]:
    with serve_repositories(repository.path.parent) as url:
        yield url


def test_a_clone_over_http(get: Get, repository: Repository, base: str) -> None:
    first = repository.commit({f"d{n % 7}/f{n}": f"{n}\n" * 50 for n in range(300)})
    second = repository.commit({"more": "x"}, when=1_700_000_100)
    assert get(f"{base}/work").commit == second
    assert len(get(f"{base}/work/.git", "main").files) == 301
    assert get(f"{base}/work", first).commit == first
    assert get(f"{base}/work", before=datetime.fromtimestamp(1_700_000_050, UTC)).commit == first


def test_messages_over_http(refusal: Refusal, repository: Repository, base: str) -> None:
    assert refusal(f"{base}/work") == f"{base}/work: the repository is empty: it has no commits; push the work"
    repository.commit({"a": "1"})
    assert refusal(f"{base}/wrong") == f"{base}/wrong: there is no repository; check the address"
    assert "no such branch or tag" in refusal(f"{base}/work", "mian")
    assert "no such commit" in refusal(f"{base}/work", "1" * 40)


def test_the_server_serves_nothing_else(repository: Repository, base: str, tmp_path: Path) -> None:
    repository.commit({"a": "1"})
    Repository(tmp_path / "private").commit({"a": "1"})
    query = "info/refs?service=git-upload-pack"
    with urllib.request.urlopen(f"{base}/work/{query}") as answer:  # noqa: S310 - a server of our own
        assert answer.status == 200
    for target in (
        "/",
        "/work/.git/config",
        "/work/info/refs",
        "/work/info/refs?service=git-receive-pack",
        f"/../private/{query}",
        f"/%2e%2e/private/{query}",
        f"/work/../../private/{query}",
        f"/work\x00/{query}".replace("\x00", "%00"),
    ):
        with pytest.raises((urllib.error.HTTPError, ConnectionError)) as caught:
            urllib.request.urlopen(base + target)  # noqa: S310 - a server of our own
        if isinstance(caught.value, urllib.error.HTTPError):
            caught.value.close()
            assert caught.value.code in {404, 403, 500}
    pushed = subprocess.run(
        ["git", "push", f"{base}/work", "HEAD:refs/heads/x"], cwd=repository.path, capture_output=True, check=False
    )
    assert pushed.returncode != 0


@pytest.mark.parametrize(
    ("status", "part"),
    [
        (404, "there is no repository"),
        (401, "the host asks for credentials"),
        (403, "the host asks for credentials"),
        (500, "git cannot fetch it (fatal: unable to access"),
        (200, "there is no repository"),
    ],
)
def test_bad_answers(refusal: Refusal, status: int, part: str) -> None:
    headers = {"WWW-Authenticate": 'Basic realm="x"'} if status == 401 else {}
    with scripted(lambda _: Reply(status, b"<html>\x1b[2J\n<body>\tWelcome</body>\n" * 20, headers)) as url:
        assert part in refusal(f"{url}/x")


def test_the_old_protocol_is_named(refusal: Refusal, repository: Repository) -> None:
    repository.commit({"a": "1"})
    repository.git("update-server-info")

    def static(asked: Asked) -> Reply:
        path = repository.path / ".git" / asked.target.partition("?")[0].removeprefix("/x/")
        return Reply(200, path.read_bytes()) if path.is_file() else Reply(404)

    with scripted(static) as url:
        assert "the host speaks git's old protocol only" in refusal(f"{url}/x")


def test_an_old_server_that_gives_no_inner_commit(
    get: Get, refusal: Refusal, repository: Repository, base: str
) -> None:
    first = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    with scripted(lambda asked: asked.forward(base, without=("git-protocol",))) as url:
        assert get(f"{url}/work", first).commit == first
        assert "no such commit" in refusal(f"{url}/work", "1" * 40)


def locked(base: str, asked: Asked) -> Reply:
    if asked.headers.get("Authorization") != f"Basic {BASIC}":
        return Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})
    return asked.forward(base)


def test_the_token_opens_a_private_repository(get: Get, refusal: Refusal, repository: Repository, base: str) -> None:
    commit = repository.commit({"a": "1"})
    with scripted(lambda asked: locked(base, asked)) as url:
        assert "set GRADEKIT_TOKEN" in refusal(f"{url}/work")
        assert "set GRADEKIT_TOKEN" in refusal(f"{url}/work", token="wrong")
        assert "set GRADEKIT_TOKEN" in refusal(f"{url}/work", token="")
        submission = get(f"{url}/work", token=TOKEN)
    assert submission.commit == commit
    assert TOKEN not in repr(submission)
    assert "GRADEKIT_TOKEN" in refusal(f"{base}/work", token="a\nb", error=UsageError)


def test_the_token_does_not_come_back_in_messages(refusal: Refusal) -> None:
    def echo(asked: Asked) -> Reply:
        sent = asked.headers["Authorization"].encode()
        line = b"ERR " + TOKEN.encode() + b" " + sent
        first = b"# service=git-upload-pack\n"
        body = b"%04x%s0000%04x%s" % (len(first) + 4, first, len(line) + 4, line)
        return Reply(200, body, {"Content-Type": "application/x-git-upload-pack-advertisement"})

    with scripted(echo) as url:
        message = refusal(f"{url}/x", token=TOKEN)
    assert "*** Basic ***" in message
    assert TOKEN not in message
    assert BASIC not in message


@pytest.mark.parametrize("token", [None, TOKEN])
def test_http_redirects_are_not_followed(refusal: Refusal, token: str | None) -> None:
    seen: list[str] = []

    def elsewhere(asked: Asked) -> Reply:
        seen.append(asked.headers.get("Authorization", ""))
        return Reply(404)

    with (
        scripted(elsewhere) as other,
        scripted(lambda asked: Reply(302, b"", {"Location": other + asked.target})) as url,
    ):
        assert "sends git elsewhere" in refusal(f"{url}/x", token=token)
    assert seen == []


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "-", "-days", "2"]
    made = subprocess.run(["openssl", "req", "-x509", *key, *name], capture_output=True, check=True)
    path.write_bytes(made.stdout)
    return path


def test_https(
    get: Get, refusal: Refusal, repository: Repository, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")
    commit = repository.commit({"a": "1"})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrap(server: ThreadingHTTPServer) -> None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)

    seen: list[str | None] = []

    def final(asked: Asked) -> Reply:
        seen.append(asked.headers.get("Authorization"))
        return asked.forward(base)

    with (
        serve_repositories(repository.path.parent) as base,
        scripted(final, wrap) as plain,
        scripted(lambda asked: Reply(301, b"", {"Location": f"{target}{asked.target}"}), wrap) as moved,
        scripted(lambda asked: Reply(301, b"", {"Location": base + asked.target}), wrap) as downgraded,
    ):
        target = plain.replace("http:", "https:")
        assert "the connection is not secure" in refusal(f"{target}/work")
        monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate))
        assert get(f"{target}/work", token=TOKEN).commit == commit
        assert set(seen) == {f"Basic {BASIC}"}
        seen.clear()
        # A renamed repository is found where the host says it is; a token never goes there.
        renamed = moved.replace("http:", "https:")
        assert get(f"{renamed}/work").commit == commit
        assert set(seen) == {None}
        seen.clear()
        assert "sends git elsewhere" in refusal(f"{renamed}/work", token=TOKEN)
        assert seen == []
        assert "sends git elsewhere" in refusal(f"{downgraded.replace('http:', 'https:')}/work")
