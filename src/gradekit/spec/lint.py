"""Everything that can be said about a challenge without running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gradekit.errors import Problem, SpecError
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import freshness, read_lock, staleness, untwinned


@dataclass(frozen=True, slots=True)
class Lint:
    """``problems`` keep the challenge from being used, ``warnings`` do not; ``challenge`` is None with problems.

    ``untwinned``: by suite, the tests that no twin guards, as a fresh lock says.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    challenge: Challenge | None = None
    untwinned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def lint(path: Path, *, rubrics: Sequence[Path], runners: Mapping[str, str] | None = None) -> Lint:
    """Read a challenge (see ``load_challenge``) and its lock, and collect instead of raise."""
    try:
        challenge = load_challenge(path, rubrics=rubrics, runners=runners)
    except SpecError as error:
        return Lint(error.problems)
    try:
        lock = read_lock(challenge.lock_path)
    except SpecError as error:
        return Lint(error.problems, challenge.warnings)
    state = freshness(challenge, lock)
    warnings = list(challenge.warnings)
    if state == "missing":
        what = "is missing, so nothing says what the reference got"
        warnings.append(Problem(str(challenge.lock_path), what, hint="run gradekit challenge verify"))
    elif state == "stale":
        what = f"is stale: {staleness(challenge, lock)}"
        warnings.append(Problem(str(challenge.lock_path), what, hint="run gradekit challenge verify"))
    return Lint((), tuple(warnings), challenge, untwinned(challenge, lock) if state == "fresh" else {})
