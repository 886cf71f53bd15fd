"""Calls to the candidate's code, which runs in a container of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from gradekit.errors import InfrastructureError, Problem
from gradekit.grade.containers import Containers, call_volume
from gradekit.language import Speech
from gradekit.runner import Runner
from gradekit.sandbox.messages import CallReply, CallRequest
from gradekit.sandbox.plans import ContainerPlan, Mount
from gradekit.sandbox.protocol import Running, Sandbox

_STARTING: Final = 20.0
"""Seconds in which a process that answers calls must be there."""
_AGAIN: Final = 2.0
"""Seconds in which it must take a new connection, once it took one."""
_READY: Final = '{"id": 0, "op": "ready"}'
"""What no side knows how to do: every one says so at once, before code of the candidate is loaded."""


@dataclass
class PodCalls:
    """Calls to the candidate's code in its container."""

    sandbox: Sandbox
    volume: str
    """The volume with the socket."""
    within: Callable[[float], float]
    """The part of some seconds that the check's deadline leaves; raises Blocked when none is left."""
    runner: Runner
    worker: Running
    unreachable: bool
    """Whether it is our fault when nobody answers: until somebody did, where nothing of the candidate ran before."""
    met: bool = False
    """Whether somebody answered before."""

    @property
    def language(self) -> str:
        """The name of the runner."""
        return self.runner.name

    @property
    def speech(self) -> Speech:
        """How the language names things."""
        return self.runner.calls or Speech()

    def exchange(self, line: str, *, fresh: bool, timeout: float, max_line: int) -> CallReply:
        """Send a request line; a new process has its time once it runs.

        Raises:
            Blocked: the check's time is over.
            InfrastructureError: nobody answers, and it is no work of the candidate's.
        """
        volume, within = self.volume, self.within
        if fresh:
            wait = within(_AGAIN if self.met else _STARTING)
            reply = self.sandbox.call(CallRequest(volume, _READY, fresh=True, wait=wait, timeout=within(_STARTING)))
            if reply.error is not None:
                if self.unreachable:
                    raise unanswered(self.runner, self.worker.ending(), self.printed())
                return reply
            self.met, self.unreachable = True, False
        return self.sandbox.call(CallRequest(volume, line, timeout=within(timeout), max_line=max_line))

    def printed(self) -> str:
        """The end of what the code printed; hostile text."""
        return self.worker.tail()


@contextmanager
def served(containers: Containers, runner: Runner, check: str) -> Iterator[PodCalls]:
    """The candidate's code in a container of its own, which answers calls on its socket until the context ends.

    Raises:
        Blocked: the submission does not build.
        InfrastructureError: a fault of ours.
    """
    volume = call_volume(check)
    exposed, containers.exposed = containers.exposed, True
    containers.filled.add(volume)
    worker = containers.start(
        ContainerPlan(
            containers.image,
            runner.argv("call"),
            mounts=(*containers.code(), Mount(volume, "/call", writable=True)),
            limits=containers.limits,
            alone=True,
            name=f"calls {check}",
        )
    )
    try:
        yield PodCalls(containers.sandbox, volume, containers.allowance.within, runner, worker, unreachable=not exposed)
    finally:
        worker.stop()


def calling_runner(runner: Runner | None, check: str, so: str, hint: str) -> Runner:
    """The runner, if it can serve calls.

    Raises:
        InfrastructureError: it cannot; ``so`` says what follows for the check, and ``hint`` what to do.
    """
    if runner is not None and "call" in runner.verbs:
        return runner
    name = "this runner" if runner is None else f"runner {runner.name}"
    raise InfrastructureError(
        Problem(f"check {check}", f"{name} has no `call`, so that {so}", "a runner with the verb `call`", hint)
    )


def unanswered(runner: Runner, ending: str, printed: str) -> InfrastructureError:
    """The error for a container of ours that was to serve calls, and that nobody answers in."""
    what = f"the container for the candidate's code did not answer ({ending})"
    return InfrastructureError(
        Problem(f"runner {runner.name}", what, hint="run `gradekit doctor`", excerpt=printed[-1000:])
    )
