from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradekit.cli import scaffold
from gradekit.errors import UsageError
from gradekit.spec.handed import starters
from gradekit.spec.lint import lint
from gradekit.spec.load import load_challenge
from tests import forked

ROOT = Path(__file__).parents[2]


def run(*argv: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return forked.run("challenge", *argv, cwd=cwd, env=environ, seconds=600)


@pytest.mark.parametrize("template", scaffold.TEMPLATES)
def test_a_new_challenge_has_no_problems_and_no_trace_of_its_template(template: str, tmp_path: Path) -> None:
    folder = scaffold.create("my-own", template, None, tmp_path)
    assert folder == Path("my-own")
    found = lint(tmp_path / folder, rubrics=[])
    assert [str(problem) for problem in found.problems] == []
    assert {warned.name for warned in found.warnings} <= {"no-lock"}
    assert found.challenge is not None
    spec = found.challenge.spec
    assert (spec.id, spec.title, found.challenge.rubric.id) == ("my-own", "My own", "my-own")
    paths = [solution.path for solution in spec.solutions]
    assert starters(found.challenge) == ["starter"]
    assert sum(path.startswith("solutions/known-bad/") for path in paths) >= 2
    claimed = {check for solution in spec.solutions for check in solution.expect.fails or ()}
    assert claimed == {check.id for check in spec.checks}, "each check is lost by somebody"
    alone = {
        check
        for solution in spec.solutions
        for check in solution.expect.fails or ()
        if len(solution.expect.fails or ()) < len(spec.checks)
    }
    assert alone == claimed, "by somebody who passes another one"
    hidden = [path.read_text(encoding="utf-8") for path in (tmp_path / folder / "hidden").rglob("*") if path.is_file()]
    canaries = {re.match(r"-- GK-CANARY-[0-9a-f]{16}\n", text) for text in hidden}
    assert None not in canaries
    assert len(canaries) == len(hidden), "each its own"
    texts = [path.read_bytes().lower() for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert not any(b"new challenge" in text or b"new-challenge" in text for text in texts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"]) | st.just(" "), min_size=1, max_size=120))
def test_any_title_is_kept(tmp_path: Path, title: str) -> None:
    shutil.rmtree(tmp_path / "x", ignore_errors=True)
    if not title.strip():
        with pytest.raises(UsageError):
            scaffold.create("x", "cli", title, tmp_path)
        return
    scaffold.create("x", "cli", title, tmp_path)
    assert load_challenge(tmp_path / "x", rubrics=[]).spec.title == title.strip()


def test_it_goes_where_challenges_are(tmp_path: Path) -> None:
    (tmp_path / "challenges").mkdir()
    (tmp_path / "docs" / "schema").mkdir(parents=True)
    (tmp_path / "docs" / "schema" / "challenge.schema.json").write_text("{}")
    assert scaffold.create("x", "sql", None, tmp_path) == Path("challenges/x")
    first = (tmp_path / "challenges/x/challenge.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../docs/schema/challenge.schema.json"
    assert scaffold.create("./other/y", "sql", None, tmp_path) == Path("other/y")
    assert scaffold.create(str(tmp_path / "z"), "sql", None, tmp_path / "challenges") == tmp_path / "z"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (
            ["Notes"],
            'NAME: "Notes" is no name for a challenge; it has at most 63 small letters, digits and hyphens; such as',
        ),
        (["x" * 64], "is no name for a challenge"),
        (["x", "-t", "slq"], '--template: "slq" is unknown; one of api, cli, library, sql; did you mean "sql"?'),
        (["x", "--title", "a\nb"], "--title: is no title; it is one line of 1 to 120 characters"),
        (
            ["there"],
            "there: is there already; a new challenge gets a folder of its own; choose another name, or remove it",
        ),
        (["dangling"], "dangling: is there already"),
    ],
)
def test_what_is_refused_leaves_nothing(argv: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    done = run("new", *argv, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "there"]


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaffold, "_schema", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        scaffold.create("x", "api", None, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.docker
def test_new_challenges_are_as_claimed_at_once(tmp_path: Path) -> None:
    for template in scaffold.TEMPLATES:
        done = run("new", f"a-{template}", "--template", template, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        steps = [line.split()[2] for line in done.stdout.splitlines()[1:]]
        assert steps == ["lint", "try", "verify"], done.stdout
    found = run("verify", "--all", "--json", "-q", "--repeat", "1", cwd=tmp_path, GRADEKIT_CHALLENGES=str(tmp_path))
    assert found.returncode == 0, found.stdout + found.stderr
    challenges = json.loads(found.stdout)["challenges"]
    assert [challenge["challenge"] for challenge in challenges] == [f"a-{name}" for name in scaffold.TEMPLATES]
    for challenge in challenges:
        assert (tmp_path / challenge["challenge"] / "challenge.lock").is_file()
        assert challenge["unproven"] == []
        brief = (tmp_path / challenge["challenge"] / "README.md").read_text()
        assert f"|  | {challenge['challenge']} |\n| --- | --- |\n| right solutions; each gets all points | 1" in brief
        for solution in challenge["solutions"]:
            assert (solution["earned"] == solution["possible"]) == solution["reference"]
        assert {point["path"]: point["earned"] for point in challenge["starting_points"]} == {
            "solutions/reference, emptied": 0,
            "starter": 0,
        }
