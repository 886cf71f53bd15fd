"""From a record to a report: pure, so that any run can be judged again without running anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ValidationError

from gradekit import __version__
from gradekit.checks.base import Context
from gradekit.checks.kinds import KINDS
from gradekit.checks.ratios import Ratios
from gradekit.checks.twins.model import Twin
from gradekit.record import Observation, Record
from gradekit.results import (
    ChallengeRef,
    CheckResult,
    CheckRun,
    Exhibit,
    Judgement,
    Outcome,
    Report,
    Run,
    Status,
    Tier,
)
from gradekit.score import score
from gradekit.spec.challenge import Challenge, Check
from gradekit.spec.lock import CHANGED, Lock, freshness, staleness


def context_of(challenge: Challenge, check: str, lock: Lock | None) -> Context:
    """What the judge of one check may read."""
    if lock is None:
        return Context(check, challenge.files, challenge.spec.vars, memory=challenge.spec.limits.memory)
    return Context(
        check,
        challenge.files,
        challenge.spec.vars,
        lock.tests.get(check),
        lock.twins.get(check, {}),
        lock.answers.get(check),
        lock.ratios.get(check),
        challenge.spec.limits.memory,
    )


def lock_of(challenge: Challenge, observations: Sequence[Observation]) -> tuple[Lock, Mapping[str, tuple[str, ...]]]:
    """What the reference's run says: the lock, and by check what its author has to mend first."""
    tests: dict[str, tuple[str, ...]] = {}
    twins: dict[str, Mapping[str, Twin]] = {}
    answers: dict[str, Mapping[str, tuple[str, ...]]] = {}
    ratios: dict[str, Ratios] = {}
    mistakes: dict[str, tuple[str, ...]] = {}
    for observation in observations:
        check = challenge.spec.check(observation.check)
        kind = KINDS[check.kind]
        if observation.state == "observed" and kind.recorded is not None:
            evidence = kind.evidence.model_validate(observation.evidence, strict=False)
            found = kind.recorded(check.body, evidence, challenge.files)
            if found is None:
                continue
            mistakes[check.id] = found.mistakes
            if found.ratios is not None:
                ratios[check.id] = found.ratios
            elif found.answers is not None:
                answers[check.id] = found.answers
            else:
                tests[check.id], twins[check.id] = found.tests, found.twins
    lock = Lock(
        gradekit=__version__,
        challenge=challenge.digest,
        rubric=challenge.rubric_name,
        proving=challenge.proving,
        tests=tests,
        twins=twins,
        answers=answers,
        ratios=ratios,
    )
    return lock, mistakes


def judge_alone(
    challenge: Challenge, check: Check, observation: Observation, lock: Lock | None, *, trusting: bool = False
) -> Judgement:
    """Judge one observation, as if it stood alone (``need`` is not looked at).

    Evidence that does not fit the check (it was recorded for another kind, or by another version) is
    our fault: errored. So is a failure that was observed with something in the place of an official image, which may
    lack what a right submission uses; ``trusting`` lets it stand.
    """
    judgement = _judged(challenge, check, observation, lock)
    if observation.stand_in and not trusting and judgement.outcome.status is Status.FAILED:
        return _errored(_unconfirmed(judgement.outcome.message, observation.stand_in), judgement)
    return judgement


def _unconfirmed(message: str, stand_in: str) -> str:
    return (
        f"it did not pass ({message or 'failed'}) with {stand_in}, and what that lacks cannot be told from a fault of "
        "the submission; grade again where the official image can be had"
    )


def _judged(challenge: Challenge, check: Check, observation: Observation, lock: Lock | None) -> Judgement:
    if observation.state == "errored":
        return _errored(observation.message)
    if observation.state == "blocked":
        return Judgement(outcome=Outcome(status=Status.FAILED, message=observation.message))
    kind = KINDS[check.kind]
    if observation.kind != check.kind:
        return _errored(
            f"the run recorded a check of kind {observation.kind}, the challenge now has {check.kind}: grade again"
        )
    try:
        evidence = kind.evidence.model_validate(observation.evidence, strict=False)
    except ValidationError as error:
        return _errored(f"the recorded evidence cannot be read ({error.error_count()} problems): grade again")
    judgement: Judgement = kind.judge(check.body, evidence, context_of(challenge, check.id, lock))
    return judgement


def _errored(message: str, of: Judgement | None = None) -> Judgement:
    violations = () if of is None else of.violations
    return Judgement(outcome=Outcome(status=Status.ERRORED, message=message), violations=violations)


