"""One grading: challenge and submission in, record out. All effects of a run start here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime

from gradekit import __version__
from gradekit.errors import Blocked, InfrastructureError
from gradekit.grade import ready
from gradekit.grade.observing import fault, observe_all
from gradekit.grade.phases import Phases
from gradekit.grade.pod import Pod
from gradekit.grade.setting import Setting
from gradekit.progress import Progress
from gradekit.record import Observation, Record
from gradekit.results import Isolation, SubmissionRef
from gradekit.spec.challenge import Challenge
from gradekit.spec.handed import of_others
from gradekit.spec.lock import Lock
from gradekit.submission import Submission


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
    phases = Phases(progress)
    started = datetime.now(UTC)
    begun = time.monotonic()
    run = run_id(started)
    with ExitStack() as stack:
        pod = Pod(challenge, setting, run)
        stack.callback(pod.close)
        threads = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="gradekit-pod"))
        used: Sequence[str] = ("probe", *(service.runner for service in challenge.spec.services.values()))
        opening = threads.submit(pod.open) if setting.images.keys() >= set(used) else None
        with phases.phase("clone") as details:
            submission = obtain()
            details.append(f"{len(submission.files)} files at {(submission.commit or submission.tree)[:12]}")
        if submission.uncommitted:
            progress.note(submission.uncommitted)
        runner = ready.language_of(challenge, setting, submission)
        used = ready.used(challenge, runner)
        setting.make(used)
        opening = opening or threads.submit(pod.open)
        notices = [submission.uncommitted] if submission.uncommitted else []
        notices += of_others(challenge, ((path, entry.data) for path, entry in submission.files.items()))
        try:
            bench = ready.make_ready(
                challenge,
                setting,
                submission,
                runner,
                pod,
                phases,
                run=run,
                held=stack,
                notices=notices,
                opened=opening.result,
            )
        except (InfrastructureError, Blocked) as error:
            observations: Sequence[Observation] = [fault(check, error) for check in challenge.spec.checks]
        else:
            with phases.phase("checks"):
                seen = observe_all(
                    challenge, challenge.spec.checks, lock, bench, progress, recording=recording, trusting=trusting
                )
                observations = [observation for observation, _ in seen]
    return Record(
        gradekit=__version__,
        id=run,
        started_at=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - begun, 3),
        challenge=challenge.spec.id,
        challenge_path=str(challenge.place.resolve()),
        challenge_digest=challenge.digest,
        variant=challenge.variant,
        submission=reference(submission),
        isolation=_isolation(setting),
        images={name: setting.images[name].id for name in sorted(set(used))},
        versions={name: found for name in sorted(set(used)) if (found := setting.images[name].versions)},
        phases=tuple(phases.done),
        notices=(*_brought(setting, used), *_stand_ins(setting, used), *notices),
        observations=tuple(observations),
    )


def run_id(started: datetime) -> str:
    """A new name for a run."""
    return f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


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


def _isolation(setting: Setting) -> Isolation | None:
    try:
        return setting.engine.isolation()
    except InfrastructureError:  # the engine died: the record says so elsewhere
        return None
