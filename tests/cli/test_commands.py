"""The command line as a whole: help, version, suggestions, documents that keep up."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gradekit import __version__
from gradekit.errors import ExitCode
from gradekit.record import Observation, Record, write
from gradekit.results import SubmissionRef
from tests import forked

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "tests" / "report"
COMMANDS = [
    ["grade"],
    ["regrade"],
    ["report"],
    ["challenge"],
    ["challenge", "list"],
    ["challenge", "show"],
    ["challenge", "lint"],
    ["challenge", "variant"],
    ["challenge", "verify"],
    ["runner"],
    ["runner", "list"],
    ["runner", "build"],
    ["runner", "test"],
    ["schema"],
    ["config"],
    ["config", "show"],
    ["completion"],
    ["doctor"],
    ["clean"],
    ["demo"],
]


def run(*arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return forked.run(*arguments, cwd=cwd, env=env)


def run_afresh(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradekit", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
    )


def in_shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script.replace("gradekit", f"{sys.executable} -m gradekit")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(command: list[str], flag: str) -> None:
    done = run(*command, flag)
    assert done.returncode == 0, done.stderr
    assert len(command) == 1 or "Example" in done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_examples_stand_in_lines_of_their_own(command: list[str]) -> None:
    examples = run(*command, "--help").stdout.partition("Example")[2].partition("\n\n")[0].splitlines()[1:]
    assert all(line.startswith("    gradekit ") for line in examples)


@pytest.mark.parametrize("command", [[], ["challenge"], ["runner"], ["config"]], ids=" ".join)
def test_no_summary_of_a_command_is_cut(command: list[str]) -> None:
    assert "..." not in run(*command, "--help").stdout.partition("Commands:")[2]


def test_the_list_of_commands_is_whole() -> None:
    listed = run("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    top = re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)
    assert sorted(top) == sorted({command[0] for command in COMMANDS})


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    assert run_afresh(flag).stdout == f"gradekit {__version__}\n"


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
        ["completion", "nonsense"],
        ["challenge", "show", "nonsense"],
        ["grade", "x", "--out", "/dev/null/x"],
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
    done = in_shell("gradekit schema report | head -1; exit ${PIPESTATUS[0]}")
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("arguments", ["schema report", f"report {REPORTS}/passed --json"])
def test_a_closed_stdout_swallows_the_result(arguments: str) -> None:
    done = in_shell(f"gradekit {arguments} >&-")
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("arguments", ["schema report", f"report {REPORTS}/passed --json"])
def test_a_full_disk_is_our_fault_and_no_bug(arguments: str) -> None:
    done = in_shell(f"gradekit {arguments} > /dev/full")
    assert done.stderr == "error: output: the disk is full; make room, and run it again\n"
    assert done.returncode == ExitCode.INFRASTRUCTURE


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "junit"])
def test_a_report_can_be_shown_on_a_terminal_of_ascii(form: str) -> None:
    done = run_afresh("report", str(REPORTS / "below-mark"), "--format", form, env={"PYTHONIOENCODING": "ascii"})
    assert done.stderr == ""
    assert done.returncode == ExitCode.BELOW
    if form == "text":
        assert done.stdout.isascii()


def test_exit_zero_changes_nothing_but_1() -> None:
    codes = {
        name: run("report", str(REPORTS / name), "--exit-zero").returncode
        for name in ("passed", "below-mark", "incomplete", "withheld")
    }
    assert codes == {"passed": 0, "below-mark": 0, "incomplete": 3, "withheld": 5}


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {"NO_COLOR": "1", "TERM": "dumb"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"GRADEKIT_COLOR": "always"}, True),
    ],
)
def test_color(arguments: list[str], environment: dict[str, str], coloured: bool) -> None:
    done = run(*arguments, "report", str(REPORTS / "passed"), env=environment)
    assert done.returncode == 0
    assert ("\x1b[" in done.stdout) is coloured


def test_a_challenge_can_be_shown() -> None:
    text = run("challenge", "show", "orders-api").stdout
    assert re.search(r"^  revenue +sql +8  Revenue per month and category$", text, re.MULTILINE)
    assert "System design (design): 10 of 100, scored by people" in text
    assert re.search(r"^lock +there, and fits the challenge; no check needs it for grading$", text, re.MULTILINE)
    shown = json.loads(run("challenge", "show", "orders-api", "--json").stdout)
    assert shown["lock"] == "not needed"
    assert shown["services"] == {"db": "postgres"}
    assert shown["min_tier"] == "in-process"
    assert "min_tier" not in text
    assert re.search(r"^  pricing +call +8  Prices by quote\(\)$", text, re.MULTILINE)
    assert shown["untwinned"] == {}
    for criterion in shown["criteria"]:
        assert criterion["points"] == sum(check["points"] for check in criterion["checks"])


def test_tests_without_a_twin_are_listed() -> None:
    forgers = "tests/forgers/challenge"
    text = run("challenge", "show", forgers).stdout
    assert re.search(r"^  kit +suite +3  kit, in-process$", text, re.MULTILINE)
    untwinned = json.loads(run("challenge", "show", forgers, "--json").stdout)["untwinned"]
    assert untwinned["kit"] == ["test_text.py::test_is_palindrome"]
    lines = [f"  {suite}: {test}" for suite, tests in untwinned.items() for test in tests]
    assert text.splitlines()[-len(lines) :] == lines
    assert run("challenge", "lint", forgers).stdout.splitlines()[-len(lines) :] == lines


def test_settings_are_shown_with_their_sources(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "gradekit.toml").write_text('challenges = ["ours"]\n')
    done = run("config", "show", "--json", cwd=tmp_path, env={"GRADEKIT_INDEX_URL": "https://mirror.example/simple"})
    settings = json.loads(done.stdout)
    assert settings["challenges"] == {"value": [f"{tmp_path}/ours"], "source": f"{tmp_path}/gradekit.toml"}
    assert settings["index_url"] == {"value": "https://mirror.example/simple", "source": "GRADEKIT_INDEX_URL"}
    assert settings["runners"] == {"value": None, "source": "default"}
    lines = run("config", "show", cwd=tmp_path).stdout.splitlines()
    assert len({len(line) - len(line.partition(" ")[2].lstrip()) for line in lines}) == 1
    assert re.search(
        r"^index_url +https://mirror.example/simple +GRADEKIT_INDEX_URL$",
        run("config", "show", cwd=tmp_path, env={"GRADEKIT_INDEX_URL": "https://mirror.example/simple"}).stdout,
        re.MULTILINE,
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_scripts_are_printed(shell: str) -> None:
    assert "_GRADEKIT_COMPLETE" in run("completion", shell).stdout


def test_challenges_are_completed() -> None:
    done = run(env={"_GRADEKIT_COMPLETE": "complete_bash", "COMP_WORDS": "gradekit grade x -c or", "COMP_CWORD": "4"})
    assert done.stdout.split() == ["orders-api"]


def test_the_small_challenge_of_the_guide_is_sound(tmp_path: Path) -> None:
    guide = (ROOT / "challenges" / "README.md").read_text(encoding="utf-8")
    challenge, rubric = re.findall(r"^```yaml\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)[:2]
    (tmp_path / "challenge.yaml").write_text(challenge, encoding="utf-8")
    (tmp_path / "rubric.yaml").write_text(rubric, encoding="utf-8")
    for name in ("hidden/seed.sql", "hidden/per_day.sql", "data/in.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("select 1\n", encoding="utf-8")
    (tmp_path / "solutions" / "known-bad").mkdir(parents=True)
    (tmp_path / "solutions" / "reference").mkdir()
    patch = "Takes empty texts.\n\n--- /dev/null\n+++ b/app.py\n@@ -0,0 +1 @@\n+pass\n"
    (tmp_path / "solutions" / "known-bad" / "accepts-empty.patch").write_text(patch, encoding="utf-8")
    done = run("challenge", "lint", str(tmp_path))
    assert done.stdout == "notes: 4 checks, no problems, 1 warning\n"
    assert "is missing" in done.stderr
    assert done.stderr.count("\n") == done.stderr.count("[no-lock]") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("challenge", "verify", "--repeat", "0"), "--repeat: 0 is too small; at least 1"),
        (("challenge", "verify", "--repeat", "101"), "--repeat: 101 is too large; at most 100"),
        (
            ("challenge", "verify", "--repeat", "three"),
            '--repeat: "three" is not a whole number; digits alone, such as 3',
        ),
        (("runner", "build", "-j", "33"), "--jobs: 33 is too large; at most 32"),
        (("--color", "x", "doctor"), "--color: 'x' is not one of 'auto', 'always', 'never'; see its help, -h"),
    ],
)
def test_a_value_that_an_option_does_not_take(arguments: tuple[str, ...], told: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (ExitCode.USAGE, "", f"error: {told}\n")


def test_what_else_is_wrong_with_a_command_line_is_told_with_its_usage() -> None:
    done = run("challenge", "verify", "--reapet", "3")
    assert done.returncode == ExitCode.USAGE
    assert "--repeat" in done.stderr


SMALL = """gradekit: 1
id: ID
title: Small
runner: none
rubric: rubric.yaml
services: {db: {runner: sqlite}}
datasets: {shop: {service: db}}
checks: [{id: rows, criterion: all, sql: {dataset: shop, file: q.sql, expect: {value: 1}}}]
"""
RUBRIC = "gradekit: 1\nid: small\ntitle: Small\ncriteria: {all: {title: All, weight: 100}}\n"


def _small(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "challenge.yaml").write_text(SMALL.replace("ID", folder.name), encoding="utf-8")
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")


def test_challenges_of_the_current_folder_are_listed_and_suggested(tmp_path: Path) -> None:
    _small(tmp_path / "notes-api")
    _small(tmp_path / "challenges" / "orders")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "challenge.yaml").write_text("gradekit: 1\nx: [\n", encoding="utf-8")
    done = run("challenge", "list", cwd=tmp_path)
    assert done.stdout.splitlines() == [
        f"{'broken':<24} 1 problem: gradekit challenge lint broken",
        f"{'notes-api':<24}    1 check  Small",
        f"{'orders':<24}    1 check  Small",
    ]
    done = run("challenge", "lint", "notes-api", cwd=tmp_path)
    assert done.stdout == "notes-api: 1 check, no problems, 1 warning\n"
    done = run("challenge", "lint", "note-api", cwd=tmp_path)
    assert done.stderr == 'error: NAME: no challenge "note-api"; did you mean "notes-api"?\n'
    done = run("challenge", "lint", "broken", cwd=tmp_path)
    assert done.stderr.endswith("\n1 problem\n")


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["grade", ".", "-c", "nosuch"], "--challenge"),
        (["challenge", "show", "nosuch"], "NAME"),
        (["challenge", "lint", "nosuch"], "NAME"),
        (["challenge", "variant", "nosuch"], "NAME"),
        (["challenge", "verify", "nosuch"], "NAME"),
        (["challenge", "try", "nosuch", "x"], "CHALLENGE"),
    ],
)
def test_the_challenge_is_called_as_in_the_help_of_the_command(arguments: list[str], called: str) -> None:
    assert run(*arguments).stderr.startswith(f'error: {called}: no challenge "nosuch"')


def test_a_kept_run_is_reported_by_its_id(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    _small(folder)
    kept = Record(
        gradekit=__version__,
        id="20260501T180000Z-1f2e3d4c",
        started_at="2026-05-01T18:00:00+00:00",
        seconds=1.5,
        challenge="shop",
        challenge_path=str(folder),
        challenge_digest="d",
        submission=SubmissionRef(repo="r", tree="t", files=1, bytes=2),
        isolation=None,
        images={},
        phases=(),
        observations=(Observation(check="rows", kind="sql", state="errored", message="engine gone"),),
    )
    write(tmp_path / "gradekit" / "runs" / kept.id, kept)
    state = {"XDG_STATE_HOME": str(tmp_path)}
    again = run("regrade", kept.id, "--format", "markdown", env=state)
    done = run("report", kept.id, "--format", "markdown", env=state)
    assert "engine gone" in done.stdout
    assert (done.stdout, done.returncode) == (again.stdout, again.returncode)
    done = run("report", "20260501T180000Z-00000000", env=state)
    expected = "it has to be a report.json, or the id of a kept run"
    assert f"cannot be read (No such file or directory); {expected}; give its path" in done.stderr


QUIET = [
    *(["grade"], ["regrade"], ["report"], ["doctor"], ["clean"]),
    *(["challenge", "lint"], ["challenge", "verify"], ["challenge", "try"], ["runner", "build"], ["runner", "test"]),
]


@pytest.mark.parametrize("command", QUIET, ids=" ".join)
def test_quiet_means_the_same_everywhere(command: list[str]) -> None:
    text = " ".join(run(*command, "--help").stdout.split())
    assert "--quiet, -q No progress or notes; -qq: no result on stdout either." in text.replace(
        "-q, --quiet", "--quiet, -q"
    )


def test_the_result_remains_when_quiet_and_goes_when_quieter(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    shutil.copy(ROOT / "tests/report/passed/report.json", report)
    usual, quiet, silent = (run("report", str(report), *more) for more in ([], ["-q"], ["-qq"]))
    assert (quiet.stdout, quiet.returncode) == (usual.stdout, usual.returncode)
    assert (silent.stdout, silent.stderr, silent.returncode) == ("", "", usual.returncode)
    quiet = run("report", str(report), "-q", "--out", str(tmp_path / "out"))
    assert (quiet.stderr, (tmp_path / "out" / "report.html").exists()) == ("", True)
    _small(tmp_path / "shop")
    usual, quiet, silent = (run("challenge", "lint", str(tmp_path / "shop"), *more) for more in ([], ["-q"], ["-qq"]))
    assert usual.stderr.startswith("warning: ")
    assert (quiet.stdout, quiet.stderr, quiet.returncode) == (usual.stdout, "", 0)
    assert (silent.stdout, silent.stderr, silent.returncode) == ("", "", 0)
    (tmp_path / "shop" / "challenge.yaml").write_text("gradekit: 1\n")
    assert run("challenge", "lint", str(tmp_path / "shop"), "-qq").stderr.startswith("error: ")
    usual, silent = run("doctor"), run("doctor", "-qq")
    assert (bool(usual.stdout), silent.stdout, silent.returncode) == (True, "", usual.returncode)


def test_nothing_to_list_is_said(tmp_path: Path) -> None:
    done = run("challenge", "list", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.startswith("no challenges: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["report"],
        ["regrade"],
        ["grade"],
        ["challenge", "lint"],
        ["challenge", "show"],
        ["challenge", "verify"],
        ["challenge", "import", "kattis"],
        ["runner", "build"],
    ],
    ids=" ".join,
)
def test_a_name_that_is_too_long_is_bad_usage(tmp_path: Path, arguments: list[str]) -> None:
    done = run(*arguments, "x" * 300, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "x: is too long for the name of a file; check the path" in done.stderr.replace("x...", "x")


def test_no_folder_below_a_file_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_afresh("challenge", "new", str(tmp_path / "file" / "x"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{tmp_path}/file: cannot be used (File exists)" in done.stderr


def test_no_git_is_our_fault_and_no_bug(tmp_path: Path) -> None:
    done = run_afresh("demo", "--out", str(tmp_path), env={"PATH": str(tmp_path)})
    assert done.returncode == ExitCode.INFRASTRUCTURE
    assert done.stderr == "error: git: is not installed; install git 2.32 or newer\n"
