from __future__ import annotations

import pytest

from gradekit.cli.terminal import Lines, is_live, unicode_works
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
