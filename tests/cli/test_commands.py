"""The command line as a whole: help, version, suggestions, documents that keep up."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gradekit import __version__
from gradekit.errors import ExitCode

ROOT = Path(__file__).parents[2]
COMMANDS = [
    ["grade"],
    ["regrade"],
    ["report"],
    ["challenge"],
    ["challenge", "list"],
    ["challenge", "lint"],
    ["challenge", "verify"],
    ["runner"],
    ["runner", "list"],
    ["runner", "build"],
    ["schema"],
    ["doctor"],
    ["clean"],
    ["demo"],
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradekit", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(command: list[str], flag: str) -> None:
    done = run(*command, flag)
    assert done.returncode == 0, done.stderr
    assert len(command) == 1 or "Example" in done.stdout


def test_the_list_of_commands_is_whole() -> None:
    listed = run("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    top = re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)
    assert sorted(top) == sorted({command[0] for command in COMMANDS})


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    assert run(flag).stdout == f"gradekit {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["challenge"], ["nonsense"], ["grade"], ["grade", "x", "--nonsense"]])
def test_bad_usage_is_2(arguments: list[str]) -> None:
    assert run(*arguments).returncode == ExitCode.USAGE


def test_a_misspelt_command_gets_a_suggestion() -> None:
    assert "grade" in run("grad", "x").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["grade", "x", "--before", "yesterday"],
        ["grade", "x", "--format", "json", "--format", "html"],
        ["report", "nowhere.json"],
        ["regrade", "nowhere"],
        ["schema", "nonsense"],
    ],
)
def test_bad_values_are_2_with_one_line(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["challenge", "rubric", "report"])
def test_published_schemas_are_those_of_the_program(name: str) -> None:
    assert run("schema", name).stdout == (ROOT / "docs" / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")


def test_the_readme_has_every_exit_code() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| ([\d, ]+) \|", readme, re.MULTILINE)
    table = {int(number) for cell in cells for number in cell.split(",")}
    assert table == {int(code) for code in ExitCode}


def test_the_readme_names_only_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    used = re.findall(r"^\.venv/bin/gradekit ([a-z]+(?: [a-z]+)?)", readme, re.MULTILINE)
    assert used
    for line in used:
        words = line.split()
        assert words in COMMANDS or words[:1] in COMMANDS


def test_light_commands_import_nothing_heavy() -> None:
    code = "import sys, gradekit.cli.app; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"docker", "git", "requests", "jinja2", "jsonschema", "junitparser", "jsonpath", "pytest", "rich.progress"}
    assert heavy.isdisjoint(done.stdout.split())


def test_the_folder_of_a_hostile_submission_configures_nothing(tmp_path: Path) -> None:
    (tmp_path / "gradekit.toml").write_text('challenges = ["/nowhere"]\nnonsense = 1\n')
    done = run("grade", str(tmp_path), "-c", "nonsense")
    assert "gradekit.toml" not in done.stderr


def test_a_closed_pipe_is_no_error() -> None:
    script = f"{sys.executable} -m gradekit schema report | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
