"""Challenges and rubrics by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradekit.errors import UsageError
from gradekit.spec.find import Places


def _challenges(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "challenge.yaml").write_text("gradekit: 1\n", encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A git work tree with two challenges and rubrics."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "rubrics").mkdir()
    _challenges(root / "challenges", "orders-api", "reports")
    (root / "challenges" / "notes").mkdir()
    return root


def _refusal(places: Places, name: str | None, called: str = "--challenge") -> str:
    with pytest.raises(UsageError) as caught:
        places.find_challenge(name, called)
    return str(caught.value)


def test_by_path(project: Path) -> None:
    places = Places(project, {})
    assert places.find_challenge("challenges/reports") == Path("challenges/reports")
    assert places.find_challenge("challenges/reports/challenge.yaml") == Path("challenges/reports/challenge.yaml")
    assert places.find_challenge(str(project / "challenges" / "reports")) == project / "challenges" / "reports"
    assert _refusal(places, "challenges/nosuch") == "--challenge: no challenge at challenges/nosuch; check the path"
    assert _refusal(places, "").startswith("--challenge: no challenge.yaml in .; ")
    assert _refusal(places, "rubrics") == "--challenge: no challenge.yaml in rubrics; name the folder of a challenge"
    (project / "rubrics" / "challenge.yml").touch()
    hint = "rename challenge.yml to challenge.yaml"
    assert _refusal(places, "rubrics", "NAME") == f"NAME: no challenge.yaml in rubrics; {hint}"


def test_by_name(project: Path) -> None:
    places = Places(project, {})
    assert places.find_challenge("reports") == Path("challenges/reports")
    assert _refusal(places, "report") == '--challenge: no challenge "report"; did you mean "reports"?'
    assert _refusal(places, "zzz") == '--challenge: no challenge "zzz"; there is: orders-api, reports'


def test_an_edition_is_a_file_beside_the_challenge_and_named_after_both(project: Path) -> None:
    edition = Path("challenges/reports/challenge.sqlite.yaml")
    (project / edition).write_text("gradekit: 1\n", encoding="utf-8")
    (project / "challenges/notes/challenge.sqlite.yaml").write_text("gradekit: 1\n", encoding="utf-8")
    places = Places(project, {})
    assert list(places.list_challenges()) == ["orders-api", "reports", "reports.sqlite"]
    assert places.find_challenge("reports.sqlite") == edition
    assert places.find_challenge("reports") == Path("challenges/reports")


def test_a_folder_of_the_same_name_here_does_not_hide_a_challenge(project: Path) -> None:
    (project / "reports").mkdir()
    assert Places(project, {}).find_challenge("reports") == Path("challenges/reports")


def test_upwards_to_the_root_of_the_work_tree(project: Path) -> None:
    deep = project / "src" / "deep"
    deep.mkdir(parents=True)
    _challenges(project.parent / "challenges", "outside")
    places = Places(deep, {})
    assert places.find_challenge("reports") == project / "challenges" / "reports"
    assert "outside" not in places.list_challenges()


def test_without_git_only_the_working_folder_counts(tmp_path: Path) -> None:
    _challenges(tmp_path / "challenges", "outside")
    (tmp_path / "inner").mkdir()
    assert Places(tmp_path / "inner", {}).list_challenges() == {}


def test_given_folders_come_before_the_environment_and_that_before_the_project(project: Path, tmp_path: Path) -> None:
    given = _challenges(tmp_path / "given", "reports")
    first = _challenges(tmp_path / "first", "reports", "billing")
    second = _challenges(tmp_path / "second", "billing", "search")
    environ = {"GRADEKIT_CHALLENGES": os.pathsep.join([str(first), "", str(second), str(tmp_path / "none")])}
    places = Places(project, environ, challenges=[given])
    assert places.challenge_folders() == (given, first, second, Path("challenges"))
    assert places.list_challenges() == {
        "billing": first / "billing",
        "orders-api": Path("challenges/orders-api"),
        "reports": given / "reports",
        "search": second / "search",
    }


def test_without_a_name(project: Path, tmp_path: Path) -> None:
    places = Places(project, {})
    assert _refusal(places, None) == (
        "--challenge: there are 2 challenges: orders-api, reports; exactly one, or a name; add --challenge NAME"
    )
    assert Places(project / "challenges" / "reports", {}).find_challenge(None) == Path("challenge.yaml")
    one = tmp_path / "one"
    _challenges(one / "challenges", "only")
    assert Places(one, {}).find_challenge(None) == Path("challenges/only")
    empty = Places(one / "challenges" / "only" / "..", {}, foreign=one.resolve())
    assert "no challenge found; add --challenge PATH" in _refusal(empty, None)


def test_challenges_of_the_working_folder_itself_are_offered_but_never_chosen(tmp_path: Path) -> None:
    here = _challenges(tmp_path / "here", "orders-api", "reports")
    (here / "orders-api" / "deeper").mkdir()
    (here / "orders-api" / "deeper" / "challenge.yaml").touch()
    places = Places(here, {}, foreign=(here / "orders-api").resolve())
    assert places.challenges_here() == {"reports": Path("reports")}
    places = Places(here, {})
    assert list(places.challenges_here()) == ["orders-api", "reports"]
    assert places.list_challenges() == {}
    assert _refusal(places, "report", "NAME") == 'NAME: no challenge "report"; did you mean "reports"?'
    what = "there is no challenges/, and in this folder itself there is: orders-api, reports"
    assert _refusal(places, None, "NAME") == f"NAME: {what}; add NAME"
    assert _refusal(places, None) == f"--challenge: {what}; add --challenge NAME"


def test_rubrics(project: Path, tmp_path: Path) -> None:
    given, environment = tmp_path / "given", tmp_path / "environment"
    given.mkdir()
    environment.mkdir()
    own = project / "challenges" / "reports" / "rubrics"
    own.mkdir()
    places = Places(project, {"GRADEKIT_RUBRICS": str(environment)}, rubrics=[given])
    assert places.rubric_folders() == (given, environment, Path("rubrics"))
    for challenge in ("challenges/reports", "challenges/reports/challenge.yaml"):
        found = places.rubric_folders(Path(challenge))
        assert [project / folder for folder in found] == [given, environment, own, project / "rubrics"]


def test_rubrics_beside_challenges_elsewhere(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    places = Places(tmp_path / "elsewhere", {})
    assert places.rubric_folders(project / "challenges" / "reports") == (project / "rubrics",)
