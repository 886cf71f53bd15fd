"""One grading: challenge and submission in, record out. All effects of a run start here."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from gradekit import __version__
from gradekit.checks.kinds import KINDS
from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade import deps
from gradekit.grade.bench import WORK, PodBench
from gradekit.grade.judging import context_of, judge_alone, lock_of, result_of, with_needs
from gradekit.grade.pod import Pod
from gradekit.grade.setting import Setting, checkers
from gradekit.progress import Progress
from gradekit.record import Observation, Record
from gradekit.report.words import summary
from gradekit.results import CheckResult, Isolation, Phase, SubmissionRef
from gradekit.runner import Runner, detect
from gradekit.spec.challenge import Challenge, Check
from gradekit.spec.lock import Lock
from gradekit.submission import Submission, rules_problems


class _Clock:
    """Phases and their times, told to the terminal as they happen."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.phases: list[Phase] = []

    @contextmanager
    def phase(self, name: str) -> Iterator[list[str]]:
        """Time a phase; what the body appends to the list becomes its detail."""
        self.progress.phase(name)
        begun = time.monotonic()
        details: list[str] = []
        yield details
        seconds = time.monotonic() - begun
        self.phases.append(Phase(name=name, seconds=round(seconds, 3), detail="; ".join(details)))
        self.progress.phase_done(name, seconds, "; ".join(details))


def grade(
    challenge: Challenge,
    lock: Lock | None,
    setting: Setting,
    obtain: Callable[[], Submission],
    progress: Progress,
    *,
    recording: bool = False,
    trusting: bool = False,
) -> Record:
    """Run a challenge's checks on a submission and record what was observed.

    The pod and its services start while the submission is fetched. Images that are missing are made after that, and
    only those that this submission needs. ``recording``: this is the reference, so what a lock would say comes from
    this run itself, and progress is told by it. ``trusting``: progress is told as if what stands in for an official
    image were that.

    Raises:
        SubmissionError: the submission could not be obtained, or no runner fits it.
        InfrastructureError: an image cannot be had. Other faults of ours raise nothing: they stand in the record.
    """
    clock = _Clock(progress)
    started = datetime.now(UTC)
    begun = time.monotonic()
    run = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    with ExitStack() as stack:
        pod = Pod(challenge, setting, run)
        stack.callback(pod.close)
        threads = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="gradekit-pod"))
        used = ("probe", *(service.runner for service in challenge.spec.services.values()))
        opening = threads.submit(pod.open) if setting.images.keys() >= set(used) else None
        with clock.phase("clone") as details:
            submission = obtain()
            details.append(f"{len(submission.files)} files at {(submission.commit or submission.tree)[:12]}")
        languages = setting.languages(challenge).values()
        runner = None if challenge.spec.runner == "none" else detect(languages, tuple(submission.files))
        used = (*used, *checkers(challenge.spec), *challenge.spec.scanners, *(() if runner is None else (runner.name,)))
        setting.make(used)
        opening = opening or threads.submit(pod.open)
        notices: list[str] = []
        try:
            _refuse_broken_rules(challenge, submission)
            image = None
            if runner is not None:
                with clock.phase("deps") as details:
                    version = _told_version(challenge, runner, setting)
                    image, word = deps.fetch(setting, runner, submission.files, run, stack, version=version)
                    details.append(f"{runner.name}: {word}")
                    notices += deps.notes(image)
            with clock.phase("services"):
                opening.result()
                pod.sandbox.fill(WORK, tuple(submission.files.values()))
            bench = PodBench(
                challenge,
                submission.files,
                pod.sandbox,
                "" if image is None else image.id,
                pod.servers,
                # Cloning, fetching and services that take long are no fault of the candidate's.
                time.monotonic() + challenge.spec.limits.timeout,
                runner,
                "" if runner is None else setting.images[runner.name].id,
                shares=pod.shares,
                history=submission.history,
                checkers={name: setting.images[name].id for name in checkers(challenge.spec)},
                stand_ins=pod.stand_ins,
                scanners={name: setting.images[name].id for name in challenge.spec.scanners},
            )
            if runner is not None and "build" in runner.verbs:
                with clock.phase("build") as details:
                    details.append(f"{runner.name}: {bench.build()}")
        except (InfrastructureError, Blocked) as error:
            observations: Sequence[Observation] = [_fault(check, error) for check in challenge.spec.checks]
        else:
            with clock.phase("checks"):
                observations = _observe_all(challenge, lock, bench, progress, recording=recording, trusting=trusting)
    return Record(
        gradekit=__version__,
        id=run,
        started_at=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - begun, 3),
        challenge=challenge.spec.id,
        challenge_path=str(challenge.place.resolve()),
        challenge_digest=challenge.digest,
        submission=reference(submission),
        isolation=_isolation(setting),
        images={name: setting.images[name].id for name in sorted(set(used))},
        versions={name: found for name in sorted(set(used)) if (found := setting.images[name].versions)},
        phases=tuple(clock.phases),
        notices=(*_brought(setting, used), *_stand_ins(setting, used), *notices),
        observations=tuple(observations),
    )


