"""Over https with an authority of one's own: who is believed, where a name may lead, where a redirect may."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradekit.errors import InfrastructureError
from gradekit.submission import Access, network
from gradekit.submission.address import parse
from tests.submission.gitserver import Asked, Get, Refusal, Reply, Repository, scripted
from tests.submission.tls import Authority, secured

REFS = "/info/refs?service=git-upload-pack"


@pytest.fixture
def trusted(authority: Authority) -> Access:
    return Access(ca_bundle=str(authority.certificate))


@pytest.fixture
def url(certified: ssl.SSLContext, base: str) -> Iterator[str]:
    with secured(certified, lambda asked: asked.forward(base)) as served:
        yield served


@pytest.mark.parametrize("by", ["ca_bundle", "GIT_SSL_CAINFO", "SSL_CERT_FILE"])
def test_an_authority_of_ones_own(
    get: Get,
    refusal: Refusal,
    repository: Repository,
    *,
    authority: Authority,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
) -> None:
    commit = repository.commit({"a": "1"})
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")
    message = refusal(f"{url}/work")
    assert "no authority known here has signed it" in message
    assert "ca_bundle of gradekit.toml or in GRADEKIT_CA_BUNDLE" in message
    if by != "ca_bundle":
        monkeypatch.setenv(by, str(authority.certificate))
    assert (
        get(f"{url}/work", access=Access(ca_bundle=str(authority.certificate) if by == "ca_bundle" else None)).commit
        == commit
    )


def test_own_certificates_are_trusted_beside_the_others(
    get: Get, repository: Repository, authority: Authority, *, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a": "1"})
    another = Authority(tmp_path).certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    assert get(f"{url}/work", access=Access(ca_bundle=str(another))).files


def test_a_missing_file_of_certificates(refusal: Refusal) -> None:
    message = refusal("https://127.0.0.1/x", access=Access(ca_bundle="/nowhere.pem"), error=InfrastructureError)
    assert message.startswith("ca_bundle (GRADEKIT_CA_BUNDLE): /nowhere.pem cannot be read: No such file")


@pytest.mark.parametrize(
    ("names", "days", "part"),
    [
        ("DNS:other.example", 2, "the host's certificate is for another name; give the name that the certificate has"),
        ("IP:127.0.0.1", -1, "certificate"),
    ],
)
def test_certificates_that_are_not_right(
    refusal: Refusal, authority: Authority, trusted: Access, *, names: str, days: int, part: str
) -> None:
    seen: list[str] = []

    def answer(asked: Asked) -> Reply:
        seen.append(asked.target)
        return Reply(404)

    with secured(authority.context(names, days), answer) as served:
        message = refusal(f"{served}/work", access=trusted)
    assert f"{served}/work: the connection is not secure: " in message
    assert part in message
    assert seen == []


def test_a_port_without_tls(refusal: Refusal, trusted: Access) -> None:
    with scripted(lambda _: Reply(200)) as plain:
        message = refusal(f"{plain.replace('http:', 'https:')}/x", access=trusted)
    assert "no secure connection comes about (" in message


def test_messages_do_not_come_from_the_name_of_a_repository(refusal: Refusal) -> None:
    with scripted(lambda _: Reply(404)) as served:
        assert "there is no repository" in refusal(f"{served}/ssl-certificate-redirect")


def moving(target: Callable[[str], str], status: int = 301) -> Callable[[Asked], Reply]:
    """A server that sends what is asked for elsewhere; ``target`` makes the address from the path."""
    return lambda asked: Reply(status, b"", {"Location": target(asked.target)})


@pytest.mark.parametrize(("status", "relative"), [(301, False), (302, True), (307, False), (308, True)])
def test_a_renamed_repository_is_found(
    get: Get,
    repository: Repository,
    certified: ssl.SSLContext,
    base: str,
    trusted: Access,
    *,
    status: int,
    relative: bool,
) -> None:
    commit = repository.commit({"a": "1"})

    def answer(asked: Asked) -> Reply:
        for old, new in (("/older/", "/old/"), ("/old/", "/work/")):
            if asked.target.startswith(old):
                host = "" if relative else f"https://{asked.headers['Host']}"
                return Reply(status, b"", {"Location": host + asked.target.replace(old, new)})
        return asked.forward(base)

    with secured(certified, answer) as served:
        submission = get(f"{served}/older", access=trusted)
        assert (submission.commit, submission.repo) == (commit, f"{served}/older")


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("https://localhost:{port}/work" + REFS, "only its own addresses are followed"),
        ("https://127.0.0.1:1/work" + REFS, "only its own addresses are followed"),
        ("http://127.0.0.1:{port}/work" + REFS, "only its own addresses are followed"),
        ("https://10.0.0.1/work" + REFS, "only its own addresses are followed"),
        ("https://169.254.169.254/work" + REFS, "only its own addresses are followed"),
        ("//example.invalid/work" + REFS, "only its own addresses are followed"),
        ("http://example.invalid/work" + REFS, "which is not accepted"),
        ("https://user:secret@127.0.0.1:{port}/work" + REFS, "which is not accepted"),
        ("https://127.0.0.1:{port}/a?b" + REFS, "which is not accepted"),
        ("file:///" + REFS, "which is not accepted"),
        ("https://127.0.0.1:99999/a" + REFS, "which is not accepted"),
        ("https://[::1/a" + REFS, "which is not accepted"),
        ("ext::sh" + REFS, "which is"),
        ("file:///etc" + REFS, "which is not accepted"),
        ("file:///", "which is not accepted"),
        ("/login", "which is no repository; check the address; for a private repository set GRADEKIT_TOKEN"),
        ("/work%1b%0a" + REFS, "which is not accepted"),
        ("/work\x1b[2J" + REFS, "sends git"),
        ("/{long}" + REFS, "which is not accepted"),
        ("", "sends git elsewhere"),
    ],
)
def test_redirects_that_are_not_followed(
    refusal: Refusal, repository: Repository, certified: ssl.SSLContext, *, trusted: Access, target: str, part: str
) -> None:
    repository.commit({"a": "1"})
    asked_for: list[str] = []

    def answer(asked: Asked) -> Reply:
        asked_for.append(asked.target)
        port = asked.headers["Host"].rpartition(":")[2]
        place = target.replace("{port}", port).replace("{long}", "x" * 3000)
        return Reply(301, b"", {"Location": place} if place else {})

    with secured(certified, answer) as served:
        message = refusal(f"{served}/x", access=trusted)
    assert part in message
    assert "secret" not in message
    assert len(message) < 1500
    assert set(asked_for) == {"/x" + REFS}


def test_redirects_in_circles(refusal: Refusal, certified: ssl.SSLContext, trusted: Access) -> None:
    asked_for: list[str] = []

    def answer(asked: Asked) -> Reply:
        asked_for.append(asked.target)
        return Reply(302, b"", {"Location": "/b" + REFS if asked.target.startswith("/a") else "/a" + REFS})

    with secured(certified, answer) as served:
        assert "the host sends git on more than 3 times" in refusal(f"{served}/a", access=trusted)
    assert len(asked_for) <= 8


def test_a_redirect_of_the_second_request(
    refusal: Refusal, repository: Repository, certified: ssl.SSLContext, base: str, trusted: Access
) -> None:
    repository.commit({"a": "1"})
    seen: list[str] = []

    def elsewhere(asked: Asked) -> Reply:
        seen.append(asked.target)
        return Reply(404)

    with scripted(elsewhere) as other:

        def answer(asked: Asked) -> Reply:
            return asked.forward(base) if asked.method == "GET" else Reply(307, b"", {"Location": other})

        with secured(certified, answer) as served:
            assert "the host sends git to http://127.0.0.1:" in refusal(f"{served}/work", access=trusted)
    assert seen == []


def test_a_redirect_only_now_and_then(refusal: Refusal, certified: ssl.SSLContext, trusted: Access) -> None:
    answers = [Reply(301, b"", {"Location": "/x" + REFS}), *[Reply(404)] * 5]
    with secured(certified, lambda _: answers.pop(0)) as served:
        assert "the host sends git elsewhere, which is not followed" in refusal(f"{served}/x", access=trusted)


def test_very_large_headers(refusal: Refusal, certified: ssl.SSLContext, trusted: Access) -> None:
    with secured(certified, lambda _: Reply(200, b"", {f"X-{n}": "y" * 60_000 for n in range(20)})) as served:
        assert f"{served}/x: " in refusal(f"{served}/x", access=trusted)
    with secured(certified, lambda _: Reply(301, b"", {"X": "y" * 90_000, "Location": "/" + "z" * 90_000})) as served:
        assert len(refusal(f"{served}/x", access=trusted)) < 1500


@pytest.mark.parametrize(
    "body",
    [
        b"zzzz",
        b"0000",
        b"001e# service=git-upload-pack\n0000fffe",
        b"\0" * 5000,
        b"001e# service=git-upload-pack\n00000009\xff\xff\xff\n0000",
    ],
)
def test_garbage_instead_of_packets(refusal: Refusal, certified: ssl.SSLContext, trusted: Access, body: bytes) -> None:
    kind = {"Content-Type": "application/x-git-upload-pack-advertisement"}
    with secured(certified, lambda _: Reply(200, body, kind)) as served:
        assert f"{served}/x: " in refusal(f"{served}/x", access=trusted)


@pytest.mark.parametrize(
    "repo",
    [
        "https://169.254.169.254/latest",
        "https://2852039166/x",
        "https://0xA9FEA9FE/x",
        "https://[fe80::1]/x",
        "https://[::ffff:169.254.169.254]/x",
        "https://[64:ff9b::a9fe:a9fe]/x",
        "https://[2002:a9fe:a9fe::]/x",
        "https://[fd00:ec2::254]/x",
        "https://[ff02::1]/x",
        "https://[::]/x",
        "https://0.0.0.0/x",
        "https://100.100.100.200/x",
        "ssh://git@169.254.169.254/x",
        "git@169.254.169.254:x",
    ],
)
@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:1"])
def test_addresses_where_no_repository_is(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch, repo: str, proxy: str | None
) -> None:
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    message = refusal(repo)
    assert "an address of this machine's own network or of a cloud's metadata" in message


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Give a name an address, for this process only."""
    real = socket.getaddrinfo

    def install(name: str, number: str) -> None:
        def lookup(host: str, port: int | None, *arguments: int, **options: int) -> object:
            return real(number if host == name and not options.get("flags") else host, port, *arguments, **options)

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

    return install


