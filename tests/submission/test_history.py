"""The history that a clone tells: bounded, cleaned of addresses, and no reason to refuse the files."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from gradekit.errors import InfrastructureError
from gradekit.submission import CloneRules, gitio, history
from tests.submission.gitserver import Get, Refusal, Repository

obtain = import_module("gradekit.submission.obtain")

RULES = CloneRules(timeout=20, history=True)


def test_commits_with_their_changes(get: Get, repository: Repository, base: str) -> None:
    root = repository.commit({"a": "1\n2\n", ":odd\tname": "x\n", "b.bin": b"\0\1"})
    blob = repository.git("rev-parse", "HEAD:a")
    (repository.path / "b.bin").unlink()
    repository.commit({"a": "1\n3\n4\n"}, when=1_700_000_100)
    repository.git("commit", "--quiet", "--allow-empty", "-m", "Say why\nat once\n\n\x1b[2J", when=1_700_000_200)
    for address in (repository.url, f"{base}/work/.git"):
        found = get(address, rules=RULES).history
        assert found is not None
        assert (found.authors, found.cut, found.problem) == (("A",), False, "")
        last, second, first = found.commits
        assert (last.subject, last.length, last.body, last.apart, last.files) == ("Say why", 7, 2, False, 0)
        assert (second.authored, second.committed, second.parents) == (1_700_000_100, 1_700_000_100, (root,))
        assert [(one.path, one.added, one.deleted, one.binary, one.gone) for one in second.changes] == [
            ("a", 2, 1, False, False),
            ("b.bin", 0, 0, True, True),
        ]
        assert (second.files, second.added, second.deleted) == (2, 2, 1)
        assert {one.path for one in first.changes} == {"a", ":odd\tname", "b.bin"}
        assert found.blobs[root]["a"] == blob
        assert set(found.blobs) == {root}


def test_nobody_asked_or_there_is_none(get: Get, repository: Repository) -> None:
    repository.commit({"a": "1"})
    assert get(repository.url).history is None
    (repository.path / ".git").rename(repository.path.parent / "elsewhere")
    assert get(repository.url, rules=RULES).history is None


def test_authors_are_told_apart_by_address(get: Get, repository: Repository) -> None:
    for name, address in (("A", "x@example.org"), ("Ann", "X@example.org "), ("A", "y@example.org"), ("B", "")):
        repository.git("commit", "--quiet", "--allow-empty", "-m", "work", f"--author={name} <{address}>")
    repository.commit({"a": "1"})
    found = get(repository.url, rules=RULES).history
    assert found is not None
    assert sorted(found.authors) == ["A", "A", "Ann", "B"] or sorted(found.authors) == ["A", "A", "A", "B"]
    assert "example.org" not in repr(found)


def test_a_shallow_repository_is_cut(get: Get, repository: Repository) -> None:
    commits = [repository.commit({"n": str(number)}) for number in range(3)]
    shallow = repository.path.parent / "shallow"
    repository.git("clone", "--quiet", "--depth=2", f"file://{repository.path}", str(shallow))
    found = get(str(shallow), rules=RULES).history
    assert found is not None
    assert ([one.id for one in found.commits], found.cut) == (commits[2:], True)


def test_bounds(get: Get, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        repository.commit({f"{number}/{name}": "x\n" for name in "abc"})
    monkeypatch.setattr(history, "MAX_COMMITS", 2)
    found = get(repository.url, rules=RULES).history
    assert found is not None
    assert (len(found.commits), found.cut) == (2, True)
    monkeypatch.setattr(history, "MAX_CHANGES", 4)
    found = get(repository.url, rules=RULES).history
    assert found is not None
    assert [(one.files, len(one.changes)) for one in found.commits] == [(3, 3), (3, 1)]
    monkeypatch.setattr(history, "_MAX_LISTED", 4)
    found = get(repository.url, rules=RULES).history
    assert found is not None
    assert found.cut
    monkeypatch.setattr(history, "_MAX_BYTES", 10)
    found = get(repository.url, rules=RULES).history
    assert found is not None
    assert found.cut


def test_a_history_that_is_too_large_spoils_no_files(
    get: Get, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a": "1", "big": os.urandom(2 << 20)})
    (repository.path / "big").unlink()
    repository.commit({"a": "2"})
    monkeypatch.setattr(obtain, "_PACK_SLACK", 0)
    submission = get(repository.url, rules=replace(RULES, max_size=1 << 18))
    assert set(submission.files) == {"a"}
    assert submission.history is not None
    assert submission.history.problem == (
        "what git fetches of the history has more than 1 MiB, the limit that max_size of the challenge leads to; "
        "are there large files in earlier commits?"
    )
    assert submission.history.commits == ()


def test_a_history_that_takes_too_much_of_the_processor_spoils_no_files(
    get: Get, repository: Repository, spinning: Callable[[str], None]
) -> None:
    repository.commit({"a": "1"})
    spinning("log")
    submission = get(repository.url, rules=RULES)
    assert set(submission.files) == {"a"}
    assert submission.history is not None
    assert submission.history.problem == "reading it takes more than 20 s of a processor; are there huge commits?"


def test_a_history_that_we_have_no_time_for_is_no_fault_of_the_submission(
    get: Get, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a": "1"})
    run = gitio.Git.run

    def late(self: gitio.Git, *arguments: str, **options: Any) -> gitio.Finished:  # noqa: ANN401
        if arguments[0] == "log":
            self._until = 0.0
        return run(self, *arguments, **options)

    monkeypatch.setattr(gitio.Git, "run", late)
    with pytest.raises(InfrastructureError) as caught:
        get(repository.url, rules=RULES)
    assert str(caught.value) == (
        "git: did not read the history within 100 s, and did not use the 20 s of a processor that a submission has for "
        "it; this machine is very busy, or its disk is slow; grade again when it is quieter"
    )


def test_that_the_machine_ended_git_is_no_fault_of_the_submission(
    get: Get, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a": "1"})
    script, program = tmp_path / "git", gitio.git_program()
    monkeypatch.setattr(gitio, "git_program", lambda: script)
    for asked in ("log", "fetch"):
        script.write_text(f"""#!/bin/sh\ncase "$* " in *" {asked} "*) kill -9 $$;; esac\nexec {program} "$@"\n""")
        script.chmod(0o755)
        with pytest.raises(InfrastructureError, match="git: was killed, which no limit of ours does"):
            get(repository.url, rules=RULES)


def test_time_that_the_network_took_is_not_taken_from_reading(
    get: Get, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a": "1"})
    fetch = gitio.Git.fetch

    def slow(self: gitio.Git, *arguments: str) -> gitio.Finished:
        done = fetch(self, *arguments)
        if f"--depth={history.MAX_COMMITS + 2}" in arguments:
            self._until = 0.0
        return done

    monkeypatch.setattr(gitio.Git, "fetch", slow)
    found = get(repository.url, rules=RULES).history
    assert found is not None
    assert (found.problem, len(found.commits)) == ("", 1)


def test_a_history_that_cannot_be_fetched_is_told(refusal: Refusal, repository: Repository) -> None:
    repository.commit({"a": "1"})
    blob = repository.git("rev-parse", "HEAD:a")
    repository.commit({"a": "2"})
    (repository.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert str(repository.path) in refusal(repository.url, rules=RULES)
