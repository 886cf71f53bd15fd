"""Processes run to their end: stdin in, output out in pieces, under a byte cap and a deadline."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.client import DOCTOR, Client, State
from gradekit.sandbox.plans import Ending, ExecResult
from gradekit.sandbox.wire import STDERR, Frames, Wire

_ENGINE = 15.0
"""Seconds that the engine may take to notice an ending."""
_OOM_LAG, _OOM_PAUSE = 0.5, 0.1
"""Seconds by which the engine's notice of an OOM kill may trail the exit it caused, and between two looks."""
_SIGKILLED = 137


@dataclass(frozen=True, slots=True)
class Captured:
    """What a process printed, and which limit (if any) cut it off: TIMEOUT or OUTPUT."""

    stdout: bytes
    stderr: bytes
    cut: Ending | None


class _Store:
    """Keeps at most ``cap`` bytes of both streams together; stdout may go to a file instead."""

    def __init__(self, cap: int, sink: IO[bytes] | None) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self._left = cap
        self._sink = sink

    def add(self, stream: int, piece: bytes) -> bool:
        """Store a piece; False when it goes beyond the cap."""
        kept = piece[: self._left]
        self._left -= len(kept)
        if stream == STDERR:
            self.stderr += kept
        elif self._sink is not None:
            self._sink.write(kept)
        else:
            self.stdout += kept
        return len(kept) == len(piece)


def exchange(wire: Wire, stdin: bytes, *, deadline: float, cap: int, sink: IO[bytes] | None = None) -> Captured:
    """Send ``stdin``, then end-of-file, and read until the other side is done or a limit is reached.

    Args:
        wire: a connection to the process.
        stdin: all of its input; a process that reads none of it is no error.
        deadline: on the clock of ``time.monotonic``.
        cap: bytes of stdout and stderr together.
        sink: takes stdout instead of memory.
    """
    store = _Store(cap, sink)
    cut = _pump(wire, memoryview(stdin), store, deadline)
    return Captured(bytes(store.stdout), bytes(store.stderr), cut)


def _pump(wire: Wire, stdin: memoryview, store: _Store, deadline: float) -> Ending | None:
    frames = Frames()
    unsent: memoryview | None = stdin
    while True:
        if unsent is not None:
            sent = wire.send(unsent) if unsent else None
            unsent = None if sent is None else unsent[sent:]
            if unsent is None or not unsent:
                wire.half_close()
                unsent = None
        data = wire.receive()
        if data == b"":
            return None
        if data is not None:
            if not all(store.add(stream, piece) for stream, piece in frames.feed(data)):
                return Ending.OUTPUT
            if time.monotonic() >= deadline:
                return Ending.TIMEOUT
        elif not wire.wait(deadline, write=unsent is not None):
            return Ending.TIMEOUT


def run_container(
    client: Client, container: str, argv: Sequence[str], *, stdin: bytes, timeout: float, cap: int
) -> ExecResult:
    """Start a created container and follow it to its end; the caller removes it.

    A timeout or too much output kills the container with everything in it, so nothing of it goes on.
    The clock starts when the engine has started the process.

    Raises:
        InfrastructureError: the engine failed; never for what the process did.
    """
    wire = client.attach(container)
    try:
        client.start(container)
        begun = time.monotonic()
        deadline = begun + timeout
        captured = exchange(wire, stdin, deadline=deadline, cap=cap)
        cut = captured.cut
        # A process may close its output and go on.
        if cut is None and client.wait(container, deadline - time.monotonic()).running:
            cut = Ending.TIMEOUT
        seconds = time.monotonic() - begun
        if cut is not None:
            # First the connection: an engine whose output nobody reads blocks in the kill.
            wire.close()
            client.kill(container)
            if client.wait(container, _ENGINE).running:
                what = f"the engine could not kill a container within {_ENGINE:g} s"
                raise InfrastructureError(Problem(client.endpoint.url, what, "", DOCTOR))
    finally:
        wire.close()
    ending, code = (cut, None) if cut is not None else classify(final_state(client, container))
    return ExecResult(tuple(argv), ending, code, captured.stdout, captured.stderr, seconds)


def final_state(client: Client, container: str) -> State:
    """The state of a container; an engine may say a moment later than the end that memory was its cause."""
    state = client.state(container)
    deadline = time.monotonic() + _OOM_LAG
    while state.exit_code == _SIGKILLED and not state.oom and time.monotonic() < deadline:
        time.sleep(_OOM_PAUSE)
        state = client.state(container)
    return state


def classify(state: State) -> tuple[Ending, int | None]:
    """Ending and exit code of a container that ended by itself.

    A process that met the memory limit and still ended well has, for its caller, simply ended: only
    a child of it was killed.
    """
    if state.oom and state.exit_code != 0:
        return Ending.OOM, None
    return Ending.EXITED, state.exit_code


def describe(state: State) -> str:
    """How a container ended, in words that follow its name."""
    if state.running:
        return "running"
    if state.status == "created":
        return "never started"
    ending, code = classify(state)
    if ending is Ending.OOM:
        return "ran out of memory"
    return "was killed" if code == _SIGKILLED else f"exited with {code}"


def run_inside(
    client: Client,
    container: str,
    argv: Sequence[str],
    *,
    uid: int,
    timeout: float,
    stdin: bytes = b"",
    cap: int = 4 << 20,
    sink: IO[bytes] | None = None,
) -> ExecResult:
    """Run a *trusted* program in a running container.

    The engine cannot kill such a process, so a limit that is reached kills the whole container.

    Raises:
        InfrastructureError: the engine failed, or the container is not running.
    """
    execution, wire = client.execute(container, argv, uid)
    begun = time.monotonic()
    deadline = begun + timeout
    try:
        captured = exchange(wire, stdin, deadline=deadline, cap=cap, sink=sink)
    finally:
        wire.close()
    cut, code = captured.cut, None
    while cut is None and (code := client.exit_code(execution)) is None:
        if time.monotonic() >= deadline:
            cut = Ending.TIMEOUT
        time.sleep(0.01)
    if cut is not None:
        client.kill(container)
    seconds = time.monotonic() - begun
    return ExecResult(tuple(argv), cut or Ending.EXITED, code, captured.stdout, captured.stderr, seconds)
