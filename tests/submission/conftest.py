"""Obtaining with defaults, and with a look at what is left behind."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from gradekit.errors import GradekitError, SubmissionError
from gradekit.submission import Access, CloneRules, Submission, gitio, obtain
from gradekit.submission.serve import serve_repositories
from tests.submission.gitserver import Get, Refusal, Repository
from tests.submission.tls import Authority


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository, with nothing else in the folder above it."""
    return Repository(tmp_path / "served" / "work")


@pytest.fixture
def base(repository: Repository) -> Iterator[str]:
    """The URL below which ``work`` is served over HTTP."""
    with serve_repositories(repository.path.parent) as url:
        yield url


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def certified(authority: Authority) -> ssl.SSLContext:
    """A good certificate for this machine, and for git.example.invalid."""
    return authority.context()


_NETWORK = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE")
"""How this machine reaches the network is no business of these tests."""


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Get]:
    """Obtain with defaults; afterwards no temporary file may be left."""
    for name in _NETWORK:
        monkeypatch.delenv(name, raising=False)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    def call(
        repo: str,
        ref: str | None = None,
        *,
        before: datetime | None = None,
        rules: CloneRules = CloneRules(timeout=20),  # noqa: B008 - frozen
        access: Access = Access(),  # noqa: B008 - frozen
    ) -> Submission:
        return obtain(repo, ref=ref, before=before, candidate="c", received_at="r", rules=rules, access=access)

    yield call
    assert list(temporary.iterdir()) == []


@pytest.fixture
def spinning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets git programs that read a history, as their arguments say, compute until their limit of time ends them."""
    script, begun = tmp_path / "git", tmp_path / "begun"
    program = gitio.git_program()

    def call(asked: str) -> None:
        # The program's limit is lowered from here: nobody wants to wait for it. Files are read before any log.
        script.write_text(
            f"""#!/bin/sh
            case "$* " in *" log "*) : > {begun};; esac
            case "$* " in *" {asked}"[\\ =]*) [ -e {begun} ] && [ "$(ulimit -S -t)" = 20 ] && spin=1;; esac
            [ "$spin" ] && ulimit -S -t 1 && while :; do :; done
            exec {program} "$@"
            """
        )
        script.chmod(0o755)
        monkeypatch.setattr(gitio, "git_program", lambda: script)

    return call


@pytest.fixture
def refusal(get: Get) -> Refusal:
    """The one message with which a submission is refused."""

    def call(*arguments: object, error: type[GradekitError] = SubmissionError, **options: object) -> str:
        with pytest.raises(error) as caught:
            get(*arguments, **options)  # type: ignore[arg-type]
        assert len(caught.value.problems) == 1
        message = str(caught.value)
        assert message.isprintable(), message
        return message

    return call
