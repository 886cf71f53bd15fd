"""Over ssh: a server of the tests' own on this machine, keys from an agent, and nobody to ask."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradekit.submission import gitio
from tests.submission.gitserver import Get, Refusal, Repository

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
USER = pwd.getpwuid(os.getuid()).pw_name


@dataclass
class Server:
    """A running sshd; ``key`` is the client's, which is in the agent or not."""

    port: int
    known_hosts: Path
    key: Path


def keygen(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    host, key, port = keygen(tmp_path / "host"), keygen(tmp_path / "mine"), free_port()
    Path("/run/sshd").mkdir(exist_ok=True)
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": host,
        "AuthorizedKeysFile": f"{key}.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "PidFile": "none",
        "PermitRootLogin": "prohibit-password",
    }
    (tmp_path / "sshd").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    known_hosts = tmp_path / "known_hosts"
    public = host.with_suffix(".pub").read_text()
    known_hosts.write_text(f"[127.0.0.1]:{port} {public}")
    # The user's own files are not for tests to change, so ssh is told of others.
    monkeypatch.setattr(gitio, "_SSH", f"{gitio._SSH} -F none -oUserKnownHostsFile={known_hosts} -oIdentityFile=none")
    command = [str(SSHD), "-D", "-e", "-f", str(tmp_path / "sshd")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield Server(port, known_hosts, key)
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def agent(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An agent that has the key."""
    address = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", address], stdout=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 10
            while not address.exists() and time.monotonic() < until:
                time.sleep(0.02)
            monkeypatch.setenv("SSH_AUTH_SOCK", str(address))
            subprocess.run(["ssh-add", "-q", server.key], check=True)
            yield
        finally:
            process.terminate()


@pytest.mark.sshd
@pytest.mark.usefixtures("agent")
def test_a_private_repository_over_ssh(get: Get, refusal: Refusal, repository: Repository, server: Server) -> None:
    first = repository.commit({"a": "1"})
    second = repository.commit({"a": "2"})
    url = f"ssh://{USER}@127.0.0.1:{server.port}{repository.path}"
    assert get(url).commit == second
    assert get(url, first).commit == first
    assert "there is no repository; check the address" in refusal(f"{url}-not")


@pytest.mark.sshd
def test_no_key(refusal: Refusal, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    message = refusal(f"ssh://{USER}@127.0.0.1:{server.port}/x")
    assert "the host asks for credentials: it is private, or there is no such repository" in message
    assert "give your ssh agent a key that the host knows" in message
    assert "TOKEN" not in message


@pytest.mark.sshd
@pytest.mark.usefixtures("agent")
def test_a_host_that_is_not_known_is_not_believed(
    refusal: Refusal, repository: Repository, server: Server, tmp_path: Path
) -> None:
    repository.commit({"a": "1"})
    url = f"ssh://{USER}@127.0.0.1:{server.port}{repository.path}"
    changed = keygen(tmp_path / "changed").with_suffix(".pub").read_text()
    for text in ("", f"[127.0.0.1]:{server.port} {changed}"):
        server.known_hosts.write_text(text)
        assert "the host's key is not known to ssh, or has changed; connect once with ssh" in refusal(url)
        assert server.known_hosts.read_text() == text
