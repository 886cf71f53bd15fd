from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import forked

GOLDEN = Path(__file__).parents[1] / "imports" / "golden"


def run(*argv: str, cwd: Path, timeout: int = 60) -> subprocess.CompletedProcess[str]:
    return forked.run("challenge", *argv, cwd=cwd, seconds=timeout)


def test_an_import_is_written_and_says_what_it_changed(tmp_path: Path) -> None:
    (tmp_path / "challenges").mkdir()
    done = run("import", "exercism", str(GOLDEN / "exercism/javascript/source"), "sums", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "challenges/sums: 6 files" in done.stdout
    assert "add.spec.js: 2 tests that the exercise skips" in done.stdout
    assert "gradekit challenge verify challenges/sums" in done.stdout
    assert (tmp_path / "challenges/sums/solutions/reference/add.js").is_file()


def test_a_document_gives_a_draft(tmp_path: Path) -> None:
    done = run("import", "openapi", str(GOLDEN / "openapi/petstore-expanded/source/openapi.json"), "pets", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pets: 9 files\nservers: the path /api is left out" in done.stdout
    assert done.stdout.endswith("next: a reference and wrong solutions; then gradekit challenge verify pets\n")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["exercisms", "."], 'FORMAT: "exercisms" is unknown; one of '),
        (["exercism", "nowhere"], "nowhere: is no folder"),
        (["exercism", "."], ".meta/config.json"),
        (["exercism", ".", "Sums"], 'TARGET: "Sums" is no name for a challenge'),
        (["exercism", ".", "there"], "there: is there already"),
        (["openapi", "."], ".: is no file"),
    ],
)
def test_what_cannot_be_imported(argv: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    cwd = tmp_path / "source"
    cwd.mkdir()
    (cwd / "there").mkdir()
    done = run("import", *argv, cwd=cwd)
    assert done.returncode == 2
    assert said in done.stderr
    assert [path.name for path in cwd.iterdir()] == ["there"]


@pytest.mark.docker
@pytest.mark.parametrize("case", ["exercism/php", "kattis/newer"])
def test_what_was_imported_is_as_claimed(case: str, tmp_path: Path) -> None:
    assert run("import", case.partition("/")[0], str(GOLDEN / case / "source"), "it", cwd=tmp_path).returncode == 0
    done = run("verify", "it", "--repeat", "1", cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "it/challenge.lock").is_file()
