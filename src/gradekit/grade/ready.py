"""What stands between a submission's files and its checks: its language, rules on files, a bench on the pod."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade import deps
from gradekit.grade.bench import PodBench
from gradekit.grade.containers import WORK
from gradekit.grade.phases import Phases
from gradekit.grade.pod import Pod
from gradekit.grade.setting import Setting, checkers
from gradekit.runner import Runner, detect
from gradekit.spec.challenge import Challenge
from gradekit.submission import Submission, rules_problems


def language_of(challenge: Challenge, setting: Setting, submission: Submission) -> Runner | None:
    """The runner of a submission's language; None where the challenge runs no code of it.

    Raises:
        SubmissionError: no runner fits it, or several do.
    """
    if challenge.spec.runner == "none":
        return None
    return detect(setting.languages(challenge).values(), tuple(submission.files))


def used(challenge: Challenge, runner: Runner | None) -> Sequence[str]:
    """The runners whose images a grading needs."""
    spec = challenge.spec
    services = (service.runner for service in spec.services.values())
    return ("probe", *services, *checkers(spec), *spec.scanners, *(() if runner is None else (runner.name,)))


def make_ready(  # noqa: PLR0917 - the inputs of a grading, in the order that all have
    challenge: Challenge,
    setting: Setting,
    submission: Submission,
    runner: Runner | None,
    pod: Pod,
    phases: Phases,
    *,
    run: str,
    held: ExitStack,
    notices: list[str],
    opened: Callable[[], object],
) -> PodBench:
    """Fetch a submission's packages, put its files into the pod once ``opened`` returns, build; its bench.

    The bench's time begins now: cloning, fetching and services that take long are no fault of the candidate's. What a
    reader has to know is added to ``notices``; the image with the packages is kept until ``held`` is closed.

    Raises:
        Blocked: its files break the challenge's rules, or its packages cannot be had.
        InfrastructureError: a fault of ours.
    """
    refuse_broken_rules(challenge, submission)
    image = None
    if runner is not None:
        with phases.phase("deps") as details:
            version = told_version(challenge, runner, setting)
            image, word = deps.fetch(setting, runner, submission.files, run, held, version=version)
            details.append(f"{runner.name}: {word}")
            notices += deps.notes(image)
    with phases.phase("services"):
        opened()
        pod.sandbox.fill(WORK, tuple(submission.files.values()))
    bench = PodBench(
        challenge,
        submission.files,
        pod.sandbox,
        "" if image is None else image.id,
        pod.servers,
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
        with phases.phase("build") as details:
            details.append(f"{runner.name}: {bench.build()}")
    return bench


def told_version(challenge: Challenge, runner: Runner, setting: Setting) -> str | None:
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


def refuse_broken_rules(challenge: Challenge, submission: Submission) -> None:
    """Look at the challenge's rules on files.

    Raises:
        Blocked: the submission breaks some.
    """
    rules = challenge.spec.submission
    problems = rules_problems(submission.files, rules.required, rules.forbidden)
    if problems:
        raise Blocked("; ".join(problems))
