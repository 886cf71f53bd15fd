"""Everything that can be said about a challenge without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import cast

from gradekit.errors import Problem, SpecError
from gradekit.spec import folder, slips
from gradekit.spec.challenge import Challenge
from gradekit.spec.limits import limits
from gradekit.spec.load import build, spec_file
from gradekit.spec.lock import CHANGED, Lock, freshness, read_lock, staleness, untwinned
from gradekit.spec.reader import read_file
from gradekit.spec.warned import Warned, placed, unsilenced


@dataclass(frozen=True, slots=True)
class Lint:
    """``problems`` keep the challenge from being used, ``warnings`` do not; ``challenge`` is None with problems.

    ``untwinned``: by suite, the tests that no twin guards, as a fresh lock says.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Warned, ...] = ()
    challenge: Challenge | None = None
    untwinned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def lint(
    path: Path,
    *,
    rubrics: Sequence[Path],
    runners: Mapping[str, str] | None = None,
    tools: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Lint:
    """Read a challenge (see ``load_challenge``), its lock and its folder, and collect instead of raise."""
    source = spec_file(path)
    problems: list[Problem] = []
    document = challenge = lock = None
    try:
        document = read_file(source)
        challenge = build(source, document, rubrics=rubrics, runners=runners, tools=tools)
    except SpecError as error:
        problems += error.problems
    try:
        lock = read_lock(source.with_suffix(".lock"))
    except SpecError as error:
        problems += error.problems
    if document is None or challenge is None or problems:
        return Lint(tuple(problems))
    data = cast("Mapping[str, object]", document.data)
    found = [*placed(slips.slips(challenge, data), document), *folder.slips(challenge, data), *_lock(challenge, lock)]
    warnings = tuple(unsilenced(found, challenge.spec.lint.ignore, document))
    fresh = freshness(challenge, lock) == "fresh"
    return Lint((), warnings, challenge, untwinned(challenge, lock) if fresh else {})


def _lock(challenge: Challenge, lock: Lock | None) -> Iterator[Warned]:
    """Where judging needs a lock, and where solutions are listed: verify keeps there what shows their proof."""
    place, remedy = str(challenge.lock_path), "run gradekit challenge verify"
    listed = bool(challenge.spec.solutions)
    if lock is None:
        if listed or freshness(challenge, lock) == "missing":
            what = "is missing, so nothing says what the reference got"
            yield Warned("no-lock", "", Problem(place, what, hint=remedy))
        return
    why = staleness(challenge, lock)
    if listed and lock.challenge != challenge.digest:
        why = CHANGED
    if why:
        yield Warned("stale-lock", "", Problem(place, f"is stale: {why}", hint=remedy))
        return
    for limit in limits(challenge, lock):
        if limit.tight:
            yield Warned("tight-limit", limit.check, Problem(str(challenge.source), limit.told, hint=limit.hint))
