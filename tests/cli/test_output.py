from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradekit.cli import output
from gradekit.errors import ExitCode, UsageError
from gradekit.report import record as report_record
from gradekit.results import Report

REPORTS = Path(__file__).parents[1] / "report"


def report(name: str) -> Report:
    return report_record.read((REPORTS / name / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("passed", ExitCode.OK),
        ("provisional", ExitCode.OK),
        ("below-mark", ExitCode.BELOW),
        ("incomplete", ExitCode.INFRASTRUCTURE),
        ("withheld", ExitCode.INTEGRITY),
    ],
)
def test_exit_codes(name: str, code: ExitCode) -> None:
    assert output.exit_code(report(name)) is code


def test_an_unknown_format_has_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r'"htlm" is unknown; one of text, json, .*; did you mean html\?'):
        output.check_formats(["htlm"])


def test_files_go_where_asked_and_text_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output.emit(report("passed"), formats=("markdown", "junit"), out=tmp_path / "deep" / "er", record=None, quiet=0)
    assert sorted(path.name for path in (tmp_path / "deep" / "er").iterdir()) == [
        "report.json",
        "report.md",
        "report.xml",
    ]
    assert "Orders API" in capsys.readouterr().out


def test_one_format_without_a_folder_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit(report("passed"), formats=("json",), out=None, record=None, quiet=1)
    assert json.loads(capsys.readouterr().out)["schema_version"] == 1


def test_quieter_than_quiet_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output.emit(report("passed"), formats=(), out=tmp_path, record=None, quiet=2)
    assert capsys.readouterr().out == ""
    assert (tmp_path / "report.html").is_file()


def test_exit_zero_is_for_the_pass_mark_only() -> None:
    assert output.exit_code(report("below-mark"), exit_zero=True) is ExitCode.OK
    assert output.exit_code(report("incomplete"), exit_zero=True) is ExitCode.INFRASTRUCTURE


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], coloured: bool) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in output.to_terminal(report("passed"))) is coloured


def test_columns_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, output.to_terminal(report("below-mark")).splitlines())) <= 60
