"""Checks observed one after another on a bench, and judged as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from gradekit.checks.kinds import KINDS
from gradekit.errors import Blocked, InfrastructureError
from gradekit.grade.bench import PodBench
from gradekit.grade.judging import context_of, judge_alone, lock_of, result_of, with_needs
from gradekit.progress import Progress
from gradekit.record import Observation
from gradekit.report.words import summary
from gradekit.results import CheckResult, Judgement, Status
from gradekit.spec.challenge import Challenge, Check
from gradekit.spec.lock import Lock


def fault(check: Check, error: InfrastructureError | Blocked, seconds: float = 0.0) -> Observation:
    """What is recorded of a check that could not be observed."""
    if isinstance(error, Blocked):
        return Observation(
            check=check.id,
            kind=check.kind,
            state="blocked",
            message=error.message,
            detail=error.detail,
            seconds=round(seconds, 3),
        )
    return Observation(check=check.id, kind=check.kind, state="errored", message=str(error), seconds=round(seconds, 3))


def observe_all(
    challenge: Challenge,
    checks: Sequence[Check],
    lock: Lock | None,
    bench: PodBench,
    progress: Progress,
    *,
    recording: bool,
    trusting: bool,
) -> Iterator[tuple[Observation, CheckResult]]:
    """Observe checks in their order and judge each, those whose needs failed too: a regrade may want them.

    ``recording``: a check's lock comes of its own observation. ``trusting``: what stands in for an official image
    may let checks fail.
    """
    results: dict[str, CheckResult] = {}
    for number, check in enumerate(checks, 1):
        progress.check(check.id, number, len(checks))

        def judged(observation: Observation, check: Check = check) -> Judgement:
            known = lock_of(challenge, [observation])[0] if recording else lock
            return judge_alone(challenge, check, observation, known, trusting=trusting)

        observation, judgement = _observe(challenge, check, bench, lock, judged)
        results[check.id] = result = result_of(check, with_needs(check, judgement, results))
        progress.check_done(check.id, result.outcome.status, observation.seconds, summary(result))
        yield observation, result


def _observe(
    challenge: Challenge,
    check: Check,
    bench: PodBench,
    lock: Lock | None,
    judged: Callable[[Observation], Judgement],
) -> tuple[Observation, Judgement]:
    """Observe one check and judge it as if it stood alone; what the app wrote meanwhile is kept beside."""
    kind = KINDS[check.kind]
    begun = time.monotonic()
    try:
        bench.begin(
            context_of(challenge, check.id, lock), check.timeout, app=kind.uses_app(check.body), fresh=check.fresh
        )
        try:
            found = _attempt(check, bench, begun)
            judgement = judged(found)
            # Most checks pass, and nobody reads the log beside them: only the others wait for the last of it.
            printed = bench.printed(wait=judgement.outcome.status is not Status.PASSED)
        finally:
            bench.end()
    except (InfrastructureError, Blocked) as error:
        found = fault(check, error, time.monotonic() - begun).model_copy(update={"stand_in": bench.stood_in})
        return found, judged(found)
    return found.model_copy(update={"printed": printed}), judgement


def _attempt(check: Check, bench: PodBench, begun: float) -> Observation:
    """What is observed on a bench that is ready.

    Raises:
        InfrastructureError: a fault of ours.
    """
    try:
        evidence = KINDS[check.kind].observe(check.body, bench)
    except Blocked as error:
        return fault(check, error, time.monotonic() - begun).model_copy(update={"stand_in": bench.stood_in})
    return Observation(
        check=check.id,
        kind=check.kind,
        state="observed",
        evidence=evidence.model_dump(mode="json"),
        seconds=round(time.monotonic() - begun, 3),
        spent=round(bench.spent(), 3),
        stand_in=bench.stood_in,
    )
