"""What a folder has that its last commit has not: told, and never a reason not to grade."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gradekit.errors import InfrastructureError, Problem
from gradekit.submission import CloneRules, gitio
from tests.submission.gitserver import Get, Repository

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 1\n"
FILES = {
    ".gitignore": "*.log\nbuild/\n!kept.log\n",
    "a.py": "one\n",
    "b.py": "one\n",
    "src/.gitignore": "/only-here\n",
    "src/c.py": "one\n",
    "big.bin": LFS,
}


def write(repository: Repository, name: str, text: str | None = "two\n") -> None:
    path = repository.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if text is None:
        path.unlink()
    else:
        path.write_text(text)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"a.py": "one\n"}, ""),
        ({"a.py": "two\n"}, "1 changed or removed file in the folder is not committed, and so not graded: a.py"),
        ({"a.py": None}, "1 changed or removed file in the folder is not committed, and so not graded: a.py"),
        ({"new.py": ""}, "1 new file in the folder is not committed, and so not graded: new.py"),
        (
            {"a.py": "two\n", "b.py": None, "z.py": ""},
            "2 changed or removed and 1 new files in the folder are not committed, and so not graded: a.py, b.py, z.py",
        ),
        ({"x.log": "", "build/x": "", "src/only-here": "", "mine": "", "big.bin": "large"}, ""),
        (
            {"kept.log": "", "only-here": "", "src/1": "", "src/2": ""},
            "4 new files in the folder are not committed, and so not graded: kept.log, only-here, src/1 and 1 more",
        ),
    ],
)
@pytest.mark.parametrize("staged", [False, True])
def test_what_is_not_committed_is_counted(
    get: Get, repository: Repository, changes: dict[str, str | None], told: str, *, staged: bool
) -> None:
    commit = repository.commit(FILES)
    (repository.path / ".git" / "info" / "exclude").write_text("mine\n")
    for name, text in changes.items():
        write(repository, name, text)
    if staged:
        repository.git("add", "--all")
    found = get(repository.url).uncommitted
    assert found == (f"{told}; commit {commit[:12]} is graded" if told else "")


def test_who_asks_for_a_commit_is_told_nothing(get: Get, repository: Repository, tmp_path: Path) -> None:
    commit = repository.commit(FILES)
    write(repository, "a.py")
    assert get(repository.url).uncommitted
    assert get(repository.url, "main").uncommitted == ""
    assert get(repository.url, commit).uncommitted == ""
    bare = tmp_path / "bare"
    shutil.copytree(repository.path / ".git", bare)
    assert get(str(bare)).uncommitted == ""


def test_only_the_graded_folder_is_looked_at(get: Get, repository: Repository) -> None:
    repository.commit(FILES)
    write(repository, "a.py")
    assert get(repository.url, rules=CloneRules(path="src")).uncommitted == ""
    write(repository, "src/new.py")
    told = get(repository.url, rules=CloneRules(path="src")).uncommitted
    assert told.startswith("1 new file in the folder is not committed, and so not graded: src/new.py;")


def test_what_git_itself_leaves_out_or_rewrites_is_no_change(get: Get, repository: Repository) -> None:
    repository.commit({**FILES, ".gitattributes": "*.txt text eol=crlf\n", "lines.txt": "one\ntwo\n"})
    (repository.path / "lines.txt").write_bytes(b"one\r\ntwo\r\n")
    (repository.path / "a.py").chmod(0o755)
    assert get(repository.url).uncommitted == ""
    repository.git("sparse-checkout", "set", "--no-cone", "/*", "!/src/")
    assert not (repository.path / "src").exists()
    assert get(repository.url).uncommitted == ""


def test_a_fault_in_finding_out_fails_nothing(
    get: Get, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit(FILES)
    unknown = f"commit {commit[:12]} is graded; whether its folder has files that are not committed was not found out"
    run = gitio.Git.run

    def broken(how: Callable[[], gitio.Finished]) -> None:
        def instead(self: gitio.Git, *arguments: str, **more: object) -> gitio.Finished:
            return how() if "ls-files" in arguments else run(self, *arguments, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(gitio.Git, "run", instead)

    def late() -> gitio.Finished:
        raise InfrastructureError(Problem("git", "no time"))

    broken(late)
    assert get(repository.url).uncommitted == unknown
    broken(lambda: gitio.Finished(128, b"", "fatal"))
    assert get(repository.url).uncommitted == unknown
    broken(lambda: gitio.Finished(-9, b"? a\0? b\0? c", "", cut=True))
    assert get(repository.url).uncommitted.startswith("at least 2 new files in the folder are not committed")


def test_many_files_take_little_time(get: Get, repository: Repository) -> None:
    repository.commit({f"src/{number % 50}/{number}.py": f"x = {number}\n" * 50 for number in range(5_000)})
    base = min(_seconds(lambda: get(repository.url, "main")) for _ in range(2))
    write(repository, "src/1/1.py")
    took = min(_seconds(lambda: get(repository.url)) for _ in range(3))
    assert get(repository.url).uncommitted.startswith("1 changed")
    assert took - base < 1, (took, base)


def _seconds(what: Callable[[], object]) -> float:
    begun = time.monotonic()
    what()
    return time.monotonic() - begun
