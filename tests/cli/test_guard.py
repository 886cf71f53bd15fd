from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from gradekit.cli.guard import fail, guarded
from gradekit.errors import (
    ExitCode,
    GradekitError,
    InfrastructureError,
    Problem,
    SpecError,
    SubmissionError,
    UsageError,
)


@pytest.fixture(autouse=True)
def _signals_as_they_were() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, action in before.items():
        signal.signal(number, action)


def code_of(command: Callable[[], ExitCode | None]) -> int:
    with pytest.raises(typer.Exit) as caught:
        guarded(command)()
    return caught.value.exit_code


def raising(error: BaseException) -> Callable[[], ExitCode | None]:
    def command() -> ExitCode | None:
        raise error

    return command


def test_what_a_command_returns_is_the_code() -> None:
    assert code_of(lambda: ExitCode.BELOW) == 1
    assert code_of(lambda: None) == 0


@pytest.mark.parametrize(
    ("kind", "code"), [(UsageError, 2), (SpecError, 2), (InfrastructureError, 3), (SubmissionError, 4)]
)
def test_expected_failures(kind: type[GradekitError], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    error = kind(Problem("a.yaml:1:2", "is wrong", "right", "mend it", "1 | x\n  | ^"), Problem("b", "too"))
    assert code_of(raising(error)) == code
    assert capsys.readouterr().err == (
        "error: a.yaml:1:2: is wrong; right; mend it\n    1 | x\n      | ^\nerror: b: too\n"
    )


def test_interruptions() -> None:
    assert code_of(raising(KeyboardInterrupt())) == 130

    def terminated() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    assert code_of(terminated) == 143


def test_a_bug_is_one_line_with_a_log_and_no_traceback(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert code_of(raising(ZeroDivisionError("x"))) == 70
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    (log,) = tmp_path.iterdir()
    assert str(log) in said
    assert "ZeroDivisionError: x" in log.read_text()


def test_a_path_that_the_system_refuses_is_no_bug_if_it_was_given(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["gradekit", "report", "given/run"])
    monkeypatch.chdir(tmp_path)
    for path in ("given/run", "given/run/report.json", "given", str(tmp_path / "given" / "run")):
        assert code_of(raising(PermissionError(errno.EACCES, "Permission denied", path))) == 2
        told = f"error: {path}: cannot be used (Permission denied); check the path and who may use it\n"
        assert capsys.readouterr().err == told
    monkeypatch.setattr("sys.argv", ["gradekit", "report", "--out=given/out"])
    assert code_of(raising(PermissionError(errno.EACCES, "Permission denied", "given/out"))) == 2
    assert "given/out: cannot be used" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["gradekit", "x" * 300])
    assert code_of(raising(OSError(errno.ENAMETOOLONG, "File name too long", f"runners/{'x' * 300}"))) == 2
    assert capsys.readouterr().err == f"error: {'x' * 60}...: is too long for the name of a file; check the path\n"
    for other in (
        PermissionError(errno.EACCES, "Permission denied", "/elsewhere"),
        PermissionError(errno.EACCES, "Permission denied"),
        OSError(errno.ENAMETOOLONG, "File name too long", "y" * 300),
        OSError(errno.EIO, "Input/output error", "given/run"),
    ):
        assert code_of(raising(other)) == 70
        assert "a bug of ours" in capsys.readouterr().err


def test_debug_lets_a_bug_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADEKIT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        guarded(raising(ZeroDivisionError("x")))()


def test_hostile_text_in_a_problem_is_inert(capsys: pytest.CaptureFixture[str]) -> None:
    fail(Problem("url", "\x1b[2Jgone\u202e", excerpt="\x1b]0;x\x07"))
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\u202e" not in said
