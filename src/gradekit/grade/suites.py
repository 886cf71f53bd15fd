"""Runs of hidden suites: beside the candidate's code in one container, or apart from it in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gradekit.grade.calls import calling_runner, served, unanswered
from gradekit.grade.containers import Containers, files_volume
from gradekit.runner import BIN
from gradekit.sandbox.plans import TESTER_UID, ContainerPlan, Ending, ExecResult, FileEntry, Mount

_CALL: Final = 10.0
"""Seconds that one call of a split suite may take."""
_UNREACHABLE: Final = 3
"""What the tests exit with when nothing listens, before any code of the candidate was loaded (runners/README.md)."""


def run_in_process(
    containers: Containers, check: str, files: Sequence[FileEntry], *, timeout: float, max_output: int
) -> ExecResult:
    """Run a check's suite in a fresh container with the submission; the suite's volume is filled only now.

    It shares no network with the app, which lives on and could tell the code under test of earlier runs.

    Raises:
        Blocked: the submission does not build, or the check's time is over.
        InfrastructureError: a fault of ours.
    """
    volume, code = files_volume(check), containers.code()
    containers.fill(volume, files)
    containers.exposed = True
    return containers.run(
        ContainerPlan(
            containers.image,
            (f"{BIN}/test",),
            mounts=(*code, Mount(volume, "/hidden")),
            limits=containers.limits,
            alone=True,
            name=f"suite {check}",
        ),
        timeout=containers.allowance.within(timeout),
        max_output=max_output,
    )


def run_split(
    containers: Containers, plain_image: str, check: str, files: Sequence[FileEntry], *, timeout: float, max_output: int
) -> ExecResult:
    """Run a check's suite in a container without the submission, which answers calls in another one.

    Raises:
        Blocked: the submission does not build, or the check's time is over.
        InfrastructureError: a fault of ours, such as a runner that has no ``call``.
    """
    containers.need_build()
    so, hint = "its suites cannot be split", "set isolation: in-process for this suite"
    runner = calling_runner(containers.runner, check, so, hint)
    volume = files_volume(check)
    containers.fill(volume, files)
    with served(containers, runner, check) as calls:
        result = containers.run(
            ContainerPlan(
                plain_image,
                (*runner.argv("test"), "split", f"{min(_CALL, timeout):g}"),
                uid=TESTER_UID,
                mounts=(Mount(volume, "/hidden"), Mount(calls.volume, "/call")),
                limits=containers.limits,
                alone=True,
                name=f"suite {check}",
            ),
            timeout=containers.allowance.within(timeout),
            max_output=max_output,
        )
        printed = calls.printed()
        ending = calls.worker.ending()
    # Whoever ran in the pod before may have seen to it that nothing answers.
    if result.ending is Ending.EXITED and result.exit_code == _UNREACHABLE and calls.unreachable:
        raise unanswered(runner, ending, printed)
    if not printed:
        return result
    shown = f"\n--- printed by the candidate's code ---\n{printed}".encode(errors="replace")
    return replace(result, stderr=result.stderr + shown)
