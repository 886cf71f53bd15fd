"""The table of check kinds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gradekit.checks.kinds import KINDS


def test_each_kind_stands_under_its_name() -> None:
    assert len(KINDS) == len(list(KINDS)) > 0
    assert all(kind.name == name for name, kind in KINDS.items())


def test_what_is_no_kind_is_none() -> None:
    assert "base" not in KINDS
    with pytest.raises(KeyError):
        KINDS["base"]


def test_a_kind_is_imported_when_it_is_asked_for() -> None:
    program = """
import sys
from gradekit.checks.kinds import KINDS
assert "http" in KINDS and "gradekit.checks.http" not in sys.modules
assert KINDS["git"].name == "git"
assert "gradekit.checks.http" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
