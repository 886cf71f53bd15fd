"""What benchmarks share that grade a challenge of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gradekit.cli import assemble
from gradekit.cli import config as configuration
from gradekit.cli.terminal import Lines
from gradekit.grade.judging import judge
from gradekit.grade.run import grade
from gradekit.progress import Silent
from gradekit.record import Record
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Lock
from gradekit.submission import CloneRules, obtain

_RUBRIC: Final = "{gradekit: 1, id: bench, title: Bench, criteria: {all: {title: All, weight: 100}}}\n"


def write_challenge(folder: Path, spec: str) -> None:
    """A challenge with a rubric of one criterion, ``all``."""
    folder.mkdir(parents=True)
    (folder / "challenge.yaml").write_text(spec, encoding="utf-8")
    (folder / "rubric.yaml").write_text(_RUBRIC, encoding="utf-8")


def graded(folder: Path, submission: Path, lock: Lock | None = None) -> tuple[Challenge, Record]:
    """Grade a submission by a challenge; both are folders."""
    config = configuration.load()
    challenge = load_challenge(folder, rubrics=[], runners=assemble.kinds_of_runners(config))
    setting = assemble.setting_for(challenge.spec, config, Lines())
    record = grade(
        challenge,
        lock,
        setting,
        lambda: obtain(
            str(submission),
            ref=None,
            before=None,
            candidate=None,
            received_at=None,
            rules=CloneRules(max_size=1 << 20, max_files=10),
        ),
        Silent(),
    )
    return challenge, record


def ended(challenge: Challenge, record: Record, lock: Lock | None = None) -> Mapping[str, str]:
    """By check, how it ended."""
    return {check.id: check.outcome.status.value for check in judge(challenge, record, lock).checks}