def with_needs(check: Check, judgement: Judgement, before: Mapping[str, CheckResult]) -> Judgement:
    """Apply ``need``: a check whose need did not pass is skipped; whose need errored is errored too.

    What was observed is judged all the same and thrown away here, so that a corrected need brings it back.
    """
    if judgement.outcome.status is Status.ERRORED:
        return judgement
    for need in check.need:
        status = before[need].outcome.status
        if status is Status.ERRORED:
            return _errored(f"needs {need}, which could not be graded", judgement)
        if status is not Status.PASSED:
            skipped = Outcome(status=Status.SKIPPED, message=f"needs {need}, which did not pass")
            return Judgement(outcome=skipped, violations=judgement.violations)
    return judgement


def result_of(check: Check, judgement: Judgement) -> CheckResult:
    """The report's view of a judged check."""
    return CheckResult(
        id=check.id,
        title=check.name,
        kind=check.kind,
        criterion=check.criterion,
        points=check.points,
        required=check.required,
        tier=KINDS[check.kind].tier(check.body),
        outcome=judgement.outcome,
        cases=judgement.cases,
        violations=judgement.violations,
        notes=judgement.notes,
    )


def exhibits_of(check: Check, observation: Observation, context: Context, status: Status) -> tuple[Exhibit, ...]:
    """The evidence of one check, made readable; of one that did not pass also what the app wrote meanwhile."""
    if observation.detail:
        return (Exhibit(title="Last output", text=observation.detail, log=True),)
    shown, printed = _shown(check, observation, context), observation.printed
    if printed is None or status is Status.PASSED:
        return shown
    since = " (since it was started again)" if printed.restarted else ""
    return (*shown, Exhibit(title=f"What the app printed meanwhile{since}", text=printed.text, log=True))


def _shown(check: Check, observation: Observation, context: Context) -> tuple[Exhibit, ...]:
    if observation.state != "observed" or observation.kind != check.kind:
        return ()
    kind = KINDS[check.kind]
    body: BaseModel = check.body
    try:
        evidence = kind.evidence.model_validate(observation.evidence, strict=False)
        return (*kind.beside(body, evidence, context), *kind.show(body, evidence))
    except ValidationError:
        return ()


def judge(challenge: Challenge, record: Record, lock: Lock | None, *, trusting: bool = False) -> Report:
    """Judge a whole record by a challenge (the one of the run, or a corrected one).

    A check that the record does not know is errored: it needs a new run. ``trusting``: what was observed with
    something in the place of an official image may fail, for an author who verifies.
    """
    observed = {observation.check: observation for observation in record.observations}
    results: dict[str, CheckResult] = {}
    runs: dict[str, CheckRun] = {}
    for check in challenge.spec.checks:
        observation = observed.get(check.id) or Observation(
            check=check.id, kind=check.kind, state="errored", message="the run did not observe this check: grade again"
        )
        judgement = with_needs(check, judge_alone(challenge, check, observation, lock, trusting=trusting), results)
        results[check.id] = result_of(check, judgement)
        runs[check.id] = CheckRun(
            seconds=observation.seconds,
            evidence=observation.digest,
            exhibits=exhibits_of(check, observation, context_of(challenge, check.id, lock), judgement.outcome.status),
        )
    checks = tuple(results.values())
    total, criteria = score(challenge.rubric, checks)
    state = freshness(challenge, lock)
    return Report(
        gradekit=__version__,
        challenge=ChallengeRef(
            id=challenge.spec.id,
            title=challenge.spec.title,
            digest=challenge.digest,
            lock=state,
            min_tier=Tier(challenge.spec.min_tier),
            variant=challenge.variant,
        ),
        rubric=challenge.rubric_name,
        submission=record.submission,
        isolation=record.isolation,
        images=record.images,
        versions=record.versions,
        score=total,
        criteria=criteria,
        checks=checks,
        notices=(*record.notices, *_lock_notices(challenge, lock), *_changed(challenge, record)),
        run=Run(id=record.id, started_at=record.started_at, seconds=record.seconds, phases=record.phases, checks=runs),
    )


def _lock_notices(challenge: Challenge, lock: Lock | None) -> Sequence[str]:
    listed = bool(challenge.spec.solutions)
    if lock is None and (listed or freshness(challenge, lock) == "missing"):
        return ("challenge.lock is missing: run gradekit challenge verify",)
    # Where judging takes nothing from it, the checks may still be others than those that were tried on the solutions.
    changed = listed and lock is not None and lock.challenge != challenge.digest
    reason = staleness(challenge, lock) or (CHANGED if changed else "")
    if lock is not None and lock.stand_ins:
        with_what = "; ".join(sorted(set(lock.stand_ins.values())))
        return (f"challenge.lock is of a verification with {with_what}", *_stale(reason))
    return _stale(reason)


def _stale(reason: str) -> Sequence[str]:
    return (f"challenge.lock is stale: {reason}; run gradekit challenge verify",) if reason else ()


def _changed(challenge: Challenge, record: Record) -> Sequence[str]:
    if challenge.digest == record.challenge_digest:
        return ()
    return (f"judged by challenge {challenge.digest[:12]}, the run had {record.challenge_digest[:12]}",)
