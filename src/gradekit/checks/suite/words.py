"""Numbers and names of tests in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LISTED: Final = 8
"""Tests that a note names; the others are counted."""


def listed(tests: Sequence[str]) -> str:
    """The first tests by name, and how many more there are."""
    more = f" and {len(tests) - LISTED} more" if len(tests) > LISTED else ""
    return ", ".join(tests[:LISTED]) + more
