"""The table of the laboratory, after the tests. What lies in its folders are submissions, not tests of ours."""

from __future__ import annotations

import pytest

from tests.forgers.laboratory import ROWS, table

collect_ignore_glob = ["challenge/*", "forging/*", "honest/*"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    if ROWS:
        terminalreporter.section("forgers and honest submissions")
        terminalreporter.write_line(table(ROWS))
