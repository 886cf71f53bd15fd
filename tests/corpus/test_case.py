"""Cases: what their files may say, and the submissions they stand for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gradekit.corpus import Case, Expect, corpus_folder, hand_in, read_cases
from gradekit.corpus.case import challenge_folder
from gradekit.errors import InfrastructureError, UsageError
from gradekit.runner import load_all
from gradekit.spec.load import load_challenge

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "hostile"
CASES = read_cases(CORPUS)
KINDS = {runner.name: runner.kind for runner in load_all(ROOT / "runners")}
CLASSES = {"host", "leak", "forge", "denial", "report", "supply", "cross"}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name / "expect.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path.parent


def test_the_corpus_covers_every_class() -> None:
    assert {case.expect.class_ for case in CASES} == CLASSES


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_every_case_names_checks_of_its_challenge_and_its_attacks(case: Case) -> None:
    expect = case.expect
    challenge = load_challenge(case.challenge, rubrics=[ROOT / "rubrics"], runners=KINDS)
    checks = {check.id for check in challenge.spec.checks}
    assert {*expect.fails, *expect.skips, *expect.may_fail, *expect.says} <= checks
    assert expect.attacks or case.name.endswith("reference")


def test_every_wrong_case_is_told(tmp_path: Path) -> None:
    written(tmp_path, "a", "class: forge\nabout: x\nexits: 1\n")
    written(tmp_path, "b", "class: theft\nabout: x\n")
    written(tmp_path, "c", "a: [")
    written(tmp_path, "d", "class: host\nabout: x\n")
    with pytest.raises(UsageError) as caught:
        read_cases(tmp_path)
    places = [problem.place.removeprefix(str(tmp_path)) for problem in caught.value.problems]
    assert places == ["/a/expect.yaml: exits", "/b/expect.yaml: class", "/c/expect.yaml"]


def test_a_submission_is_base_overlay_and_files(tmp_path: Path) -> None:
    solution = tmp_path / "challenge" / "solutions" / "reference"
    (solution / "__pycache__").mkdir(parents=True)
    for name in ("kept", "covered", "removed", "__pycache__/x.pyc"):
        (solution / name).write_text("base")
    folder = written(tmp_path, "case", 'class: host\nabout: x\nremove: [removed]\nfiles: {"deep/\\udcff": "given"}\n')
    (folder / "overlay").mkdir()
    (folder / "overlay" / "covered").write_text("overlay")
    (case,) = read_cases(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    case.write(out)
    found = {str(path.relative_to(out)): path.read_text() for path in out.rglob("*") if path.is_file()}
    assert found == {"kept": "base", "covered": "overlay", "deep/\udcff": "given"}


@pytest.mark.parametrize(("base", "files"), [("none", set()), ("starter", {"app.py"})])
def test_bases(tmp_path: Path, base: str, files: set[str]) -> None:
    (tmp_path / "challenge-other" / "starter").mkdir(parents=True)
    (tmp_path / "challenge-other" / "starter" / "app.py").touch()
    written(tmp_path, "case", f"class: host\nabout: x\nbase: {base}\nchallenge: other\n")
    (case,) = read_cases(tmp_path)
    (tmp_path / "work").mkdir()
    assert hand_in(case, tmp_path / "work") == str(tmp_path / "work" / "submission")
    assert {path.name for path in (tmp_path / "work" / "submission").iterdir()} == files


def test_a_repository_has_the_texts_of_the_case(tmp_path: Path) -> None:
    written(
        tmp_path,
        "case",
        "class: report\nabout: x\nbase: none\n"
        'git: {author: "E\\e[31mve", message: "-m first\\n\\nrest", branch: "o/dd", earlier: {b/c: gone}}\n'
        "files: {a: kept}\n",
    )
    (case,) = read_cases(tmp_path)
    address = hand_in(case, tmp_path)
    git = ["git", "--git-dir", address.removeprefix("file://")]
    said = subprocess.run([*git, "log", "--format=%an|%B|%D", "-1"], capture_output=True, check=True).stdout.decode()
    assert said == "E\x1b[31mve|-m first\n\nrest\n|HEAD -> o/dd\n"
    changes = [*git, "log", "--format=%s", "--name-status"]
    said = subprocess.run(changes, capture_output=True, check=True).stdout.decode()
    assert said == "-m first\n\nD\tb/c\nBegin\n\nA\ta\nA\tb/c\n"


def test_where_challenges_are(tmp_path: Path) -> None:
    assert challenge_folder(CORPUS, "notes") == CORPUS / "challenge"
    assert challenge_folder(CORPUS, "orders-api") == ROOT / "challenges" / "orders-api"
    assert challenge_folder(tmp_path, "orders-api") == ROOT / "challenges" / "orders-api"


def test_where_the_corpus_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert corpus_folder({}) == CORPUS
    assert corpus_folder({"GRADEKIT_CORPUS": str(tmp_path)}) == tmp_path
    with pytest.raises(UsageError, match=r"GRADEKIT_CORPUS: .*nowhere' is not a folder"):
        corpus_folder({"GRADEKIT_CORPUS": str(tmp_path / "nowhere")})
    package = tmp_path / "lib" / "python" / "gradekit"
    monkeypatch.setattr("gradekit.corpus.places._PACKAGE", package)
    with pytest.raises(InfrastructureError, match="no hostile cases"):
        corpus_folder({})
    with pytest.raises(InfrastructureError, match="no challenges"):
        challenge_folder(tmp_path, "orders-api")
    written(package / "_shipped" / "hostile", "case", "")
    assert corpus_folder({}) == package / "_shipped" / "hostile"


def test_a_case_asks_for_nothing_left() -> None:
    with pytest.raises(ValueError, match="nothing_left"):
        Expect.model_validate({"about": "x", "class": "host", "nothing_left": False})
