from __future__ import annotations

collect_ignore = ["golden"]
"""Tests of others that are imported, not run."""
