"""Submissions: where they come from, and what of them reaches a sandbox."""

from __future__ import annotations

from gradekit.submission.access import Access
from gradekit.submission.check import rules_problems
from gradekit.submission.obtain import Submission, obtain, read
from gradekit.submission.sieve import CloneRules

__all__ = ["Access", "CloneRules", "Submission", "obtain", "read", "rules_problems"]
