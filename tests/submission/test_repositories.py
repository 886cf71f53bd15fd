"""Honest repositories and folders, and honest mistakes about them."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gradekit.errors import InfrastructureError, UsageError
from gradekit.submission import CloneRules, gitio
from tests.submission.gitserver import Get, Refusal, Repository

FILES = {"README.md": "hello\n", "src/app.py": "print()\n"}


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(1_700_000_000 + seconds, UTC)


def test_the_default_branch_is_taken(get: Get, repository: Repository) -> None:
    (repository.path / "run.sh").write_text("exit\n")
    (repository.path / "run.sh").chmod(0o755)
    commit = repository.commit(FILES)
    submission = get(repository.url)
    assert submission.commit == commit
    assert submission.ref is None
    assert (submission.repo, submission.candidate, submission.received_at) == (repository.url, "c", "r")
    assert {path: entry.data for path, entry in submission.files.items()} == {
        "README.md": b"hello\n",
        "run.sh": b"exit\n",
        "src/app.py": b"print()\n",
    }
    assert list(submission.files) == sorted(submission.files)
    assert [path for path, entry in submission.files.items() if entry.executable] == ["run.sh"]
    assert submission.dropped == ()
    assert submission.seconds < 10


def test_the_files_are_read_only(get: Get, repository: Repository) -> None:
    repository.commit(FILES)
    with pytest.raises(TypeError):
        get(repository.url).files["x"] = None  # type: ignore[index]


def test_equal_content_has_an_equal_tree(get: Get, repository: Repository, tmp_path: Path) -> None:
    repository.commit(FILES)
    first = get(repository.url)
    plain = tmp_path / "plain"
    shutil.copytree(repository.path, plain, ignore=shutil.ignore_patterns(".git"))
    folder = get(str(plain))
    assert (folder.commit, folder.tree) == (None, first.tree)
    (plain / "README.md").chmod(0o755)
    assert get(str(plain)).tree != first.tree


@pytest.mark.parametrize("form", ["{path}", "{path}/", "file://{path}", "bare"])
def test_local_forms(get: Get, repository: Repository, form: str, tmp_path: Path) -> None:
    commit = repository.commit(FILES)
    bare = tmp_path / "a bare (one) ü.git"
    repository.git("clone", "--quiet", "--bare", ".", str(bare))
    assert get(str(bare) if form == "bare" else form.format(path=repository.path)).commit == commit


def test_a_relative_folder(get: Get, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = repository.commit(FILES)
    monkeypatch.chdir(repository.path.parent)
    assert get("work").commit == commit
    monkeypatch.chdir(repository.path)
    assert get(".").commit == commit


def test_a_shallow_local_clone(get: Get, repository: Repository, tmp_path: Path) -> None:
    repository.commit(FILES)
    commit = repository.commit({"more": "x"}, when=1_700_000_100)
    shallow = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.path}", str(shallow))
    assert get(str(shallow)).commit == commit
    assert get(str(shallow), before=at(1000)).commit == commit


def test_refs(get: Get, repository: Repository) -> None:
    first = repository.commit(FILES)
    repository.git("tag", "light")
    repository.git("tag", "--annotate", "--message=x", "v1.0")
    repository.git("branch", "feature/ünï")
    second = repository.commit({"more": "x"})
    repository.git("tag", "both", first)
    repository.git("branch", "both")
    for ref in ("light", "v1.0", "feature/ünï", "refs/tags/light", first):
        submission = get(repository.url, ref)
        assert (submission.ref, submission.commit) == (ref, first)
    for ref in ("main", "HEAD", "both", second):
        assert get(repository.url, ref).commit == second


def test_an_unknown_ref_names_near_ones(refusal: Refusal, repository: Repository) -> None:
    repository.commit(FILES)
    for name in ("feature-login", "feature-logout", "zzz"):
        repository.git("branch", name)
    message = refusal(repository.url, "feature-logn")
    assert message.startswith("--ref feature-logn: no such branch or tag in ")
    assert message.endswith("there is feature-login, feature-logout")
    assert "full id" in refusal(repository.url, repository.git("rev-parse", "HEAD")[:10])
    assert "no such commit" in refusal(repository.url, "1" * 40)


def test_a_tag_of_a_file_is_no_commit(refusal: Refusal, repository: Repository) -> None:
    repository.commit(FILES)
    repository.git("tag", "odd", "HEAD:README.md")
    assert "odd is not a commit" in refusal(repository.url, "odd")


@pytest.mark.parametrize(
    "ref", ["", "-x", "--upload-pack=x", "a..b", "a b", "a\nb", "a\x1bb", "a:b", "+a:b", "a*", "a^", "a@{1}", "x" * 300]
)
def test_bad_refs(refusal: Refusal, repository: Repository, ref: str) -> None:
    repository.commit(FILES)
    assert "cannot be a ref" in refusal(repository.url, ref)


def test_before(get: Get, refusal: Refusal, repository: Repository) -> None:
    commits = [repository.commit({"n": str(n)}, when=1_700_000_000 + 100 * n) for n in range(3)]
    assert get(repository.url, before=at(250)).commit == commits[2]
    assert get(repository.url, before=at(200)).commit == commits[1]
    assert get(repository.url, before=at(199.5)).commit == commits[1]
    assert get(repository.url, before=at(200.5)).commit == commits[2]
    assert get(repository.url, "main", before=at(1)).commit == commits[0]
    assert get(repository.url, commits[1], before=at(5000)).commit == commits[1]
    assert "HEAD has no commit before 2023-11-14" in refusal(repository.url, before=at(0))
    naive = at(0).replace(tzinfo=None)
    assert "no time zone" in refusal(repository.url, before=naive, error=UsageError)


def test_before_takes_what_the_branch_pointed_at(get: Get, repository: Repository) -> None:
    main = repository.commit({"a": "1"})
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit({"b": "1"}, when=1_700_000_100)
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", "merge", "side", when=1_700_000_300)
    assert get(repository.url, before=at(200)).commit == main


def test_an_empty_repository(refusal: Refusal, repository: Repository) -> None:
    assert "the repository is empty: it has no commits" in refusal(repository.url)


def test_a_default_branch_that_does_not_exist(refusal: Refusal, repository: Repository) -> None:
    repository.commit(FILES)
    repository.git("symbolic-ref", "HEAD", "refs/heads/gone")
    message = refusal(repository.url)
    assert "default branch does not exist; there is main; give one of its branches" in message


def test_a_commit_without_files(refusal: Refusal, repository: Repository) -> None:
    commit = repository.commit({})
    assert f"commit {commit[:12]} has no files" in refusal(repository.url)
    (repository.path / "link").symlink_to("x")
    repository.commit({})
    assert "1 entries dropped, such as link: symbolic link" in refusal(repository.url)


def test_a_folder_of_the_repository(get: Get, refusal: Refusal, repository: Repository, tmp_path: Path) -> None:
    repository.commit({"sub/dir/a": "1", "sub/dir/b/c": "2", "sub/dirt": "3", "top": "4"})
    plain = tmp_path / "plain"
    shutil.copytree(repository.path, plain, ignore=shutil.ignore_patterns(".git"))
    for repo in (repository.url, str(plain)):
        assert list(get(repo, rules=CloneRules(path="sub/dir")).files) == ["a", "b/c"]
    assert "has no files in nowhere" in refusal(repository.url, rules=CloneRules(path="nowhere"))
    assert "has no folder nowhere" in refusal(str(plain), rules=CloneRules(path="nowhere"))
    (plain / "out").symlink_to(tmp_path)
    assert "has no folder out" in refusal(str(plain), rules=CloneRules(path="out"))


def test_limits_are_named(refusal: Refusal, repository: Repository, tmp_path: Path) -> None:
    repository.commit({f"f{n}": bytes([n]) * 1000 for n in range(10)})
    plain = tmp_path / "plain"
    shutil.copytree(repository.path, plain, ignore=shutil.ignore_patterns(".git"))
    for repo in (repository.url, str(plain)):
        assert "more than 9 files" in refusal(repo, rules=CloneRules(max_files=9))
        assert "more than 8.8 KiB in all" in refusal(repo, rules=CloneRules(max_size=9000))
        assert "f0 has 1000 bytes; at most 999 bytes a file" in refusal(repo, rules=CloneRules(max_file_size=999))


def test_a_plain_folder(get: Get, refusal: Refusal, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    (plain / "a" / ".git").mkdir(parents=True)
    (plain / "a" / ".git" / "config").write_text("[core]\n")
    (plain / "a" / "b").write_text("b")
    (plain / "link").symlink_to("/etc/passwd")
    (plain / "folder").symlink_to("/etc")
    os.mkfifo(plain / "pipe")
    (plain / "x\x1b[31m").write_text("x")
    with open(os.fsencode(plain) + b"/\xff", "w", encoding="ascii"):  # noqa: PTH123 - no str names it
        pass
    submission = get(str(plain))
    assert list(submission.files) == ["a/b"]
    assert submission.dropped == (
        "a/.git/: part of a .git folder",
        "folder: symbolic link",
        "link: symbolic link",
        "pipe: not a regular file",
        r"x\x1b[31m: name has control characters",
        r"\xff: name is not UTF-8",
    )
    assert "has no refs" in refusal(str(plain), "main")
    assert "without history" in refusal(str(plain), before=at(0))


def test_an_endless_plain_folder(refusal: Refusal, tmp_path: Path) -> None:
    deep = tmp_path / "deep"
    (deep / "/".join("d" * 100)).mkdir(parents=True)
    assert "has no files (1 entries dropped" in refusal(str(deep))
    wide = tmp_path / "wide"
    for number in range(30):
        (wide / str(number)).mkdir(parents=True)
    assert "more than 20 folders" in refusal(str(wide), rules=CloneRules(max_files=20))
    assert "more than 10 files" in refusal(str(wide), rules=CloneRules(max_files=10))


def test_what_is_no_folder(refusal: Refusal, tmp_path: Path) -> None:
    assert "is neither a URL nor a folder (No such file" in refusal(str(tmp_path / "nothing"))
    (tmp_path / "work.zip").write_text("")
    assert "unpack an archive first" in refusal(str(tmp_path / "work.zip"))
    assert "write https://github.com/x/y" in refusal("github.com/x/y")
    (tmp_path / "broken" / ".git").mkdir(parents=True)
    assert "there is no repository" in refusal(str(tmp_path / "broken"))


def test_git_has_to_be_there_and_new(
    refusal: Refusal, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(FILES)
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    try:
        gitio.git_program.cache_clear()
        message = refusal(repository.url, error=InfrastructureError)
        assert message == "git: is not installed; install git 2.32 or newer"
        (programs / "git").write_text("#!/bin/sh\necho git version 2.31.9\n")
        (programs / "git").chmod(0o755)
        assert "git: is too old (git version 2.31.9)" in refusal(repository.url, error=InfrastructureError)
        (programs / "git").write_text("#!/bin/sh\nexit 3\n")
        assert "git: does not start" in refusal(repository.url, error=InfrastructureError)
    finally:
        gitio.git_program.cache_clear()
