"""Private repositories: a secret reaches the hosts that the operator named, and is seen nowhere else."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from gradekit.errors import SubmissionError, UsageError
from gradekit.submission import Access
from gradekit.submission.address import parse
from tests.submission.gitserver import Asked, Get, Refusal, Reply, Repository, command_lines, scripted
from tests.submission.tls import Authority, secured

TOKEN = "tok-0123456789"
BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
OTHER_BASIC = base64.b64encode(f"ana:{TOKEN}".encode()).decode()
REALM = {"WWW-Authenticate": 'Basic realm="\x1b[31m\x1b]0;x\x07password=\xe9"'}


class Server:
    """Serves ``base`` to those who show a password."""

    def __init__(self, base: str, expected: str = f"Basic {BASIC}") -> None:
        self.base = base
        self.expected = expected
        self.seen: list[str | None] = []
        self.in_command_lines: list[str] = []

    def __call__(self, asked: Asked) -> Reply:
        self.seen.append(asked.headers.get("Authorization"))
        self.in_command_lines += command_lines(TOKEN, BASIC, OTHER_BASIC)
        if self.seen[-1] != self.expected:
            return Reply(401, b"", REALM)
        return asked.forward(self.base)


Serve = Callable[..., AbstractContextManager[tuple[str, Server]]]


@pytest.fixture
def serve(certified: ssl.SSLContext, base: str) -> Serve:
    """Start a server over TLS that wants the password; its URL and what it saw."""

    @contextmanager
    def start(expected: str = f"Basic {BASIC}") -> Iterator[tuple[str, Server]]:
        server = Server(base, expected)
        with secured(certified, server) as url:
            yield url, server
        assert server.in_command_lines == []

    return start


@pytest.fixture
def allowed(authority: Authority) -> Callable[..., Access]:
    """An access with the tests' authority; ``for_url`` names the host."""

    def make(*for_urls: str, token: str | None = None, helper: str | None = None) -> Access:
        hosts = tuple(url.partition("://")[2] for url in for_urls)
        return Access(token, hosts, helper, str(authority.certificate))

    return make


Allowed = Callable[..., Access]


def test_the_token_opens_a_private_repository(
    get: Get, refusal: Refusal, repository: Repository, serve: Serve, allowed: Allowed
) -> None:
    first = repository.commit({"a": "1"})
    second = repository.commit({"a": "2"})
    with serve() as (url, server):
        access = allowed(url, token=TOKEN)
        submission = get(f"{url}/work", access=access)
        assert submission.commit == second
        assert get(f"{url}/work", first, access=access).commit == first
        assert set(server.seen) == {f"Basic {BASIC}"}
        message = refusal(f"{url}/work", access=allowed(url, token="wrong"))
        assert "whether GRADEKIT_TOKEN is good for this repository and has not expired" in message
        assert "wrong" not in message
    assert TOKEN not in repr((submission, access))


def test_no_host_no_token(refusal: Refusal, repository: Repository, serve: Serve, allowed: Allowed) -> None:
    repository.commit({"a": "1"})
    with serve() as (url, server):
        host = url.removeprefix("https://")
        hint = f"for a private repository set GRADEKIT_TOKEN and GRADEKIT_TOKEN_HOSTS={host}"
        assert hint in refusal(f"{url}/work", access=allowed())
        assert hint in refusal(f"{url}/work", access=allowed(url, token=""))
        for others in ((), ("https://git.example.org",), ("https://127.0.0.1",), ("https://127.0.0.1:1",)):
            message = refusal(f"{url}/work", access=allowed(*others, token=TOKEN))
            assert (
                f"GRADEKIT_TOKEN was not used, for it is not for this host; if it is, set GRADEKIT_TOKEN_HOSTS={host}"
                in message
            )
    assert set(server.seen) == {None}


