"""A pod that stays open while checks are run again and again on a submission; both may change meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from gradekit.checks.base import Context
from gradekit.errors import Blocked, InfrastructureError
from gradekit.grade import ready
from gradekit.grade.bench import PodBench
from gradekit.grade.judging import judge_alone, result_of, with_needs
from gradekit.grade.observing import fault, observe_all
from gradekit.grade.phases import Phases
from gradekit.grade.pod import Pod
from gradekit.grade.run import run_id
from gradekit.grade.setting import Setting
from gradekit.progress import Progress
from gradekit.record import Observation
from gradekit.results import CheckResult
from gradekit.spec.challenge import Challenge, Check
from gradekit.spec.lock import Lock
from gradekit.submission import Submission

Tried = tuple[Observation, CheckResult]
"""What was observed in one check, and what it came to."""


@dataclass(frozen=True, slots=True)
class _Basis:
    """All that a bench is made of beside the pod: with the same, only checks are run again."""

    tree: str
    about: tuple[object, ...]

    @classmethod
    def of(cls, challenge: Challenge, submission: Submission) -> _Basis:
        spec = challenge.spec
        steps = (step for dataset in spec.datasets.values() for step in dataset.load)
        loaded = {step.challenge: challenge.files[step.challenge] for step in steps if step.challenge is not None}
        return cls(
            submission.tree, (spec.runner, spec.versions, spec.submission, spec.limits, spec.app, spec.datasets, loaded)
        )


class Session:
    """One pod, opened with the first round; ``close`` it always, or use it as a context."""

    def __init__(self, setting: Setting) -> None:
        """Nothing is started yet."""
        self._setting = setting
        self._stack = ExitStack()
        self._pod: Pod | None = None
        self._bench: PodBench | None = None
        self._basis: _Basis | None = None
        self.notices: list[str] = []
        """What a reader has to know of the submission's packages."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self.close()

    def close(self) -> None:
        """Remove everything; another round opens another pod."""
        self._pod = self._bench = self._basis = None
        stack, self._stack = self._stack, ExitStack()
        stack.close()

    def run(
        self,
        challenge: Challenge,
        lock: Lock | None,
        submission: Submission,
        checks: Sequence[Check],
        progress: Progress,
        *,
        recording: bool = False,
        until: Callable[[CheckResult], bool] = lambda _result: False,
    ) -> Sequence[Tried]:
        """Run checks of a challenge in their order, on a fresh app; as ``observe_all``, for an author (``trusting``).

        Packages are fetched, sources built and data sets loaded only if something of them is new. ``until``: no
        further check is run after one of which this is true.

        Raises:
            SubmissionError: no runner fits the submission. Faults of ours stand in the results.
        """
        phases = Phases(progress)
        try:
            bench = self._ready(challenge, submission, phases)
        except Blocked as blocked:
            return _none_observed(challenge, checks, lock, blocked)
        except InfrastructureError as error:
            self.close()
            return _none_observed(challenge, checks, lock, error)
        found: list[Tried] = []
        with phases.phase("checks"):
            for tried in observe_all(challenge, checks, lock, bench, progress, recording=recording, trusting=True):
                found.append(tried)
                if until(tried[1]):
                    break
        if any(observation.state == "errored" for observation, _ in found):
            # Whatever it was, it must not spoil the next round.
            self.close()
        return found

    def shell(self) -> int:
        """Lend this process's terminal to a shell beside the app of the last round; its exit code.

        Raises:
            Blocked: the submission does not build, or the last round could not make it ready.
            InfrastructureError: a fault of ours.
        """
        bench = self._bench
        if bench is None:
            raise Blocked("there is nothing that a shell could be opened in")
        with suppress(Blocked):  # then there is a shell without it
            app = bench.challenge.spec.app is not None
            bench.begin(Context("shell"), bench.challenge.spec.limits.timeout, app=app, fresh=False)
        return bench.shell()

    def _ready(self, challenge: Challenge, submission: Submission, phases: Phases) -> PodBench:
        basis = _Basis.of(challenge, submission)
        try:
            if self._pod is not None and not self._pod.fits(challenge):
                self.close()
            if self._bench is not None and self._basis == basis:
                self._bench.renew(challenge)
                return self._bench
            if self._bench is not None:
                self._bench.clear()
        except (Blocked, InfrastructureError):  # what is left of the last round is no matter of this one
            self.close()
        self._bench = self._basis = None
        runner = ready.language_of(challenge, self._setting, submission)
        self._setting.make(ready.used(challenge, runner))
        pod = self._pod
        if pod is None:
            with phases.phase("pod"):
                pod = Pod(challenge, self._setting, run_id(datetime.now(UTC)))
                self._stack.callback(pod.close)
                pod.open()
            self._pod = pod
        self.notices = []
        self._bench = ready.make_ready(
            challenge,
            self._setting,
            submission,
            runner,
            pod,
            phases,
            run=pod.run,
            held=self._stack,
            notices=self.notices,
            opened=lambda: None,
        )
        self._basis = basis
        return self._bench


def _none_observed(
    challenge: Challenge, checks: Sequence[Check], lock: Lock | None, error: InfrastructureError | Blocked
) -> Sequence[Tried]:
    """Every check with what kept all of them from being run."""
    found: dict[str, Tried] = {}
    for check in checks:
        observation = fault(check, error)
        before = {name: result for name, (_, result) in found.items()}
        judgement = with_needs(check, judge_alone(challenge, check, observation, lock, trusting=True), before)
        found[check.id] = (observation, result_of(check, judgement))
    return tuple(found.values())
