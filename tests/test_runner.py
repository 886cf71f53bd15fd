from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gradekit import runner
from gradekit.errors import SubmissionError, UsageError
from gradekit.runner import Runner

SHIPPED = Path(__file__).parents[1] / "runners"
PYTHON: dict[str, object] = {
    "gradekit": 1,
    "name": "python",
    "kind": "language",
    "title": "Python",
    "detect": ["requirements.txt", "*.py"],
    "verbs": ["serve"],
}


def write(folder: Path, fields: dict[str, object]) -> Path:
    place = folder / str(fields["name"])
    (place / "bin").mkdir(parents=True)
    (place / "runner.yaml").write_text(yaml.safe_dump(fields), encoding="utf-8")
    (place / "Dockerfile").write_text("FROM x\n", encoding="utf-8")
    (place / "bin" / "serve").write_text("#!/bin/sh\n", encoding="utf-8")
    return place


def language(name: str, *patterns: str) -> Runner:
    return Runner.model_validate({**PYTHON, "name": name, "detect": list(patterns), "folder": Path("/none")})


def test_shipped_runners() -> None:
    found = {item.name: item for item in runner.load_all(SHIPPED)}
    assert {name: item.kind for name, item in found.items()} == {
        "go": "language",
        "java": "language",
        "mariadb": "service",
        "mongodb": "service",
        "node": "language",
        "php": "language",
        "postgres": "service",
        "redis": "service",
        "probe": "probe",
        "python": "language",
        "ruby": "language",
        "schemathesis": "checker",
        "scanners": "scanner",
        "scanners-java": "scanner",
        "sqlite": "service",
    }
    assert found["python"].argv("deps") == ("/opt/gradekit/bin/deps",)
    for item in found.values():
        assert item.tag == f"gradekit/{item.name}:{item.digest[:12]}"
        for verb in item.verbs:
            assert (item.folder / "bin" / verb).stat().st_mode & 0o111


def test_digest_covers_content_modes_and_base_only(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a", PYTHON), write(tmp_path / "b", PYTHON)
    assert runner.digest(one) == runner.digest(two)
    assert runner.digest(one) != runner.digest(one, base="other:1")
    (two / "smoke" / "case").mkdir(parents=True)
    (two / "smoke" / "case" / "expect.yaml").write_text("x", encoding="utf-8")
    (two / "bin" / "__pycache__").mkdir()
    (two / "bin" / "__pycache__" / "x.pyc").write_text("x", encoding="utf-8")
    (two / "Dockerfile").chmod(0o640)
    assert runner.digest(one) == runner.digest(two)
    (two / "bin" / "serve").chmod(0o755)
    assert runner.digest(one) != runner.digest(two)
    (one / "bin" / "serve").chmod(0o700)
    assert runner.digest(one) == runner.digest(two)
    (one / "bin" / "serve").rename(one / "bin" / "start")
    assert runner.digest(one) != runner.digest(two)


def test_base_image_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, PYTHON)
    before = runner.find(tmp_path, "python").tag
    monkeypatch.setenv("GRADEKIT_BASE_IMAGE", "mirror.example/debian:12")
    assert runner.base_name() == "mirror.example/debian:12"
    assert runner.find(tmp_path, "python").tag != before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "runner.yaml: colour: Extra inputs are not permitted"),
        ({"gradekit": 2}, "runner.yaml: gradekit: "),
        ({"kind": "compiler"}, "runner.yaml: kind: "),
        ({"detect": []}, "runner.yaml: runner: a language needs `verbs` and `detect`"),
        ({"verbs": ["deps"]}, "runner.yaml: runner: `deps` must be described exactly when"),
        ({"verbs": ["fly"]}, "runner.yaml: verbs.0: "),
        ({"kind": "service"}, "runner.yaml: runner: a service needs `engine`"),
        ({"tools": ["ruff"]}, "runner.yaml: runner: only a scanner has `tools`"),
        ({"kind": "checker"}, "runner.yaml: runner: a checker, and nothing else, has the verb `check`"),
        ({"digest": "0"}, 'runner.yaml: unknown key "digest"'),
    ],
)
def test_wrong_descriptions(tmp_path: Path, change: dict[str, object], message: str) -> None:
    write(tmp_path, {**PYTHON, **change})
    with pytest.raises(UsageError) as caught:
        runner.find(tmp_path, "python")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("a: [", "it is not YAML"), ("[]", "it is not a map"), ("name: x", "name is 'x'")]
)
def test_not_a_description(tmp_path: Path, text: str, message: str) -> None:
    (write(tmp_path, PYTHON) / "runner.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        runner.find(tmp_path, "python")


@pytest.mark.parametrize("name", ["ruby", "../python", ".", "python/"])
def test_no_such_runner(tmp_path: Path, name: str) -> None:
    write(tmp_path, PYTHON)
    with pytest.raises(UsageError, match="known runners: python"):
        runner.find(tmp_path, name)


def test_where_runners_are(tmp_path: Path) -> None:
    assert runner.runners_folder({}) == SHIPPED
    assert runner.runners_folder({"GRADEKIT_RUNNERS": str(tmp_path)}) == tmp_path
    with pytest.raises(UsageError, match="GRADEKIT_RUNNERS"):
        runner.runners_folder({"GRADEKIT_RUNNERS": str(tmp_path / "absent")})


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["requirements.txt", "README.md"], "python"),
        (["main.py"], "python"),
        (["package.json", "scripts/seed.py"], "node"),
        (["src/app/main.py", "README.md"], "python"),
        (["src/App.java"], "java"),
        (["other/src/App.java", "package.json"], "node"),
    ],
)
def test_detect(names: list[str], expected: str) -> None:
    runners = [
        language("python", "requirements.txt", "*.py"),
        language("node", "package.json"),
        language("java", "src/*.java"),
    ]
    assert runner.detect(runners, names).name == expected


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "no language was recognised in its files; looked for python: \\*.py; node: package.json"),
        (["README.md"], "no language was recognised"),
        (["a.py", "package.json"], "look like python and node; one language; choose it with --runner NAME"),
        (["x/a.py", "y/package.json"], "look like python and node"),
    ],
)
def test_detect_complains(names: list[str], message: str) -> None:
    with pytest.raises(SubmissionError, match=message):
        runner.detect([language("python", "*.py"), language("node", "package.json")], names)


def test_services_are_never_detected() -> None:
    shipped = [item for item in runner.load_all(SHIPPED) if item.kind != "language"]
    with pytest.raises(SubmissionError, match="no language at all"):
        runner.detect(shipped, ["main.py"])