@pytest.mark.parametrize(
    ("hosts", "repo", "admitted"),
    [
        (("git.example.org",), "https://git.example.org/a", True),
        (("git.example.org:443",), "https://git.example.org/a", True),
        (("Git.Example.org",), "https://GIT.example.ORG:443/a", True),
        (("a.example", "[2001:db8::1]:8443"), "https://[2001:DB8::1]:8443/a", True),
        (("git.example.org",), "https://git.example.org:8443/a", False),
        (("example.org",), "https://git.example.org/a", False),
        (("git.example.org",), "https://git.example.org.evil.example/a", False),
        (("git.example.org",), "https://git.example.org./a", False),
        (("git.example.org",), "ssh://git@git.example.org/a", False),
        (("git.example.org",), "git@git.example.org:a", False),
        (("git.example.org:22",), "git@git.example.org:a", False),
        (("127.0.0.1",), "http://127.0.0.1/a", False),
        (("127.0.0.1:80",), "http://127.0.0.1/a", True),
        ((), "https://git.example.org/a", False),
    ],
)
def test_which_hosts_a_token_is_for(hosts: tuple[str, ...], repo: str, *, admitted: bool) -> None:
    # "https://git.example.org./a" is not even accepted as an address.
    try:
        address = parse(repo)
    except SubmissionError:
        assert not admitted
        return
    assert Access(TOKEN, hosts).admits(address) is admitted
    assert Access(None, hosts, "store").admits(address) is admitted
    assert Access(None, hosts).admits(address) is False


@pytest.mark.parametrize(
    "host", ["https://git.example.org", "git.example.org/a", "*", "*.example.org", "", "a:0", "a b", "u@a"]
)
def test_hosts_that_are_none(host: str) -> None:
    with pytest.raises(UsageError, match=r"token_hosts \(GRADEKIT_TOKEN_HOSTS\): .* is no host; HOST or HOST:PORT"):
        Access(TOKEN, (host,))


def test_a_token_that_is_none() -> None:
    with pytest.raises(UsageError) as caught:
        Access("tok\nen", ("a",))
    assert "GRADEKIT_TOKEN: has spaces, control characters" in str(caught.value)
    assert "tok" not in str(caught.value)


def packet(line: bytes) -> bytes:
    return b"%04x%s" % (len(line) + 4, line)


def test_a_secret_does_not_come_back_in_messages(refusal: Refusal, certified: ssl.SSLContext, allowed: Allowed) -> None:
    def echo(asked: Asked) -> Reply:
        line = b"ERR " + TOKEN.encode() + b" " + asked.headers["Authorization"].encode()
        body = packet(b"# service=git-upload-pack\n") + b"0000" + packet(line)
        return Reply(200, body, {"Content-Type": "application/x-git-upload-pack-advertisement"})

    def send_on(_: Asked) -> Reply:
        return Reply(301, b"", {"Location": f"https://git.example.org/{TOKEN}/{BASIC}"})

    for answer, part in ((echo, "*** Basic ***"), (send_on, "https://git.example.org/***/***, and only")):
        with secured(certified, answer) as url:
            message = refusal(f"{url}/x", access=allowed(url, token=TOKEN))
        assert part in message
        assert TOKEN not in message
        assert BASIC not in message


@pytest.mark.parametrize("secret", ["token", "helper", None])
def test_a_redirect_takes_no_secret_to_another_host(
    refusal: Refusal,
    repository: Repository,
    base: str,
    *,
    certified: ssl.SSLContext,
    allowed: Allowed,
    secret: str | None,
) -> None:
    """git itself would: it sends the header to the new host with the second request, also when scoped to the old."""
    repository.commit({"a": "1"})
    seen: list[str | None] = []

    def other(asked: Asked) -> Reply:
        seen.append(asked.headers.get("Authorization"))
        return asked.forward(base)

    with (
        secured(certified, other) as target,
        scripted(other) as plain,
        secured(certified, lambda asked: Reply(302, b"", {"Location": target + asked.target})) as url,
        secured(certified, lambda asked: Reply(302, b"", {"Location": plain + asked.target})) as down,
    ):
        access = allowed(
            url,
            down,
            target,
            token=TOKEN if secret == "token" else None,
            helper=f"!echo username=ana; echo password={TOKEN};:" if secret == "helper" else None,
        )
        for start in (url, down):
            assert "only its own addresses are followed" in refusal(f"{start}/work", access=access)
    assert seen == []


