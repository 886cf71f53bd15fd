from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from gradekit.cli.terminal import Lines, colour_wanted, is_live, unicode_works
from gradekit.results import Status


@pytest.mark.parametrize(
    ("terminal", "environment", "live"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"CI": "true"}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "xterm"}, True),
    ],
)
def test_only_a_real_terminal_gets_a_live_line(terminal: bool, environment: dict[str, str], live: bool) -> None:
    assert is_live(terminal, environment) is live


@pytest.mark.parametrize(("encoding", "works"), [("utf-8", True), ("ascii", False), ("nonsense", False), (None, False)])
def test_unicode(encoding: str | None, works: bool) -> None:
    assert unicode_works(encoding) is works


def test_lines_are_plain_and_hostile_text_is_inert(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(1)
    lines.phase("clone")
    lines.phase_done("clone", 0.12, "3 files \x1b]0;owned\x07")
    lines.check("health", 1, 2)
    lines.check_done("health", Status.FAILED, 0.5, "[red]\x1b[2Jgone\u202e\nsecond line")
    lines.note("note")
    lines.close()
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[red]" in said
    assert "second line" not in said
    assert "failed   health" in said


@pytest.mark.parametrize(
    ("terminal", "environment", "wanted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"CLICOLOR_FORCE": "0"}, False),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (False, {"GRADEKIT_COLOR": "always", "NO_COLOR": "1"}, True),
        (True, {"GRADEKIT_COLOR": "never", "FORCE_COLOR": "1"}, False),
        (True, {"GRADEKIT_COLOR": "auto"}, True),
    ],
)
def test_who_gets_colour(terminal: bool, environment: dict[str, str], wanted: bool) -> None:
    assert colour_wanted(terminal, environment) is wanted


def told(capsys: pytest.CaptureFixture[str], until: Callable[[str], bool]) -> str:
    """What is on stderr when a condition holds, at the latest after five seconds."""
    said, limit = "", time.monotonic() + 5
    while not until(said) and time.monotonic() < limit:
        time.sleep(0.01)
        said += capsys.readouterr().err
    return said


def test_long_work_gives_signs_of_life_where_nothing_is_live(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(silence=0.02)
    lines.phase("image", "gradekit/python:1")
    lines.log("Step 3/9 : RUN apt-get update")
    lines.log(" ---> Running in 0123456789ab")
    said = told(capsys, lambda text: text.count("\n") > 1)
    lines.close()
    capsys.readouterr()
    assert set(said.splitlines()) == {"  ... image gradekit/python:1: Step 3/9 : RUN apt-get update"}
    time.sleep(0.05)
    assert capsys.readouterr().err == ""


def test_logs_of_builds_are_for_the_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    for verbosity, lines in ((0, []), (1, ["  one", "  two"])):
        progress = Lines(verbosity)
        progress.log("one")
        progress.log("two")
        progress.close()
        assert capsys.readouterr().err.splitlines() == lines
