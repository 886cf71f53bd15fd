"""What lies in the submission that is graded is the candidate's: no setting and no challenge comes from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit.cli import config
from gradekit.cli.checkout import submission_folder
from gradekit.errors import UsageError
from gradekit.spec.find import Places


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout as CI has it, in which the candidate left settings and a challenge that everybody passes."""
    folder = tmp_path / "clone"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").write_text('[remote "origin"]\n\turl = https://git.example.org/ana/orders\n')
    (folder / "gradekit.toml").write_text('runners = "evil"\nchallenges = ["challenges"]\n')
    (folder / "challenges" / "orders").mkdir(parents=True)
    (folder / "challenges" / "orders" / "challenge.yaml").write_text("")
    (folder / "deep").mkdir()
    return folder


@pytest.mark.parametrize(
    "repo",
    [
        "https://git.example.org/ana/orders.git",
        "https://git.example.org/ana/orders/",
        "git@GIT.example.org:ana/orders.git",
        "ssh://git@git.example.org:22/ana/orders",
    ],
)
def test_a_clone_of_the_repository_is_the_candidates(clone: Path, repo: str) -> None:
    assert submission_folder(repo, clone / "deep") == clone


@pytest.mark.parametrize("repo", ["https://git.example.org/ben/orders.git", "https://other.example.org/ana/orders"])
def test_another_repository_is_not(clone: Path, repo: str) -> None:
    assert submission_folder(repo, clone) is None


def test_a_folder_is_the_candidates_and_what_is_around_it_is_not(clone: Path, tmp_path: Path) -> None:
    assert submission_folder("clone", tmp_path) == clone
    assert submission_folder(clone.as_uri(), tmp_path / "elsewhere") == clone
    assert submission_folder(".", clone / "deep") == clone / "deep"
    assert submission_folder("https://git.example.org/ana/orders", tmp_path) is None


def test_its_settings_are_not_read(clone: Path) -> None:
    assert config.load({}, clone / "deep").runners == str(clone / "evil")
    found = config.load({}, clone / "deep", foreign=clone)
    assert (found.runners, found.challenges, found.ignored) == (None, (), str(clone / "gradekit.toml"))
    assert config.load({}, clone, foreign=clone / "deep").runners == str(clone / "evil")


def test_its_challenges_are_not_found(clone: Path) -> None:
    assert Places(clone, {}).find_challenge("orders") == Path("challenges/orders")
    for name in ("orders", None):
        with pytest.raises(UsageError, match="no challenge"):
            Places(clone, {}, foreign=clone).find_challenge(name)
    with pytest.raises(UsageError, match="lies in the submission, whose author could have written it"):
        Places(clone, {}, foreign=clone).find_challenge("challenges/orders")
