"""Which forms of REPO are accepted, and what is shown of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit.errors import SubmissionError
from gradekit.submission.address import parse, shown_form


@pytest.mark.parametrize(
    ("repo", "kind"),
    [
        ("https://github.com/someone/orders.git", "https"),
        ("HTTPS://Example.org/a", "https"),
        ("https://git.example.org:8443/~x/a%20b/_git/c", "https"),
        ("https://[2001:db8::1]/a", "https"),
        ("ssh://git@example.org:2222/a/b.git", "ssh"),
        ("ssh://example.org/a", "ssh"),
        ("git@github.com:someone/orders.git", "ssh"),
        ("http://127.0.0.1:8080/a", "http"),
        ("http://localhost/a", "http"),
        ("http://[::1]:80/a", "http"),
    ],
)
def test_accepted(repo: str, kind: str) -> None:
    address = parse(repo)
    assert (address.kind, address.shown) == (kind, repo)
    assert address.url.lower() == repo.lower()


@pytest.mark.parametrize(
    ("repo", "part"),
    [
        ("", "is empty"),
        ("x" * 3000, "too long"),
        ("https://a/\nb", "control characters"),
        ("https://a/b\x1b[31m", "control characters"),
        ("https://a/b%0aHost:x", "control characters"),
        ("https://a/\u202eb", "control characters"),
        ("-u/bin/sh", "looks like an option"),
        ("--upload-pack=touch x", "looks like an option"),
        ("ext::sh -c touch% x", "transport program"),
        ("fd::17", "transport program"),
        ("::x", "transport program"),
        ("ext://x", "the scheme ext:// is not accepted"),
        ("git://example.org/x", "the scheme git:// is not accepted"),
        ("ftp://example.org/x", "the scheme ftp:// is not accepted"),
        ("http://example.org/x", "http is accepted for this machine only"),
        ("http://127.0.0.1.example.org/x", "http is accepted for this machine only"),
        ("http://127.0.0.1@example.org/x", "credentials"),
        ("https://user:secret@example.org/x", "GRADEKIT_TOKEN"),
        ("https://secret@example.org/x", "GRADEKIT_TOKEN"),
        ("https://example.org", "is not an https URL"),
        ("https:///x", "is not an https URL"),
        ("https://-x.example.org/x", "is not an https URL"),
        ("https://example.org/x?y", "query or a fragment"),
        ("https://example.org/x#y", "query or a fragment"),
        ("https://example.org/$(touch x) y", "is not an https URL"),
        ("https://example.org:99999/x", "host or port"),
        ("https://[::1/x", "host or port"),
        ("ssh://git:secret@example.org/x", "password"),
        ("ssh://-oProxyCommand=x/y", "is not an ssh URL"),
        ("ssh://-x@example.org/y", "is not an ssh URL"),
        ("-oProxyCommand=x@host:y", "looks like an option"),
        ("git@-oProxyCommand=x:y", "neither a URL nor a folder"),
        ("git@host:-x", "neither a URL nor a folder"),
        ("git@host:x y;z", "neither a URL nor a folder"),
        ("file://host/x", "file URL of this machine"),
        ("file:///x%00", "control characters|file URL"),
        ("file:///x?y", "file URL of this machine"),
        ("file:///nowhere/at/all", "neither a URL nor a folder"),
        ("a" * 1000, "neither a URL nor a folder"),
    ],
)
def test_refused(repo: str, part: str) -> None:
    with pytest.raises(SubmissionError) as caught:
        parse(repo)
    message = str(caught.value)
    assert any(one in message for one in part.split("|")), message
    assert "expected an https://, ssh:// or file:// URL" in message
    assert message.isprintable()
    assert "secret" not in message


@pytest.mark.parametrize(
    ("repo", "shown"),
    [
        ("https://u:p@host/x@y", "https://host/x@y"),
        ("https://token@host/x", "https://host/x"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("ssh://git:p@host/x", "ssh://host/x"),
        ("weird://u:p@a@host/x", "weird://host/x"),
        ("a\x1bb", r"a\x1bb"),
    ],
)
def test_shown_form(repo: str, shown: str) -> None:
    assert shown_form(repo) == shown


def repository(path: Path) -> Path:
    for name in ("objects/info", "refs/heads"):
        (path / name).mkdir(parents=True)
    (path / "HEAD").write_text("ref: refs/heads/main\n")
    return path


def test_sorts_of_folders(tmp_path: Path) -> None:
    assert parse(str(tmp_path)).kind == "folder"
    assert parse(str(repository(tmp_path / "bare.git"))).kind == "repository"
    repository(tmp_path / "work" / ".git")
    assert parse(str(tmp_path / "work")).kind == "repository"
    (tmp_path / "git@host:x").mkdir()
    assert parse(f"{tmp_path}/git@host:x").kind == "folder"


def test_a_repository_must_not_lead_elsewhere(tmp_path: Path) -> None:
    private = repository(tmp_path / "private")
    for number, name in enumerate(
        (".", "HEAD", "config", "objects", "objects/info", "refs", "refs/heads", "packed-refs")
    ):
        work = tmp_path / str(number)
        git = work / ".git"
        work.mkdir()
        if name != ".":
            repository(git)
            if (git / name).is_dir():
                (git / name).rename(work / "away")
            (git / name).unlink(missing_ok=True)
        (git / name).symlink_to(private / name)
        with pytest.raises(SubmissionError, match=r"uses another repository|its \.git is not a folder"):
            parse(str(work))
    for name in ("commondir", "objects/info/alternates"):
        git = repository(tmp_path / f"by-{name.partition('/')[0]}" / ".git")
        (git / name).write_text(str(private))
        with pytest.raises(SubmissionError, match="uses another repository"):
            parse(str(git.parent))
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".git").write_text(f"gitdir: {private}\n")
    with pytest.raises(SubmissionError, match="linked work tree"):
        parse(str(linked))
