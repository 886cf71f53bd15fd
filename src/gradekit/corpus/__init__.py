"""Proofs that a host holds: hostile submissions with their verdicts, and the smoke cases of runners."""

from __future__ import annotations

from gradekit.corpus.attempt import Attempt, attempt
from gradekit.corpus.case import Case, Expect, GitSpec, hand_in, read_cases
from gradekit.corpus.ground import Graded, Ground, Loaded
from gradekit.corpus.places import corpus_folder
from gradekit.corpus.smoke import attempt_smoke
from gradekit.corpus.smoke_case import SmokeCase, lacking, read_smoke
from gradekit.corpus.verdict import complaints, refusal_complaints

__all__ = [
    "Attempt",
    "Case",
    "Expect",
    "GitSpec",
    "Graded",
    "Ground",
    "Loaded",
    "SmokeCase",
    "attempt",
    "attempt_smoke",
    "complaints",
    "corpus_folder",
    "hand_in",
    "lacking",
    "read_cases",
    "read_smoke",
    "refusal_complaints",
]
