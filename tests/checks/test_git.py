"""What a git check keeps of a history, and what it shows and refuses."""

from __future__ import annotations

import pytest

from gradekit.checks import git
from gradekit.checks.base import Context, Scope
from gradekit.history import Change, Commit, History
from tests.checks.bench import FakeBench

FILES = {"starter/python/app.py": b"pass\n", "starter/python/tests/t.py": b"", "starter/node/app.js": b"1\n"}
PYTHON = {
    "app.py": "2ae28399f5fda2dfb1b04405f4a3b4895f5fac1e",
    "tests/t.py": "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
}
"""What `git hash-object` says of the files."""
ROOT, FIRST, LAST = (char * 40 for char in "abc")
COMMITS = (Commit(id=LAST, parents=(FIRST,)), Commit(id=FIRST, parents=(ROOT,)), Commit(id=ROOT))


def observed(history: History | None, **spec: object) -> git.GitEvidence:
    bench = FakeBench(context=Context("c", files=FILES), history=history)
    return git.observe(git.GitSpec.model_validate(spec), bench)


@pytest.mark.parametrize(
    ("blobs", "starters"),
    [
        (PYTHON, 1),
        ({**PYTHON, ".gitignore": "f" * 40}, 1),
        ({**PYTHON, "solution.py": "f" * 40}, 0),
        ({**PYTHON, "app.py": "f" * 40}, 0),
        ({"app.js": "f" * 40}, 0),
    ],
)
def test_a_first_commit_with_the_starters_files_is_the_starter(blobs: dict[str, str], starters: int) -> None:
    history = History(COMMITS, ("Ana",), blobs={ROOT: blobs}, moment=5)
    evidence = observed(history, starter=("starter/node", "starter/python/"))
    assert (evidence.starters, len(evidence.commits), evidence.moment) == (starters, 3 - starters, 5)


def test_named_commits_and_all_before_them_are_the_starter() -> None:
    evidence = observed(History(COMMITS), starter_commits=(FIRST, "0" * 40))
    assert ([commit.id for commit in evidence.commits], evidence.starters) == ([LAST], 2)
    # Parents beyond what was read are no commits.
    assert observed(History(COMMITS[:1]), starter_commits=(LAST,)).starters == 1


def test_no_history() -> None:
    assert observed(None).none
    assert git.show(git.GitSpec(), observed(None)) == ()
    assert git.show(git.GitSpec(), observed(History(problem="too large"))) == ()


def test_what_is_shown_is_cleaned_and_bounded() -> None:
    change = Change(path="x\x1b.pyc", binary=True)
    commits = [Commit(id=f"{n:040x}", subject="wip\x1b[2J", changes=(change,)) for n in range(git.MAX_SHOWN + 2)]
    facts, log = git.show(git.GitSpec(), git.GitEvidence(commits=tuple(commits), authors=("A\x1b",)))
    assert "generated or foreign files that were committed: x\\x1b.pyc" in facts.text
    assert log.text.splitlines()[0] == "0000000000 1970-01-01 00:00:00 A\\x1b +0 -0 wip\\x1b[2J"
    assert log.text.splitlines()[-1] == "and 2 more"
    _, short = git.show(git.GitSpec(), git.GitEvidence(commits=tuple(commits[:1])))
    assert len(short.text.splitlines()) == 1


def test_complaints() -> None:
    spec = git.GitSpec.model_validate(
        {"messages": {"vague": "("}, "expect": {"commits": {"gte": "${leest}"}, "authors": {"lte": "${a b}"}}}
    )
    found = list(git.lint(spec, Scope({}, {"least": 3})))
    assert [complaint.loc for complaint in found] == [
        ("messages", "vague"),
        ("expect", "commits", "gte"),
        ("expect", "authors", "lte"),
    ]
    assert found[1].hint == 'did you mean "least"?'
    assert (
        list(git.lint(git.GitSpec.model_validate({"expect": {"commits": {"gte": "${n}"}}}), Scope({}, {"n": 1}))) == []
    )
    assert list(git.paths(git.GitSpec(starter=("starter/python",)))) == [(("starter", 0), "starter/python")]
