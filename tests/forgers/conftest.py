"""The table of the laboratory, after the tests. What lies in its folders are submissions, not tests of ours."""

from __future__ import annotations

import pytest

from tests.forgers.laboratory import PROPERTY, table

collect_ignore_glob = ["challenge/*", "forging/*", "honest/*"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured, by this process or by those that share its work."""
    lines = {
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY
    }
    if lines:
        terminalreporter.section("forgers and honest submissions")
        terminalreporter.write_line(table(lines))