def test_a_renamed_private_repository(
    get: Get, repository: Repository, base: str, certified: ssl.SSLContext, allowed: Allowed
) -> None:
    commit = repository.commit({"a": "1"})
    server = Server(base)

    def answer(asked: Asked) -> Reply:
        if asked.target.startswith("/old/"):
            return Reply(301, b"", {"Location": asked.target.replace("/old/", "/work/")})
        return server(asked)

    with secured(certified, answer) as url:
        assert get(f"{url}/old", access=allowed(url, token=TOKEN)).commit == commit
    assert set(server.seen) == {f"Basic {BASIC}"}


def test_a_credential_helper(
    get: Get,
    refusal: Refusal,
    repository: Repository,
    *,
    serve: Serve,
    allowed: Allowed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit = repository.commit({"a": "1"})
    with serve(f"Basic {OTHER_BASIC}") as (url, server):
        host = url.removeprefix("https://")
        (tmp_path / "secrets").write_text(f"https://ana:{TOKEN}@{host.replace(':', '%3a')}\n")
        helper = "store --file $SECRETS"
        monkeypatch.setenv("SECRETS", str(tmp_path / "secrets"))
        assert get(f"{url}/work", access=allowed(url, helper=helper)).commit == commit
        assert set(server.seen) == {f"Basic {OTHER_BASIC}"}
        server.seen.clear()
        message = refusal(f"{url}/work", access=allowed(helper=helper))
        assert "the credential helper was not used, for it is not for this host" in message
        assert set(server.seen) == {None}
        (tmp_path / "secrets").write_text(f"https://ana:other@{host.replace(':', '%3a')}\n")
        assert "whether the credential helper is good" in refusal(f"{url}/work", access=allowed(url, helper=helper))


@pytest.mark.parametrize(
    "helper",
    [
        "store --file /nowhere",
        "!echo username=ana;:",
        f"!echo {TOKEN} >&2; exit 1;:",
        "no-such-helper",
        "",
        "!echo quit=1;:",
    ],
)
def test_a_helper_that_has_nothing(refusal: Refusal, allowed: Allowed, helper: str) -> None:
    access = allowed("https://git.example.invalid", helper=helper)
    if not helper:
        assert not access.admits(parse("https://git.example.invalid/x"))
        return
    message = refusal("https://git.example.invalid/x", access=access, error=UsageError)
    assert message.startswith("credential_helper (GRADEKIT_CREDENTIAL_HELPER): gave no user name and password for git.")
    assert TOKEN not in message


def test_the_helper_of_the_callers_git_is_not_asked(
    refusal: Refusal,
    repository: Repository,
    serve: Serve,
    *,
    allowed: Allowed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository.commit({"a": "1"})
    trap = tmp_path / "trap"
    (tmp_path / ".gitconfig").write_text(f'[credential]\n\thelper = "!touch {trap};:"\n')
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login x-access-token password {TOKEN}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_ASKPASS", f"touch {trap}")
    monkeypatch.setenv("SSH_ASKPASS", f"touch {trap}")
    with serve() as (url, server):
        assert "check the address" in refusal(f"{url}/work", access=allowed(url, token="x"))
        refusal(f"{url}/work", access=allowed(url, helper="store --file /nowhere"), error=UsageError)
        refusal(f"{url}/work", access=allowed())
    assert f"Basic {BASIC}" not in server.seen
    assert not trap.exists()
