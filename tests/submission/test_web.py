"""Over HTTP: a real smart server, and servers that answer badly."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.submission.gitserver import Asked, Get, Refusal, Reply, Repository, scripted


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
        (429, "the host gets too many requests from here; try again later"),
        (500, "the host has a fault of its own (fatal: unable to access"),
        (503, "the host has a fault of its own"),
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