@pytest.mark.parametrize("repo", ["https://meta.example.invalid/x", "git@meta.example.invalid:x"])
def test_a_name_that_leads_to_such_an_address(
    refusal: Refusal, resolver: Callable[[str, str], None], repo: str
) -> None:
    resolver("meta.example.invalid", "169.254.169.254")
    assert "the host is 169.254.169.254, an address of" in refusal(repo)


def test_git_connects_to_the_address_that_was_looked_at(
    get: Get, repository: Repository, trusted: Access, url: str, resolver: Callable[[str, str], None]
) -> None:
    """The name is known to this process alone; a second look-up, by git, would find nothing."""
    commit = repository.commit({"a": "1"})
    resolver("git.example.invalid", "127.0.0.1")
    port = url.rpartition(":")[2]
    assert get(f"https://git.example.invalid:{port}/work", access=trusted).commit == commit


def test_names_are_left_to_a_proxy(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(host: str, *_: object, flags: int = 0, **__: object) -> object:
        assert flags == socket.AI_NUMERICHOST, f"{host} was looked up"
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert "the host does not answer" in refusal("https://git.example.invalid/x")
    monkeypatch.setenv("NO_PROXY", "git.example.invalid")
    with pytest.raises(AssertionError, match="was looked up"):
        network.looked_up(parse("https://git.example.invalid/x"))


def test_a_name_that_nobody_knows(refusal: Refusal) -> None:
    assert "the host's name is not known" in refusal("https://git.example.invalid/x")


def test_a_commit_of_a_renamed_repository(
    get: Get, refusal: Refusal, repository: Repository, certified: ssl.SSLContext, *, base: str, trusted: Access
) -> None:
    first = repository.commit({"a": "1"})
    repository.commit({"a": "2"})

    def answer(asked: Asked) -> Reply:
        if asked.target.startswith("/old/"):
            return Reply(301, b"", {"Location": asked.target.replace("/old/", "/work/")})
        return asked.forward(base)

    with secured(certified, answer) as served:
        assert get(f"{served}/old", first, access=trusted).commit == first
        assert "no such branch or tag" in refusal(f"{served}/old", "mian", access=trusted)