def _told_version(challenge: Challenge, runner: Runner, setting: Setting) -> str | None:
    """The version of the language that candidates were told, None where they were not.

    Raises:
        InfrastructureError: the image has another one than it says.
    """
    wanted = challenge.spec.versions.get(runner.name)
    if wanted is None:
        return None
    found = re.search(r"\d+(?:\.\d+)*", next(iter(setting.images[runner.name].versions), ""))
    here = found.group() if found else "none that it tells"
    if not f"{here}.".startswith(f"{wanted}."):
        raise InfrastructureError(
            Problem(
                f"challenge {challenge.spec.id}: versions.{runner.name}",
                f"it wants {wanted}, and the image of the runner has {here}",
                "",
                "correct it, or name an image that has it under image",
            )
        )
    return wanted


def _brought(setting: Setting, used: Sequence[str]) -> tuple[str, ...]:
    """What a reader has to know of images that are not made of a runner's folder."""
    return tuple(
        f"runner {name}: image {setting.brought[name]} of the challenge's author ({setting.images[name].id}), "
        f"not that of the runner's folder; gradekit looked only whether it has the programs it needs"
        for name in sorted(setting.brought.keys() & set(used))
    )


def _stand_ins(setting: Setting, used: Sequence[str]) -> tuple[str, ...]:
    """What a reader has to know of servers that are not the official ones."""
    return tuple(
        f"runner {name}: {stand_in}, which could not be had when its image was built; checks that used it are passed "
        "or could not be graded, never failed"
        for name in sorted(set(used))
        if (stand_in := setting.images[name].stand_in)
    )


def reference(submission: Submission) -> SubmissionRef:
    """The report's view of a submission."""
    return SubmissionRef(
        repo=submission.repo,
        ref=submission.ref,
        commit=submission.commit,
        tree=submission.tree,
        candidate=submission.candidate,
        received_at=submission.received_at,
        files=len(submission.files),
        bytes=sum(len(entry.data) for entry in submission.files.values()),
        dropped=submission.dropped,
    )


def _refuse_broken_rules(challenge: Challenge, submission: Submission) -> None:
    rules = challenge.spec.submission
    problems = rules_problems(submission.files, rules.required, rules.forbidden)
    if problems:
        raise Blocked("; ".join(problems))


def _isolation(setting: Setting) -> Isolation | None:
    try:
        return setting.engine.isolation()
    except InfrastructureError:  # the engine died: the record says so elsewhere
        return None


def _fault(check: Check, error: InfrastructureError | Blocked, seconds: float = 0.0) -> Observation:
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


def _observe_all(
    challenge: Challenge,
    lock: Lock | None,
    bench: PodBench,
    progress: Progress,
    *,
    recording: bool,
    trusting: bool,
) -> Sequence[Observation]:
    """Observe every check, those whose needs failed too: a regrade may want them."""
    observations: list[Observation] = []
    results: dict[str, CheckResult] = {}
    checks = challenge.spec.checks
    for number, check in enumerate(checks, 1):
        progress.check(check.id, number, len(checks))
        observation = _observe(challenge, check, bench, lock)
        known = lock_of(challenge, [observation])[0] if recording else lock
        judgement = with_needs(check, judge_alone(challenge, check, observation, known, trusting=trusting), results)
        results[check.id] = result = result_of(check, judgement)
        observations.append(observation)
        progress.check_done(check.id, result.outcome.status, observation.seconds, summary(result))
    return observations


def _observe(challenge: Challenge, check: Check, bench: PodBench, lock: Lock | None) -> Observation:
    kind = KINDS[check.kind]
    begun = time.monotonic()
    try:
        bench.begin(
            context_of(challenge, check.id, lock), check.timeout, app=kind.uses_app(check.body), fresh=check.fresh
        )
        try:
            evidence = kind.observe(check.body, bench)
        finally:
            bench.end()
    except (InfrastructureError, Blocked) as error:
        fault = _fault(check, error, time.monotonic() - begun)
        return fault.model_copy(update={"stand_in": bench.stood_in})
    return Observation(
        check=check.id,
        kind=check.kind,
        state="observed",
        evidence=evidence.model_dump(mode="json"),
        seconds=round(time.monotonic() - begun, 3),
        stand_in=bench.stood_in,
    )
